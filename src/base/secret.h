/* base/secret.h: keys, tokens and passwords: wiped when done, compared in constant time, never printed.
 *
 * Owns    its bytes, until secret_done.
 * Thread  any, one at a time.
 * Bounds  SECRET_BYTES_MAX.
 * Errors  ERR_TOO_BIG, ERR_INTERNAL where the machine gives no random bytes.
 * Tests   tests/unit/base/secret_test.c */
#pragma once
#include "base/bytes.h"

#define SECRET_BYTES_MAX 4096

struct secret {
    uint8_t *at;
    size_t len;
};

MUST_USE int secret_set(struct secret *secret, struct span bytes);
void secret_done(struct secret *secret);
static inline void secret_owned(struct secret *secret) { secret_done(secret); }
static inline struct span secret_span(const struct secret *secret)
{
    return span_of(secret->at, secret->len);
}
/* Takes the same time wherever they differ; lengths are no secret. */
bool secret_eq(struct span a, struct span b);
void secret_wipe(void *at, size_t len);

MUST_USE int random_bytes(uint8_t *ret_bytes, size_t count);
/* SHA-256 (FIPS 180-4). */
#define SHA256_BYTES 32
MUST_USE int sha256(struct span bytes, uint8_t ret_digest[SHA256_BYTES]);

/* base64url without padding (RFC 4648 section 5), the form of JWTs and tickets. Decoding refuses padding, blanks and stray low bits. */
MUST_USE int base64url_put(struct buf *out, struct span bytes);
MUST_USE int base64url_get(struct str text, struct buf *out);
MUST_USE int hex_put(struct buf *out, struct span bytes);
