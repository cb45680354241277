/* A check in the order of what it costs and what it proves: form, header, signature, and only then the claims. Nothing that stands in an
 * unproven token decides anything but which of our keys are asked. */
#include "auth/jwt_keys.h"

#include "base/json.h"
#include "base/secret.h"

#include <openssl/evp.h>
#include <stdlib.h>

static const char *const KINDS[JWT_KIND_COUNT] = {"access", "device", "refresh", "ticket"};

const char *jwt_kind_name(enum jwt_kind kind)
{
    check((unsigned)kind < JWT_KIND_COUNT);
    return KINDS[kind];
}

/* --- Keys, as a whole --- */

static int add_secret(struct jwt_keys *keys, struct span bytes, bool is_own)
{
    check(keys->count < JWT_KEYS_MAX);
    struct jwt_key *key = &keys->at[keys->count++];
    *key = (struct jwt_key){.alg = JWT_HS256, .is_own = is_own};
    return crypto_auth_hmacsha256_init(&key->hmac, bytes.at, bytes.len) == 0 ? 0 : ERR_INTERNAL;
}

/* The arena's copy; NULL for empty, as claim_map wants it. */
static int keep_name(struct jwt_keys *keys, struct str text, const char **ret_name)
{
    struct str copy;
    TRY(arena_str(&keys->texts, text, &copy));
    *ret_name = copy.len == 0 ? NULL : copy.at;
    return 0;
}

static int keep_texts(struct jwt_keys *keys, const struct jwt_settings *settings, struct err_detail *reterr)
{
    TRY(arena_str(&keys->texts, settings->issuer, &keys->issuer));
    TRY(arena_str(&keys->texts, settings->audience, &keys->audience));
    TRY(arena_str(&keys->texts, settings->foreign_issuer, &keys->foreign_issuer));
    TRY(arena_str(&keys->texts, settings->foreign_audience, &keys->foreign_audience));
    TRY(keep_name(keys, settings->claim_user, &keys->map.user));
    TRY(keep_name(keys, settings->claim_role, &keys->map.role));
    TRY(keep_name(keys, settings->claim_locations, &keys->map.locations));
    TRY(keep_name(keys, settings->claim_name, &keys->map.name));
    TRY(arena_str(&keys->texts, settings->default_locations, &keys->map.default_locations));
    keys->map.has_default_role = settings->default_role.len > 0;
    if (keys->map.has_default_role && role_of(settings->default_role, &keys->map.default_role) < 0) {
        return fail(reterr, ERR_RANGE, "[auth] default_role: \"%.*s\" is no role",
                    STR_ARG(settings->default_role));
    }
    return 0;
}

/* The setting's name before what is wrong with it. */
static int named(int rc, const char *setting, const struct err_detail *why, struct err_detail *reterr)
{
    return rc < 0 ? fail(reterr, rc, "[auth] %s: %s", setting, rc == ERR_NOMEM ? "out of memory" : why->text)
                  : 0;
}

static int add_keys(struct jwt_keys *keys, const struct jwt_settings *settings, struct err_detail *reterr)
{
    struct err_detail why = {0};
    struct span own = settings->own_key, foreign = settings->foreign_secret;
    if (own.len < JWT_OWN_KEY_BYTES_MIN) {
        return fail(reterr, ERR_RANGE, "[auth] secret must have at least %d bytes", JWT_OWN_KEY_BYTES_MIN);
    }
    if (foreign.len > 0 && foreign.len < JWT_SHARED_SECRET_BYTES_MIN) {
        return fail(reterr, ERR_RANGE, "[auth] foreign_secret must have at least %d bytes",
                    JWT_SHARED_SECRET_BYTES_MIN);
    }
    if (secret_eq(own, foreign)) {
        return fail(reterr, ERR_CONFLICT,
                    "[auth] foreign_secret is our own secret: that site could sign in as anybody");
    }
    TRY(add_secret(keys, own, true));
    if (foreign.len > 0) TRY(add_secret(keys, foreign, false));
    if (settings->foreign_pem.len > 0) {
        TRY(named(jwt_keys_add_pem(keys, settings->foreign_pem, &why), "foreign_key_file", &why, reterr));
    }
    if (settings->foreign_jwks.len > 0) {
        TRY(named(jwt_keys_add_jwks(keys, settings->foreign_jwks, &why), "jwks", &why, reterr));
    }
    return 0;
}

int jwt_keys_create(const struct jwt_settings *settings, struct jwt_keys **ret_keys,
                    struct err_detail *reterr)
{
    if (sodium_init() < 0) return fail(reterr, ERR_INTERNAL, "libsodium does not start");
    OWNED(jwt_keys) struct jwt_keys *keys = calloc(1, sizeof *keys);
    if (keys == NULL) return fail(reterr, ERR_NOMEM, "out of memory");
    atomic_init(&keys->refs, 1);
    keys->texts = arena_of(JWT_KEY_TEXT_BYTES_MAX);
    keys->foreign_leeway_ms = settings->foreign_leeway_ms;
    keys->foreign_require_typ = settings->foreign_require_typ;
    TRY(keep_texts(keys, settings, reterr));
    TRY(add_keys(keys, settings, reterr));
    *ret_keys = take(keys);
    return 0;
}

struct jwt_keys *jwt_keys_ref(struct jwt_keys *keys)
{
    atomic_fetch_add_explicit(&keys->refs, 1, memory_order_relaxed);
    return keys;
}

void jwt_keys_unref(struct jwt_keys *keys)
{
    if (keys == NULL || atomic_fetch_sub_explicit(&keys->refs, 1, memory_order_acq_rel) > 1) return;
    for (size_t i = 0; i < keys->count; i++) EVP_PKEY_free(keys->at[i].public);
    arena_done(&keys->texts);
    secret_wipe(keys->at, sizeof keys->at);
    free(keys);
}

void jwt_keys_derive(const struct jwt_keys *keys, const char *purpose, uint8_t ret_key[JWT_DERIVED_BYTES])
{
    static_assert(JWT_DERIVED_BYTES == JWT_HS256_BYTES, "a signature is a key");
    /* A JWT's signed text always holds a dot, and no purpose does: so no token can be made to say it. */
    check(strchr(purpose, '.') == NULL);
    jwt_key_sign(&keys->at[0], str_span(str_c(purpose)), ret_key);
}

/* --- Checking --- */

struct parts {
    struct str header, payload, signature;
    struct span signed_text; /* header.payload */
};

static int refuse(const char **ret_why, const char *why)
{
    *ret_why = why;
    return ERR_UNAUTHENTICATED;
}

/* Memory that is short is no bad token. why NULL: the reason was said already. */
static int or_refuse(int rc, const char **ret_why, const char *why)
{
    return rc >= 0 || rc == ERR_NOMEM ? rc : refuse(ret_why, why == NULL ? *ret_why : why);
}

static bool cut(struct str *rest, struct str *ret_part)
{
    const char *dot = memchr(rest->at, '.', rest->len);
    if (dot == NULL) return false;
    *ret_part = (struct str){rest->at, (size_t)(dot - rest->at)};
    *rest = (struct str){dot + 1, rest->len - ret_part->len - 1};
    return true;
}

static int split(struct str token, struct parts *ret_parts, const char **ret_why)
{
    if (token.len == 0 || token.len > JWT_BYTES_MAX) {
        return refuse(ret_why, "it is empty or longer than 8 KiB");
    }
    struct str rest = token;
    bool three = cut(&rest, &ret_parts->header) && cut(&rest, &ret_parts->payload) &&
                 memchr(rest.at, '.', rest.len) == NULL;
    if (!three) return refuse(ret_why, "it has not three parts");
    ret_parts->signature = rest;
    ret_parts->signed_text = span_of(token.at, token.len - rest.len - 1);
    if (ret_parts->signature.len == 0) return refuse(ret_why, "it is not signed");
    return 0;
}

static int decode_json(struct str part, json_t **ret_value)
{
    OWNED(buf) struct buf text = buf_of(JWT_BYTES_MAX);
    TRY(base64url_get(part, &text));
    return claims_parse(buf_span(&text), ret_value);
}

static const char *text_of(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

/* «JWT», «at+jwt» (RFC 9068), with application/ or without; a logout token (logout+jwt) or another one is not for us. */
static bool is_token_type(const char *typ)
{
    struct str text = str_c(typ);
    const struct str prefix = STR("application/");
    if (text.len > prefix.len && str_eq_nocase_ascii((struct str){text.at, prefix.len}, prefix)) {
        text = (struct str){text.at + prefix.len, text.len - prefix.len};
    }
    return str_eq_nocase_ascii(text, STR("JWT")) || str_eq_nocase_ascii(text, STR("at+jwt"));
}

static int check_header(const json_t *header, const char **ret_why)
{
    const json_t *typ = json_object_get(header, "typ"), *kid = json_object_get(header, "kid");
    if (text_of(header, "alg") == NULL) return refuse(ret_why, "its header names no alg");
    /* RFC 7515 4.1.11: who does not know every extension named there must refuse; we know none. */
    if (json_object_get(header, "crit") != NULL) return refuse(ret_why, "its header has crit");
    if (json_object_get(header, "b64") != NULL) return refuse(ret_why, "its header has b64");
    if (typ != NULL && (!json_is_string(typ) || !is_token_type(json_string_value(typ)))) {
        return refuse(ret_why, "its header's typ is another kind's");
    }
    if (kid != NULL && !json_is_string(kid)) return refuse(ret_why, "its kid is no text");
    return 0;
}

/* May this key be asked? Our own key has no kid, and our tokens name none; a foreign key without one is asked whatever is named. */
static bool is_candidate(const struct jwt_key *key, const char *alg, const json_t *kid)
{
    if (strcmp(alg, jwt_alg_name(key->alg)) != 0) return false;
    if (kid == NULL) return true;
    if (key->kid.at == NULL) return !key->is_own;
    return str_eq(key->kid, (struct str){json_string_value(kid), json_string_length(kid)});
}

static bool knows_kid(const struct jwt_keys *keys, const json_t *kid)
{
    struct str name = {json_string_value(kid), json_string_length(kid)};
    for (size_t i = 0; i < keys->count; i++) {
        if (keys->at[i].kid.at != NULL && str_eq(keys->at[i].kid, name)) return true;
    }
    return false;
}

static bool has_named_keys(const struct jwt_keys *keys)
{
    for (size_t i = 0; i < keys->count; i++) {
        if (keys->at[i].kid.at != NULL) return true;
    }
    return false;
}

/* The key that signed it. */
static int find_key(const struct jwt_keys *keys, const json_t *header, const struct parts *parts,
                    const struct jwt_key **ret_key, const char **ret_why)
{
    const json_t *kid = json_object_get(header, "kid");
    const char *alg = text_of(header, "alg");
    OWNED(buf) struct buf signature = buf_of(JWT_BYTES_MAX);
    TRY(or_refuse(base64url_get(parts->signature, &signature), ret_why, "its signature is not base64url"));
    bool asked = false;
    for (size_t i = 0; i < keys->count; i++) {
        if (!is_candidate(&keys->at[i], alg, kid)) continue;
        asked = true;
        int rc = jwt_key_verify(&keys->at[i], parts->signed_text, buf_span(&signature));
        if (rc == ERR_NOMEM) return rc;
        if (rc < 0) continue;
        *ret_key = &keys->at[i];
        return 0;
    }
    if (kid != NULL && has_named_keys(keys) && !knows_kid(keys, kid)) {
        *ret_why = "its kid is none of ours";
        return ERR_NOT_FOUND;
    }
    return refuse(ret_why, asked ? "its signature is wrong" : "no key of ours is for its alg and kid");
}

/* RFC 7519 4.1.3: one text or a list of them. */
static bool audience_holds(const json_t *aud, struct str want)
{
    if (json_is_string(aud)) return str_eq_c(want, json_string_value(aud));
    for (size_t i = 0; i < json_array_size(aud); i++) {
        const json_t *one = json_array_get(aud, i);
        if (json_is_string(one) && str_eq_c(want, json_string_value(one))) return true;
    }
    return false;
}

static int check_names(const json_t *claims, struct str issuer, struct str audience, const char **ret_why)
{
    const char *iss = text_of(claims, "iss");
    if (issuer.len > 0 && (iss == NULL || !str_eq_c(issuer, iss))) {
        return refuse(ret_why, "its iss is another's");
    }
    if (audience.len > 0 && !audience_holds(json_object_get(claims, "aud"), audience)) {
        return refuse(ret_why, "its aud is another's");
    }
    return 0;
}

static int check_times(const json_t *claims, int64_t exp_leeway_ms, int64_t nbf_leeway_ms, struct wall_ms now,
                       struct wall_ms *ret_expires_at, const char **ret_why)
{
    struct wall_ms exp, nbf, iat;
    int has_exp = claims_moment(claims, "exp", &exp), has_nbf = claims_moment(claims, "nbf", &nbf),
        has_iat = claims_moment(claims, "iat", &iat);
    if (has_exp != 1) return refuse(ret_why, "its exp is no number, or missing");
    if (has_nbf < 0 || has_iat < 0) return refuse(ret_why, "its nbf or iat is no number");
    /* iat is not judged: a signer's clock that runs ahead is no reason to refuse. */
    if (has_nbf == 1 && nbf.ms > now.ms + nbf_leeway_ms) return refuse(ret_why, "it is not good yet (nbf)");
    exp.ms += exp_leeway_ms;
    if (now.ms >= exp.ms) {
        *ret_why = "it has expired";
        return ERR_EXPIRED;
    }
    *ret_expires_at = exp;
    return 0;
}

static int check_own(const struct jwt_keys *keys, const json_t *claims, unsigned kinds, struct wall_ms now,
                     struct principal **ret_principal, const char **ret_why)
{
    struct wall_ms expires_at, iat;
    const char *typ = text_of(claims, "typ");
    bool welcome = false;
    for (unsigned kind = 0; kind < JWT_KIND_COUNT && typ != NULL; kind++) {
        if ((kinds >> kind & 1u) != 0 && strcmp(typ, KINDS[kind]) == 0) welcome = true;
    }
    if (!welcome) return refuse(ret_why, "it is a token of another kind (typ)");
    TRY(check_names(claims, keys->issuer, keys->audience, ret_why));
    if (claims_moment(claims, "iat", &iat) != 1 || text_of(claims, "jti") == NULL) {
        return refuse(ret_why, "it has no iat or jti");
    }
    TRY(check_times(claims, 0, JWT_OWN_LEEWAY_MS, now, &expires_at, ret_why));
    return or_refuse(claims_read(claims, &CLAIM_MAP_OWN, expires_at, true, ret_principal, ret_why), ret_why,
                     NULL);
}

/* Does a foreign site say that this is something else than an access token? SimpleJWT has token_type, Keycloak typ (Bearer, ID, Refresh). */
static int check_foreign_kind(const json_t *claims, bool required, const char **ret_why)
{
    static const char *const GOOD[] = {"access", "bearer", "JWT", "at+jwt"};
    static const char *const CLAIMS[] = {"token_type", "typ"};
    bool said = false;
    for (size_t i = 0; i < COUNT_OF(CLAIMS); i++) {
        const json_t *value = json_object_get(claims, CLAIMS[i]);
        if (value == NULL) continue;
        bool good = false;
        for (size_t k = 0; json_is_string(value) && k < COUNT_OF(GOOD); k++) {
            good |= str_eq_nocase_ascii(str_c(json_string_value(value)), str_c(GOOD[k]));
        }
        if (!good) return refuse(ret_why, "it is a token of another kind (typ)");
        said = true;
    }
    return said || !required ? 0 : refuse(ret_why, "it does not say that it is an access token (typ)");
}

static int check_foreign(const struct jwt_keys *keys, const json_t *claims, unsigned kinds,
                         struct wall_ms now, struct principal **ret_principal, const char **ret_why)
{
    struct wall_ms expires_at;
    int64_t leeway_ms = keys->foreign_leeway_ms;
    if ((kinds & JWT_KIND(JWT_ACCESS)) == 0) return refuse(ret_why, "a foreign token does not serve here");
    TRY(check_foreign_kind(claims, keys->foreign_require_typ, ret_why));
    TRY(check_names(claims, keys->foreign_issuer, keys->foreign_audience, ret_why));
    TRY(check_times(claims, leeway_ms, leeway_ms, now, &expires_at, ret_why));
    return or_refuse(claims_read(claims, &keys->map, expires_at, false, ret_principal, ret_why), ret_why,
                     NULL);
}

int jwt_verify(const struct jwt_keys *keys, struct str token, unsigned kinds, struct wall_ms now,
               struct principal **ret_principal, const char **ret_why)
{
    const char *unheard = "";
    const char **why = ret_why == NULL ? &unheard : ret_why;
    struct parts parts;
    OWNED(json_value) json_t *header = NULL, *claims = NULL;
    const struct jwt_key *key = NULL;
    *why = "";
    TRY(split(token, &parts, why));
    TRY(or_refuse(decode_json(parts.header, &header), why, "its header is no base64url of a JSON object"));
    TRY(check_header(header, why));
    TRY(find_key(keys, header, &parts, &key, why));
    TRY(or_refuse(decode_json(parts.payload, &claims), why, "its payload is no base64url of a JSON object"));
    return key->is_own ? check_own(keys, claims, kinds, now, ret_principal, why)
                       : check_foreign(keys, claims, kinds, now, ret_principal, why);
}

/* --- Making --- */

static int put_payload(const struct jwt_keys *keys, const struct jwt_claims *claims, struct str jti,
                       struct buf *out)
{
    struct json json = jw_to(out);
    jw_object(&json, NULL);
    jw_str(&json, "iss", keys->issuer);
    jw_str(&json, "aud", keys->audience);
    jw_str(&json, "typ", str_c(jwt_kind_name(claims->kind)));
    jw_str(&json, "sub", claims->sub);
    if (claims->name.len > 0) jw_str(&json, "name", claims->name);
    jw_str(&json, "role", str_c(role_name(claims->role)));
    if (claims->all_locations) {
        jw_str(&json, "loc", STR("*"));
    } else {
        jw_array(&json, "loc");
        for (size_t i = 0; i < claims->location_count; i++) jw_str(&json, NULL, claims->locations[i]);
        jw_array_end(&json);
    }
    if (claims->session.len > 0) jw_str(&json, "sid", claims->session);
    jw_str(&json, "jti", jti);
    jw_i64(&json, "iat", claims->issued_at.ms / 1000);
    jw_i64(&json, "exp", claims->expires_at.ms / 1000);
    jw_object_end(&json);
    return jw_end_all(&json);
}

int jwt_mint(const struct jwt_keys *keys, const struct jwt_claims *claims, struct buf *out)
{
    check(claims->issued_at.ms >= 0 && claims->expires_at.ms >= 0);
    if (claims->sub.len == 0 || claims->sub.len > SUB_BYTES_MAX ||
        claims->location_count > PRINCIPAL_LOCATIONS_MAX) {
        return ERR_TOO_BIG;
    }
    uint8_t random[16], signature[JWT_HS256_BYTES];
    OWNED(buf) struct buf jti = buf_of(32), payload = buf_of(JWT_BYTES_MAX), token = buf_of(JWT_BYTES_MAX);
    TRY(random_bytes(random, sizeof random));
    TRY(base64url_put(&jti, span_of(random, sizeof random)));
    TRY(put_payload(keys, claims, buf_str(&jti), &payload));
    TRY(base64url_put(&token, str_span(STR("{\"alg\":\"HS256\",\"typ\":\"JWT\"}"))));
    TRY(buf_put_byte(&token, '.'));
    TRY(base64url_put(&token, buf_span(&payload)));
    jwt_key_sign(&keys->at[0], buf_span(&token), signature);
    TRY(buf_put_byte(&token, '.'));
    TRY(base64url_put(&token, span_of(signature, sizeof signature)));
    return buf_put(out, buf_span(&token));
}

int jwt_peek(struct str token, struct buf *ret_header, struct buf *ret_payload)
{
    struct parts parts;
    const char *why;
    if (split(token, &parts, &why) < 0) return ERR_SYNTAX;
    TRY(base64url_get(parts.header, ret_header));
    return base64url_get(parts.payload, ret_payload);
}
