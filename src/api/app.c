/* The web app: every path that no route has. */
#include "api/api.h"

#include "base/secret.h"

#define NONCE_BYTES 16

static int answer(struct exchange *exchange, const struct assets *assets, struct http_response *response)
{
    uint8_t random[NONCE_BYTES];
    TRY(random_bytes(random, sizeof random));
    OWNED(buf) struct buf nonce = buf_of(64);
    TRY(base64url_put(&nonce, span_of(random, sizeof random)));
    struct assets_ask ask = {.host = exchange->request->host,
                             .is_https = exchange->is_https,
                             .nonce = buf_str(&nonce)};
    return assets_answer(assets, exchange->request, &ask, response);
}

void app_serve(struct exchange *exchange)
{
    const struct api *api = server_api(exchange->server);
    bool is_api = str_starts(exchange->request->path, STR("/api/"));
    if (is_api || api->assets == NULL) {
        exchange_fail(exchange, CODE_NOT_FOUND,
                      is_api ? STR("There is nothing at this address")
                             : STR("The web app is not installed here"));
        return;
    }
    struct http_response response = http_response_of(200);
    int rc = answer(exchange, api->assets, &response);
    if (rc == 1) {
        exchange_respond(exchange, &response);
        return;
    }
    http_response_done(&response);
    exchange_fail(exchange, rc == 0 ? CODE_NOT_FOUND : CODE_OVERLOADED, (struct str){0});
}
