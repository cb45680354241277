/* What makes or changes something is carried out once for its Idempotency-Key: a repeat is shown what came of the first one, as it
 * is now. */
#include "api/api.h"

#include "base/clock.h"
#include "base/num.h"
#include "domain/batch.h"
#include "store/requests.h"

#include <stdio.h>

struct making {
    const struct api_making *how;
    struct request request; /* key.len 0: no Idempotency-Key */
    bool reused;
};

int api_find_kept(struct sql *sql, struct exchange *exchange, const struct request *request, bool *ret_reused,
                  struct str *ret_kept)
{
    int rc = request->key.len == 0 ? 0 : request_find(sql, request, &exchange->arena, ret_kept);
    *ret_reused = rc == ERR_CONFLICT;
    return rc;
}

int api_keep(struct sql *sql, const struct request *request, struct str made)
{
    if (request->key.len == 0) return 0;
    int rc = request_keep(sql, request, made, clock_wall());
    return rc == ERR_EXISTS ? ERR_RACED : rc; /* another node was asked the same at the same moment */
}

static int make(struct sql *sql, struct exchange *exchange)
{
    struct making *making = exchange->once;
    int64_t id;
    struct str kept;
    int rc = api_find_kept(sql, exchange, &making->request, &making->reused, &kept);
    TRY(rc);
    if (rc == 1) {
        if (num_i64(kept, 1, INT64_MAX, &id) < 0) return ERR_CORRUPT;
    } else {
        char text[24];
        TRY(making->how->make(sql, exchange, &id));
        int len = snprintf(text, sizeof text, "%lld", (long long)id);
        TRY(api_keep(sql, &making->request, (struct str){text, (size_t)len}));
    }
    return making->how->show(sql, exchange, id);
}

static void made(struct exchange *exchange)
{
    in_loop();
    const struct making *making = exchange->once;
    if (making->reused) exchange_fail(exchange, CODE_ID_REUSED, (struct str){0});
    else making->how->then(exchange);
}

ON_LOOP bool api_take_key(struct exchange *exchange, const char *type, struct request *request)
{
    struct command command = {.request_id = {0}};
    if (!api_request_id(exchange, type, exchange->body, &command)) return false;
    if (command.request_id.len == 0) return true;
    OWNED(buf) struct buf key = buf_of(1024);
    memcpy(request->fingerprint, command.fingerprint, FINGERPRINT_BYTES);
    bool kept = request_key_put(&key, exchange->who->sub, command.request_id) == 0 &&
                arena_str(&exchange->arena, buf_str(&key), &request->key) == 0;
    if (!kept) exchange_fail(exchange, CODE_OVERLOADED, (struct str){0});
    return kept;
}

ON_LOOP void api_make(struct exchange *exchange, const char *type, int64_t of, const struct api_making *how)
{
    char what[64];
    struct making *making = arena_array(&exchange->arena, struct making, 1);
    if (making == NULL) {
        exchange_fail(exchange, CODE_OVERLOADED, (struct str){0});
        return;
    }
    making->how = how;
    exchange->once = making;
    snprintf(what, sizeof what, "%s of %lld", type, (long long)of);
    if (!api_take_key(exchange, what, &making->request)) return;
    if (how->changes_locations) exchange_write_locations(exchange, make, made);
    else exchange_write(exchange, make, made);
}
