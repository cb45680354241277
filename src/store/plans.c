#include "store/plans.h"

#include "base/text.h"
#include "store/list.h"

static int on_id(void *ctx, const struct sql_row *row)
{
    *(int64_t *)ctx = row_int(row, 0);
    return 0;
}

static struct sql_value count_value(int32_t count) { return count == 0 ? sql_null() : sql_int(count); }

bool plan_name_fits(struct str name)
{
    return str_trim(name).len > 0 && text_fits(name, PLAN_NAME_CHARACTERS_MAX);
}

int plan_create(struct sql *sql, const struct plan_row *row, int64_t *ret_id)
{
    if (!plan_name_fits(row->name)) return ERR_RANGE;
    return sql_run(
        sql,
        "INSERT INTO plans (name, months, days, visits, locations) VALUES ($1, $2, $3, $4, $5) RETURNING id",
        SQL_VALUES(sql_text(row->name), count_value(row->months), count_value(row->days),
                   count_value(row->visits), sql_text(row->locations)),
        on_id, ret_id);
}

#define COLUMNS "id, name, months, days, visits, locations"

static int on_plan(void *ctx, const struct sql_row *row)
{
    struct list *list = ctx;
    struct plan_row *plan = list_add(list);
    if (plan == NULL) return ERR_NOMEM;
    plan->id = row_int(row, 0);
    plan->months = row_i32_or(row, 2, 1, 12000, 0);
    plan->days = row_i32_or(row, 3, 1, 3000000, 0);
    plan->visits = row_i32_or(row, 4, 1, INT32_MAX, 0);
    TRY(row_copy(row, 1, list->arena, &plan->name));
    return row_copy(row, 5, list->arena, &plan->locations);
}

int plan_by_name(struct sql *sql, struct str name, struct arena *arena, struct plan_row *ret_row)
{
    struct list list = LIST_OF(arena, struct plan_row);
    TRY(sql_run(sql, "SELECT " COLUMNS " FROM plans WHERE name = $1", SQL_VALUES(sql_text(name)), on_plan,
                &list));
    if (list.count == 0) return ERR_NOT_FOUND;
    *ret_row = *(const struct plan_row *)list.items;
    return 0;
}

int plan_list(struct sql *sql, struct arena *arena, struct plan_row **ret_rows, size_t *ret_count)
{
    struct list list = LIST_OF(arena, struct plan_row);
    TRY(sql_run(sql, "SELECT " COLUMNS " FROM plans ORDER BY name LIMIT $1", SQL_VALUES(sql_int(PLANS_MAX)),
                on_plan, &list));
    *ret_rows = list.items;
    *ret_count = list.count;
    return 0;
}

int plan_ensure(struct sql *sql, const struct plan_row *row, int64_t *ret_id)
{
    int found =
        sql_number(sql, "SELECT id FROM plans WHERE name = $1", SQL_VALUES(sql_text(row->name)), ret_id);
    return found != 0 ? found < 0 ? found : 0 : plan_create(sql, row, ret_id);
}
