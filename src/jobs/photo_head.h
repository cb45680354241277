/* jobs/photo_head.h: what the bytes of a JPEG or PNG say about the picture, read before anything is decoded.
 *
 * Owns    nothing.
 * Thread  any.
 * Bounds  one pass over the bytes, no memory.
 * Errors  ERR_UNSUPPORTED: neither of the two, or a kind of JPEG that nobody's camera makes. ERR_SYNTAX: cut off or broken.
 * Tests   tests/unit/jobs/photo_head_test.c, tests/fuzz/jobs_photo_head.c */
#pragma once
#include "base/bytes.h"

enum photo_type { PHOTO_JPEG, PHOTO_PNG };

struct photo_head {
    enum photo_type type;
    uint32_t width; /* pixels as stored, before it is turned upright; neither is 0 */
    uint32_t height;
    uint32_t
        passes; /* JPEG: scans. A decoder keeps the whole picture where there are several, and goes over it each time */
};

MUST_USE int photo_head_read(struct span bytes, struct photo_head *ret_head);
