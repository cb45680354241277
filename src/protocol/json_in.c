#include "protocol/json_in.h"

#include "base/secret.h"
#include "base/utf8.h"

#include <stdlib.h>

/* jansson allows a depth of 2,048; the contract 16. Strings are skipped; what is malformed is jansson's to find. */
static int check_depth(struct span text)
{
    unsigned depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.at[i];
        if (in_string) {
            if (c == '\\') i++;
            else if (c == '"') in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            if (++depth > JSON_DEPTH_MAX) return ERR_SYNTAX;
        } else if ((c == '}' || c == ']') && depth > 0) {
            depth--;
        }
    }
    return 0;
}

static size_t digits_at(struct span text, size_t at)
{
    size_t count = 0;
    while (at + count < text.len && text.at[at + count] >= '0' && text.at[at + count] <= '9') count++;
    return count;
}

/* The length of the number (RFC 8259 section 6) that begins here; 0: none. *ret_huge: jansson may have no room for it. */
static size_t number_at(struct span text, size_t from, bool *ret_huge)
{
    size_t at = from;
    if (at < text.len && text.at[at] == '-') at++;
    size_t whole = digits_at(text, at);
    if (whole == 0 || (whole > 1 && text.at[at] == '0')) return 0;
    at += whole;
    *ret_huge = whole > 18;
    if (at < text.len && text.at[at] == '.') {
        size_t fraction = digits_at(text, at + 1);
        if (fraction == 0) return 0;
        at += 1 + fraction;
    }
    if (at < text.len && (text.at[at] == 'e' || text.at[at] == 'E')) {
        at++;
        if (at < text.len && (text.at[at] == '+' || text.at[at] == '-')) at++;
        size_t exponent = digits_at(text, at);
        if (exponent == 0) return 0;
        at += exponent;
        *ret_huge = true;
    }
    return at - from;
}

/* The text with 0.5, which no field takes, in the place of each huge number. */
static int without_huge_numbers(struct span text, struct buf *out)
{
    bool in_string = false;
    size_t taken = 0;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.at[i];
        if (in_string) {
            if (c == '\\') i++;
            else if (c == '"') in_string = false;
            continue;
        }
        in_string = c == '"';
        if (c != '-' && (c < '0' || c > '9')) continue;
        bool huge = false;
        size_t len = number_at(text, i, &huge);
        bool ends = i + len == text.len || strchr(" \t\r\n,]}", text.at[i + len]) != NULL;
        if (len == 0 || !ends) break; /* malformed: jansson says so */
        if (huge) {
            TRY(buf_put(out, span_of(text.at + taken, i - taken)));
            TRY(buf_put_str(out, STR("0.5")));
            taken = i + len;
        }
        i += len - 1;
    }
    return buf_put(out, span_of(text.at + taken, text.len - taken));
}

static int load(struct span text, json_t **ret_tree)
{
    json_error_t error;
    json_t *tree =
        json_loadb((const char *)text.at, text.len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (tree == NULL) {
        switch (json_error_code(&error)) {
        case json_error_out_of_memory: return ERR_NOMEM;
        case json_error_numeric_overflow: return ERR_RANGE;
        default: return ERR_SYNTAX;
        }
    }
    *ret_tree = tree;
    return 0;
}

int json_in(struct span text, json_t **ret_tree)
{
    if (text.len == 0) return ERR_SYNTAX;
    TRY(check_depth(text));
    int rc = load(text, ret_tree);
    if (rc != ERR_RANGE) return rc;
    OWNED(buf) struct buf copy = buf_of(text.len + 8);
    TRY(without_huge_numbers(text, &copy));
    rc = load(buf_span(&copy), ret_tree);
    /* What is huge now was no whole number before: malformed. */
    return rc == 0 ? 1 : rc == ERR_RANGE ? ERR_SYNTAX : rc;
}

/* One string token from its opening quote on; 1 with the raw text inside, 0 where it does not end. Moves *at behind it. */
static int scan_string(struct span text, size_t *at, struct str *ret_inside)
{
    size_t from = *at + 1;
    for (size_t i = from; i < text.len; i++) {
        if (text.at[i] == '\\') {
            i++;
        } else if (text.at[i] == '"') {
            *ret_inside = (struct str){(const char *)text.at + from, i - from};
            *at = i + 1;
            return 1;
        }
    }
    return 0;
}

static size_t skip_blanks(struct span text, size_t at)
{
    while (at < text.len &&
           (text.at[at] == ' ' || text.at[at] == '\t' || text.at[at] == '\n' || text.at[at] == '\r')) {
        at++;
    }
    return at;
}

static bool is_plain_id(struct str id)
{
    if (id.len == 0 || id.len > 64) return false;
    for (size_t i = 0; i < id.len; i++) {
        uint8_t c = (uint8_t)id.at[i];
        if (c < 0x20 || c > 0x7e || c == '\\') return false;
    }
    return true;
}

struct str json_in_scan_id(struct span text)
{
    const struct str none = {NULL, 0};
    unsigned depth = 0;
    size_t at = 0;
    while (at < text.len) {
        uint8_t c = text.at[at];
        if (c != '"') {
            if (c == '{' || c == '[') depth++;
            if ((c == '}' || c == ']') && depth > 0) depth--;
            at++;
            continue;
        }
        struct str key, value;
        if (scan_string(text, &at, &key) == 0) return none;
        at = skip_blanks(text, at);
        if (depth != 1 || !str_eq_c(key, "id") || at >= text.len || text.at[at] != ':') continue;
        at = skip_blanks(text, at + 1);
        if (at >= text.len || text.at[at] != '"' || scan_string(text, &at, &value) == 0) return none;
        return is_plain_id(value) ? value : none;
    }
    return none;
}

json_t *json_in_get(const json_t *object, const char *key)
{
    json_t *value = json_object_get(object, key);
    return json_is_null(value) ? NULL : value;
}

int json_in_id(const json_t *value, int64_t *ret_id)
{
    if (json_is_string(value)) return num_id(json_in_str(value), ret_id);
    if (!json_is_integer(value)) return ERR_SYNTAX;
    int64_t id = json_integer_value(value);
    if (id < 1 || id >= ID_LIMIT) return ERR_RANGE;
    *ret_id = id;
    return 0;
}

int json_in_seq(const json_t *value, struct seq *ret_seq)
{
    bool zero = (json_is_integer(value) && json_integer_value(value) == 0) ||
                (json_is_string(value) && str_eq_c(json_in_str(value), "0"));
    ret_seq->n = 0;
    return zero ? 0 : json_in_id(value, &ret_seq->n);
}

int json_in_text(const json_t *value, size_t bytes_max, size_t characters_max, struct str *ret_text)
{
    if (!json_is_string(value)) return ERR_SYNTAX;
    struct str text = json_in_str(value);
    if (text.len == 0 || text.len > bytes_max || utf8_count(text) > characters_max) return ERR_RANGE;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = (uint8_t)text.at[i];
        if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f) return ERR_RANGE;
    }
    *ret_text = text;
    return 0;
}

int json_in_moment(const json_t *value, struct wall_ms *ret_wall)
{
    return json_is_string(value) ? wall_parse(json_in_str(value), ret_wall) : ERR_SYNTAX;
}

int json_in_day(const json_t *value, struct day *ret_day)
{
    return json_is_string(value) ? day_parse(json_in_str(value), ret_day) : ERR_SYNTAX;
}

int json_in_fingerprint(struct str type, const json_t *payload, uint8_t ret_fingerprint[16])
{
    OWNED(buf) struct buf text = buf_of((size_t)1024 * 1024);
    TRY(buf_put_str(&text, type));
    TRY(buf_put_byte(&text, '\n'));
    if (payload != NULL) {
        OWNED(mem) char *canonical = json_dumps(payload, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
        if (canonical == NULL) return ERR_NOMEM;
        TRY(buf_put_str(&text, str_c(canonical)));
    }
    uint8_t digest[SHA256_BYTES];
    TRY(sha256(buf_span(&text), digest));
    memcpy(ret_fingerprint, digest, 16);
    return 0;
}
