/* store/batch_rows.h: what load and save of every database share: a batch's rows as columns, and the day's statistics folded anew.
 *
 * Owns    nothing; texts go into the batch's arena.
 * Thread  the writer.
 * Bounds  the batch's.
 * Errors  as sql.h.
 * Tests   tests/unit/store/batch_test.c */
#pragma once
#include "store/store.h"

/* The columns that each reader below takes, from the first on; a query may have more behind them. */
#define VISIT_COLUMNS                                                                                                                     \
    "id, member_id, location_id, checked_in_at, checked_out_at, auto_end_at, in_seq, out_seq, membership_id, automatic, undone, source, " \
    "checked_in_by, checked_out_by, notes"
MUST_USE int batch_visit_of_row(const struct sql_row *row, struct arena *arena, struct batch_visit *held);

#define MEMBER_COLUMNS                                                                                       \
    "visits_total, last_visit_at, banned, deleted_at, balance_minor, born, first_name, last_name, photo, guest_of, id"
/* member->id is set; *ret_host: who brings this guest, 0: a member. */
MUST_USE int batch_member_of_row(const struct sql_row *row, struct arena *arena, struct member *member,
                                 int64_t *ret_host);
/* Who brings a guest answers for them: banned or gone, they are too. */
#define HOST_COLUMNS "banned, deleted_at"
void batch_guest_of_host(const struct sql_row *row, int column,
                         struct member *guest); /* from this column on */

#define MEMBERSHIP_COLUMNS "id, plan, state, starts, ends, frozen_from, frozen_until, visits_left"
MUST_USE int batch_membership_of_row(const struct sql_row *row, struct arena *arena,
                                     struct membership *membership);

#define REQUEST_COLUMNS "fingerprint, reply"
MUST_USE int batch_request_of_row(const struct sql_row *row, struct arena *arena,
                                  struct batch_request *request);
#define DENIAL_COLUMNS "first_at, repeats"
void batch_denial_of_row(const struct sql_row *row, struct batch_denial *denial);

/* When a command happened: now, or the moment of the past that it tells. */
struct wall_ms batch_moment_of(const struct batch *batch, const struct command *command);

/* The running day of a location from its visits, as they stand after the batch's were written. */
MUST_USE int batch_refold(struct sql *sql, struct batch *batch, struct location_state *state);

#define AUDIT_BYTES_MAX 8192
MUST_USE int batch_audit_details(const struct batch *batch, const struct batch_audit *audit, struct buf *out);
