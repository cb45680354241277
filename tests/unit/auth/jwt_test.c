/* The vectors' case by case; then what a file of vectors cannot hold: our own minting, limits, time, memory. */
#include "auth/jwt.h"
#include "auth/jwt_keys.h"
#include "../testing.h"

#include <jansson.h>
#include <stdlib.h>

static json_t *g_vectors;     /* tests/vectors/jwt.json */
static struct wall_ms g_now;

static struct str text_of(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    return (struct str){json_string_value(value), json_string_length(value)};
}

static const char KEY[32] = "0123456789abcdef0123456789abcdef";

/* The settings of a vector; the own key is the file's. */
static int keys_of(const json_t *from, struct jwt_keys **ret_keys, struct err_detail *why)
{
    struct secret own = {0};
    struct str hex = text_of(from, "own_hex").len > 0 ? text_of(from, "own_hex") : text_of(g_vectors, "own_hex");
    uint8_t bytes[64];
    size_t len = 0;
    assert_int_equal(sodium_hex2bin(bytes, sizeof bytes, hex.at, hex.len, NULL, &len, NULL), 0);
    assert_int_equal(secret_set(&own, span_of(bytes, len)), 0);
    const struct jwt_settings settings = {
        .own_key = secret_span(&own),
        .issuer = STR("footfall"),
        .audience = STR("footfall"),
        .foreign_secret = str_span(text_of(from, "foreign_secret")),
        .foreign_pem = text_of(from, "foreign_pem"),
        .foreign_jwks = text_of(from, "foreign_jwks"),
        .foreign_issuer = text_of(from, "foreign_issuer"),
        .foreign_audience = text_of(from, "foreign_audience"),
        .foreign_leeway_ms = 60000,
        .foreign_require_typ = json_is_true(json_object_get(from, "foreign_require_typ")),
        .claim_user = json_object_get(from, "claim_user") != NULL ? text_of(from, "claim_user") : STR("sub"),
        .claim_role = json_object_get(from, "claim_role") != NULL ? text_of(from, "claim_role") : STR("role"),
        .claim_locations = json_object_get(from, "claim_locations") != NULL ? text_of(from, "claim_locations") : STR("loc"),
        .claim_name = STR("name"),
        .default_role = text_of(from, "default_role"),
        .default_locations = text_of(from, "default_locations"),
    };
    int rc = jwt_keys_create(&settings, ret_keys, why);
    secret_done(&own);
    return rc;
}

static unsigned kinds_of(const json_t *vector)
{
    const json_t *names = json_object_get(vector, "kinds");
    if (names == NULL) return JWT_BEARER;
    unsigned kinds = 0;
    for (unsigned kind = 0; kind < JWT_KIND_COUNT; kind++) {
        for (size_t i = 0; i < json_array_size(names); i++) {
            if (strcmp(json_string_value(json_array_get(names, i)), jwt_kind_name((enum jwt_kind)kind)) == 0) kinds |= JWT_KIND(kind);
        }
    }
    assert_int_not_equal(kinds, 0);
    return kinds;
}

static int result_of(const json_t *vector)
{
    const char *result = json_string_value(json_object_get(vector, "result"));
    if (result == NULL) return 0;
    if (strcmp(result, "expired") == 0) return ERR_EXPIRED;
    if (strcmp(result, "unknown_kid") == 0) return ERR_NOT_FOUND;
    assert_string_equal(result, "bad");
    return ERR_UNAUTHENTICATED;
}

/* Each claim that the vector names is the principal's. */
static void assert_principal(const json_t *vector, const struct principal *who)
{
    char locations[256] = "";
    for (size_t i = 0; i < who->location_count; i++) {
        size_t used = strlen(locations);
        snprintf(locations + used, sizeof locations - used, "%s%.*s", i > 0 ? " " : "", STR_ARG(who->locations[i]));
    }
    if (who->all_locations) strcpy(locations, "*");
    const struct { const char *name; struct str is; } TEXTS[] = {
        {"sub", who->sub}, {"role", str_c(role_name(who->role))}, {"locations", str_c(locations)}, {"name", who->name}, {"session", who->session},
    };
    for (size_t i = 0; i < COUNT_OF(TEXTS); i++) {
        if (json_object_get(vector, TEXTS[i].name) == NULL) continue;
        if (!str_eq(TEXTS[i].is, text_of(vector, TEXTS[i].name))) {
            fail_msg("%s: %s is «%.*s»", text_of(vector, "case").at, TEXTS[i].name, STR_ARG(TEXTS[i].is));
        }
    }
    const json_t *own = json_object_get(vector, "own");
    if (own != NULL) assert_true(who->is_own == json_is_true(own));
}

static void each_vector_gives_what_it_says(void **state)
{
    (void)state;
    const json_t *vector, *cases = json_object_get(g_vectors, "cases");
    size_t i, good = 0, bad = 0;
    json_array_foreach(cases, i, vector) {
        OWNED(jwt_keys) struct jwt_keys *keys = NULL;
        OWNED(principal) struct principal *who = NULL;
        struct err_detail detail = {0};
        const char *setting = text_of(vector, "setting").at, *name = text_of(vector, "case").at, *why = "";
        const json_t *settings = json_object_get(json_object_get(g_vectors, "settings"), setting);
        if (settings == NULL || keys_of(settings, &keys, &detail) != 0) fail_msg("%s: %s", setting, detail.text);
        int rc = jwt_verify(keys, text_of(vector, "token"), kinds_of(vector), g_now, &who, &why);
        if (rc != result_of(vector)) fail_msg("%s, %s: gave %d (%s)", setting, name, rc, why);
        if (rc == 0) assert_principal(vector, who);
        else if (strlen(why) == 0 || who != NULL) fail_msg("%s, %s: refused without a reason", setting, name);
        if (rc == 0) good++;
        else bad++;
    }
    assert_true(good >= 30);
    assert_true(bad >= 150);
}

static void a_key_that_is_not_safe_is_not_taken(void **state)
{
    (void)state;
    const json_t *refused = json_object_get(g_vectors, "refused"), *one;
    size_t i;
    json_array_foreach(refused, i, one) {
        struct jwt_keys *keys = NULL;
        struct err_detail why = {0};
        int rc = keys_of(json_object_get(one, "settings"), &keys, &why);
        if (rc >= 0) fail_msg("%s was taken", text_of(one, "case").at);
        assert_contains(why.text, "[auth] ");
    }
    assert_true(i >= 19);
}

/* --- Our own --- */

static struct jwt_keys *own_keys(void)
{
    struct jwt_keys *keys = NULL;
    const struct jwt_settings settings = {.own_key = span_of(KEY, 32), .issuer = STR("footfall"), .audience = STR("footfall")};
    assert_int_equal(jwt_keys_create(&settings, &keys, NULL), 0);
    return keys;
}

static struct jwt_claims some_claims(void)
{
    static const struct str PLACES[] = {{"main", 4}, {"north", 5}};
    return (struct jwt_claims){.kind = JWT_ACCESS, .sub = STR("7"), .name = STR("Zo\xc3\xab \"O\""), .role = ROLE_MANAGER, .locations = PLACES,
                               .location_count = 2, .session = STR("55"), .issued_at = g_now, .expires_at = {g_now.ms + 900999}};
}

static void what_is_minted_is_good_until_it_expires(void **state)
{
    (void)state;
    OWNED(jwt_keys) struct jwt_keys *keys = own_keys();
    OWNED(buf) struct buf token = buf_of(JWT_BYTES_MAX);
    struct jwt_claims claims = some_claims();
    assert_int_equal(jwt_mint(keys, &claims, &token), 0);
    OWNED(principal) struct principal *who = NULL;
    assert_int_equal(jwt_verify(keys, buf_str(&token), JWT_BEARER, g_now, &who, NULL), 0);
    assert_str(who->sub, "7");
    assert_str(who->name, "Zo\xc3\xab \"O\"");
    assert_int_equal(who->role, ROLE_MANAGER);
    assert_str(who->session, "55");
    assert_true(principal_at(who, STR("north")));
    assert_false(principal_at(who, STR("south")));
    assert_true(who->is_own);
    assert_int_equal(who->expires_at.ms, g_now.ms + 900000);
    struct principal *late = NULL;
    struct wall_ms last = {who->expires_at.ms - 1};
    OWNED(principal) struct principal *still = NULL;
    assert_int_equal(jwt_verify(keys, buf_str(&token), JWT_BEARER, last, &still, NULL), 0);
    assert_int_equal(jwt_verify(keys, buf_str(&token), JWT_BEARER, who->expires_at, &late, NULL), ERR_EXPIRED);
    assert_null(late);
}

static void a_token_of_one_kind_never_passes_as_another(void **state)
{
    (void)state;
    OWNED(jwt_keys) struct jwt_keys *keys = own_keys();
    for (unsigned made = 0; made < JWT_KIND_COUNT; made++) {
        OWNED(buf) struct buf token = buf_of(JWT_BYTES_MAX);
        struct jwt_claims claims = some_claims();
        claims.kind = (enum jwt_kind)made;
        assert_int_equal(jwt_mint(keys, &claims, &token), 0);
        for (unsigned kinds = 0; kinds < 1u << JWT_KIND_COUNT; kinds++) {
            OWNED(principal) struct principal *who = NULL;
            int rc = jwt_verify(keys, buf_str(&token), kinds, g_now, &who, NULL);
            assert_int_equal(rc, (kinds >> made & 1u) != 0 ? 0 : ERR_UNAUTHENTICATED);
        }
    }
}

static void a_token_without_a_session_stands_for_itself(void **state)
{
    (void)state;
    OWNED(jwt_keys) struct jwt_keys *keys = own_keys();
    char first[64] = "";
    for (int round = 0; round < 2; round++) {
        OWNED(buf) struct buf token = buf_of(JWT_BYTES_MAX);
        struct jwt_claims claims = some_claims();
        claims.session = (struct str){"", 0};
        claims.all_locations = true;
        assert_int_equal(jwt_mint(keys, &claims, &token), 0);
        OWNED(principal) struct principal *who = NULL;
        assert_int_equal(jwt_verify(keys, buf_str(&token), JWT_BEARER, g_now, &who, NULL), 0);
        assert_true(who->all_locations);
        assert_int_equal(who->session.len, 22); /* 128 random bits */
        if (round == 1) assert_memory_not_equal(first, who->session.at, 22);
        memcpy(first, who->session.at, 22);
    }
}

static void every_changed_character_spoils_a_token(void **state)
{
    (void)state;
    OWNED(jwt_keys) struct jwt_keys *keys = own_keys();
    OWNED(buf) struct buf token = buf_of(JWT_BYTES_MAX);
    struct jwt_claims claims = some_claims();
    assert_int_equal(jwt_mint(keys, &claims, &token), 0);
    for (size_t i = 0; i < token.len; i++) {
        static const char REPLACEMENTS[] = "AB.=\n-\xff";
        for (size_t k = 0; k < sizeof REPLACEMENTS; k++) { /* and NUL */
            uint8_t before = token.at[i];
            if (before == (uint8_t)REPLACEMENTS[k]) continue;
            token.at[i] = (uint8_t)REPLACEMENTS[k];
            struct principal *who = NULL;
            int rc = jwt_verify(keys, buf_str(&token), JWT_BEARER, g_now, &who, NULL);
            if (rc != ERR_UNAUTHENTICATED) fail_msg("character %zu of %zu, %02x to %02x: gave %d", i, token.len, before, token.at[i], rc);
            token.at[i] = before;
        }
    }
    for (size_t len = 0; len < token.len; len++) {
        struct principal *who = NULL;
        OWNED(mem) char *cut = malloc(len > 0 ? len : 1); /* its own memory: reading behind it is seen */
        assert_non_null(cut);
        memcpy(cut, token.at, len);
        assert_int_equal(jwt_verify(keys, (struct str){cut, len}, JWT_BEARER, g_now, &who, NULL), ERR_UNAUTHENTICATED);
    }
}

static void what_does_not_fit_is_not_minted(void **state)
{
    (void)state;
    OWNED(jwt_keys) struct jwt_keys *keys = own_keys();
    OWNED(buf) struct buf token = buf_of(JWT_BYTES_MAX);
    char sub[SUB_BYTES_MAX + 1];
    memset(sub, 's', sizeof sub);
    struct jwt_claims claims = some_claims();
    claims.sub = (struct str){sub, sizeof sub};
    assert_int_equal(jwt_mint(keys, &claims, &token), ERR_TOO_BIG);
    claims.sub.len = 0;
    assert_int_equal(jwt_mint(keys, &claims, &token), ERR_TOO_BIG);
    claims.sub.len = SUB_BYTES_MAX;
    assert_int_equal(jwt_mint(keys, &claims, &token), 0);
    assert_true(token.len <= JWT_BYTES_MAX);
    static struct str many[900];
    for (size_t i = 0; i < COUNT_OF(many); i++) many[i] = STR("somewhere");
    claims.locations = many;
    claims.location_count = COUNT_OF(many);
    size_t before = token.len;
    assert_int_equal(jwt_mint(keys, &claims, &token), ERR_TOO_BIG);
    assert_int_equal(token.len, before);
}

static void a_derived_key_is_its_own_for_each_purpose(void **state)
{
    (void)state;
    OWNED(jwt_keys) struct jwt_keys *keys = own_keys(), *same = own_keys();
    uint8_t a[JWT_DERIVED_BYTES], b[JWT_DERIVED_BYTES], c[JWT_DERIVED_BYTES];
    jwt_keys_derive(keys, "refresh tokens", a);
    jwt_keys_derive(same, "refresh tokens", b);
    jwt_keys_derive(keys, "cursors", c);
    assert_memory_equal(a, b, sizeof a);
    assert_memory_not_equal(a, c, sizeof a);
    assert_memory_not_equal(a, KEY, sizeof a);
}

static void a_token_can_be_looked_into_without_a_key(void **state)
{
    (void)state;
    OWNED(jwt_keys) struct jwt_keys *keys = own_keys();
    OWNED(buf) struct buf token = buf_of(JWT_BYTES_MAX), header = buf_of(JWT_BYTES_MAX), payload = buf_of(JWT_BYTES_MAX);
    struct jwt_claims claims = some_claims();
    assert_int_equal(jwt_mint(keys, &claims, &token), 0);
    assert_int_equal(jwt_peek(buf_str(&token), &header, &payload), 0);
    assert_str(buf_str(&header), "{\"alg\":\"HS256\",\"typ\":\"JWT\"}");
    assert_int_equal(buf_terminate(&payload), 0);
    assert_contains((const char *)payload.at, "\"typ\":\"access\"");
    assert_contains((const char *)payload.at, "\"loc\":[\"main\",\"north\"]");
    buf_clear(&header);
    assert_int_equal(jwt_peek(STR("no token"), &header, &payload), ERR_SYNTAX);
    assert_int_equal(jwt_peek(STR("!.!.!"), &header, &payload), ERR_SYNTAX);
}

/* --- From the configuration --- */

static void the_own_secret_is_hex_or_base64url_or_text(void **state)
{
    (void)state;
    static const struct { const char *text; size_t bytes; } CASES[] = {
        {"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", 32},
        {"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8", 32},
        {"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1g", 64}, /* g is no hex digit */
        {"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9", 43},                      /* stray low bits */
        {"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh\xff", 43},                   /* libsodium's second spelling of «_» */
        {"a passphrase that is long enough to serve", 41},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        OWNED(secret) struct secret key = {0};
        assert_int_equal(jwt_own_key_bytes(str_c(CASES[i].text), &key), 0);
        assert_int_equal(key.len, CASES[i].bytes);
        if (key.len == 32) assert_int_equal(key.at[31], 0x1f);
    }
}

static void the_configuration_makes_keys_or_says_what_is_missing(void **state)
{
    (void)state;
    OWNED(config) struct config config = {0};
    struct err_detail why = {0};
    struct jwt_keys *none = NULL;
    assert_int_equal(config_init(&config), 0);
    assert_int_equal(jwt_keys_from_config(&config, &none, &why), ERR_NOT_FOUND);
    assert_contains(why.text, "[auth] secret or secret_file is not set");
    static const char *const FLAGS[] = {"--auth.secret=a passphrase that is long enough to serve", "--auth.jwks=https://site.example/keys",
                                        "--auth.claim_user=user_id", "--auth.default_role=staff", "--auth.default_locations=*",
                                        "--auth.foreign_secret=django-insecure-3#x)_k=shared secret of a site that is longer than 32 bytes"};
    for (size_t i = 0; i < COUNT_OF(FLAGS); i++) assert_int_equal(config_read_flag(&config, str_c(FLAGS[i]), NULL), 1);
    OWNED(jwt_keys) struct jwt_keys *keys = NULL;
    assert_int_equal(jwt_keys_from_config(&config, &keys, &why), 0);
    struct str jwks = text_of(json_object_get(json_object_get(g_vectors, "settings"), "jwks"), "foreign_jwks");
    OWNED(jwt_keys) struct jwt_keys *fetched = NULL;
    assert_int_equal(jwt_keys_with_jwks(&config, jwks, &fetched, &why), 0);
    assert_int_equal(fetched->count, keys->count + 3);
    assert_int_equal(jwt_keys_with_jwks(&config, STR("<html>"), &none, &why), ERR_SYNTAX);
    assert_contains(why.text, "[auth] jwks: this is no key set");
    assert_int_equal(config_read_flag(&config, STR("--auth.foreign_key_file=/nowhere.pem"), NULL), 1);
    assert_int_equal(jwt_keys_from_config(&config, &none, &why), ERR_NOT_FOUND);
    assert_contains(why.text, "[auth] foreign_key_file: /nowhere.pem: cannot be read");
    assert_null(none);
}

int main(int argc, char **argv)
{
    if (argc != 2) return 2;
    g_vectors = json_load_file(argv[1], 0, NULL);
    if (g_vectors == NULL || sodium_init() < 0) return 2;
    g_now.ms = json_integer_value(json_object_get(g_vectors, "now")) * 1000;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_vector_gives_what_it_says),
        cmocka_unit_test(a_key_that_is_not_safe_is_not_taken),
        cmocka_unit_test(what_is_minted_is_good_until_it_expires),
        cmocka_unit_test(a_token_of_one_kind_never_passes_as_another),
        cmocka_unit_test(a_token_without_a_session_stands_for_itself),
        cmocka_unit_test(every_changed_character_spoils_a_token),
        cmocka_unit_test(what_does_not_fit_is_not_minted),
        cmocka_unit_test(a_derived_key_is_its_own_for_each_purpose),
        cmocka_unit_test(a_token_can_be_looked_into_without_a_key),
        cmocka_unit_test(the_own_secret_is_hex_or_base64url_or_text),
        cmocka_unit_test(the_configuration_makes_keys_or_says_what_is_missing),
    };
    int failed = cmocka_run_group_tests_name("auth/jwt", tests, NULL, NULL);
    json_decref(g_vectors);
    return failed;
}
