/* api/hours_json.h: opening hours between JSON (docs/api/openapi.yaml, Hours) and struct hours.
 *
 * Owns    nothing.
 * Thread  any.
 * Bounds  HOURS_SPANS_MAX spans.
 * Errors  ERR_SYNTAX, ERR_RANGE: not seven lists of openings in order, apart.
 * Tests   tests/unit/api/hours_json_test.c */
#pragma once
#include "base/json.h"
#include "domain/location.h"
#include "protocol/json_in.h"

/* null, or seven lists of {"opens":"06:00","closes":"22:00"}, Monday first; closes at or before opens is on the next day. */
void hours_json_put(struct json *json, const char *key, const struct hours *hours);
MUST_USE int hours_json_get(const json_t *value, struct hours *ret_hours);
