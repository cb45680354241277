#include "store/requests.h"

#include "base/num.h"

#include <stdio.h>

#define MADE "made:" /* before the id, in the place of a batch's reply */

struct found {
    const struct request *request;
    int64_t made;
    bool is_there, is_same;
};

static int on_request(void *ctx, const struct sql_row *row)
{
    struct found *found = ctx;
    found->is_there = true;
    if (!span_eq(row_blob(row, 0), span_of(found->request->fingerprint, FINGERPRINT_BYTES))) return 0;
    struct str reply = row_text(row, 1);
    if (!str_starts(reply, STR(MADE))) return ERR_CORRUPT;
    struct str id = {reply.at + sizeof MADE - 1, reply.len - (sizeof MADE - 1)};
    found->is_same = num_i64(id, 1, INT64_MAX, &found->made) == 0;
    return found->is_same ? 0 : ERR_CORRUPT;
}

int request_find(struct sql *sql, const struct request *request, int64_t *ret_made)
{
    struct found found = {.request = request};
    TRY(sql_run(sql, "SELECT fingerprint, reply FROM requests WHERE key = $1",
                SQL_VALUES(sql_text(request->key)), on_request, &found));
    if (!found.is_there) return 0;
    if (!found.is_same) return ERR_CONFLICT;
    *ret_made = found.made;
    return 1;
}

int request_keep(struct sql *sql, const struct request *request, int64_t made, struct wall_ms now)
{
    char reply[32];
    int len = snprintf(reply, sizeof reply, MADE "%lld", (long long)made);
    return sql_run(sql, "INSERT INTO requests (key, fingerprint, reply, at) VALUES ($1, $2, $3, $4)",
                   SQL_VALUES(sql_text(request->key),
                              sql_blob(span_of(request->fingerprint, FINGERPRINT_BYTES)),
                              sql_text((struct str){reply, (size_t)len}), sql_wall(now)),
                   NULL, NULL);
}
