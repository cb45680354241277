/* protocol/reply_json.h: a decision as the reply that its asker gets, now and each time the same request comes again.
 *
 * Owns    nothing; writes into the caller's buf.
 * Thread  any.
 * Bounds  REPLY_JSON_BYTES_MAX.
 * Errors  ERR_NOMEM, ERR_TOO_BIG; ERR_CORRUPT where a kept reply does not read.
 * Tests   tests/integration/requests.test.ts, tests/fuzz/protocol_event_json.c; contract 1.1, point 3 */
#pragma once
#include "domain/batch.h"
#include "protocol/event_json.h"

#define REPLY_JSON_BYTES_MAX ((size_t)16 * 1024)

/* What is kept of a reply: the message's type, and the payload without «replayed», which alone differs when it is given again. */
struct reply {
    struct str type; /* check_in_success, check_out_success, visit_corrected, error */
    enum code code;
    struct str payload; /* an object's text without its closing brace */
};

/* The kept form, from a fresh decision. */
MUST_USE int reply_make(const struct command *command, const struct decision *decision,
                        enum audience audience, struct buf *out);
/* A view into the kept form. */
MUST_USE int reply_read(struct str kept, struct reply *ret_reply);
/* The whole payload. */
MUST_USE int reply_payload(const struct reply *reply, bool replayed, struct buf *out);
/* The whole message for the socket; id may be empty. */
MUST_USE int reply_message(const struct reply *reply, struct str id, bool replayed, struct buf *out);
