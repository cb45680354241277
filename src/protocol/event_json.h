/* protocol/event_json.h: an event as the message that screens receive, and what of it each audience may see.
 *
 * Owns    nothing; writes into the caller's buf.
 * Thread  any.
 * Bounds  EVENT_JSON_BYTES_MAX a message.
 * Errors  ERR_NOMEM, ERR_TOO_BIG; ERR_CORRUPT where a stored message does not read.
 * Tests   tests/unit/protocol/event_json_test.c */
#pragma once
#include "base/json.h"
#include "domain/event.h"

#define EVENT_JSON_BYTES_MAX ((size_t)16 * 1024)

/* staff and above see all; devices (kiosk, turnstile) a first name and a photo; viewers no notes, warnings and denials. */
enum audience { AUDIENCE_STAFF, AUDIENCE_DEVICE, AUDIENCE_VIEWER, AUDIENCE_COUNT };

/* {"type":…,"payload":…} as staff receive it: stored and broadcast as these bytes. */
MUST_USE int event_json(const struct event *event, struct buf *out);
/* The same event for another audience, made from the stored message: live and in every replay the same bytes. */
MUST_USE int event_json_for(enum audience audience, struct str staff_json, struct buf *out);

const char *source_name(enum source source);
MUST_USE int source_of(struct str name, enum source *ret_source);
/* {"id":…,"name":…,"photo_url":…,"status":…}; null where member is NULL. */
void json_member(struct json *json, const char *key, const struct member *member, const char *status,
                 enum audience audience);
/* [{"code":…,"message":…}] */
void json_codes(struct json *json, const char *key, const struct code_list *codes);
void json_moment(struct json *json, const char *key, struct wall_ms at); /* null for WALL_NONE */
