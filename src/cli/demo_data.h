/* cli/demo_data.h: the made-up gym of `footfall demo`: locations, members with the problems that a desk meets, an owner.
 *
 * Owns    nothing.
 * Thread  main, before the server starts.
 * Bounds  members up to DEMO_MEMBERS_MAX, locations up to DEMO_LOCATIONS_MAX.
 * Errors  with a sentence; nothing is half filled: one transaction.
 * Tests   tests/integration/demo.test.ts */
#pragma once
#include "store/store.h"

#define DEMO_MEMBERS_MAX 10000000
#define DEMO_LOCATIONS_MAX 2000
#define DEMO_OWNER_EMAIL "owner@example.org"

struct demo_options {
    int64_t members, locations;
    bool clean;               /* everyone may come in at any hour */
    struct str password_hash; /* of the owner, user 1 */
};

/* How many there are; their ids begin at 1. */
struct demo_size {
    int64_t members, locations;
};

/* Fills an empty database; one that has locations already is left as it is. */
MUST_USE int demo_fill(struct store *store, const struct demo_options *options, struct demo_size *ret_size,
                       struct err_detail *reterr);
