#include "http/target.h"
#include "base/utf8.h"
#include "http/chars.h"
#include "http/origin.h"

/* Visible ASCII, without the fragment that no client sends. http_parser lets more through. */
static bool is_target(struct str target)
{
    for (size_t i = 0; i < target.len; i++) {
        uint8_t byte = (uint8_t)target.at[i];
        if (byte <= 0x20 || byte >= 0x7f || byte == '#') return false;
    }
    return target.len > 0;
}

/* One byte out of one or three characters; moves *i behind them. */
static int decode_one(struct str raw, size_t *i, uint8_t *ret_byte)
{
    char c = raw.at[*i];
    if (c != '%') {
        *ret_byte = (uint8_t)c;
        *i += 1;
        return 0;
    }
    if (raw.len - *i < 3) return ERR_SYNTAX;
    int high = hex_digit(raw.at[*i + 1]);
    int low = hex_digit(raw.at[*i + 2]);
    if (high < 0 || low < 0) return ERR_SYNTAX;
    *ret_byte = (uint8_t)(high * 16 + low);
    *i += 3;
    return 0;
}

/* An encoded slash would mean one thing to a proxy and another to us; a control character has no place in a log. */
static int decode_path(struct str raw, struct buf *text, struct str *ret_path)
{
    size_t from = text->len;
    for (size_t i = 0; i < raw.len;) {
        bool encoded = raw.at[i] == '%';
        uint8_t byte;
        TRY(decode_one(raw, &i, &byte));
        if (byte < 0x20 || byte == 0x7f || (encoded && byte == '/')) return ERR_SYNTAX;
        TRY(buf_put_byte(text, byte));
    }
    return utf8_check(span_of(text->at + from, text->len - from), ret_path);
}

/* RFC 3986 6.2.2.3 would have "." and ".." resolved, but browsers do that themselves, and who still sends them means harm. */
static bool is_plain_path(struct str path)
{
    struct str rest = {path.at + 1, path.len - 1};
    while (rest.len > 0) {
        struct str segment = cut_at(&rest, '/');
        if (segment.len == 0 || str_eq_c(segment, ".") || str_eq_c(segment, "..")) return false;
    }
    return true;
}

/* "http://host/path": leaves path and query in *rest (RFC 9112 3.2.2: its host goes before the Host header). */
static int take_authority(struct str *rest, struct str *ret_authority)
{
    struct str after = *rest;
    struct str scheme = cut_at(&after, ':');
    if (!str_eq_nocase_ascii(scheme, STR("http")) && !str_eq_nocase_ascii(scheme, STR("https"))) {
        return ERR_SYNTAX;
    }
    if (!str_starts(after, STR("//"))) return ERR_SYNTAX;
    after = (struct str){after.at + 2, after.len - 2};
    size_t len = 0;
    while (len < after.len && after.at[len] != '/' && after.at[len] != '?') len++;
    struct str authority = {after.at, len};
    struct http_origin parsed;
    TRY(http_host_parse(authority, false, &parsed));
    *ret_authority = authority;
    *rest = (struct str){after.at + len, after.len - len};
    return 0;
}

int http_target_parse(struct str target, enum http_verb verb, struct buf *text,
                      struct http_target *ret_target)
{
    check(text->len == 0);
    if (!is_target(target)) return ERR_SYNTAX;
    struct http_target result = {.authority = STR("")};
    if (str_eq_c(target, "*")) {
        if (verb != VERB_OPTIONS) return ERR_SYNTAX;
        *ret_target = (struct http_target){.path = STR("*"), .raw_query = STR(""), .authority = STR("")};
        return 0;
    }
    struct str rest = target;
    if (rest.at[0] != '/') TRY(take_authority(&rest, &result.authority));
    struct str raw_path = cut_at(&rest, '?');
    result.raw_query = rest;
    if (raw_path.len == 0) raw_path = STR("/");
    TRY(buf_reserve(text, target.len)); /* all there will ever be: so views into it stay */
    TRY(decode_path(raw_path, text, &result.path));
    check(result.path.at[0] == '/');
    if (!is_plain_path(result.path)) return ERR_SYNTAX;
    *ret_target = result;
    return 0;
}

/* As forms write it (WHATWG URL, application/x-www-form-urlencoded): "+" is a blank. */
static int decode_query(struct str raw, struct buf *text, struct str *ret_value)
{
    size_t from = text->len;
    for (size_t i = 0; i < raw.len;) {
        bool blank = raw.at[i] == '+';
        uint8_t byte;
        TRY(decode_one(raw, &i, &byte));
        if (byte == 0) return ERR_SYNTAX;
        TRY(buf_put_byte(text, blank ? ' ' : byte));
    }
    return utf8_check(span_of(text->at + from, text->len - from), ret_value);
}

int http_query_parse(struct str raw_query, struct buf *text, struct http_pair *ret_pairs, size_t *ret_count)
{
    size_t count = 0;
    struct str rest = raw_query;
    check(text->cap - text->len >= raw_query.len);
    while (rest.len > 0) {
        struct str value = cut_at(&rest, '&');
        if (value.len == 0) continue;
        if (count == HTTP_QUERY_MAX) return ERR_TOO_BIG;
        struct str name = cut_at(&value, '=');
        TRY(decode_query(name, text, &ret_pairs[count].name));
        TRY(decode_query(value, text, &ret_pairs[count].value));
        count++;
    }
    *ret_count = count;
    return 0;
}
