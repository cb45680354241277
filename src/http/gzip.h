/* http/gzip.h: bytes to gzip (RFC 1952) at one go.
 *
 * Owns    nothing; zlib's memory (about 260 KiB) is had and given back within the call.
 * Thread  any.
 * Bounds  the buf's.
 * Errors  ERR_TOO_BIG, ERR_NOMEM.
 * Tests   tests/unit/http/gzip_test.c */
#pragma once
#include "base/bytes.h"

/* level 1 (fast) to 9 (small). */
MUST_USE int gzip_put(struct buf *out, struct span bytes, int level);
