/* store/requests.h: what was asked before (contract 1.1, point 3), for writes that make no event: members, memberships, locations.
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

/* 1: asked before, and *ret_made is the id of what it made. 0: not yet. */
MUST_USE int request_find(struct sql *sql, const struct request *request, int64_t *ret_made);
MUST_USE int request_keep(struct sql *sql, const struct request *request, int64_t made, struct wall_ms now);
