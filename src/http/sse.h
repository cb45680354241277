/* http/sse.h: writes server-sent events (HTML standard, 9.2).
 *
 * Owns    nothing; writes into the caller's buf.
 * Thread  any.
 * Bounds  the buf's.
 * Errors  ERR_SYNTAX: a name or id with CR, LF or NUL; the buf stays as it was. ERR_TOO_BIG, ERR_NOMEM.
 * Tests   tests/unit/http/sse_test.c */
#pragma once
#include "base/bytes.h"

/* One event; name and id may be empty and are then left out. A line end in data (CR, LF, CRLF) begins another data line. */
MUST_USE int sse_put_event(struct buf *out, struct str name, struct str id, struct str data);
/* A comment line: keeps a silent stream alive. */
MUST_USE int sse_put_alive(struct buf *out);
/* How long the client waits before it comes again. */
MUST_USE int sse_put_retry(struct buf *out, int64_t wait_ms);
#define SSE_MIME "text/event-stream"
