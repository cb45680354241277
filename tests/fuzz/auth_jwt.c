/* auth/jwt.c: any bytes as a token, and any bytes as the header and payload of a token that is rightly signed. */
#include "fuzz.h"

#include "auth/jwt.h"

#include <sodium.h>

static const char OWN[32] = "0123456789abcdef0123456789abcdef";
static const char SHARED[] = "a secret that a site shares with us, long enough";

static struct jwt_keys *keys(void)
{
    static struct jwt_keys *once;
    if (once != NULL) return once;
    must(sodium_init() >= 0);
    const struct jwt_settings settings = {
        .own_key = span_of(OWN, sizeof OWN), .issuer = STR("footfall"), .audience = STR("footfall"),
        .foreign_secret = span_of(SHARED, sizeof SHARED - 1), .claim_user = STR("user_id"), .claim_role = STR("role"), .claim_locations = STR("loc"),
        .claim_name = STR("name"), .default_role = STR("staff"), .default_locations = STR("main"),
    };
    must(jwt_keys_create(&settings, &once, NULL) == 0);
    return once;
}

static void judge(struct str token)
{
    static const struct wall_ms NOW = {1790000000000};
    struct principal *who = NULL;
    const char *why = NULL;
    int rc = jwt_verify(keys(), token, JWT_BEARER, NOW, &who, &why);
    must(rc == 0 || rc == ERR_UNAUTHENTICATED || rc == ERR_EXPIRED || rc == ERR_NOT_FOUND);
    must((rc == 0) == (who != NULL));
    must(rc == 0 || (why != NULL && why[0] != '\0'));
    if (rc == 0) must(who->sub.len > 0 && who->sub.len <= SUB_BYTES_MAX && who->location_count <= PRINCIPAL_LOCATIONS_MAX);
    principal_unref(who);
}

/* Payload as it is, under the header HS256, signed with the site's secret or ours. */
static void judge_signed(struct span payload, struct span secret)
{
    OWNED(buf) struct buf token = buf_of((size_t)1 << 20);
    uint8_t mac[crypto_auth_hmacsha256_BYTES];
    crypto_auth_hmacsha256_state state;
    if (buf_put_str(&token, STR("eyJhbGciOiJIUzI1NiJ9.")) < 0 || base64url_put(&token, payload) < 0) return;
    crypto_auth_hmacsha256_init(&state, secret.at, secret.len);
    crypto_auth_hmacsha256_update(&state, token.at, token.len);
    crypto_auth_hmacsha256_final(&state, mac);
    if (buf_put_byte(&token, '.') < 0 || base64url_put(&token, span_of(mac, sizeof mac)) < 0) return;
    judge(buf_str(&token));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *copy = fuzz_exactly(span_of(data, size));
    struct span bytes = span_of(copy, size);
    judge((struct str){(const char *)copy, size});
    judge_signed(bytes, span_of(OWN, sizeof OWN));
    judge_signed(bytes, span_of(SHARED, sizeof SHARED - 1));
    OWNED(buf) struct buf header = buf_of(JWT_BYTES_MAX), payload = buf_of(JWT_BYTES_MAX);
    ignore(jwt_peek((struct str){(const char *)copy, size}, &header, &payload), "it may be no token");
    free(copy);
    return 0;
}
