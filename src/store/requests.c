#include "store/requests.h"

#include "domain/batch.h"

#define MADE "made:" /* before it, in the place of a batch's reply */

struct found {
    const struct request *request;
    struct arena *arena;
    struct str made;
    bool is_there, is_same;
};

static int on_request(void *ctx, const struct sql_row *row)
{
    struct found *found = ctx;
    found->is_there = true;
    if (!span_eq(row_blob(row, 0), span_of(found->request->fingerprint, FINGERPRINT_BYTES))) return 0;
    struct str reply = row_text(row, 1);
    if (!str_starts(reply, STR(MADE))) return ERR_CORRUPT;
    found->is_same = true;
    return arena_str(found->arena, (struct str){reply.at + sizeof MADE - 1, reply.len - (sizeof MADE - 1)},
                     &found->made);
}

int request_find(struct sql *sql, const struct request *request, struct arena *arena, struct str *ret_made)
{
    struct found found = {.request = request, .arena = arena};
    TRY(sql_run(sql, "SELECT fingerprint, reply FROM requests WHERE key = $1",
                SQL_VALUES(sql_text(request->key)), on_request, &found));
    if (!found.is_there) return 0;
    if (!found.is_same) return ERR_CONFLICT;
    *ret_made = found.made;
    return 1;
}

int request_keep(struct sql *sql, const struct request *request, struct str made, struct wall_ms now)
{
    OWNED(buf) struct buf reply = buf_of(1024);
    TRY(buf_put_str(&reply, STR(MADE)));
    TRY(buf_put_str(&reply, made));
    return sql_run(sql, "INSERT INTO requests (key, fingerprint, reply, at) VALUES ($1, $2, $3, $4)",
                   SQL_VALUES(sql_text(request->key),
                              sql_blob(span_of(request->fingerprint, FINGERPRINT_BYTES)),
                              sql_text(buf_str(&reply)), sql_wall(now)),
                   NULL, NULL);
}

int request_is_known(struct sql *sql, struct str actor_key, struct str request_id)
{
    OWNED(buf) struct buf key = buf_of(1024);
    TRY(request_key_put(&key, actor_key, request_id));
    int64_t one;
    return sql_number(sql, "SELECT 1 FROM requests WHERE key = $1", SQL_VALUES(sql_text(buf_str(&key))),
                      &one);
}
