/* api/member_json.h: members, memberships and visits as REST gives them (docs/api/openapi.yaml).
 *
 * Owns    nothing.
 * Thread  a loop.
 * Bounds  as the rows.
 * Errors  through the json writer.
 * Tests   tests/integration/ */
#pragma once
#include "api/api.h"
#include "store/members.h"
#include "store/visits.h"

/* The day that status is computed for: today in the first allowed location's zone. */
struct day api_today(const struct exchange *exchange);
/* One member, into an open array or as the whole body. */
MUST_USE int member_put(struct exchange *exchange, struct json *json, const struct member_row *row);
void membership_put(struct json *json, const struct membership_row *row, struct day today);
/* A visit for the list and for one. */
void visit_put(struct exchange *exchange, struct json *json, const struct visit_row *row);
/* An opaque cursor: text in base64url, and back into the arena. */
MUST_USE int cursor_put(struct json *json, const char *key, struct str text);
/* The position of a page of visits. */
MUST_USE int visit_cursor_get(struct exchange *exchange, struct visit_filter *filter);
MUST_USE int cursor_get(struct exchange *exchange, struct str *ret_text);
