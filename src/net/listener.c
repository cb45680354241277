/* Accepts by itself instead of by uv_listen: libuv, out of file descriptors, accepts and closes whoever waits; it cannot say
 * "no more, but serve those"; and a version as old as 1.44 knows no SO_REUSEPORT.
 *
 * The options of a listening socket are inherited by what it accepts (Linux copies the socket), so that a connection costs no
 * setsockopt of its own. */
#include "net/listener.h"

#include "base/log.h"
#include "net/inside.h"

#include <errno.h>
#include <linux/filter.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <unistd.h>

/* A peer that vanished without a word is found by the kernel after 60 s + 3 x 20 s, should nobody above ask sooner. */
#define KEEPALIVE_IDLE_S 60
#define KEEPALIVE_INTERVAL_S 20
#define KEEPALIVE_PROBES 3
/* What the kernel holds beyond what is on its way to the peer. Without it a reader that stalls would cost up to tcp_wmem's
 * 4 MiB of kernel memory before our own bound is even touched. */
#define NOT_SENT_BYTES (128 * 1024)

struct listener {
    struct loop *loop;
    uv_poll_t poll;
    int fd;
    bool paused;        /* out of file descriptors */
    struct timer timer; /* the pause's end, or the drain's */
    listener_on_accept *on_accept;
    void *ctx;
    void (*on_drained)(void *ctx); /* not NULL: draining */
    void *drained_ctx;
    struct listener *next;
    struct listener **pprev;
};

static void close_fd(int *fd)
{
    if (*fd >= 0) close(*fd);
}

static int set_option(int fd, int level, int name, int value)
{
    return setsockopt(fd, level, name, &value, sizeof value) == 0 ? 0 : ERR_IO;
}

static int set_options(int fd, const struct address *address)
{
    TRY(set_option(fd, SOL_SOCKET, SO_REUSEADDR,
                   1)); /* a restart does not wait for the last one's TIME_WAIT */
    TRY(set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1));
    TRY(set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1));
    TRY(set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE_S));
    TRY(set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_INTERVAL_S));
    TRY(set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_PROBES));
    TRY(set_option(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, NOT_SENT_BYTES));
    /* [::] takes IPv4 as well, whatever the machine's default is; a single address means itself. */
    bool any = address->any.sa_family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&address->v6.sin6_addr);
    if (address->any.sa_family == AF_INET6) TRY(set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, any ? 0 : 1));
    return 0;
}

static int bind_failure(const struct address *address, int error, struct err_detail *reterr)
{
    char text[ADDRESS_TEXT_BYTES];
    const char *at = address_text(address, text).at;
    switch (error) {
    case EADDRINUSE:
        return fail(
            reterr, ERR_EXISTS,
            "cannot listen on %s: it is in use by another program; stop that one or choose another port", at);
    case EACCES:
    case EPERM:
        return fail(reterr, ERR_FORBIDDEN,
                    "cannot listen on %s: not allowed (ports below 1024 need CAP_NET_BIND_SERVICE)", at);
    case EADDRNOTAVAIL:
        return fail(reterr, ERR_NOT_FOUND,
                    "cannot listen on %s: this machine has no such address; 0.0.0.0 means all it has", at);
    case EMFILE:
    case ENFILE: return fail(reterr, ERR_LIMIT, "cannot listen on %s: too many open files", at);
    default: return fail(reterr, ERR_IO, "cannot listen on %s: %s", at, strerrordesc_np(error));
    }
}

/* The first binds without SO_REUSEPORT, so that a port with any listener is refused, and joins the group before it
 * listens; the others are in it from the start. */
static int bind_and_listen(int fd, struct address *address, bool first, struct err_detail *reterr)
{
    if (set_options(fd, address) < 0 || (!first && set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1) < 0)) {
        return bind_failure(address, errno, reterr);
    }
    if (bind(fd, &address->any, address_bytes(address)) != 0) return bind_failure(address, errno, reterr);
    if (first && set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1) < 0) return bind_failure(address, errno, reterr);
    if (listen(fd, LISTENER_BACKLOG) != 0) return bind_failure(address, errno, reterr);

    struct address bound;
    socklen_t len = sizeof bound;
    if (getsockname(fd, &bound.any, &len) != 0) return bind_failure(address, errno, reterr);
    address_set_port(address, address_port(&bound));
    return 0;
}

/* A machine without IPv6 still listens on all it has. */
static int make_socket(struct address *address)
{
    int fd = socket(address->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    bool any = address->any.sa_family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&address->v6.sin6_addr);
    if (fd >= 0 || errno != EAFNOSUPPORT || !any) return fd;
    uint16_t port = address_port(address);
    *address = (struct address){.v4 = {.sin_family = AF_INET}};
    address_set_port(address, port);
    return socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

static void on_ready(uv_poll_t *poll, int status, int events);

static int poll_on(struct listener *listener)
{
    return uv_poll_start(&listener->poll, UV_READABLE, on_ready) == 0 ? 0 : ERR_IO;
}

static void link_to_loop(struct listener *listener)
{
    struct listener **head = &listener->loop->listeners;
    listener->next = *head;
    if (listener->next != NULL) listener->next->pprev = &listener->next;
    listener->pprev = head;
    *head = listener;
}

int listener_open(struct loop *loop, struct address *address, bool first, listener_on_accept *on_accept,
                  void *ctx, struct listener **ret_listener, struct err_detail *reterr)
{
    loop_check_here(loop);
    check(first || address_port(address) != 0);
    __attribute__((cleanup(close_fd))) int fd = make_socket(address);
    if (fd < 0) return bind_failure(address, errno, reterr);
    TRY(bind_and_listen(fd, address, first, reterr));

    OWNED(mem) struct listener *listener = calloc(1, sizeof *listener);
    if (listener == NULL) return fail(reterr, ERR_NOMEM, "no memory for a listening socket");
    *listener = (struct listener){.loop = loop, .fd = fd, .on_accept = on_accept, .ctx = ctx};
    if (uv_poll_init(loop_uv(loop), &listener->poll, fd) != 0) {
        return fail(reterr, ERR_IO, "cannot watch the listening socket");
    }
    listener->poll.data = listener;
    link_to_loop(listener);
    struct listener *opened = take(listener);
    fd = -1;
    if (poll_on(opened) < 0) {
        in_loop();
        listener_close(opened);
        return fail(reterr, ERR_IO, "cannot watch the listening socket");
    }
    *ret_listener = opened;
    return 0;
}

static void set_timer(struct listener *listener, int64_t wait_ms, void (*run)(struct timer *))
{
    timer_set(loop_wheel(listener->loop), &listener->timer,
              (struct mono_ms){loop_now(listener->loop).ms + wait_ms}, run);
}

static void on_pause_over(struct timer *timer)
{
    in_loop();
    struct listener *listener = container_of(timer, struct listener, timer);
    if (poll_on(listener) < 0) set_timer(listener, LISTENER_PAUSE_MS, on_pause_over);
}

/* Whoever waits goes on waiting in the kernel's queue. */
static void pause_accepting(struct listener *listener, int error)
{
    if (!listener->paused) {
        log_error("accepting paused", F_STR("why", str_c(strerrordesc_np(error))),
                  F_INT("retry_ms", LISTENER_PAUSE_MS));
    }
    listener->paused = true;
    if (listener->on_drained != NULL) return; /* the drain's timer ends it */
    uv_poll_stop(&listener->poll);
    set_timer(listener, LISTENER_PAUSE_MS, on_pause_over);
}

/* 1: one was accepted, or ended while it waited. 0: nobody waits, or nobody can be taken now. */
static int accept_one(struct listener *listener)
{
    union {
        struct sockaddr any;
        struct sockaddr_in6 v6;
    } from = {.any = {.sa_family = AF_UNSPEC}};
    socklen_t len = sizeof from;
    int fd = accept4(listener->fd, &from.any, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
        if (listener->paused) log_info("accepting again");
        listener->paused = false;
        struct peer peer = peer_of(&from.any);
        if (listener->on_accept(listener->loop, fd, &peer, listener->ctx) < 0) close(fd);
        return 1;
    }
    switch (errno) {
    case EAGAIN: return 0;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM: pause_accepting(listener, errno); return 0;
    default: return 1; /* accept(2): a network error of the one that waited, or a signal */
    }
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
    in_loop();
    (void)status;
    (void)events;
    struct listener *listener = poll->data;
    for (int i = 0; i < LISTENER_TURN_MAX; i++) {
        if (uv_is_closing((uv_handle_t *)poll)) return; /* on_accept closed us */
        if (accept_one(listener) == 0) return;
    }
}

static void on_drain_over(struct timer *timer)
{
    in_loop();
    struct listener *listener = container_of(timer, struct listener, timer);
    void (*on_drained)(void *) = listener->on_drained;
    void *ctx = listener->drained_ctx;
    while (!uv_is_closing((uv_handle_t *)&listener->poll) && accept_one(listener) == 1) continue;
    listener_close(listener);
    on_drained(ctx);
}

/* Drops what begins a connection (SYN without ACK) and nothing else. The socket's filter sees the TCP header at 0. */
static int ignore_new_ones(int fd)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 13),          BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0x12),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x02, 0, 1), BPF_STMT(BPF_RET | BPF_K, 0),
        BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
    };
    struct sock_fprog program = {.len = COUNT_OF(code), .filter = code};
    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0 ? 0 : ERR_UNSUPPORTED;
}

void listener_drain(struct listener *listener, int64_t wait_ms, void (*on_drained)(void *ctx), void *ctx)
{
    loop_check_here(listener->loop);
    check(listener->on_drained == NULL);
    listener->on_drained = on_drained;
    listener->drained_ctx = ctx;
    ignore(ignore_new_ones(listener->fd),
           "without it a connection begun at the last moment is reset, as everywhere else");
    if (listener->paused) ignore(poll_on(listener), "the drain's end accepts as well");
    set_timer(listener, wait_ms, on_drain_over);
}

static void on_poll_closed(uv_handle_t *handle) { free(handle->data); }

void listener_close(struct listener *listener)
{
    if (listener == NULL) return;
    if (uv_is_closing((uv_handle_t *)&listener->poll)) return;
    loop_check_here(listener->loop);
    timer_cancel(loop_wheel(listener->loop), &listener->timer);
    *listener->pprev = listener->next;
    if (listener->next != NULL) listener->next->pprev = listener->pprev;
    uv_close((uv_handle_t *)&listener->poll, on_poll_closed);
    close(listener->fd);
}

void listener_close_all(struct loop *loop)
{
    while (loop->listeners != NULL) listener_close(loop->listeners);
}
