/* auth/jwt_keys.h: keys and signatures, for jwt's own files.
 *
 * Owns    struct jwt_key owns its EVP_PKEY or secret and its kid; struct jwt_keys owns all of them and the texts of the settings.
 * Thread  any; immutable once created.
 * Bounds  jwt.h's.
 * Errors  ERR_UNAUTHENTICATED: not this key's signature; else with a sentence.
 * Tests   tests/unit/auth/jwt_test.c */
#pragma once
#include <openssl/evp.h>
#include <sodium.h>
#include <stdatomic.h>
#include "auth/claims.h"
#include "auth/jwt.h"
#include "base/arena.h"

enum jwt_alg { JWT_HS256, JWT_RS256, JWT_ES256, JWT_EDDSA };
const char *jwt_alg_name(enum jwt_alg alg);

struct jwt_key {
    enum jwt_alg alg;
    bool is_own;
    struct str kid;   /* at NULL: it has none */
    EVP_PKEY *public; /* all but HS256 */
    crypto_auth_hmacsha256_state
        hmac; /* HS256: the key is in it already, so that a check starts with a copy */
};

struct jwt_keys {
    atomic_uint refs;
    struct arena texts;
    struct str issuer, audience, foreign_issuer, foreign_audience;
    int64_t foreign_leeway_ms;
    bool foreign_require_typ;
    struct claim_map map; /* of foreign tokens */
    size_t count;
    struct jwt_key at[JWT_KEYS_MAX]; /* the own key first */
};

/* Whether this key made this signature of text. */
MUST_USE int jwt_key_verify(const struct jwt_key *key, struct span text, struct span signature);
/* HS256 alone. */
#define JWT_HS256_BYTES 32
void jwt_key_sign(const struct jwt_key *key, struct span text, uint8_t ret_signature[JWT_HS256_BYTES]);
/* One key from PEM, or all usable ones of a key set, behind those that keys has. */
MUST_USE int jwt_keys_add_pem(struct jwt_keys *keys, struct str pem, struct err_detail *reterr);
MUST_USE int jwt_keys_add_jwks(struct jwt_keys *keys, struct str jwks, struct err_detail *reterr);
