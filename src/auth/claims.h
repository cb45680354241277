/* auth/claims.h: claims as JSON and back: the one place that knows how a principal is written down.
 *
 * Owns    nothing; a principal given out is the caller's.
 * Thread  any.
 * Bounds  as principal.h; names are cut at CLAIM_NAME_BYTES_MAX.
 * Errors  ERR_SYNTAX: a claim has a form that it cannot have; *ret_why, a literal, says which.
 * Tests   tests/unit/auth/jwt_test.c, tests/unit/auth/ticket_test.c */
#pragma once
#include <jansson.h>
#include "auth/principal.h"

#define CLAIM_NAME_BYTES_MAX 200

static inline void json_value_owned(json_t **value) { json_decref(*value); }
/* Strict JSON whose top is an object: no duplicate keys, no U+0000, nothing behind it. */
MUST_USE int claims_parse(struct span text, json_t **ret_claims);

/* Which claims say what, and what holds where one is missing. */
struct claim_map {
    const char *user, *role, *locations, *name; /* NULL: never looked for */
    bool has_default_role;
    enum role default_role;
    struct str default_locations; /* words; "*"; empty: none */
};
/* Our own tokens: sub, role, loc, name, and no defaults. */
extern const struct claim_map CLAIM_MAP_OWN;

/* Role, sub, name, locations, session (sid, else jti); expires_at and is_own as given. */
MUST_USE int claims_read(const json_t *claims, const struct claim_map *map, struct wall_ms expires_at,
                         bool is_own, struct principal **ret_principal, const char **ret_why);
/* A NumericDate (RFC 7519 section 2): a number, whole or not. 1, 0 where it is not there. */
MUST_USE int claims_moment(const json_t *claims, const char *name, struct wall_ms *ret_at);

/* A principal as text to keep, with a ticket say; and back. */
MUST_USE int claims_keep(const struct principal *principal, struct buf *out);
MUST_USE int claims_kept(struct str text, struct principal **ret_principal);
