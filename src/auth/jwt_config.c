/* [auth] of the configuration as keys. */
#include "auth/jwt.h"

#include <sodium.h>

/* Hex of exactly 32 bytes. */
static bool is_hex_key(struct str text, uint8_t key[JWT_OWN_KEY_BYTES_MIN])
{
    size_t len = 0;
    const char *end = NULL;
    return text.len == 2 * JWT_OWN_KEY_BYTES_MIN &&
           sodium_hex2bin(key, JWT_OWN_KEY_BYTES_MIN, text.at, text.len, NULL, &len, &end) == 0 &&
           end == text.at + text.len && len == JWT_OWN_KEY_BYTES_MIN;
}

/* Or base64url of as many. */
static bool is_base64url_key(struct str text, uint8_t key[JWT_OWN_KEY_BYTES_MIN])
{
    OWNED(buf) struct buf bytes = buf_of(64);
    bool good = text.len == 43 && base64url_get(text, &bytes) == 0 && bytes.len == JWT_OWN_KEY_BYTES_MIN;
    if (good) memcpy(key, bytes.at, JWT_OWN_KEY_BYTES_MIN);
    if (bytes.at != NULL) secret_wipe(bytes.at, bytes.cap);
    return good;
}

int jwt_own_key_bytes(struct str text, struct secret *ret_key)
{
    uint8_t key[JWT_OWN_KEY_BYTES_MIN];
    bool encoded = is_hex_key(text, key) || is_base64url_key(text, key);
    int rc = secret_set(ret_key, encoded ? span_of(key, sizeof key) : str_span(text));
    secret_wipe(key, sizeof key);
    return rc;
}

static bool is_url(struct str text) { return str_starts(text, STR("https://")); }

/* The text of a file that a setting names; nothing where it names none. */
static int read_named(struct str path, const char *setting, struct buf *out, struct err_detail *reterr)
{
    if (path.len == 0) return 0;
    struct err_detail why = {0};
    int rc = config_read_file(path.at, JWT_KEY_TEXT_BYTES_MAX, out, NULL, &why);
    return rc < 0 ? fail(reterr, rc, "[auth] %s: %s", setting, why.text) : 0;
}

int jwt_keys_with_jwks(const struct config *config, struct str jwks, struct jwt_keys **ret_keys,
                       struct err_detail *reterr)
{
    const __typeof__(config->auth) *auth = &config->auth;
    OWNED(secret) struct secret own = {0};
    OWNED(buf) struct buf pem = buf_of(JWT_KEY_TEXT_BYTES_MAX + 8192);
    if (config_text(&auth->secret).len == 0) {
        return fail(reterr, ERR_NOT_FOUND,
                    "[auth] secret or secret_file is not set; `footfall init` makes a key");
    }
    TRY(jwt_own_key_bytes(config_text(&auth->secret), &own));
    TRY(read_named(auth->foreign_key_file, "foreign_key_file", &pem, reterr));
    const struct jwt_settings settings = {
        .own_key = secret_span(&own),
        .issuer = auth->issuer,
        .audience = auth->audience,
        .foreign_secret = secret_span(&auth->foreign_secret.value),
        .foreign_pem = buf_str(&pem),
        .foreign_jwks = jwks,
        .foreign_issuer = auth->foreign_issuer,
        .foreign_audience = auth->foreign_audience,
        .foreign_leeway_ms = auth->foreign_leeway_ms,
        .foreign_require_typ = auth->foreign_require_typ,
        .claim_user = auth->claim_user,
        .claim_role = auth->claim_role,
        .claim_locations = auth->claim_locations,
        .claim_name = auth->claim_name,
        .default_role = auth->default_role,
        .default_locations = auth->default_locations,
    };
    return jwt_keys_create(&settings, ret_keys, reterr);
}

int jwt_keys_from_config(const struct config *config, struct jwt_keys **ret_keys, struct err_detail *reterr)
{
    OWNED(buf) struct buf jwks = buf_of(JWT_KEY_TEXT_BYTES_MAX + 8192);
    if (!is_url(config->auth.jwks)) TRY(read_named(config->auth.jwks, "jwks", &jwks, reterr));
    return jwt_keys_with_jwks(config, buf_str(&jwks), ret_keys, reterr);
}
