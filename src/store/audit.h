/* store/audit.h: who did what and why, for those who ask later, over sql.h. Batches write their own (overrides, undos, edits).
 *
 * Owns    nothing: texts of a row read lie in the caller's arena.
 * Thread  the connection's.
 * Bounds  AUDIT_PAGE_MAX rows of a page.
 * Errors  as sql.h.
 * Tests   tests/unit/store/audit_test.c */
#pragma once
#include "store/sql.h"

#define AUDIT_PAGE_MAX 200

struct audit_row {
    int64_t id;
    struct wall_ms at;
    struct str actor;   /* a token's sub, or «cli» */
    struct str action;  /* override, undo, edit_visit, … */
    struct str subject; /* visit:9001, member:42, user:1, location:main */
    struct str details; /* JSON; at NULL in audit_add: {} */
};

MUST_USE int audit_add(struct sql *sql, const struct audit_row *row);
/* The same for a subject with a number: «member» and 42. details at NULL: {}. */
MUST_USE int audit_note(struct sql *sql, struct wall_ms at, struct str actor, const char *action,
                        const char *kind, int64_t id, struct str details);
/* Of one subject, newest first, below before_id (0: from the newest). */
MUST_USE int audit_list(struct sql *sql, struct str subject, int64_t before_id, size_t limit,
                        struct arena *arena, struct audit_row **ret_rows, size_t *ret_count);
