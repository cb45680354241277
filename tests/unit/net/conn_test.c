#include "net/conn.h"

#include "base/clock.h"
#include "net/segments.h"
#include "net/sockets.h"
#include "../testing.h"

#include <stdlib.h>

static_assert(sizeof(struct conn) <= 376,
              "1.5 KiB is all that an idle connection may cost, session and kernel's handle included");

struct user {
    struct conn conn;
    uint8_t got[256];
    size_t got_bytes;
    int eofs, drained, stalled, closed, why;
    void (*on_bytes)(struct user *user);
    void (*on_drained)(struct user *user);
};

static struct user *user_of(struct conn *conn) { return container_of(conn, struct user, conn); }

static void on_bytes(struct conn *conn, struct mspan bytes)
{
    struct user *user = user_of(conn);
    check(bytes.len <= sizeof user->got - user->got_bytes);
    memcpy(user->got + user->got_bytes, bytes.at, bytes.len);
    user->got_bytes += bytes.len;
    memset(bytes.at, 0xee, bytes.len); /* it is ours to change */
    if (user->on_bytes != NULL) user->on_bytes(user);
}
static void on_eof(struct conn *conn) { user_of(conn)->eofs++; }
static void on_stalled(struct conn *conn) { user_of(conn)->stalled++; }
static void on_drained(struct conn *conn)
{
    struct user *user = user_of(conn);
    user->drained++;
    if (user->on_drained != NULL) user->on_drained(user);
}
static void on_closed(struct conn *conn, int why)
{
    struct user *user = user_of(conn);
    check(user->closed == 0);
    user->closed++;
    user->why = why;
}
static const struct conn_handler HANDLER = {on_bytes, on_eof, on_drained, on_stalled, on_closed};
static const struct conn_handler BARE = {.on_bytes = on_bytes, .on_closed = on_closed};

static struct loop *g_loop;
static struct user *g_user;
static struct pair g_pair;

#define WRITE_TIMEOUT_MS 200
#define LINGER_MS 200
#define QUEUE_BYTES_MAX ((size_t)1024 * 1024)

static void open_all(int buffer_bytes, const struct conn_handler *handler)
{
    struct loop_options options = {
        .queue_bytes_max = QUEUE_BYTES_MAX, .write_timeout_ms = WRITE_TIMEOUT_MS, .linger_ms = LINGER_MS};
    in_loop();
    assert_int_equal(loop_create(&options, &g_loop), 0);
    g_user = calloc(1, sizeof *g_user);
    assert_non_null(g_user);
    g_pair = pair_open(buffer_bytes);
    conn_open(&g_user->conn, g_loop, g_pair.ours, handler);
}

static int set_up(void **state)
{
    (void)state;
    open_all(0, &HANDLER);
    return 0;
}

static int set_up_small(void **state)
{
    (void)state;
    open_all(4096, &HANDLER);
    return 0;
}

static int set_up_bare(void **state)
{
    (void)state;
    open_all(4096, &BARE);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    loop_free(g_loop); /* closes what is open */
    check(g_user->closed == 1);
    free(g_user);
    if (g_pair.peer >= 0) close(g_pair.peer);
    return 0;
}

static void turns(int count)
{
    for (int i = 0; i < count; i++) loop_turn(g_loop, 5);
}

static struct frame *numbered_frame(size_t len, uint32_t number)
{
    OWNED(mem) uint8_t *bytes = malloc(len);
    assert_non_null(bytes);
    memset(bytes, (int)(number & 0x7f), len);
    memcpy(bytes, &number, sizeof number);
    struct frame *frame = NULL;
    assert_int_equal(frame_new(span_of(NULL, 0), span_of(bytes, len), &frame), 0);
    return frame;
}

static int send_numbered(size_t len, uint32_t number)
{
    in_loop();
    OWNED(frame) struct frame *frame = numbered_frame(len, number);
    return conn_send_frame(&g_user->conn, frame);
}

static void bytes_come_in_and_count_as_a_sign_of_life(void **state)
{
    (void)state;
    turns(1);
    assert_false(g_user->conn.read_since);
    struct mono_ms opened = g_user->conn.read_at;
    while (clock_mono().ms <= opened.ms + 5) turns(1);
    assert_int_equal(send(g_pair.peer, "hello", 5, 0), 5);
    turns(1);
    assert_int_equal(g_user->got_bytes, 5);
    assert_memory_equal(g_user->got, "hello", 5);
    assert_true(g_user->conn.read_since);
    assert_true(g_user->conn.read_at.ms > opened.ms);
}

static void all_that_waits_leaves_in_one_write(void **state)
{
    (void)state;
    in_loop();
    char text[256];
    turns(1);
    for (uint32_t i = 0; i < 40; i++) assert_int_equal(send_numbered(250, i), 0);
    assert_int_equal(conn_send_bytes(&g_user->conn, span_of("end", 3)), 0);
    assert_int_equal(read_now(g_pair.peer, text, sizeof text), 0); /* nothing before the turn's end */
    assert_int_equal(conn_queue_bytes(&g_user->conn), 40 * 250 + 3 + 41 * OUTQ_FRAME_COST);
    turns(1);
    assert_int_equal(conn_queue_bytes(&g_user->conn), 0);
    assert_int_equal(segments_sent(g_pair.ours), 1); /* TCP_NODELAY: a write is a segment */
    assert_null(g_user->conn.slow);
}

/* Reads len bytes of numbered frames, frame_len each, and checks every byte; turns the loop while it waits. */
static void read_frames(size_t frame_len, uint32_t first, uint32_t count)
{
    OWNED(mem) uint8_t *bytes = malloc(frame_len);
    assert_non_null(bytes);
    for (uint32_t i = first; i < first + count; i++) {
        size_t have = 0;
        for (int idle = 0; have < frame_len;) {
            size_t got = read_now(g_pair.peer, bytes + have, frame_len - have);
            have += got;
            if (got > 0) idle = 0;
            else assert_true(idle++ < 1000);
            if (got == 0) turns(1);
        }
        uint32_t number;
        memcpy(&number, bytes, sizeof number);
        assert_int_equal(number, i);
        for (size_t k = sizeof number; k < frame_len; k++) assert_int_equal(bytes[k], i & 0x7f);
    }
}

static void a_frame_written_in_part_goes_on_where_it_stopped(void **state)
{
    (void)state;
    in_loop();
    uint32_t queued = 0;
    while (send_numbered(10007, queued) == 0) queued++;
    assert_true(queued > 90);
    turns(2);
    assert_non_null(g_user->conn.slow); /* the kernel took less than there was */
    read_frames(10007, 0, queued);
    turns(2);
    assert_int_equal(conn_queue_bytes(&g_user->conn), 0);
    assert_null(g_user->conn.slow);
    /* and then as before */
    assert_int_equal(send_numbered(100, 7), 0);
    turns(1);
    read_frames(100, 7, 1);
}

static void a_full_queue_is_said_and_stays_as_it_was(void **state)
{
    (void)state;
    in_loop();
    int rc;
    uint32_t queued = 0;
    while ((rc = send_numbered(1000, queued)) == 0) queued++;
    assert_int_equal(rc, ERR_LIMIT);
    assert_int_equal(queued, QUEUE_BYTES_MAX / (1000 + OUTQ_FRAME_COST));
    assert_int_equal(conn_send_bytes(&g_user->conn, span_of("0123456789", 10)), 0); /* what fits still fits */
    assert_true(conn_queue_bytes(&g_user->conn) <= QUEUE_BYTES_MAX);
    assert_true(conn_is_open(&g_user->conn));
    read_frames(1000, 0, queued);
}

static void dropping_what_waits_leaves_whole_frames_and_room_for_a_last_word(void **state)
{
    (void)state;
    in_loop();
    uint32_t queued = 0;
    while (send_numbered(50000, queued) == 0) queued++;
    turns(3);
    conn_drop_pending(&g_user->conn);
    assert_true(conn_queue_bytes(&g_user->conn) <= 64 * 1024 + 50000 + 2 * OUTQ_FRAME_COST);
    assert_int_equal(send_numbered(50000, 9999), 0);
    /* Whole frames from 0 on, then the last word, nothing torn. */
    OWNED(mem) uint8_t *bytes = malloc(50000);
    uint32_t number = 0, seen = 0;
    while (number != 9999) {
        size_t have = 0;
        for (int idle = 0; have < 50000;) {
            size_t got = read_now(g_pair.peer, bytes + have, 50000 - have);
            have += got;
            idle = got > 0 ? 0 : idle + 1;
            assert_true(idle < 1000);
            if (got == 0) turns(1);
        }
        memcpy(&number, bytes, sizeof number);
        for (size_t k = sizeof number; k < 50000; k++) assert_int_equal(bytes[k], number & 0x7f);
        if (number != 9999) assert_int_equal(number, seen++);
    }
    assert_true(seen < queued);
}

static void who_takes_nothing_is_told_of_and_who_takes_little_is_not(void **state)
{
    (void)state;
    in_loop();
    uint8_t bytes[2000];
    while (send_numbered(50000, 0) == 0) continue;
    turns(2);
    struct mono_ms start = clock_mono();
    while (clock_mono().ms < start.ms + 3 * WRITE_TIMEOUT_MS) { /* a reader, slow but alive */
        for (int i = 0; i < 8; i++) read_now(g_pair.peer, bytes, sizeof bytes);
        turns(4);
    }
    assert_int_equal(g_user->stalled, 0);
    assert_true(conn_queue_bytes(&g_user->conn) > 100000);
    start = clock_mono();
    while (g_user->stalled == 0 && clock_mono().ms < start.ms + 5000) turns(1);
    assert_int_equal(g_user->stalled, 1);
    assert_true(clock_mono().ms >= start.ms + WRITE_TIMEOUT_MS / 2);
    conn_close(&g_user->conn, ERR_LIMIT);
    turns(1);
    assert_int_equal(g_user->why, ERR_LIMIT);
}

static void without_a_word_of_the_owner_a_stalled_one_is_closed(void **state)
{
    (void)state;
    while (send_numbered(50000, 0) == 0) continue;
    struct mono_ms start = clock_mono();
    while (g_user->closed == 0 && clock_mono().ms < start.ms + 5000) turns(1);
    assert_int_equal(g_user->why, ERR_EXPIRED);
}

static void after_the_peers_end_we_can_still_answer(void **state)
{
    (void)state;
    in_loop();
    char text[16];
    assert_int_equal(send(g_pair.peer, "ask", 3, 0), 3);
    assert_int_equal(shutdown(g_pair.peer, SHUT_WR), 0);
    turns(2);
    assert_int_equal(g_user->got_bytes, 3);
    assert_int_equal(g_user->eofs, 1);
    assert_true(conn_is_open(&g_user->conn));
    assert_int_equal(conn_send_bytes(&g_user->conn, span_of("answer", 6)), 0);
    conn_shutdown_after_flush(&g_user->conn);
    turns(2);
    assert_int_equal(recv(g_pair.peer, text, sizeof text, 0), 6);
    assert_true(ends_in_order(g_pair.peer));
    assert_int_equal(g_user->closed, 1);
    assert_int_equal(g_user->why, 0);
}

static void without_on_eof_the_peers_end_is_the_end(void **state)
{
    (void)state;
    assert_int_equal(shutdown(g_pair.peer, SHUT_WR), 0);
    turns(2);
    assert_int_equal(g_user->closed, 1);
    assert_int_equal(g_user->why, 0);
}

static void ending_sends_what_waits_though_the_peer_is_still_talking(void **state)
{
    (void)state;
    in_loop();
    uint8_t junk[20000];
    memset(junk, 'x', sizeof junk);
    uint32_t queued = 0;
    while (send_numbered(10000, queued) == 0) queued++;
    conn_shutdown_after_flush(&g_user->conn);
    assert_int_equal(send_numbered(10000, 1), ERR_CLOSED);
    /* Unread bytes at a close would be a reset, which destroys what the peer has not read yet. */
    for (uint32_t i = 0; i < queued; i++) {
        ignore(send(g_pair.peer, junk, sizeof junk, MSG_DONTWAIT), "as much as fits");
        read_frames(10000, i, 1);
    }
    turns(2);
    assert_int_equal(g_user->closed, 0);
    assert_int_equal(g_user->got_bytes, 0);
    assert_true(ends_in_order(g_pair.peer));
    close(g_pair.peer);
    g_pair.peer = -1;
    turns(3);
    assert_int_equal(g_user->closed, 1);
    assert_int_equal(g_user->why, 0);
}

static void a_peer_that_never_ends_is_not_waited_for(void **state)
{
    (void)state;
    in_loop();
    conn_shutdown_after_flush(&g_user->conn);
    struct mono_ms start = clock_mono();
    while (g_user->closed == 0 && clock_mono().ms < start.ms + 5000) turns(1);
    assert_int_equal(g_user->why, ERR_EXPIRED);
    assert_true(clock_mono().ms >= start.ms + LINGER_MS);
}

static void a_reset_is_the_end(void **state)
{
    (void)state;
    turns(1);
    reset_and_close(g_pair.peer);
    g_pair.peer = -1;
    turns(2);
    assert_int_equal(g_user->closed, 1);
    assert_int_equal(g_user->why, ERR_CLOSED);
}

static void writing_to_one_that_is_gone_is_the_end(void **state)
{
    (void)state;
    in_loop();
    conn_pause_reading(&g_user->conn); /* so that only the write can notice */
    reset_and_close(g_pair.peer);
    g_pair.peer = -1;
    assert_int_equal(send_numbered(100, 0), 0);
    turns(2);
    assert_int_equal(g_user->closed, 1);
    assert_int_equal(g_user->why, ERR_CLOSED);
}

static void close_inside(struct user *user)
{
    in_loop();
    conn_close(&user->conn, ERR_PROTOCOL);
    conn_close(&user->conn, ERR_TEXT); /* the first word counts */
    check(user->closed == 0);          /* never from inside */
    check(conn_send_bytes(&user->conn, span_of("x", 1)) == ERR_CLOSED);
    conn_shutdown_after_flush(&user->conn);
    conn_pause_reading(&user->conn);
    conn_resume_reading(&user->conn);
    conn_ask_drained(&user->conn);
    conn_drop_pending(&user->conn);
}

static void closing_from_inside_a_callback_is_fine(void **state)
{
    (void)state;
    g_user->on_bytes = close_inside;
    assert_int_equal(send_numbered(100, 0), 0);
    assert_int_equal(send(g_pair.peer, "x", 1, 0), 1);
    turns(2);
    assert_int_equal(g_user->closed, 1);
    assert_int_equal(g_user->why, ERR_PROTOCOL);
}

static void closing_with_a_write_in_flight_gives_everything_back(void **state)
{
    (void)state;
    in_loop();
    OWNED(frame) struct frame *frame = numbered_frame(50000, 3);
    while (conn_send_frame(&g_user->conn, frame) == 0) continue;
    turns(2);
    assert_non_null(g_user->conn.slow);
    conn_close(&g_user->conn, ERR_LIMIT);
    turns(1);
    assert_int_equal(g_user->closed, 1);
    assert_int_equal(atomic_load(&frame->refs), 1);
}

static void who_asks_is_told_once_that_all_is_gone(void **state)
{
    (void)state;
    in_loop();
    uint32_t queued = 0;
    conn_ask_drained(&g_user->conn); /* nothing waits: at the turn's end */
    assert_int_equal(g_user->drained, 0);
    turns(1);
    assert_int_equal(g_user->drained, 1);
    while (send_numbered(50000, queued) == 0) queued++;
    conn_ask_drained(&g_user->conn);
    turns(5);
    assert_int_equal(g_user->drained, 1); /* the peer reads nothing */
    read_frames(50000, 0, queued);
    turns(2);
    assert_int_equal(g_user->drained, 2);
    turns(5);
    assert_int_equal(g_user->drained, 2);
}

static void send_more(struct user *user)
{
    in_loop();
    if (user->drained >= 20) return;
    check(send_numbered(1000, (uint32_t)user->drained) == 0);
    conn_ask_drained(&user->conn);
}

static void a_reader_paces_who_sends_when_drained(void **state)
{
    (void)state;
    in_loop();
    g_user->on_drained = send_more;
    conn_ask_drained(&g_user->conn);
    read_frames(1000, 1, 19); /* on_drained 1 to 19 each sent one */
    turns(2);
    assert_int_equal(g_user->drained, 20);
}

static void while_paused_nothing_is_read(void **state)
{
    (void)state;
    in_loop();
    conn_pause_reading(&g_user->conn);
    assert_int_equal(send(g_pair.peer, "later", 5, 0), 5);
    turns(3);
    assert_int_equal(g_user->got_bytes, 0);
    conn_resume_reading(&g_user->conn);
    turns(2);
    assert_int_equal(g_user->got_bytes, 5);
}

static void visit_and_close(struct conn *conn, void *ctx)
{
    in_loop();
    (*(int *)ctx)++;
    conn_close(conn, ERR_BUSY);
}

static void every_open_one_is_visited(void **state)
{
    (void)state;
    in_loop();
    struct user others[3] = {0};
    int peers[3];
    for (int i = 0; i < 3; i++) {
        struct pair pair = pair_open(0);
        peers[i] = pair.peer;
        conn_open(&others[i].conn, g_loop, pair.ours, &HANDLER);
    }
    conn_close(&others[1].conn, ERR_TEXT);
    int visited = 0;
    conn_each(g_loop, visit_and_close, &visited);
    assert_int_equal(visited, 3); /* g_user and two */
    turns(1);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(others[i].closed, 1);
        assert_int_equal(others[i].why, i == 1 ? ERR_TEXT : ERR_BUSY);
        close(peers[i]);
    }
}

static void a_descriptor_that_is_no_socket_ends_in_on_closed(void **state)
{
    (void)state;
    in_loop();
    struct user user = {.closed = 0};
    conn_open(&user.conn, g_loop, -1, &HANDLER);
    assert_int_equal(user.closed, 0);
    turns(1);
    assert_int_equal(user.closed, 1);
    assert_true(user.why < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(bytes_come_in_and_count_as_a_sign_of_life, set_up, tear_down),
        cmocka_unit_test_setup_teardown(all_that_waits_leaves_in_one_write, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_frame_written_in_part_goes_on_where_it_stopped, set_up_small,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_full_queue_is_said_and_stays_as_it_was, set_up, tear_down),
        cmocka_unit_test_setup_teardown(dropping_what_waits_leaves_whole_frames_and_room_for_a_last_word,
                                        set_up_small, tear_down),
        cmocka_unit_test_setup_teardown(who_takes_nothing_is_told_of_and_who_takes_little_is_not,
                                        set_up_small, tear_down),
        cmocka_unit_test_setup_teardown(without_a_word_of_the_owner_a_stalled_one_is_closed, set_up_bare,
                                        tear_down),
        cmocka_unit_test_setup_teardown(after_the_peers_end_we_can_still_answer, set_up, tear_down),
        cmocka_unit_test_setup_teardown(without_on_eof_the_peers_end_is_the_end, set_up_bare, tear_down),
        cmocka_unit_test_setup_teardown(ending_sends_what_waits_though_the_peer_is_still_talking,
                                        set_up_small, tear_down),
        cmocka_unit_test_setup_teardown(a_peer_that_never_ends_is_not_waited_for, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_reset_is_the_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(writing_to_one_that_is_gone_is_the_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(closing_from_inside_a_callback_is_fine, set_up, tear_down),
        cmocka_unit_test_setup_teardown(closing_with_a_write_in_flight_gives_everything_back, set_up_small,
                                        tear_down),
        cmocka_unit_test_setup_teardown(who_asks_is_told_once_that_all_is_gone, set_up_small, tear_down),
        cmocka_unit_test_setup_teardown(a_reader_paces_who_sends_when_drained, set_up, tear_down),
        cmocka_unit_test_setup_teardown(while_paused_nothing_is_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_open_one_is_visited, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_descriptor_that_is_no_socket_ends_in_on_closed, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("net/conn", tests, NULL, NULL);
}
