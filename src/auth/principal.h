/* auth/principal.h: who somebody is, once a token or a ticket was found good: the claims that the server goes by.
 *
 * Owns    its texts; immutable and counted, so that a command under way outlives the connection that sent it.
 * Thread  any.
 * Bounds  PRINCIPAL_LOCATIONS_MAX slugs; sub of 1 to 128 bytes.
 * Errors  ERR_NOMEM, ERR_TOO_BIG.
 * Tests   tests/unit/auth/principal_test.c; contract section 4 */
#pragma once
#include <stdatomic.h>
#include "auth/role.h"
#include "base/time.h"

#define PRINCIPAL_LOCATIONS_MAX 1000
#define SUB_BYTES_MAX 128

struct principal {
    atomic_uint refs;
    enum role role;
    struct str sub;     /* request ids are one space for each */
    struct str name;    /* as shown; may be empty */
    struct str session; /* jti or sid: what a revocation names; may be empty */
    struct wall_ms expires_at;
    bool is_own;        /* from our key, not a foreign site's */
    bool all_locations; /* "*" */
    size_t location_count;
    struct str *locations; /* slugs */
};

/* Copies everything of *like into one block. One reference, the caller's. */
MUST_USE int principal_create(const struct principal *like, struct principal **ret_principal);
struct principal *principal_ref(struct principal *principal);
void principal_unref(struct principal *principal);
static inline void principal_owned(struct principal **principal) { principal_unref(*principal); }
bool principal_at(const struct principal *principal, struct str slug);
static inline bool principal_may(const struct principal *principal, enum action action)
{
    return role_may(principal->role, action);
}
