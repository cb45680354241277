/* Each allocation of ours fails in turn; every connection still ends once, and nothing is left behind (the sanitizer looks). */
#include "../torture.h"

#include "net/conn.h"
#include "net/listener.h"
#include "net/sockets.h"
#include "../testing.h"

struct user {
    struct conn conn;
    int closed, why;
};

static void on_bytes(struct conn *conn, struct mspan bytes)
{
    in_loop();
    int rc = conn_send_bytes(conn, span_of(bytes.at, bytes.len));
    if (rc < 0) conn_close(conn, rc);
}
static void on_closed(struct conn *conn, int why)
{
    struct user *user = container_of(conn, struct user, conn);
    user->closed++;
    user->why = why;
}
static const struct conn_handler HANDLER = {.on_bytes = on_bytes, .on_closed = on_closed};

static void expect_no_memory(int rc)
{
    if (rc == 0) return;
    assert_int_equal(rc, ERR_NOMEM);
    assert_true(torture.failed > 0);
}

/* More than the kernel takes, so that each way of sending is gone; then the end in order. */
static void serve(struct loop *loop, struct user *user, int peer)
{
    in_loop();
    static uint8_t bytes[20000];
    for (int i = 0; i < 20 && conn_is_open(&user->conn); i++) {
        expect_no_memory(conn_send_bytes(&user->conn, span_of(bytes, sizeof bytes)));
    }
    check(send(peer, "echo", 4, 0) == 4);
    loop_turn(loop, 5);
    conn_shutdown_after_flush(&user->conn);
    for (int i = 0; i < 200 && user->closed == 0; i++) {
        while (read_now(peer, bytes, sizeof bytes) > 0) continue;
        loop_turn(loop, 1);
        if (user->conn.end_sent) check(shutdown(peer, SHUT_WR) == 0 || errno == ENOTCONN);
    }
}

static void each_failed_allocation_ends_a_connection_properly(void **state)
{
    (void)state;
    in_loop();
    for (torture_begin(); torture_next();) {
        struct loop *loop = NULL;
        int rc = loop_create(NULL, &loop);
        expect_no_memory(rc);
        if (rc < 0) continue;
        struct user user = {.closed = 0};
        struct pair pair = pair_open(4096);
        conn_open(&user.conn, loop, pair.ours, &HANDLER);
        serve(loop, &user, pair.peer);
        loop_free(loop);
        assert_int_equal(user.closed, 1);
        expect_no_memory(user.why);
        close(pair.peer);
    }
    assert_true(torture.pass > 20);
}

static int refuse(struct loop *loop, int fd, const struct peer *peer, void *ctx)
{
    (void)loop;
    (void)fd;
    (void)peer;
    (void)ctx;
    return ERR_LIMIT;
}

static void each_failed_allocation_of_a_listener_is_said(void **state)
{
    (void)state;
    for (torture_begin(); torture_next();) {
        OWNED(loop) struct loop *loop = NULL;
        struct listener *listener;
        struct address address;
        struct err_detail err;
        int rc = address_parse(STR("127.0.0.1:0"), &address, &err);
        if (rc == 0) rc = loop_create(NULL, &loop);
        if (rc == 0) rc = listener_open(loop, &address, true, refuse, NULL, &listener, &err);
        expect_no_memory(rc);
    }
    assert_true(torture.pass > 2);
}

static void a_queue_that_cannot_grow_stays_as_it_was(void **state)
{
    (void)state;
    for (torture_begin(); torture_next();) {
        struct outq queue;
        outq_init(&queue);
        torture.on = false;
        OWNED(frame) struct frame *frame = NULL;
        assert_int_equal(frame_new(span_of(NULL, 0), span_of("frame", 5), &frame), 0);
        torture.on = true;
        uint32_t pushed = 0;
        int rc = 0;
        while (pushed < 1000 && (rc = outq_push(&queue, frame, SIZE_MAX)) == 0) pushed++;
        expect_no_memory(rc);
        assert_int_equal(queue.count, pushed);
        assert_int_equal(queue.bytes, pushed * 5);
        outq_took(&queue, queue.bytes);
        assert_true(outq_is_empty(&queue));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_failed_allocation_ends_a_connection_properly),
        cmocka_unit_test(each_failed_allocation_of_a_listener_is_said),
        cmocka_unit_test(a_queue_that_cannot_grow_stays_as_it_was),
    };
    return cmocka_run_group_tests_name("net/torture", tests, NULL, NULL);
}
