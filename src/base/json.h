/* base/json.h: writes JSON (RFC 8259) straight into a buf. Reading is jansson's, in protocol/ and api/.
 *
 * Owns    nothing; writes into the caller's buf.
 * Thread  any, one at a time.
 * Bounds  the buf's; nesting up to JSON_DEPTH_MAX.
 * Errors  sticky: after the first failure nothing more is written, and json_end_all tells it. So a long object reads
 *         straight down without a TRY on every line.
 * Tests   tests/unit/base/json_test.c */
#pragma once
#include "base/bytes.h"

#define JSON_DEPTH_MAX 16

struct json {
    struct buf *out;
    int failed;               /* 0, or the first failure */
    uint8_t depth;
    bool need_comma;
};

static inline struct json json_to(struct buf *out) { return (struct json){.out = out}; }
/* A key stands before each value inside an object; NULL inside an array and on top. Keys are our own ASCII literals. */
void json_object(struct json *json, const char *key);
void json_object_end(struct json *json);
void json_array(struct json *json, const char *key);
void json_array_end(struct json *json);
void json_str(struct json *json, const char *key, struct str value);
/* null where value.at is NULL. */
void json_str_or_null(struct json *json, const char *key, struct str value);
void json_i64(struct json *json, const char *key, int64_t value);
void json_bool(struct json *json, const char *key, bool value);
void json_null(struct json *json, const char *key);
/* A value that is JSON already. */
void json_raw(struct json *json, const char *key, struct str value);
/* A key that is data: "heads": {"main": 7}. */
void json_i64_at(struct json *json, struct str key, int64_t value);
void json_str_at(struct json *json, struct str key, struct str value);
/* Checks that all is closed; 0 or the first failure. */
MUST_USE int json_end_all(const struct json *json);
