/* OpenSSL reads and writes through a BIO of our own instead of its memory BIOs: input is read where it lies in the loop's buffer,
 * and each record written becomes a frame in the wire's queue. A memory BIO would keep both, grown to their largest, for as
 * long as the connection lives: up to 80 KB for an idle one.
 *
 * No renegotiation, no compression, no session cache; session tickets (their keys live in the context) need no memory of ours. */
#include "net/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdlib.h>

struct tls {
    pthread_mutex_t lock; /* around context */
    SSL_CTX *context;
    BIO_METHOD *bio;
    char *cert_file;
    char *key_file;
};

struct tls_link {
    SSL *ssl;
    struct span input; /* during tls_open: what is left of the caller's bytes */
    struct outq wire;
    int failed; /* the first failure of a write into wire */
};

/* --- the BIO --- */

static int bio_read(BIO *bio, char *ret_bytes, int bytes_max)
{
    struct tls_link *link = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (link->input.len == 0) {
        BIO_set_retry_read(bio);
        return -1;
    }
    size_t count = link->input.len < (size_t)bytes_max ? link->input.len : (size_t)bytes_max;
    memcpy(ret_bytes, link->input.at, count);
    link->input.at += count;
    link->input.len -= count;
    return (int)count;
}

static int bio_write(BIO *bio, const char *bytes, int count)
{
    struct tls_link *link = BIO_get_data(bio);
    OWNED(frame) struct frame *frame = NULL;
    BIO_clear_retry_flags(bio);
    if (count <= 0) return 0;
    int rc = frame_new(span_of(NULL, 0), span_of(bytes, (size_t)count), &frame);
    /* The bound is tls_seal's; what a handshake answers is bounded by the protocol. */
    if (rc == 0) rc = outq_push(&link->wire, frame, SIZE_MAX);
    if (rc == 0) return count;
    link->failed = rc;
    return -1;
}

static long bio_ctrl(BIO *bio, int command, long number, void *pointer)
{
    (void)bio;
    (void)number;
    (void)pointer;
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

static BIO_METHOD *new_bio_method(void)
{
    BIO_METHOD *method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "loop");
    if (method == NULL) return NULL;
    BIO_meth_set_read(method, bio_read);
    BIO_meth_set_write(method, bio_write);
    BIO_meth_set_ctrl(method, bio_ctrl);
    return method;
}

/* --- the context --- */

/* RFC 7301: what we speak is http/1.1; a client that asks only for others is told so (3.2). */
static int select_protocol(SSL *ssl, const unsigned char **ret_chosen, unsigned char *ret_len,
                           const unsigned char *offered, unsigned offered_len, void *unused)
{
    static const unsigned char OURS[] = "\x08http/1.1";
    unsigned char *chosen;
    (void)ssl;
    (void)unused;
    if (SSL_select_next_proto(&chosen, ret_len, OURS, sizeof OURS - 1, offered, offered_len) !=
        OPENSSL_NPN_NEGOTIATED) {
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    }
    *ret_chosen = chosen;
    return SSL_TLSEXT_ERR_OK;
}

/* A server cannot type one; without this OpenSSL would ask on the terminal and wait. */
static int no_password(char *ret_text, int bytes_max, int writing, void *unused)
{
    (void)ret_text;
    (void)bytes_max;
    (void)writing;
    (void)unused;
    return -1;
}

static int set_up(SSL_CTX *context)
{
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                     SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_default_passwd_cb(context, no_password);
    SSL_CTX_set_alpn_select_cb(context, select_protocol, NULL);
    /* TLS 1.2 only with forward secrecy and AEAD; 1.3 has nothing else. */
    bool good = SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
                SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1 &&
                SSL_CTX_set_num_tickets(context, 1) == 1;
    return good ? 0 : ERR_INTERNAL;
}

/* OpenSSL's own words for the last failure. */
static const char *why_openssl(void)
{
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());
    return reason == NULL ? "unknown reason" : reason;
}

static int load(const struct tls *tls, SSL_CTX **ret_context, struct err_detail *reterr)
{
    ERR_clear_error();
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    if (context == NULL) return fail(reterr, ERR_NOMEM, "no memory for TLS");
    int rc = 0;
    if (set_up(context) < 0) {
        rc = fail(reterr, ERR_INTERNAL, "TLS cannot be set up: %s", why_openssl());
    } else if (SSL_CTX_use_certificate_chain_file(context, tls->cert_file) != 1) {
        rc = fail(reterr, ERR_IO, "the certificate %s cannot be read as PEM: %s", tls->cert_file,
                  why_openssl());
    } else if (SSL_CTX_use_PrivateKey_file(context, tls->key_file, SSL_FILETYPE_PEM) != 1) {
        rc = fail(reterr, ERR_IO,
                  "the key %s cannot be read as PEM without a password, or is not the certificate's: %s",
                  tls->key_file, why_openssl());
    } else if (SSL_CTX_check_private_key(context) != 1) {
        rc = fail(reterr, ERR_CONFLICT, "the key %s does not belong to the certificate %s", tls->key_file,
                  tls->cert_file);
    }
    ERR_clear_error();
    if (rc == 0) *ret_context = context;
    else SSL_CTX_free(context);
    return rc;
}

int tls_create(const char *cert_file, const char *key_file, struct tls **ret_tls, struct err_detail *reterr)
{
    OWNED(tls) struct tls *tls = calloc(1, sizeof *tls);
    if (tls == NULL) return fail(reterr, ERR_NOMEM, "no memory for TLS");
    if (pthread_mutex_init(&tls->lock, NULL) != 0) {
        free(take(tls));
        return fail(reterr, ERR_NOMEM, "no memory for TLS");
    }
    tls->cert_file = str_dup_c(str_c(cert_file));
    tls->key_file = str_dup_c(str_c(key_file));
    tls->bio = new_bio_method();
    if (tls->cert_file == NULL || tls->key_file == NULL || tls->bio == NULL) {
        return fail(reterr, ERR_NOMEM, "no memory for TLS");
    }
    TRY(load(tls, &tls->context, reterr));
    *ret_tls = take(tls);
    return 0;
}

int tls_reload(struct tls *tls, struct err_detail *reterr)
{
    SSL_CTX *fresh;
    TRY(load(tls, &fresh, reterr));
    pthread_mutex_lock(&tls->lock);
    SSL_CTX *old = tls->context;
    tls->context = fresh;
    pthread_mutex_unlock(&tls->lock);
    SSL_CTX_free(old); /* sessions hold references of their own */
    return 0;
}

void tls_free(struct tls *tls)
{
    if (tls == NULL) return;
    SSL_CTX_free(tls->context);
    BIO_meth_free(tls->bio);
    free(tls->cert_file);
    free(tls->key_file);
    pthread_mutex_destroy(&tls->lock);
    free(tls);
}

/* --- a connection --- */

int tls_link_create(struct tls *tls, struct tls_link **ret_link)
{
    struct tls_link *link = calloc(1, sizeof *link);
    if (link == NULL) return ERR_NOMEM;
    outq_init(&link->wire);
    pthread_mutex_lock(&tls->lock);
    link->ssl = SSL_new(tls->context);
    pthread_mutex_unlock(&tls->lock);
    BIO *bio = link->ssl == NULL ? NULL : BIO_new(tls->bio);
    if (bio == NULL) {
        ERR_clear_error();
        tls_link_free(link);
        return ERR_NOMEM;
    }
    BIO_set_data(bio, link);
    BIO_set_init(bio, 1);
    SSL_set_bio(link->ssl, bio, bio); /* the session's now */
    SSL_set_accept_state(link->ssl);
    *ret_link = link;
    return 0;
}

void tls_link_free(struct tls_link *link)
{
    if (link == NULL) return;
    SSL_free(link->ssl);
    outq_done(&link->wire);
    free(link);
}

struct outq *tls_wire(struct tls_link *link) { return &link->wire; }
bool tls_is_ready(const struct tls_link *link) { return SSL_is_init_finished(link->ssl) == 1; }

/* After an SSL call that gave nothing. 0: it wants more of the wire's bytes. 1: the peer has ended. */
static int judge(struct tls_link *link, int result)
{
    int error = SSL_get_error(link->ssl, result);
    bool no_memory = ERR_GET_REASON(ERR_peek_last_error()) == ERR_R_MALLOC_FAILURE;
    if (link->failed < 0) return link->failed;
    if (error == SSL_ERROR_WANT_READ) return 0;
    if (error == SSL_ERROR_ZERO_RETURN) return 1;
    return no_memory ? ERR_NOMEM : ERR_PROTOCOL;
}

int tls_open(struct tls_link *link, struct span cipher, struct mspan room, size_t *ret_plain_bytes)
{
    size_t plain = 0;
    int rc = 0;
    ERR_clear_error(); /* the queue is the thread's: what others left there would be judged as this connection's */
    link->input = cipher;
    *ret_plain_bytes = 0;
    /* Also with no input left: one more record may be whole inside. */
    for (;;) {
        check(plain < room.len);
        size_t count = 0;
        int result = SSL_read_ex(link->ssl, room.at + plain, room.len - plain, &count);
        if (result != 1) {
            rc = judge(link, result);
            break;
        }
        plain += count;
    }
    link->input = span_of(NULL, 0);
    *ret_plain_bytes = plain;
    return rc;
}

/* As much from the front as fits into one record, copied together: ten small frames make one record, not ten. */
static size_t gather(const struct outq *plain, uint8_t ret_bytes[TLS_RECORD_BYTES])
{
    struct iovec pieces[64];
    size_t count = outq_peek(plain, TLS_RECORD_BYTES, pieces, COUNT_OF(pieces));
    size_t bytes = 0;
    for (size_t i = 0; i < count; i++) {
        memcpy(ret_bytes + bytes, pieces[i].iov_base, pieces[i].iov_len);
        bytes += pieces[i].iov_len;
    }
    return bytes;
}

int tls_seal(struct tls_link *link, struct outq *plain, size_t bytes_max)
{
    if (!tls_is_ready(link)) return 0;
    ERR_clear_error();
    while (!outq_is_empty(plain) && link->wire.bytes < bytes_max) {
        uint8_t record[TLS_RECORD_BYTES];
        size_t bytes = gather(plain, record), sealed = 0;
        int result = SSL_write_ex(link->ssl, record, bytes, &sealed);
        if (result != 1) {
            int rc = judge(link, result);
            return rc < 0
                       ? rc
                       : ERR_PROTOCOL; /* our BIO always takes all: there is nothing that it could wait for */
        }
        outq_took(plain, sealed);
    }
    return 0;
}

int tls_goodbye(struct tls_link *link)
{
    if (!tls_is_ready(link) || (SSL_get_shutdown(link->ssl) & SSL_SENT_SHUTDOWN) != 0) return 0;
    ignore(SSL_shutdown(link->ssl), "0 or 1: sent; a failure is in failed");
    ERR_clear_error();
    return link->failed;
}
