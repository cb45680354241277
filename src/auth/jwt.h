/* auth/jwt.h: JSON Web Tokens (RFC 7519 over RFC 7515): made with our own key, checked against ours and a foreign site's.
 *
 * Owns    struct jwt_keys is immutable and counted: replace it whole when keys change. A principal given out is the caller's.
 * Thread  any; a check allocates little and never blocks (HS256 some µs, RS256 and ES256 under 0.2 ms).
 * Bounds  tokens of JWT_BYTES_MAX; JWT_KEYS_MAX keys; key texts of JWT_KEY_TEXT_BYTES_MAX.
 * Errors  ERR_UNAUTHENTICATED: no good, whatever the reason; ERR_EXPIRED: good once; ERR_NOT_FOUND: its `kid` is none of ours (the key
 *         set may have a new one). *ret_why says more, for logs and `footfall token`; it never holds a part of the token.
 * Tests   tests/unit/auth/jwt_test.c (vectors made by jose: tests/vectors/jwt.json), tests/fuzz/auth_jwt.c; contract section 4
 *
 * The algorithm belongs to the key. A token's `alg` can only rule keys out: it must be the key's own, else that key is not asked. */
#pragma once
#include "auth/principal.h"
#include "base/config.h"

#define JWT_BYTES_MAX ((size_t)8 * 1024)
#define JWT_KEYS_MAX 64
#define JWT_KEY_TEXT_BYTES_MAX ((size_t)256 * 1024)
#define JWT_OWN_KEY_BYTES_MIN 32
#define JWT_SHARED_SECRET_BYTES_MIN 16
#define JWT_RSA_BITS_MIN 2048
#define JWT_RSA_BITS_MAX 8192
#define JWT_OWN_LEEWAY_MS 60000 /* on nbf; on exp there is none */

/* The claim `typ`: one never passes as another. */
enum jwt_kind { JWT_ACCESS, JWT_DEVICE, JWT_REFRESH, JWT_TICKET, JWT_KIND_COUNT };
#define JWT_KIND(kind) (1u << (kind))
/* What opens a connection or carries a request. */
#define JWT_BEARER (JWT_KIND(JWT_ACCESS) | JWT_KIND(JWT_DEVICE))
const char *jwt_kind_name(enum jwt_kind kind);

/* --- Keys --- */

struct jwt_keys;

/* Where they come from; texts live for the call. Empty is «none». */
struct jwt_settings {
    struct span own_key; /* required; at least 32 bytes */
    struct str issuer, audience;
    struct span foreign_secret;                  /* HS256, as the site has it */
    struct str foreign_pem;                      /* a public key or certificate: RSA, P-256 or Ed25519 */
    struct str foreign_jwks;                     /* the text of a key set (RFC 7517) */
    struct str foreign_issuer, foreign_audience; /* empty: any or none */
    int64_t foreign_leeway_ms;
    bool foreign_require_typ;
    struct str claim_user, claim_role, claim_locations, claim_name; /* empty: never looked for */
    struct str default_role, default_locations; /* empty: a token without the claim is refused */
};

/* One reference, the caller's. The sentence names the setting that is wrong. */
MUST_USE int jwt_keys_create(const struct jwt_settings *settings, struct jwt_keys **ret_keys,
                             struct err_detail *reterr);
/* The same from [auth], with the files that it names; jwks given as an https address is left out (jwt_keys_with_jwks). */
MUST_USE int jwt_keys_from_config(const struct config *config, struct jwt_keys **ret_keys,
                                  struct err_detail *reterr);
/* As from_config, with this text for the key set: after it was fetched. */
MUST_USE int jwt_keys_with_jwks(const struct config *config, struct str jwks, struct jwt_keys **ret_keys,
                                struct err_detail *reterr);
struct jwt_keys *jwt_keys_ref(struct jwt_keys *keys);
void jwt_keys_unref(struct jwt_keys *keys);
static inline void jwt_keys_owned(struct jwt_keys **keys) { jwt_keys_unref(*keys); }
/* A key for another purpose, which tells nothing of the own key (HMAC with the purpose's name). */
#define JWT_DERIVED_BYTES 32
void jwt_keys_derive(const struct jwt_keys *keys, const char *purpose, uint8_t ret_key[JWT_DERIVED_BYTES]);
/* [auth] secret as bytes: 64 hex digits or 43 characters of base64url are a key of 32 bytes, all else is taken as it is. */
MUST_USE int jwt_own_key_bytes(struct str text, struct secret *ret_key);

/* --- Tokens --- */

/* kinds: a set of JWT_KIND bits that are welcome here; a foreign token counts as JWT_ACCESS. ret_why may be NULL: a literal. */
MUST_USE int jwt_verify(const struct jwt_keys *keys, struct str token, unsigned kinds, struct wall_ms now,
                        struct principal **ret_principal, const char **ret_why);

struct jwt_claims {
    enum jwt_kind kind;
    struct str sub, name; /* name may be empty */
    enum role role;
    bool all_locations;
    const struct str *locations;
    size_t location_count;
    struct str
        session; /* `sid`; empty: the token stands for itself, and its random `jti` is what a revocation names */
    struct wall_ms issued_at, expires_at; /* whole seconds are written: expires_at is cut */
};
/* Signs with the own key; the token is put behind what out holds. */
MUST_USE int jwt_mint(const struct jwt_keys *keys, const struct jwt_claims *claims, struct buf *out);

/* Header and payload as JSON text, nothing checked: for people who look into a token. */
MUST_USE int jwt_peek(struct str token, struct buf *ret_header, struct buf *ret_payload);
