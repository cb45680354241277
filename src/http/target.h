/* http/target.h: what a request is for (RFC 9112 section 3.2): the forms of its target, the path and query decoded.
 *
 * Owns    nothing; decoded text goes into the caller's buf, raw parts are views into the target.
 * Thread  any.
 * Bounds  the decoded text is never longer than the target; HTTP_QUERY_MAX pairs.
 * Errors  ERR_SYNTAX, ERR_TEXT (not UTF-8), ERR_TOO_BIG (too many pairs), ERR_NOMEM.
 * Tests   tests/unit/http/target_test.c, tests/fuzz/http_request.c */
#pragma once
#include "http/request.h"

struct http_target {
    struct str path; /* see struct http_request */
    struct str raw_query;
    struct str authority; /* host[:port] of the absolute form; else empty */
};

/* text must be empty; views into it last until it changes. */
MUST_USE int http_target_parse(struct str target, enum http_verb verb, struct buf *text,
                               struct http_target *ret_target);
/* Behind the path in the same text. ret_pairs holds HTTP_QUERY_MAX. */
MUST_USE int http_query_parse(struct str raw_query, struct buf *text, struct http_pair *ret_pairs,
                              size_t *ret_count);
