/* store/memberships.h: members' memberships as people see and edit them, over sql.h.
 *
 * Owns    nothing: texts of a row read lie in the caller's arena.
 * Thread  the connection's.
 * Bounds  MEMBERSHIPS_MAX of one member: those that end last.
 * Errors  as sql.h; ERR_NOT_FOUND; ERR_DATABASE: a day before the one it must follow.
 * Tests   tests/unit/store/memberships_test.c */
#pragma once
#include "domain/member.h"
#include "store/sql.h"

struct membership_row {
    int64_t id;
    int64_t plan_id; /* 0: none */
    struct str plan; /* its name */
    enum membership_state state;
    struct day starts;
    struct day ends; /* DAY_NONE: open end */
    struct day frozen_from;
    struct day frozen_until;
    struct day cancelled_on;
    int32_t visits_left; /* -1: not counted */
};

MUST_USE int membership_add(struct sql *sql, struct member_id member, const struct membership_row *row,
                            int64_t *ret_id);
/* State, end, freeze, cancellation. */
MUST_USE int membership_update(struct sql *sql, struct member_id member, const struct membership_row *row);

/* One member's, the latest end first. */
struct membership_list {
    struct membership_row *rows;
    size_t count;
};
/* Of many members in a few queries; members are settled (store/ids.h), and the lists are in their order. */
MUST_USE int memberships_read(struct sql *sql, const int64_t *members, size_t count, struct arena *arena,
                              struct membership_list **ret_lists);
/* As the rules see them. */
MUST_USE int memberships_as_rules(const struct membership_row *rows, size_t count, struct arena *arena,
                                  struct membership **ret_memberships);
