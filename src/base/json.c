#include "base/json.h"

static void put(struct json *json, struct str text)
{
    if (json->failed < 0) return;
    int rc = buf_put_str(json->out, text);
    if (rc < 0) json->failed = rc;
}

/* What must be escaped (RFC 8259 section 7), and nothing else. */
static void put_escaped(struct json *json, struct str text)
{
    static const char DIGITS[] = "0123456789abcdef";
    put(json, STR("\""));
    if (text.len == 0) text = STR(""); /* at may be NULL, to which nothing can be added */
    size_t from = 0;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = (uint8_t)text.at[i];
        if (c >= 0x20 && c != '"' && c != '\\') continue;
        put(json, (struct str){text.at + from, i - from});
        from = i + 1;
        char escape[6] = {'\\', (char)c, 0, 0, 0, 0};
        size_t len = 2;
        if (c == '\n') {
            escape[1] = 'n';
        } else if (c == '\r') {
            escape[1] = 'r';
        } else if (c == '\t') {
            escape[1] = 't';
        } else if (c == 0) {
            memcpy(escape, "\\ufffd",
                   6); /* the contract's JSON has none, and what we write we must be able to read */
            len = 6;
        } else if (c < 0x20) {
            memcpy(escape, "\\u00", 4);
            escape[4] = DIGITS[c >> 4];
            escape[5] = DIGITS[c & 15u];
            len = 6;
        }
        put(json, (struct str){escape, len});
    }
    put(json, (struct str){text.at + from, text.len - from});
    put(json, STR("\""));
}

static void before_value(struct json *json, const char *key)
{
    if (json->need_comma) put(json, STR(","));
    json->need_comma = true;
    if (key == NULL) return;
    put(json, STR("\""));
    put(json, str_c(key));
    put(json, STR("\":"));
}

static void open(struct json *json, const char *key, struct str bracket)
{
    before_value(json, key);
    put(json, bracket);
    check(json->depth < JSON_DEPTH_MAX);
    json->depth++;
    json->need_comma = false;
}

static void close(struct json *json, struct str bracket)
{
    check(json->depth > 0);
    json->depth--;
    put(json, bracket);
    json->need_comma = true;
}

void jw_object(struct json *json, const char *key) { open(json, key, STR("{")); }
void jw_object_end(struct json *json) { close(json, STR("}")); }
void jw_array(struct json *json, const char *key) { open(json, key, STR("[")); }
void jw_array_end(struct json *json) { close(json, STR("]")); }

void jw_str(struct json *json, const char *key, struct str value)
{
    before_value(json, key);
    put_escaped(json, value);
}

void jw_str_or_null(struct json *json, const char *key, struct str value)
{
    if (value.at == NULL) jw_null(json, key);
    else jw_str(json, key, value);
}

static void put_i64(struct json *json, int64_t value)
{
    char digits[24];
    size_t at = sizeof digits;
    uint64_t rest = value < 0 ? (uint64_t)0 - (uint64_t)value : (uint64_t)value;
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (value < 0) digits[--at] = '-';
    put(json, (struct str){digits + at, sizeof digits - at});
}

void jw_i64(struct json *json, const char *key, int64_t value)
{
    before_value(json, key);
    put_i64(json, value);
}

void jw_bool(struct json *json, const char *key, bool value)
{
    jw_raw(json, key, value ? STR("true") : STR("false"));
}

void jw_null(struct json *json, const char *key) { jw_raw(json, key, STR("null")); }

void jw_raw(struct json *json, const char *key, struct str value)
{
    before_value(json, key);
    put(json, value);
}

static void key_at(struct json *json, struct str key)
{
    before_value(json, NULL);
    put_escaped(json, key);
    put(json, STR(":"));
}

void jw_i64_at(struct json *json, struct str key, int64_t value)
{
    key_at(json, key);
    put_i64(json, value);
}

void jw_str_at(struct json *json, struct str key, struct str value)
{
    key_at(json, key);
    put_escaped(json, value);
}

int jw_end_all(const struct json *json)
{
    check(json->depth == 0);
    return json->failed;
}
