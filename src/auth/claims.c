#include "auth/claims.h"

#include "base/config.h"
#include "base/json.h"
#include "base/num.h"
#include "base/utf8.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* 9999-12-31T23:59:59Z, in seconds: a date beyond it is a mistake, not a long life. */
#define MOMENT_SECONDS_MAX INT64_C(253402300799)
#define SUB_TEXT_BYTES 24

const struct claim_map CLAIM_MAP_OWN = {.user = "sub", .role = "role", .locations = "loc", .name = "name"};

static int refuse(const char **ret_why, const char *why)
{
    *ret_why = why;
    return ERR_SYNTAX;
}

int claims_parse(struct span text, json_t **ret_claims)
{
    if (text.len == 0) return ERR_SYNTAX;
    json_error_t error;
    OWNED(json_value)
    json_t *claims = json_loadb((const char *)text.at, text.len, JSON_REJECT_DUPLICATES, &error);
    if (claims == NULL) return json_error_code(&error) == json_error_out_of_memory ? ERR_NOMEM : ERR_SYNTAX;
    if (!json_is_object(claims)) return ERR_SYNTAX;
    *ret_claims = take(claims);
    return 0;
}

int claims_moment(const json_t *claims, const char *name, struct wall_ms *ret_at)
{
    const json_t *value = json_object_get(claims, name);
    if (value == NULL) return 0;
    if (json_is_integer(value)) {
        json_int_t seconds = json_integer_value(value);
        if (seconds < 0 || seconds > MOMENT_SECONDS_MAX) return ERR_SYNTAX;
        ret_at->ms = (int64_t)seconds * 1000;
        return 1;
    }
    if (!json_is_real(value)) return ERR_SYNTAX;
    double seconds = json_real_value(value);
    if (!isfinite(seconds) || seconds < 0 || seconds > (double)MOMENT_SECONDS_MAX) return ERR_SYNTAX;
    ret_at->ms = (int64_t)(seconds * 1000);
    return 1;
}

static struct str text_of(const json_t *string)
{
    return (struct str){json_string_value(string), json_string_length(string)};
}

static bool is_printable(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = (uint8_t)text.at[i];
        if (c < 0x20 || c == 0x7f) return false;
    }
    return true;
}

/* Text, or a whole number (Django's user_id), which room holds as text. */
static int read_user(const json_t *value, char room[SUB_TEXT_BYTES], struct str *ret_sub,
                     const char **ret_why)
{
    if (json_is_integer(value)) {
        json_int_t number = json_integer_value(value);
        if (number < 0) return refuse(ret_why, "the user's number is negative");
        int len = snprintf(room, SUB_TEXT_BYTES, "%lld", (long long)number);
        check(len > 0 && len < SUB_TEXT_BYTES);
        *ret_sub = (struct str){room, (size_t)len};
        return 0;
    }
    if (!json_is_string(value)) return refuse(ret_why, "it names no user");
    struct str sub = text_of(value);
    if (sub.len == 0 || sub.len > SUB_BYTES_MAX || !is_printable(sub)) {
        return refuse(ret_why, "the user's name is empty, too long or not printable");
    }
    *ret_sub = sub;
    return 0;
}

static int read_role(const json_t *value, const struct claim_map *map, enum role *ret_role,
                     const char **ret_why)
{
    if (value == NULL && map->has_default_role) {
        *ret_role = map->default_role;
        return 0;
    }
    if (value == NULL) return refuse(ret_why, "it has no role");
    /* A role that we don't know is refused rather than taken for the default: it may well mean less. */
    if (!json_is_string(value) || role_of(text_of(value), ret_role) < 0) {
        return refuse(ret_why, "its role is none of ours");
    }
    return 0;
}

static int read_name(const json_t *value, struct str *ret_name, const char **ret_why)
{
    *ret_name = (struct str){"", 0};
    if (value == NULL || json_is_null(value)) return 0;
    if (!json_is_string(value) || !is_printable(text_of(value))) {
        return refuse(ret_why, "its name is no text");
    }
    *ret_name = text_of(value);
    if (ret_name->len > CLAIM_NAME_BYTES_MAX) *ret_name = utf8_cut(*ret_name, CLAIM_NAME_BYTES_MAX / 4);
    return 0;
}

static int session_of(const json_t *claims, struct str *ret_session, const char **ret_why)
{
    const json_t *value = json_object_get(claims, "sid");
    if (value == NULL) value = json_object_get(claims, "jti");
    *ret_session = (struct str){"", 0};
    if (value == NULL) return 0;
    if (!json_is_string(value) || json_string_length(value) > SUB_BYTES_MAX ||
        !is_printable(text_of(value))) {
        return refuse(ret_why, "its sid or jti is no text, or too long");
    }
    *ret_session = text_of(value);
    return 0;
}

/* --- Locations: "*", ["a","b"], or words in one text --- */

static int add_location(struct principal *like, struct str slug, const char **ret_why)
{
    if (like->location_count == PRINCIPAL_LOCATIONS_MAX) {
        return refuse(ret_why, "it names too many locations");
    }
    if (slug.len == 0 || slug.len > SUB_BYTES_MAX || !is_printable(slug)) {
        return refuse(ret_why, "one of its locations cannot be one");
    }
    like->locations[like->location_count++] = slug;
    return 0;
}

static int read_words(struct principal *like, struct str words, const char **ret_why)
{
    if (str_eq_c(words, "*")) {
        like->all_locations = true;
        return 0;
    }
    struct str word;
    while (config_list_next(&words, &word)) TRY(add_location(like, word, ret_why));
    return 0;
}

static int read_array(struct principal *like, const json_t *array, const char **ret_why)
{
    for (size_t i = 0; i < json_array_size(array); i++) {
        const json_t *slug = json_array_get(array, i);
        if (!json_is_string(slug)) return refuse(ret_why, "one of its locations is no text");
        if (json_array_size(array) == 1 && str_eq_c(text_of(slug), "*")) {
            return read_words(like, text_of(slug), ret_why);
        }
        TRY(add_location(like, text_of(slug), ret_why));
    }
    return 0;
}

static int read_locations(const json_t *value, const struct claim_map *map, struct principal *like,
                          const char **ret_why)
{
    if (value == NULL && map->default_locations.len > 0) {
        return read_words(like, map->default_locations, ret_why);
    }
    if (value == NULL) return refuse(ret_why, "it names no locations");
    if (json_is_string(value)) return read_words(like, text_of(value), ret_why);
    if (json_is_array(value)) return read_array(like, value, ret_why);
    return refuse(ret_why, "its locations are neither a list nor \"*\"");
}

/* How many slugs there can be, without having read them. */
static size_t locations_room(const json_t *value, const struct claim_map *map)
{
    struct str words = json_is_string(value) ? text_of(value) : map->default_locations;
    size_t count = json_is_array(value) ? json_array_size(value) : words.len / 2 + 1;
    return count < PRINCIPAL_LOCATIONS_MAX ? count + 1 : PRINCIPAL_LOCATIONS_MAX;
}

static const json_t *claim(const json_t *claims, const char *name)
{
    return name == NULL ? NULL : json_object_get(claims, name);
}

int claims_read(const json_t *claims, const struct claim_map *map, struct wall_ms expires_at, bool is_own,
                struct principal **ret_principal, const char **ret_why)
{
    char room[SUB_TEXT_BYTES];
    const json_t *locations = claim(claims, map->locations);
    OWNED(mem) struct str *slugs = calloc(locations_room(locations, map), sizeof *slugs);
    if (slugs == NULL) return ERR_NOMEM;
    struct principal like = {.expires_at = expires_at, .is_own = is_own, .locations = slugs};
    TRY(read_user(claim(claims, map->user), room, &like.sub, ret_why));
    TRY(read_role(claim(claims, map->role), map, &like.role, ret_why));
    TRY(read_name(claim(claims, map->name), &like.name, ret_why));
    TRY(session_of(claims, &like.session, ret_why));
    TRY(read_locations(locations, map, &like, ret_why));
    return principal_create(&like, ret_principal);
}

/* --- Keeping --- */

int claims_keep(const struct principal *principal, struct buf *out)
{
    struct json json = jw_to(out);
    jw_object(&json, NULL);
    jw_str(&json, "sub", principal->sub);
    jw_str(&json, "role", str_c(role_name(principal->role)));
    jw_str(&json, "name", principal->name);
    if (principal->session.len > 0) jw_str(&json, "sid", principal->session);
    if (principal->all_locations) {
        jw_str(&json, "loc", STR("*"));
    } else {
        jw_array(&json, "loc");
        for (size_t i = 0; i < principal->location_count; i++) jw_str(&json, NULL, principal->locations[i]);
        jw_array_end(&json);
    }
    jw_i64(&json, "exp_ms", principal->expires_at.ms);
    jw_bool(&json, "own", principal->is_own);
    jw_object_end(&json);
    return jw_end_all(&json);
}

int claims_kept(struct str text, struct principal **ret_principal)
{
    OWNED(json_value) json_t *claims = NULL;
    const char *why = NULL;
    TRY(claims_parse(str_span(text), &claims));
    const json_t *expires = json_object_get(claims, "exp_ms"), *own = json_object_get(claims, "own");
    if (!json_is_integer(expires) || !json_is_boolean(own)) return ERR_SYNTAX;
    struct wall_ms expires_at = {json_integer_value(expires)};
    return claims_read(claims, &CLAIM_MAP_OWN, expires_at, json_boolean_value(own), ret_principal, &why);
}
