/* base/json.h: writes JSON (RFC 8259) straight into a buf: jw_ for «JSON writer», since json_ is jansson's, who reads in protocol/ and api/.
 *
 * Owns    nothing; writes into the caller's buf.
 * Thread  any, one at a time.
 * Bounds  the buf's; nesting up to JSON_DEPTH_MAX.
 * Errors  sticky: after the first failure nothing more is written, and jw_end_all tells it. So a long object reads
 *         straight down without a TRY on every line.
 * Tests   tests/unit/base/json_test.c */
#pragma once
#include "base/bytes.h"

#define JSON_DEPTH_MAX 16

struct json {
    struct buf *out;
    int failed; /* 0, or the first failure */
    uint8_t depth;
    bool need_comma;
};

static inline struct json jw_to(struct buf *out) { return (struct json){.out = out}; }
/* A key stands before each value inside an object; NULL inside an array and on top. Keys are our own ASCII literals. */
void jw_object(struct json *json, const char *key);
void jw_object_end(struct json *json);
void jw_array(struct json *json, const char *key);
void jw_array_end(struct json *json);
void jw_str(struct json *json, const char *key, struct str value);
/* null where value.at is NULL. */
void jw_str_or_null(struct json *json, const char *key, struct str value);
void jw_i64(struct json *json, const char *key, int64_t value);
void jw_bool(struct json *json, const char *key, bool value);
void jw_null(struct json *json, const char *key);
/* A value that is JSON already. */
void jw_raw(struct json *json, const char *key, struct str value);
/* A key that is data: "heads": {"main": 7}. */
void jw_i64_at(struct json *json, struct str key, int64_t value);
void jw_str_at(struct json *json, struct str key, struct str value);
/* Checks that all is closed; 0 or the first failure. */
MUST_USE int jw_end_all(const struct json *json);
