/* protocol/json_in.h: reads JSON as strictly as the contract wants it, and checks the forms that its values have.
 *
 * Owns    a parsed tree is the caller's (json_decref, or OWNED(json_tree)); texts are views into it.
 * Thread  any.
 * Bounds  depth JSON_DEPTH_MAX, length of the input; texts as each function says.
 * Errors  ERR_SYNTAX (bad_json), ERR_RANGE (well-formed, but a number that no field can hold: bad_message), ERR_NOMEM.
 * Tests   tests/unit/protocol/json_in_test.c, tests/fuzz/protocol_message.c; RFC 8259, contract section 1 */
#pragma once
#include <jansson.h>
#include "base/json.h"
#include "domain/ids.h"
#include "base/time.h"

static inline void json_tree_owned(json_t **tree) { json_decref(*tree); }

/* Duplicate keys, NaN, lone surrogates, U+0000 and depth over 16 are ERR_SYNTAX. 1: numbers that nothing here has room for were met, and
 * a fraction, which no field takes, stands in their place: what is unknown is ignored (contract section 1), also where it is huge. */
MUST_USE int json_in(struct span text, json_t **ret_tree);
/* The value of "id" on top, where it can be read although the rest cannot; len 0 where not. A view into text. */
struct str json_in_scan_id(struct span text);

/* A member of an object; NULL where it is not there or null. */
json_t *json_in_get(const json_t *object, const char *key);
static inline struct str json_in_str(const json_t *string)
{
    return (struct str){json_string_value(string), json_string_length(string)};
}
/* An id: a number, or a string of digits; 1 to 2^53 - 1. */
MUST_USE int json_in_id(const json_t *value, int64_t *ret_id);
/* The same, or 0: a position in a log. */
MUST_USE int json_in_seq(const json_t *value, struct seq *ret_seq);
/* Text of 1 to bytes_max bytes and at most characters_max characters, without control characters but tab and line breaks. */
MUST_USE int json_in_text(const json_t *value, size_t bytes_max, size_t characters_max, struct str *ret_text);
MUST_USE int json_in_moment(const json_t *value, struct wall_ms *ret_wall);
MUST_USE int json_in_day(const json_t *value, struct day *ret_day);
/* 16 bytes that are the same for the same type and content, whatever the order of keys and blanks. */
MUST_USE int json_in_fingerprint(struct str type, const json_t *payload, uint8_t ret_fingerprint[16]);
