/* What comes back from the database's rows: stored events for each audience, kept replies. Whatever stands there (a damaged file, a
 * newer version's), it is given on whole or refused, never read beyond. */
#include "fuzz.h"

#include "base/utf8.h"
#include "protocol/event_json.h"
#include "protocol/reply_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *copy = fuzz_exactly(span_of(data, size));
    struct str text;
    if (utf8_check(span_of(copy, size), &text) == 0) {
        for (unsigned audience = 0; audience < AUDIENCE_COUNT; audience++) {
            OWNED(buf) struct buf out = buf_of(EVENT_JSON_BYTES_MAX);
            int rc = event_json_for((enum audience)audience, text, &out);
            must(rc == 0 || rc == ERR_CORRUPT || (rc < 0 && size > EVENT_JSON_BYTES_MAX / 6)); /* else it fits, whatever is escaped */
        }
        struct reply reply;
        if (reply_read(text, &reply) == 0) {
            OWNED(buf) struct buf out = buf_of(2 * REPLY_JSON_BYTES_MAX + size);
            must(reply_message(&reply, STR("id"), true, &out) == 0);
        }
    }
    free(copy);
    return 0;
}
