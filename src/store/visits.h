/* store/visits.h: visits as people see them: who is inside, what was, over sql.h.
 *
 * Owns    nothing: texts lie in the caller's arena.
 * Thread  the connection's.
 * Bounds  VISITS_PAGE_MAX rows of a page.
 * Errors  as sql.h; ERR_NOT_FOUND.
 * Tests   tests/unit/store/visits_test.c */
#pragma once
#include "domain/event.h"
#include "store/sql.h"

#define VISITS_PAGE_MAX 5000

/* A visit with what screens show of its member. */
struct visit_row {
    struct visit visit;
    enum source source;
    struct str by;        /* who checked in */
    struct str notes;     /* at NULL: none */
    struct str override;  /* the audit's details (JSON) where a rule was passed over; at NULL: none was */
    struct member member; /* with its memberships; photo_url made */
};

struct visit_filter {
    int64_t location;         /* at this one; 0: at those of the list */
    const int64_t *locations; /* NULL, with a member: anywhere */
    size_t location_count;
    int64_t member;           /* 0: any */
    struct wall_ms from, to;  /* began at or after, before; WALL_NONE: any time */
    int open;                 /* 1: only open ones, 0: only ended ones, -1: all */
    struct wall_ms before_at; /* the page goes on behind this moment and id; WALL_NONE: the first page */
    int64_t before_id;
    size_t limit;
};
/* Newest first. Undone ones are left out. */
MUST_USE int visit_find(struct sql *sql, const struct visit_filter *filter, struct arena *arena,
                        struct visit_row **ret_rows, size_t *ret_count);
/* When open visits end by themselves is kept with each; after a location's hours, exits or assumed stay changed it is found anew. What
 * would have ended before now ends now: nobody left earlier because a rule is new. The number of visits changed. */
MUST_USE int visits_settle_ends(struct sql *sql, const struct directory *directory, int64_t max_stay_ms,
                                struct wall_ms now, size_t *ret_changed);
MUST_USE int visit_read(struct sql *sql, struct visit_id id, struct arena *arena, struct visit_row *ret_row);
