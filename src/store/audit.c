#include "store/audit.h"

#include "store/list.h"

#include <stdio.h>

int audit_add(struct sql *sql, const struct audit_row *row)
{
    return sql_run(sql, "INSERT INTO audit (at, actor, action, subject, details) VALUES ($1, $2, $3, $4, $5)",
                   SQL_VALUES(sql_wall(row->at), sql_text(row->actor), sql_text(row->action),
                              sql_text(row->subject),
                              sql_text(row->details.at == NULL ? STR("{}") : row->details)),
                   NULL, NULL);
}

int audit_note(struct sql *sql, struct wall_ms at, struct str actor, const char *action, const char *kind,
               int64_t id, struct str details)
{
    char subject[64];
    int len = snprintf(subject, sizeof subject, "%s:%lld", kind, (long long)id);
    struct audit_row row = {.at = at,
                            .actor = actor,
                            .action = str_c(action),
                            .subject = {subject, (size_t)len},
                            .details = details};
    return audit_add(sql, &row);
}

static int on_entry(void *ctx, const struct sql_row *row)
{
    struct list *list = ctx;
    struct audit_row *entry = list_add(list);
    if (entry == NULL) return ERR_NOMEM;
    entry->id = row_int(row, 0);
    entry->at = row_wall(row, 1);
    TRY(row_copy(row, 2, list->arena, &entry->actor));
    TRY(row_copy(row, 3, list->arena, &entry->action));
    TRY(row_copy(row, 4, list->arena, &entry->subject));
    return row_copy(row, 5, list->arena, &entry->details);
}

int audit_list(struct sql *sql, struct str subject, int64_t before_id, size_t limit, struct arena *arena,
               struct audit_row **ret_rows, size_t *ret_count)
{
    check(limit >= 1 && limit <= AUDIT_PAGE_MAX);
    struct list list = LIST_OF(arena, struct audit_row);
    TRY(sql_run(
        sql,
        "SELECT id, at, actor, action, subject, details FROM audit WHERE subject = $1 AND id < $2 ORDER BY id DESC LIMIT $3",
        SQL_VALUES(sql_text(subject), sql_int(before_id == 0 ? INT64_MAX : before_id),
                   sql_int((int64_t)limit)),
        on_entry, &list));
    *ret_rows = list.items;
    *ret_count = list.count;
    return 0;
}
