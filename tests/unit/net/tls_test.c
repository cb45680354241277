#include "net/tls.h"

#include "base/clock.h"
#include "net/certificates.h"
#include "net/conn.h"
#include "net/segments.h"
#include "net/sockets.h"
#include "../testing.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#define WRITE_TIMEOUT_MS 200
#define QUEUE_BYTES_MAX ((size_t)1024 * 1024)

/* --- the server's side --- */

struct user {
    struct conn conn;
    uint8_t got[LOOP_READ_BYTES];
    size_t got_bytes;
    int eofs, drained, stalled, closed, why;
};

static struct user *user_of(struct conn *conn) { return container_of(conn, struct user, conn); }

static void on_bytes(struct conn *conn, struct mspan bytes)
{
    struct user *user = user_of(conn);
    check(bytes.len <= sizeof user->got - user->got_bytes);
    memcpy(user->got + user->got_bytes, bytes.at, bytes.len);
    user->got_bytes += bytes.len;
}
static void on_eof(struct conn *conn) { user_of(conn)->eofs++; }
static void on_drained(struct conn *conn) { user_of(conn)->drained++; }
static void on_stalled(struct conn *conn) { user_of(conn)->stalled++; }
static void on_closed(struct conn *conn, int why)
{
    user_of(conn)->closed++;
    user_of(conn)->why = why;
}
static const struct conn_handler HANDLER = {on_bytes, on_eof, on_drained, on_stalled, on_closed};

static struct certificate g_files;
static struct tls *g_tls;
static struct loop *g_loop;
static struct user *g_user;
static struct pair g_pair;

/* --- the client's side: OpenSSL over memory, so that the test decides which bytes go when --- */

static SSL_CTX *g_context;
static SSL *g_client;
static BIO *g_in, *g_out;
static size_t g_piece_bytes; /* how the client's bytes are cut */

static void new_client(int version)
{
    g_context = SSL_CTX_new(TLS_client_method());
    assert_non_null(g_context);
    assert_int_equal(SSL_CTX_set_min_proto_version(g_context, version), 1);
    assert_int_equal(SSL_CTX_set_max_proto_version(g_context, version), 1);
    SSL_CTX_set_security_level(g_context, 0); /* so that it may try what is too old */
    g_client = SSL_new(g_context);
    g_in = BIO_new(BIO_s_mem());
    g_out = BIO_new(BIO_s_mem());
    BIO_set_mem_eof_return(g_in, -1);
    SSL_set_bio(g_client, g_in, g_out);
    SSL_set_connect_state(g_client);
    g_piece_bytes = SIZE_MAX;
}

static void turns(int count)
{
    for (int i = 0; i < count; i++) loop_turn(g_loop, 2);
}

/* Carries what either side has for the other. */
static void carry(void)
{
    uint8_t bytes[4096];
    size_t wish = g_piece_bytes < sizeof bytes ? g_piece_bytes : sizeof bytes;
    int count;
    while ((count = BIO_read(g_out, bytes, (int)wish)) > 0) {
        if (send(g_pair.peer, bytes, (size_t)count, MSG_NOSIGNAL) != count) break; /* the server has ended */
        loop_turn(g_loop, 0);
    }
    turns(1);
    while ((count = (int)read_now(g_pair.peer, bytes, sizeof bytes)) > 0) {
        assert_int_equal(BIO_write(g_in, bytes, count), count);
    }
}

static bool shake_hands(void)
{
    for (int i = 0; i < 50; i++) {
        if (SSL_do_handshake(g_client) == 1) {
            carry(); /* its Finished */
            return true;
        }
        if (SSL_get_error(g_client, -1) != SSL_ERROR_WANT_READ) break;
        carry();
    }
    carry(); /* an alert */
    return false;
}

static void client_sends(const void *bytes, size_t count)
{
    assert_int_equal(SSL_write(g_client, bytes, (int)count), (int)count);
    carry();
}

/* Up to count bytes of plaintext, as long as any come. */
static size_t client_reads(uint8_t *ret_bytes, size_t count)
{
    size_t have = 0;
    for (int idle = 0; have < count && idle < 300; idle++) {
        int got = SSL_read(g_client, ret_bytes + have, (int)(count - have));
        if (got > 0) {
            have += (size_t)got;
            idle = 0;
        } else {
            carry();
        }
    }
    return have;
}

static bool client_sees_the_end(void)
{
    uint8_t byte;
    for (int i = 0; i < 50; i++) {
        if (SSL_read(g_client, &byte, 1) > 0) return false;
        if (SSL_get_error(g_client, 0) == SSL_ERROR_ZERO_RETURN) return true;
        carry();
    }
    return false;
}

static void open_all(int buffer_bytes, int version)
{
    in_loop();
    struct err_detail err;
    struct loop_options options = {
        .queue_bytes_max = QUEUE_BYTES_MAX, .write_timeout_ms = WRITE_TIMEOUT_MS, .linger_ms = 200};
    g_files = certificate_make("one.example");
    assert_int_equal(tls_create(g_files.cert, g_files.key, &g_tls, &err), 0);
    assert_int_equal(loop_create(&options, &g_loop), 0);
    g_user = calloc(1, sizeof *g_user);
    assert_non_null(g_user);
    g_pair = pair_open(buffer_bytes);
    conn_open(&g_user->conn, g_loop, g_pair.ours, &HANDLER);
    assert_int_equal(conn_secure(&g_user->conn, g_tls), 0);
    new_client(version);
}

static int set_up(void **state)
{
    (void)state;
    open_all(0, TLS1_3_VERSION);
    return 0;
}
static int set_up_small(void **state)
{
    (void)state;
    open_all(4096, TLS1_3_VERSION);
    return 0;
}
static int set_up_1_2(void **state)
{
    (void)state;
    open_all(0, TLS1_2_VERSION);
    return 0;
}
static int set_up_1_1(void **state)
{
    (void)state;
    open_all(0, TLS1_1_VERSION);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    SSL_free(g_client);
    SSL_CTX_free(g_context);
    loop_free(g_loop);
    check(g_user->closed == 1);
    free(g_user);
    tls_free(g_tls);
    certificate_remove(&g_files);
    close(g_pair.peer);
    return 0;
}

/* --- tests --- */

static void speaks(const char *version)
{
    in_loop();
    uint8_t bytes[16];
    assert_true(shake_hands());
    assert_string_equal(SSL_get_version(g_client), version);
    assert_true(conn_is_secure(&g_user->conn));
    client_sends("hello", 5);
    assert_int_equal(g_user->got_bytes, 5);
    assert_memory_equal(g_user->got, "hello", 5);
    assert_int_equal(conn_send_bytes(&g_user->conn, span_of("world", 5)), 0);
    assert_int_equal(client_reads(bytes, 5), 5);
    assert_memory_equal(bytes, "world", 5);
    assert_int_equal(conn_queue_bytes(&g_user->conn), 0);
}
static void tls_1_3_is_spoken(void **state)
{
    (void)state;
    speaks("TLSv1.3");
}
static void tls_1_2_is_spoken(void **state)
{
    (void)state;
    speaks("TLSv1.2");
}
static void tls_1_1_is_not(void **state)
{
    (void)state;
    assert_false(shake_hands());
    turns(2);
    assert_true(ends_in_order(g_pair.peer));
    shutdown(g_pair.peer, SHUT_WR);
    turns(2);
    assert_int_equal(g_user->closed, 1);
    assert_int_equal(g_user->why, ERR_PROTOCOL);
}

static void it_does_not_matter_how_the_bytes_are_cut(void **state)
{
    (void)state;
    static const size_t PIECES[] = {1, 2, 5, 7, 100};
    for (size_t i = 0; i < COUNT_OF(PIECES); i++) {
        if (i > 0) {
            tear_down(NULL);
            set_up(NULL);
        }
        g_piece_bytes = PIECES[i];
        assert_true(shake_hands());
        uint8_t bytes[3000];
        for (size_t k = 0; k < sizeof bytes; k++) bytes[k] = (uint8_t)(k * 7);
        client_sends(bytes, sizeof bytes);
        assert_int_equal(g_user->got_bytes, sizeof bytes);
        assert_memory_equal(g_user->got, bytes, sizeof bytes);
    }
}

static void http_1_1_is_chosen(void **state)
{
    (void)state;
    const unsigned char *chosen;
    unsigned len;
    assert_int_equal(SSL_set_alpn_protos(g_client, (const unsigned char *)"\x02h2\x08http/1.1", 12), 0);
    assert_true(shake_hands());
    SSL_get0_alpn_selected(g_client, &chosen, &len);
    assert_int_equal(len, 8);
    assert_memory_equal(chosen, "http/1.1", 8);
}

static void a_client_that_speaks_only_h2_is_told(void **state)
{
    (void)state;
    assert_int_equal(SSL_set_alpn_protos(g_client, (const unsigned char *)"\x02h2", 3), 0);
    assert_false(shake_hands());
    assert_int_equal(SSL_do_handshake(g_client), -1); /* with the alert that came meanwhile */
    assert_int_equal(ERR_GET_REASON(ERR_peek_last_error()), SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL);
}

static void what_is_no_tls_ends_with_an_alert(void **state)
{
    (void)state;
    static const char REQUEST[] = "GET / HTTP/1.1\r\nHost: here\r\n\r\n";
    uint8_t bytes[64];
    assert_int_equal(send(g_pair.peer, REQUEST, sizeof REQUEST - 1, 0), sizeof REQUEST - 1);
    turns(3);
    assert_int_equal(g_user->got_bytes, 0);
    size_t count = read_now(g_pair.peer, bytes, sizeof bytes);
    assert_true(count == 0 || bytes[0] == 0x15); /* RFC 8446 5.1: alert(21) */
    assert_true(ends_in_order(g_pair.peer));
    shutdown(g_pair.peer, SHUT_WR);
    turns(2);
    assert_int_equal(g_user->why, ERR_PROTOCOL);
}

static void bytes_that_were_changed_on_the_way_end_it(void **state)
{
    (void)state;
    assert_true(shake_hands());
    assert_int_equal(SSL_write(g_client, "hello", 5), 5);
    uint8_t bytes[256];
    int count = BIO_read(g_out, bytes, sizeof bytes);
    bytes[count - 1] ^= 1;
    assert_int_equal(send(g_pair.peer, bytes, (size_t)count, 0), count);
    carry();
    assert_int_equal(g_user->got_bytes, 0);
    assert_false(conn_is_open(&g_user->conn));
}

static void what_is_sent_before_the_handshake_waits_for_it(void **state)
{
    (void)state;
    in_loop();
    uint8_t bytes[16];
    assert_int_equal(conn_send_bytes(&g_user->conn, span_of("early", 5)), 0);
    conn_ask_drained(&g_user->conn);
    turns(3);
    assert_int_equal(g_user->drained, 0);
    assert_true(shake_hands());
    assert_int_equal(client_reads(bytes, 5), 5);
    assert_memory_equal(bytes, "early", 5);
    turns(2);
    assert_int_equal(g_user->drained, 1);
}

static void a_burst_is_one_record_and_one_segment(void **state)
{
    (void)state;
    in_loop();
    uint8_t bytes[2500];
    assert_true(shake_hands());
    uint32_t before = segments_sent(g_pair.ours);
    for (uint8_t i = 0; i < 10; i++) {
        memset(bytes, i, 250);
        assert_int_equal(conn_send_bytes(&g_user->conn, span_of(bytes, 250)), 0);
    }
    turns(1);
    assert_int_equal(segments_sent(g_pair.ours), before + 1);
    assert_int_equal(client_reads(bytes, sizeof bytes), sizeof bytes);
    for (size_t k = 0; k < sizeof bytes; k++) assert_int_equal(bytes[k], k / 250);
}

/* More than the kernel takes; number i fills frame i. */
static uint32_t fill_queue(size_t frame_bytes)
{
    in_loop();
    OWNED(mem) uint8_t *bytes = malloc(frame_bytes);
    assert_non_null(bytes);
    for (uint32_t queued = 0;; queued++) {
        memset(bytes, (int)(queued & 0xff), frame_bytes);
        int rc = conn_send_bytes(&g_user->conn, span_of(bytes, frame_bytes));
        if (rc == ERR_LIMIT) return queued;
        assert_int_equal(rc, 0);
    }
}

static void a_slow_reader_gets_all_of_it(void **state)
{
    (void)state;
    enum { FRAME_BYTES = 10007 };
    static uint8_t bytes[FRAME_BYTES];
    assert_true(shake_hands());
    uint32_t queued = fill_queue(FRAME_BYTES);
    turns(3);
    assert_non_null(g_user->conn.slow);
    assert_true(conn_queue_bytes(&g_user->conn) <= QUEUE_BYTES_MAX + 80000);
    for (uint32_t i = 0; i < queued; i++) {
        assert_int_equal(client_reads(bytes, FRAME_BYTES), FRAME_BYTES);
        for (size_t k = 0; k < FRAME_BYTES; k++) assert_int_equal(bytes[k], i & 0xff);
    }
    turns(2);
    assert_int_equal(conn_queue_bytes(&g_user->conn), 0);
    assert_null(g_user->conn.slow);
}

static void a_reader_that_stopped_is_told_of_and_can_be_told_why(void **state)
{
    (void)state;
    in_loop();
    assert_true(shake_hands());
    fill_queue(10000);
    struct mono_ms start = clock_mono();
    while (g_user->stalled == 0 && clock_mono().ms < start.ms + 5000) turns(1);
    assert_true(g_user->stalled > 0);
    conn_drop_pending(&g_user->conn);
    assert_true(conn_queue_bytes(&g_user->conn) < 100000);
    assert_int_equal(conn_send_bytes(&g_user->conn, span_of("too slow", 8)), 0);
    conn_shutdown_after_flush(&g_user->conn);
    static uint8_t bytes[QUEUE_BYTES_MAX];
    size_t count = client_reads(bytes, sizeof bytes);
    assert_true(count > 8);
    assert_memory_equal(bytes + count - 8, "too slow", 8);
    assert_int_equal((count - 8) % 10000, 0); /* whole frames before it */
}

static void ending_sends_all_then_close_notify_then_the_end(void **state)
{
    (void)state;
    in_loop();
    static uint8_t bytes[200000];
    assert_true(shake_hands());
    assert_int_equal(conn_send_bytes(&g_user->conn, span_of(bytes, sizeof bytes)), 0);
    conn_shutdown_after_flush(&g_user->conn);
    assert_int_equal(client_reads(bytes, sizeof bytes), sizeof bytes);
    assert_true(client_sees_the_end());
    assert_true(ends_in_order(g_pair.peer));
    shutdown(g_pair.peer, SHUT_WR);
    turns(2);
    assert_int_equal(g_user->closed, 1);
    assert_int_equal(g_user->why, 0);
}

static void ending_before_the_handshake_is_just_the_end(void **state)
{
    (void)state;
    in_loop();
    assert_int_equal(conn_send_bytes(&g_user->conn, span_of("never", 5)), 0);
    conn_shutdown_after_flush(&g_user->conn);
    turns(2);
    assert_true(ends_in_order(g_pair.peer));
    shutdown(g_pair.peer, SHUT_WR);
    turns(2);
    assert_int_equal(g_user->closed, 1);
}

static void the_peers_close_notify_is_its_end(void **state)
{
    (void)state;
    in_loop();
    uint8_t bytes[16];
    assert_true(shake_hands());
    assert_int_equal(SSL_write(g_client, "ask", 3), 3);
    SSL_shutdown(g_client);
    carry();
    assert_int_equal(g_user->got_bytes, 3);
    assert_int_equal(g_user->eofs, 1);
    assert_int_equal(conn_send_bytes(&g_user->conn, span_of("answer", 6)), 0);
    conn_shutdown_after_flush(&g_user->conn);
    turns(2);
    carry();
    assert_int_equal(SSL_read(g_client, bytes, sizeof bytes), 6);
    assert_true(client_sees_the_end());
    turns(2);
    assert_int_equal(g_user->closed, 1);
    assert_int_equal(g_user->why, 0);
}

static void without_close_notify_the_end_is_the_end(void **state)
{
    (void)state;
    assert_true(shake_hands());
    shutdown(g_pair.peer, SHUT_WR);
    turns(2);
    assert_int_equal(g_user->eofs, 1);
}

static const char *name_shown(void)
{
    static char name[64];
    X509 *cert = SSL_get1_peer_certificate(g_client);
    assert_non_null(cert);
    X509_NAME_get_text_by_NID(X509_get_subject_name(cert), NID_commonName, name, sizeof name);
    X509_free(cert);
    return name;
}

static void another_connection(void)
{
    in_loop();
    SSL_free(g_client);
    SSL_CTX_free(g_context);
    close(g_pair.peer);
    turns(2);
    conn_close(&g_user->conn, 0);
    turns(2);
    *g_user = (struct user){.closed = 0};
    g_pair = pair_open(0);
    conn_open(&g_user->conn, g_loop, g_pair.ours, &HANDLER);
    assert_int_equal(conn_secure(&g_user->conn, g_tls), 0);
    new_client(TLS1_3_VERSION);
}

static void reloading_serves_the_new_certificate_to_new_connections(void **state)
{
    (void)state;
    struct err_detail err;
    assert_true(shake_hands());
    assert_string_equal(name_shown(), "one.example");
    certificate_renew(&g_files, "two.example");
    assert_int_equal(tls_reload(g_tls, &err), 0);
    client_sends("still here", 10);
    assert_int_equal(g_user->got_bytes, 10);
    another_connection();
    assert_true(shake_hands());
    assert_string_equal(name_shown(), "two.example");

    unlink(g_files.cert);
    assert_int_equal(tls_reload(g_tls, &err), ERR_IO);
    another_connection();
    assert_true(shake_hands()); /* the old one goes on */
    assert_string_equal(name_shown(), "two.example");
}

static void expect_refused(int code, const char *says)
{
    struct tls *tls = NULL;
    struct err_detail err = {.text = ""};
    assert_int_equal(tls_create(g_files.cert, g_files.key, &tls, &err), code);
    assert_null(tls);
    assert_non_null(strstr(err.text, says));
}

static void files_that_cannot_be_used_get_a_sentence(void **state)
{
    (void)state;
    EVP_PKEY *other = new_key(), *mine = new_key();
    write_certificate(&g_files, mine, "one.example");
    write_key(&g_files, other, NULL);
    expect_refused(ERR_IO, "is not the certificate's");
    write_key(&g_files, mine, "secret");
    expect_refused(ERR_IO, "without a password");
    unlink(g_files.key);
    expect_refused(ERR_IO, g_files.key);
    unlink(g_files.cert);
    expect_refused(ERR_IO, g_files.cert);
    FILE *file = fopen(g_files.cert, "we");
    assert_non_null(file);
    fputs("no certificate\n", file);
    fclose(file);
    expect_refused(ERR_IO, "cannot be read as PEM");
    EVP_PKEY_free(other);
    EVP_PKEY_free(mine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(tls_1_3_is_spoken, set_up, tear_down),
        cmocka_unit_test_setup_teardown(tls_1_2_is_spoken, set_up_1_2, tear_down),
        cmocka_unit_test_setup_teardown(tls_1_1_is_not, set_up_1_1, tear_down),
        cmocka_unit_test_setup_teardown(it_does_not_matter_how_the_bytes_are_cut, set_up, tear_down),
        cmocka_unit_test_setup_teardown(http_1_1_is_chosen, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_client_that_speaks_only_h2_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_no_tls_ends_with_an_alert, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bytes_that_were_changed_on_the_way_end_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_sent_before_the_handshake_waits_for_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_burst_is_one_record_and_one_segment, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_slow_reader_gets_all_of_it, set_up_small, tear_down),
        cmocka_unit_test_setup_teardown(a_reader_that_stopped_is_told_of_and_can_be_told_why, set_up_small,
                                        tear_down),
        cmocka_unit_test_setup_teardown(ending_sends_all_then_close_notify_then_the_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(ending_before_the_handshake_is_just_the_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_peers_close_notify_is_its_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(without_close_notify_the_end_is_the_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(reloading_serves_the_new_certificate_to_new_connections, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(files_that_cannot_be_used_get_a_sentence, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("net/tls", tests, NULL, NULL);
}
