/* What makes something new is carried out once for its Idempotency-Key: a repeat is shown what the first one made, as it is now. */
#include "api/api.h"

#include "base/clock.h"
#include "domain/batch.h"
#include "store/requests.h"

struct making {
    const struct api_making *how;
    struct request request; /* key.len 0: no Idempotency-Key */
    bool reused;
};

static int make(struct sql *sql, struct exchange *exchange)
{
    struct making *making = exchange->once;
    int64_t id;
    int rc = making->request.key.len == 0 ? 0 : request_find(sql, &making->request, &id);
    making->reused = rc == ERR_CONFLICT;
    TRY(rc);
    if (rc == 0) {
        TRY(making->how->make(sql, exchange, &id));
        if (making->request.key.len > 0) TRY(request_keep(sql, &making->request, id, clock_wall()));
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

/* The key and its content, kept as a batch keeps its own. False: answered already. */
ON_LOOP static bool take_key(struct exchange *exchange, const char *type, struct request *request)
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

ON_LOOP void api_make(struct exchange *exchange, const char *type, const struct api_making *how)
{
    struct making *making = arena_array(&exchange->arena, struct making, 1);
    if (making == NULL) {
        exchange_fail(exchange, CODE_OVERLOADED, (struct str){0});
        return;
    }
    making->how = how;
    exchange->once = making;
    if (!take_key(exchange, type, &making->request)) return;
    if (how->changes_locations) exchange_write_locations(exchange, make, made);
    else exchange_write(exchange, make, made);
}
