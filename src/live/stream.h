/* live/stream.h: server-sent events at /api/v1/events, for networks that block WebSockets: a session whose connection takes each message
 * as text of an event stream instead of a frame. Everything else (who it is, what it follows, resume, bounds) is the session's.
 *
 * Each event's `id` is where this client then stands in all the locations that it follows; Last-Event-ID resumes there. After
 * `resync_required`, which resets the id, the stream ends: the next one begins at the head.
 *
 * Owns    nothing; the session does.
 * Thread  its loop.
 * Bounds  STREAM_LOCATIONS_MAX locations, since each id names them all.
 * Errors  before the stream: HTTP statuses. In it: `error`, then its end.
 * Tests   tests/integration/events.test.ts; WHATWG HTML 9.2 */
#pragma once
#include "live/session.h"

#define STREAM_LOCATIONS_MAX 64

/* The handler of GET /api/v1/events: the connection becomes a stream, or the exchange says why not. */
ON_LOOP void stream_open(struct exchange *exchange);
/* One message as an event, queued like a frame; other kinds of frame are passed over. */
MUST_USE ON_LOOP int stream_put(struct session *session, struct frame *frame);
/* The same, and the client forgets where it stands. */
MUST_USE ON_LOOP int stream_put_reset(struct session *session, struct frame *frame);
/* How long the client is to wait before it comes again. */
MUST_USE ON_LOOP int stream_put_retry(struct session *session, int64_t retry_ms);
