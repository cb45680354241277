/* store/plans.h: what a membership can be of: so many months, days or visits, over sql.h.
 *
 * Owns    nothing: texts of a row read lie in the caller's arena.
 * Thread  the connection's.
 * Bounds  PLANS_MAX rows of a list.
 * Errors  as sql.h; ERR_EXISTS: the name is taken; ERR_NOT_FOUND; ERR_RANGE: no plan has such a name.
 * Tests   tests/unit/store/memberships_test.c */
#pragma once
#include "store/sql.h"

#define PLANS_MAX 1000
#define PLAN_NAME_CHARACTERS_MAX 100

struct plan_row {
    int64_t id;
    struct str name;
    int32_t months, days, visits; /* 0: none */
    struct str locations;         /* slugs with commas; at NULL: everywhere */
};

bool plan_name_fits(struct str name);
MUST_USE int plan_create(struct sql *sql, const struct plan_row *row, int64_t *ret_id);
MUST_USE int plan_by_name(struct sql *sql, struct str name, struct arena *arena, struct plan_row *ret_row);
/* By name. */
MUST_USE int plan_list(struct sql *sql, struct arena *arena, struct plan_row **ret_rows, size_t *ret_count);
/* The one of this name, made where it is not there yet. */
MUST_USE int plan_ensure(struct sql *sql, const struct plan_row *row, int64_t *ret_id);
