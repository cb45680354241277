/* store/sessions.h: sign-ins and their one-time tickets as rows; what they mean is auth/session.h's and auth/ticket.h's.
 *
 * Owns    nothing.
 * Thread  the connection's.
 * Bounds  expired rows are removed by session_prune, so many at a time.
 * Errors  as sql.h; ERR_NOT_FOUND: no such session.
 * Tests   tests/unit/store/users_test.c */
#pragma once
#include "base/secret.h"
#include "store/sql.h"

struct session_row {
    int64_t id;
    int64_t user;
    struct str device; /* a label for people; not read back */
    uint8_t current[SHA256_BYTES];
    uint8_t previous[SHA256_BYTES];
    bool has_previous;
    struct wall_ms rotated_at;
    struct wall_ms expires_at;
    struct wall_ms revoked_at; /* WALL_NONE: it stands */
};

/* A row for a user, to be filled by session_store: its id is part of the first refresh token. */
MUST_USE int session_open(struct sql *sql, int64_t user, struct str device, struct wall_ms now,
                          struct wall_ms expires_at, int64_t *ret_id);
MUST_USE int session_read(struct sql *sql, int64_t id, struct session_row *ret_row);
/* Hashes, times and revocation, as auth/session.h decided. */
MUST_USE int session_store(struct sql *sql, const struct session_row *row, struct wall_ms now);
MUST_USE int session_revoke(struct sql *sql, int64_t id, struct wall_ms now);
MUST_USE int session_revoke_all(struct sql *sql, int64_t user, struct wall_ms now);
/* A token that stands for itself, by its jti; again is fine. */
MUST_USE int token_revoke(struct sql *sql, struct str id, struct wall_ms now, struct wall_ms expires_at);
/* Forgets sessions, tickets and revoked tokens that expired before this moment. */
MUST_USE int session_prune(struct sql *sql, struct wall_ms before);

/* claims: auth/claims.h's text of whom the ticket speaks for. */
MUST_USE int ticket_store(struct sql *sql, const uint8_t hash[SHA256_BYTES], int64_t session,
                          struct str claims, struct wall_ms expires_at);
