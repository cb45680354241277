/* store/requests.h: what was asked before (contract 1.1, point 3), for writes that make no event: members, memberships, locations, lists.
 * Batches keep their own in the same table, so that a key has one meaning over all.
 *
 * Owns    nothing.
 * Thread  the connection's, in the transaction of what is asked.
 * Bounds  none of its own; store_prune forgets after 7 days.
 * Errors  ERR_CONFLICT: the key was used for something else; else as sql.h.
 * Tests   tests/unit/store/requests_test.c */
#pragma once
#include "domain/command.h"
#include "store/sql.h"

struct request {
    struct str key; /* domain/batch.h: request_key_put */
    uint8_t fingerprint[FINGERPRINT_BYTES];
};

/* 1: asked before, and *ret_made, in the arena, is what it was kept with. 0: not yet. */
MUST_USE int request_find(struct sql *sql, const struct request *request, struct arena *arena,
                          struct str *ret_made);
/* made: what the answer is made of again, an id for the most. */
MUST_USE int request_keep(struct sql *sql, const struct request *request, struct str made,
                          struct wall_ms now);
/* Asked before by this user with this id, whatever the content: 1, or 0. */
MUST_USE int request_is_known(struct sql *sql, struct str actor_key, struct str request_id);
