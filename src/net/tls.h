/* net/tls.h: TLS 1.2 and 1.3 for a connection, on its loop, by OpenSSL over memory: bytes in, bytes out, no socket.
 *
 * Owns    struct tls: certificate and key, shared by all loops. struct tls_link: one connection's session and its ciphertext.
 * Thread  struct tls: any (a lock around the swap of tls_reload). struct tls_link: its connection's loop.
 * Bounds  a link holds at most one incoming record (16 KiB) while it is partial, and what tls_seal was told to make.
 * Errors  ERR_PROTOCOL: the peer speaks no TLS that we do; an alert waits in tls_wire. ERR_NOMEM. Files: a sentence.
 * Tests   tests/unit/net/tls_test.c, tests/conformance/tls.test.ts */
#pragma once
#include "net/outq.h"

/* The most that is put into one record (RFC 8446 5.1). */
#define TLS_RECORD_BYTES ((size_t)16 * 1024)

struct tls;
struct tls_link;

/* PEM files: the certificate with its chain, and its key without a password. */
MUST_USE int tls_create(const char *cert_file, const char *key_file, struct tls **ret_tls,
                        struct err_detail *reterr);
/* Reads the files again, for connections from now on. Negative: the old ones stay. */
MUST_USE int tls_reload(struct tls *tls, struct err_detail *reterr);
void tls_free(struct tls *tls);
static inline void tls_owned(struct tls **tls) { tls_free(*tls); }

MUST_USE int tls_link_create(struct tls *tls, struct tls_link **ret_link);
void tls_link_free(struct tls_link *link);
/* The handshake is done. */
bool tls_is_ready(const struct tls_link *link);
/* Takes all of the wire's bytes; what they decrypt to goes into room, which holds cipher.len + TLS_RECORD_BYTES.
 * 1: the peer's close_notify was read, no plaintext follows. 0: more may come. An answer may wait in tls_wire. */
MUST_USE int tls_open(struct tls_link *link, struct span cipher, struct mspan room, size_t *ret_plain_bytes);
/* Encrypts from plain's front, at least a record where there is one, until bytes_max wait in tls_wire. Before the handshake is
 * done: nothing yet. */
MUST_USE int tls_seal(struct tls_link *link, struct outq *plain, size_t bytes_max);
/* Our close_notify, after all that was sealed; once. */
MUST_USE int tls_goodbye(struct tls_link *link);
/* What is for the socket, in order. */
struct outq *tls_wire(struct tls_link *link);
