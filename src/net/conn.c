/* How bytes leave. Whoever has something to send is put on its loop's dirty list; at the turn's end all that waits goes out in
 * one uv_try_write. Where the kernel takes less, the rest (at most SLOW_BYTES of it) is given to uv_write, whose request, with
 * the timer that watches for progress, lives in a struct conn_slow on the heap: only slow connections pay for it. While
 * it is in flight nothing else is written; when it is through, the connection is dirty again. The bytes stay the queue's until
 * they are gone, so nothing is copied, and a frame sent in part goes on where it stopped.
 *
 * Bytes enter in enter() and leave through write_some(): the two places that know of TLS. What is sealed waits in a second
 * queue, the wire's, at most SEAL_BYTES and a record ahead of the socket: sealed bytes can be neither dropped nor reordered. */
#include "net/conn.h"

#include "net/inside.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define FLUSH_PIECES 64
/* In one uv_write: small, so that little is out of reach for conn_drop_pending. */
#define SLOW_BYTES ((size_t)64 * 1024)

#define SEAL_BYTES ((size_t)64 * 1024)
/* What TLS had held of a record comes out together with what was read: the two fit into LOOP_READ_BYTES. */
#define SEALED_READ_BYTES (LOOP_READ_BYTES - TLS_RECORD_BYTES)

static_assert(sizeof(uv_buf_t) == sizeof(struct iovec), "libuv's buffers are the system's");
static_assert(offsetof(uv_buf_t, len) == offsetof(struct iovec, iov_len), "libuv's buffers are the system's");

struct conn_slow {
    struct conn *conn;
    uv_write_t request;
    struct timer timer;     /* no progress, or after FIN no end of the peer's */
    size_t in_flight_bytes; /* given to uv_write; 0: none */
    size_t left_bytes;      /* of them not yet taken when last looked at */
    struct mono_ms progress_at;
};

static int why_of(ssize_t uv_result)
{
    switch (uv_result) {
    case UV_ECONNRESET:
    case UV_EPIPE:
    case UV_ETIMEDOUT:
    case UV_ENOTCONN: return ERR_CLOSED;
    case UV_ENOMEM:
    case UV_ENOBUFS: return ERR_NOMEM;
    default: return ERR_IO;
    }
}

static uv_stream_t *stream_of(struct conn *conn) { return (uv_stream_t *)&conn->tcp; }

static void mark_dirty(struct conn *conn)
{
    if (conn->dirty_pprev != NULL) return;
    struct conn **head = &conn_loop(conn)->dirty;
    conn->dirty_next = *head;
    if (conn->dirty_next != NULL) conn->dirty_next->dirty_pprev = &conn->dirty_next;
    conn->dirty_pprev = head;
    *head = conn;
}

static void unmark_dirty(struct conn *conn)
{
    if (conn->dirty_pprev == NULL) return;
    *conn->dirty_pprev = conn->dirty_next;
    if (conn->dirty_next != NULL) conn->dirty_next->dirty_pprev = conn->dirty_pprev;
    conn->dirty_next = NULL;
    conn->dirty_pprev = NULL;
}

/* ---- coming in ---- */

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *ret_buffer)
{
    (void)suggested;
    struct loop *loop = loop_of_uv(handle->loop);
    struct conn *conn = handle->data;
    *ret_buffer =
        uv_buf_init((char *)loop->read_buffer, conn->tls == NULL ? LOOP_READ_BYTES : SEALED_READ_BYTES);
}

static ON_LOOP void at_end_of_input(struct conn *conn)
{
    conn->end_read = true;
    conn->reading = false;
    if (conn->state == CONN_ENDING && conn->end_sent) conn_close(conn, 0);
    else if (conn->state == CONN_OPEN && conn->handler->on_eof != NULL) conn->handler->on_eof(conn);
    else if (conn->state == CONN_OPEN) conn_close(conn, 0);
}

/* The peer speaks no TLS, or a broken one: its alert goes out, then the end. */
static ON_LOOP void fail_sealed(struct conn *conn, int why)
{
    if (conn->state != CONN_OPEN) return;
    conn->why = why;
    outq_done(&conn->out);
    conn_shutdown_after_flush(conn);
}

static ON_LOOP void enter_sealed(struct conn *conn, struct mspan bytes)
{
    struct mspan plain = {conn_loop(conn)->plain_buffer, 0};
    if (conn->end_read) return; /* after its close_notify */
    int rc = tls_open(conn->tls, span_of(bytes.at, bytes.len), (struct mspan){plain.at, LOOP_READ_BYTES},
                      &plain.len);
    if (conn_queue_bytes(conn) > 0) {
        mark_dirty(conn); /* an answer of TLS's own, or what waited for the handshake */
    }
    if (plain.len > 0) conn->handler->on_bytes(conn, plain);
    if (rc < 0) fail_sealed(conn, rc);
    else if (rc == 1) at_end_of_input(conn);
}

static ON_LOOP void enter(struct conn *conn, struct mspan bytes)
{
    if (conn->state != CONN_OPEN) return;
    if (conn->tls != NULL) enter_sealed(conn, bytes);
    else conn->handler->on_bytes(conn, bytes);
}

static void on_read(uv_stream_t *stream, ssize_t result, const uv_buf_t *buffer)
{
    in_loop();
    struct conn *conn = stream->data;
    if (result == 0) return; /* nothing after all */
    if (result == UV_EOF) {
        at_end_of_input(conn);
    } else if (result < 0) {
        conn_close(conn, why_of(result));
    } else {
        struct loop *loop = conn_loop(conn);
        loop->reads++;
        conn->read_at = loop_now(loop);
        conn->read_since = true;
        enter(conn, (struct mspan){(uint8_t *)buffer->base, (size_t)result});
    }
}

static ON_LOOP void start_reading(struct conn *conn)
{
    if (conn->reading || conn->end_read) return;
    int rc = uv_read_start(stream_of(conn), on_alloc, on_read);
    if (rc < 0) conn_close(conn, why_of(rc));
    else conn->reading = true;
}

void conn_open(struct conn *conn, struct loop *loop, int fd, const struct conn_handler *handler)
{
    loop_check_here(loop);
    check(handler->on_bytes != NULL);
    check(handler->on_closed != NULL);
    *conn = (struct conn){.handler = handler, .state = CONN_OPEN, .read_at = loop_now(loop)};
    outq_init(&conn->out);
    check(uv_tcp_init(loop_uv(loop), &conn->tcp) == 0); /* makes no socket: nothing in it can fail */
    conn->tcp.data = conn;
    int rc = uv_tcp_open(&conn->tcp, fd);
    if (rc < 0) {
        close(fd);
        conn_close(conn, why_of(rc));
        return;
    }
    start_reading(conn);
}

int conn_secure(struct conn *conn, struct tls *tls)
{
    struct loop *loop = conn_loop(conn);
    if (conn->state != CONN_OPEN) return ERR_CLOSED;
    check(conn->tls == NULL);
    if (loop->plain_buffer == NULL) loop->plain_buffer = malloc(LOOP_READ_BYTES);
    if (loop->plain_buffer == NULL) return ERR_NOMEM;
    return tls_link_create(tls, &conn->tls);
}

void conn_pause_reading(struct conn *conn)
{
    if (conn->state != CONN_OPEN || !conn->reading) return;
    uv_read_stop(stream_of(conn));
    conn->reading = false;
}

void conn_resume_reading(struct conn *conn)
{
    if (conn->state == CONN_OPEN) start_reading(conn);
}

/* ---- going out ---- */

/* What the socket is to be given: sealed where it is secure. */
static struct outq *wire_of(struct conn *conn)
{
    return conn->tls == NULL ? &conn->out : tls_wire(conn->tls);
}

static void set_slow_timer(struct conn *conn, int64_t wait_ms, void (*run)(struct timer *))
{
    struct loop *loop = conn_loop(conn);
    timer_set(&loop->wheel, &conn->slow->timer, (struct mono_ms){loop_now(loop).ms + wait_ms}, run);
}

static void watch_progress(struct conn *conn);

/* Looks a few times in each write_timeout_ms, since libuv does not tell when a part of one uv_write is taken. */
static void on_progress_timer(struct timer *timer)
{
    in_loop();
    struct conn_slow *slow = container_of(timer, struct conn_slow, timer);
    struct conn *conn = slow->conn;
    struct loop *loop = conn_loop(conn);
    size_t left = uv_stream_get_write_queue_size(stream_of(conn));
    bool taken = left < slow->left_bytes;
    bool stalled = !taken && loop_now(loop).ms - slow->progress_at.ms >= loop->options.write_timeout_ms;
    slow->left_bytes = left;
    if (taken || stalled) slow->progress_at = loop_now(loop);
    watch_progress(conn);
    if (!stalled) return;
    if (conn->state == CONN_OPEN && conn->handler->on_stalled != NULL) conn->handler->on_stalled(conn);
    else conn_close(conn, ERR_EXPIRED);
}

static void watch_progress(struct conn *conn)
{
    int64_t timeout_ms = conn_loop(conn)->options.write_timeout_ms;
    set_slow_timer(conn, timeout_ms < 4 ? 1 : timeout_ms / 4, on_progress_timer);
}

static void on_linger_over(struct timer *timer)
{
    in_loop();
    conn_close(container_of(timer, struct conn_slow, timer)->conn, ERR_EXPIRED);
}

static int need_slow(struct conn *conn)
{
    if (conn->slow != NULL) return 0;
    conn->slow = calloc(1, sizeof *conn->slow);
    if (conn->slow == NULL) return ERR_NOMEM;
    conn->slow->conn = conn;
    return 0;
}

static void drop_slow(struct conn *conn)
{
    if (conn->slow == NULL) return;
    check(conn->slow->in_flight_bytes == 0 || conn->state == CONN_CLOSING);
    timer_cancel(&conn_loop(conn)->wheel, &conn->slow->timer);
    free(take(conn->slow));
}

static void on_written(uv_write_t *request, int status)
{
    in_loop();
    struct conn_slow *slow = container_of(request, struct conn_slow, request);
    struct conn *conn = slow->conn;
    if (conn->state == CONN_CLOSING) return; /* cancelled: the close callback is next */
    size_t taken = slow->in_flight_bytes;
    slow->in_flight_bytes = 0;
    if (status < 0) {
        conn_close(conn, why_of(status));
        return;
    }
    outq_took(wire_of(conn), taken);
    slow->progress_at = loop_now(conn_loop(conn));
    mark_dirty(conn);
}

/* The kernel is full: libuv waits for room and writes on. */
static int write_when_writable(struct conn *conn)
{
    TRY(need_slow(conn));
    struct conn_slow *slow = conn->slow;
    struct iovec pieces[FLUSH_PIECES];
    size_t count = outq_peek(wire_of(conn), SLOW_BYTES, pieces, FLUSH_PIECES);
    slow->in_flight_bytes = 0;
    for (size_t i = 0; i < count; i++) slow->in_flight_bytes += pieces[i].iov_len;
    int rc = uv_write(&slow->request, stream_of(conn), (const uv_buf_t *)pieces, (unsigned)count, on_written);
    if (rc < 0) {
        slow->in_flight_bytes = 0;
        return why_of(rc);
    }
    slow->left_bytes = uv_stream_get_write_queue_size(stream_of(conn));
    if (timer_is_set(&slow->timer)) return 0; /* watched since an earlier one */
    slow->progress_at = loop_now(conn_loop(conn));
    watch_progress(conn);
    return 0;
}

/* 1: the wire's queue is empty. 0: the kernel takes no more now. */
static int write_some(struct conn *conn)
{
    struct outq *wire = wire_of(conn);
    for (;;) {
        if (conn->tls != NULL) TRY(tls_seal(conn->tls, &conn->out, SEAL_BYTES));
        if (outq_is_empty(wire)) return 1;
        struct iovec pieces[FLUSH_PIECES];
        size_t count = outq_peek(wire, SIZE_MAX, pieces, FLUSH_PIECES);
        size_t offered = 0;
        for (size_t i = 0; i < count; i++) offered += pieces[i].iov_len;
        int taken = uv_try_write(stream_of(conn), (const uv_buf_t *)pieces, (unsigned)count);
        if (taken == UV_EAGAIN) return 0;
        if (taken < 0) return why_of(taken);
        outq_took(wire, (size_t)taken);
        if ((size_t)taken < offered) return 0;
    }
}

/* Nothing waits any more in an ENDING connection. */
static ON_LOOP int send_end(struct conn *conn)
{
    if (conn->end_sent) return 0;
    uv_os_fd_t fd;
    int rc = uv_fileno((uv_handle_t *)&conn->tcp, &fd);
    if (rc < 0) return why_of(rc);
    if (shutdown(fd, SHUT_WR) != 0) return why_of(-errno);
    conn->end_sent = true;
    if (conn->end_read) {
        conn_close(conn, 0);
        return 0;
    }
    TRY(need_slow(conn));
    set_slow_timer(conn, conn_loop(conn)->options.linger_ms, on_linger_over);
    return 0;
}

static ON_LOOP int flush(struct conn *conn);

/* RFC 8446 6.1: close_notify before the end, but not after an alert that said what was wrong. */
static ON_LOOP int end_in_order(struct conn *conn)
{
    if (conn->tls != NULL && conn->why == 0) TRY(tls_goodbye(conn->tls));
    return outq_is_empty(wire_of(conn)) ? send_end(conn) : flush(conn);
}

static ON_LOOP int all_sent(struct conn *conn)
{
    if (!outq_is_empty(&conn->out)) return 0; /* waits for TLS's handshake */
    if (conn->state == CONN_ENDING) return end_in_order(conn);
    drop_slow(conn);
    if (conn->wants_drained) {
        conn->wants_drained = false;
        conn->handler->on_drained(conn);
    }
    return 0;
}

static ON_LOOP int flush(struct conn *conn)
{
    if (conn->slow != NULL && conn->slow->in_flight_bytes > 0) return 0;
    int rc = write_some(conn);
    if (rc < 0) return rc;
    return rc == 1 ? all_sent(conn) : write_when_writable(conn);
}

void conn_flush_dirty(struct loop *loop)
{
    struct conn *dirty = take(loop->dirty);
    if (dirty != NULL) dirty->dirty_pprev = &dirty;
    while (dirty != NULL) {
        struct conn *conn = dirty;
        unmark_dirty(conn);
        int rc = flush(conn);
        if (rc < 0) conn_close(conn, rc);
    }
}

int conn_send_frame(struct conn *conn, struct frame *frame)
{
    if (conn->state != CONN_OPEN) return ERR_CLOSED;
    TRY(outq_push(&conn->out, frame, conn_loop(conn)->options.queue_bytes_max));
    mark_dirty(conn);
    return 0;
}

int conn_send_bytes(struct conn *conn, struct span bytes)
{
    if (conn->state != CONN_OPEN) return ERR_CLOSED;
    if (bytes.len == 0) return 0;
    OWNED(frame) struct frame *frame = NULL;
    TRY(frame_new(span_of(NULL, 0), bytes, &frame));
    return conn_send_frame(conn, frame);
}

void conn_ask_drained(struct conn *conn)
{
    if (conn->state != CONN_OPEN) return;
    check(conn->handler->on_drained != NULL);
    conn->wants_drained = true;
    mark_dirty(conn);
}

void conn_drop_pending(struct conn *conn)
{
    if (conn->state != CONN_OPEN) return;
    outq_drop_after(&conn->out, conn->slow != NULL && conn->tls == NULL ? conn->slow->in_flight_bytes : 0);
}

/* ---- the end ---- */

void conn_shutdown_after_flush(struct conn *conn)
{
    if (conn->state != CONN_OPEN) return;
    conn->state = CONN_ENDING;
    conn->wants_drained = false;
    if (conn->tls != NULL && !tls_is_ready(conn->tls)) outq_done(&conn->out); /* it could never be sent */
    mark_dirty(conn);
    start_reading(conn); /* a paused one would not see the peer's end */
}

static void on_tcp_closed(uv_handle_t *handle)
{
    in_loop();
    struct conn *conn = handle->data;
    drop_slow(conn);
    outq_done(&conn->out);
    tls_link_free(take(conn->tls));
    conn->handler->on_closed(conn, conn->why);
}

void conn_close(struct conn *conn, int why)
{
    if (conn->state == CONN_CLOSING || conn->state == CONN_NONE) return;
    conn->state = CONN_CLOSING;
    conn->reading = false;
    if (conn->why == 0) conn->why = why;
    unmark_dirty(conn);
    if (conn->slow != NULL) timer_cancel(&conn_loop(conn)->wheel, &conn->slow->timer);
    uv_close((uv_handle_t *)&conn->tcp, on_tcp_closed);
}

struct each {
    void (*visit)(struct conn *conn, void *ctx);
    void *ctx;
};

static void visit_handle(uv_handle_t *handle, void *ctx)
{
    if (handle->type != UV_TCP) return;
    struct conn *conn = handle->data;
    struct each *each = ctx;
    if (conn->state != CONN_CLOSING) each->visit(conn, each->ctx);
}

void conn_each(struct loop *loop, void (*visit)(struct conn *conn, void *ctx), void *ctx)
{
    loop_check_here(loop);
    struct each each = {.visit = visit, .ctx = ctx};
    uv_walk(&loop->uv, visit_handle, &each);
}
