/* Why the wheel does not hang on a uv_timer: libuv runs its timers before it polls. After a SIGSTOP of a minute every deadline
 * would then be over while the bytes that came in that minute still wait in the sockets. So the uv_timer here only ends
 * a poll in time; the wheel is moved in the check phase, after the poll's callbacks, and only up to the moment at which that
 * poll began. */
#include "net/loop.h"

#include "base/clock.h"
#include "net/conn.h"
#include "net/inside.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>

/* libuv takes at most 48 x 1,024 events in one poll (uv__io_poll): with as many reads some sockets may have been left. */
#define POLL_EVENTS_MAX ((size_t)48 * 1024)
/* epoll hands out ready sockets in turn, so that after so many full polls each of 400,000 has had its own. */
#define POLLS_HELD_MAX 8

static void run_inbox(struct loop *loop)
{
    struct queue_node *next;
    for (struct queue_node *node = queue_take_all(&loop->inbox); node != NULL; node = next) {
        struct loop_msg *msg = container_of(node, struct loop_msg, node);
        next = node->next;
        msg->run(loop, msg);
    }
}

static void close_conn(struct conn *conn, void *unused)
{
    in_loop();
    (void)unused;
    conn_close(conn, ERR_CLOSED);
}

/* From here on the loop's own handles do not keep it running: it ends when all others are closed. */
static void end_all(struct loop *loop)
{
    in_loop();
    loop->ended = true;
    queue_close(&loop->inbox);
    run_inbox(loop);
    for (struct loop_hook *hook = loop->stop; hook != NULL; hook = hook->next) hook->run(loop, hook);
    listener_close_all(loop);
    conn_each(loop, close_conn, NULL);
    uv_unref((uv_handle_t *)&loop->wake);
    uv_unref((uv_handle_t *)&loop->before_poll);
    uv_unref((uv_handle_t *)&loop->after_poll);
    uv_unref((uv_handle_t *)&loop->alarm);
}

static void on_wake(uv_async_t *wake)
{
    struct loop *loop = wake->data;
    run_inbox(loop);
    if (atomic_load(&loop->stopping) && !loop->ended) end_all(loop);
}

static void on_alarm(uv_timer_t *alarm) { (void)alarm; /* the poll has ended: that was all */ }

/* Lets the poll sleep until the wheel's next deadline, or not at all where there is something to do. */
static void set_alarm(struct loop *loop)
{
    struct mono_ms next;
    if (loop->dirty != NULL) {
        next = loop->poll_began;
    } else if (wheel_next(&loop->wheel, &next) == 0) {
        if (uv_is_active((uv_handle_t *)&loop->alarm)) uv_timer_stop(&loop->alarm);
        return;
    }
    int64_t wait_ms = next.ms - loop->poll_began.ms;
    uint64_t due_in = wait_ms > 0 ? (uint64_t)wait_ms : 0;
    if (uv_is_active((uv_handle_t *)&loop->alarm) && uv_timer_get_due_in(&loop->alarm) == due_in) return;
    check(uv_timer_start(&loop->alarm, on_alarm, due_in, 0) == 0);
}

static void on_before_poll(uv_prepare_t *before_poll)
{
    in_loop();
    struct loop *loop = before_poll->data;
    struct loop_hook *hooks = loop->ended ? NULL : loop->turn_end;
    for (struct loop_hook *hook = hooks; hook != NULL; hook = hook->next) hook->run(loop, hook);
    conn_flush_dirty(loop);
    uv_update_time(&loop->uv);
    loop->poll_began = loop_now(loop);
    loop->reads = 0;
    set_alarm(loop);
}

static void on_after_poll(uv_check_t *after_poll)
{
    struct loop *loop = after_poll->data;
    if (loop->reads >= POLL_EVENTS_MAX && loop->polls_held < POLLS_HELD_MAX) {
        loop->polls_held++;
        return;
    }
    loop->polls_held = 0;
    wheel_advance(&loop->wheel, loop->poll_began);
}

static int uv_error(int rc)
{
    if (rc == UV_ENOMEM) return ERR_NOMEM;
    return rc == UV_EMFILE || rc == UV_ENFILE ? ERR_LIMIT : ERR_INTERNAL;
}

static struct loop_options with_defaults(const struct loop_options *given)
{
    struct loop_options options = given != NULL ? *given : (struct loop_options){0};
    if (options.inbox_count_max == 0) options.inbox_count_max = 65536;
    if (options.queue_bytes_max == 0) options.queue_bytes_max = (size_t)1024 * 1024;
    if (options.write_timeout_ms == 0) options.write_timeout_ms = 10000;
    if (options.linger_ms == 0) options.linger_ms = 5000;
    check(options.write_timeout_ms > 0);
    check(options.linger_ms > 0);
    return options;
}

/* Only uv_async_init can fail, the first time on a loop: it makes the eventfd. */
static int init_handles(struct loop *loop)
{
    int rc = uv_async_init(&loop->uv, &loop->wake, on_wake);
    if (rc < 0) return uv_error(rc);
    check(uv_prepare_init(&loop->uv, &loop->before_poll) == 0);
    check(uv_check_init(&loop->uv, &loop->after_poll) == 0);
    check(uv_timer_init(&loop->uv, &loop->alarm) == 0);
    loop->wake.data = loop->before_poll.data = loop->after_poll.data = loop;
    check(uv_prepare_start(&loop->before_poll, on_before_poll) == 0);
    check(uv_check_start(&loop->after_poll, on_after_poll) == 0);
    return 0;
}

int loop_create(const struct loop_options *options, struct loop **ret_loop)
{
    OWNED(mem) struct loop *loop = calloc(1, sizeof *loop);
    if (loop == NULL) return ERR_NOMEM;
    loop->options = with_defaults(options);
    signal(SIGPIPE,
           SIG_IGN); /* libuv writes with write(2): a peer that is gone must be an error, not our end */

    int rc = uv_loop_init(&loop->uv);
    if (rc < 0) return uv_error(rc);
    loop->uv.data = loop;
    rc = queue_init(&loop->inbox, loop->options.inbox_count_max);
    if (rc < 0) {
        check(uv_loop_close(&loop->uv) == 0);
        return rc;
    }
    rc = init_handles(loop);
    if (rc < 0) {
        check(uv_loop_close(&loop->uv) == 0);
        queue_done(&loop->inbox);
        return rc;
    }
    wheel_init(&loop->wheel, LOOP_TICK_MS, loop_now(loop));
    loop->poll_began = loop_now(loop);
    *ret_loop = take(loop);
    return 0;
}

void loop_run(struct loop *loop)
{
    loop->thread = pthread_self();
    loop->running = true;
    uv_run(&loop->uv, UV_RUN_DEFAULT);
    loop->running = false;
    check(loop->ended);
}

static void *run_thread(void *loop)
{
    loop_run(loop);
    return NULL;
}

int loop_start(struct loop *loop)
{
    check(!loop->started);
    check(!loop->ended);
    pthread_t thread;
    if (pthread_create(&thread, NULL, run_thread, loop) != 0) return ERR_NOMEM;
    loop->joinable = thread;
    loop->started = true;
    return 0;
}

void loop_turn(struct loop *loop, int64_t wait_ms)
{
    uv_run(&loop->uv, UV_RUN_NOWAIT);
    int timeout_ms = uv_backend_timeout(&loop->uv);
    if (timeout_ms < 0 || timeout_ms > wait_ms) timeout_ms = (int)wait_ms;
    struct pollfd ready = {.fd = uv_backend_fd(&loop->uv), .events = POLLIN};
    ignore(poll(&ready, 1, timeout_ms), "ready, late or interrupted: the next line looks");
    uv_run(&loop->uv, UV_RUN_NOWAIT);
}

void loop_stop(struct loop *loop)
{
    atomic_store(&loop->stopping, true);
    check(uv_async_send(&loop->wake) == 0);
}

void loop_join(struct loop *loop)
{
    if (!loop->started) return;
    check(pthread_join(loop->joinable, NULL) == 0);
    loop->started = false;
}

static void close_handle(uv_handle_t *handle, void *unused)
{
    (void)unused;
    if (!uv_is_closing(handle)) uv_close(handle, NULL);
}

void loop_free(struct loop *loop)
{
    if (loop == NULL) return;
    check(!loop->started);
    if (!loop->ended) {
        end_all(loop);
        uv_run(&loop->uv, UV_RUN_DEFAULT);
    }
    uv_walk(&loop->uv, close_handle, NULL);
    uv_run(&loop->uv, UV_RUN_DEFAULT);
    check(uv_loop_close(&loop->uv) == 0);
    queue_done(&loop->inbox);
    free(loop->plain_buffer);
    free(loop);
}

int loop_post(struct loop *loop, struct loop_msg *msg)
{
    check(msg->run != NULL);
    int rc = queue_push(&loop->inbox, &msg->node);
    if (rc < 0) return rc;
    if (rc == 1) check(uv_async_send(&loop->wake) == 0);
    return 0;
}

struct mono_ms loop_now(const struct loop *loop) { return (struct mono_ms){(int64_t)uv_now(&loop->uv)}; }
struct wall_ms loop_wall(const struct loop *loop)
{
    (void)loop;
    return clock_wall();
}
struct wheel *loop_wheel(struct loop *loop) { return &loop->wheel; }
uv_loop_t *loop_uv(struct loop *loop) { return &loop->uv; }
struct loop *loop_of_uv(const uv_loop_t *uv) { return uv->data; }
const struct loop_options *loop_options_of(const struct loop *loop) { return &loop->options; }
void loop_set_user(struct loop *loop, void *user) { loop->user = user; }
void *loop_user(const struct loop *loop) { return loop->user; }

void loop_check_here(const struct loop *loop)
{
    check(!loop->running || pthread_equal(loop->thread, pthread_self()));
}

static void add_hook(struct loop_hook **list, struct loop_hook *hook)
{
    check(hook->run != NULL);
    while (*list != NULL) list = &(*list)->next;
    hook->next = NULL;
    *list = hook;
}

void loop_on_turn_end(struct loop *loop, struct loop_hook *hook) { add_hook(&loop->turn_end, hook); }
void loop_on_stop(struct loop *loop, struct loop_hook *hook) { add_hook(&loop->stop, hook); }
