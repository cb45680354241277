#include "store/ids.h"

#include <stdlib.h>

int ids_run(struct sql *sql, const char *text, const int64_t *ids, size_t count, sql_on_row *on_row,
            void *ctx)
{
    for (size_t from = 0; from < count; from += IDS_AT_ONCE) {
        struct sql_value values[IDS_AT_ONCE];
        /* NULL finds nothing, whatever a damaged row holds. */
        for (size_t i = 0; i < IDS_AT_ONCE; i++)
            values[i] = from + i < count ? sql_int(ids[from + i]) : sql_null();
        TRY(sql_run(sql, text, values, IDS_AT_ONCE, on_row, ctx));
    }
    return 0;
}

static int compare(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return left < right ? -1 : left > right;
}

size_t ids_settle(int64_t *ids, size_t count)
{
    size_t kept = 0;
    if (count > 0) qsort(ids, count, sizeof *ids, compare);
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || ids[kept - 1] != ids[i]) ids[kept++] = ids[i];
    }
    return kept;
}

size_t ids_find(const int64_t *ids, size_t count, int64_t id)
{
    const int64_t *found = count == 0 ? NULL : bsearch(&id, ids, count, sizeof *ids, compare);
    return found == NULL ? SIZE_MAX : (size_t)(found - ids);
}
