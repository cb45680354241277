/* jobs/photo.h: a member's photo from what somebody uploaded: upright, in two sizes, nothing in it but the picture.
 *
 * Owns    struct photo owns both JPEGs.
 * Thread  a reader's: 0.1 s for a telephone's picture, a second or two for the biggest allowed.
 * Bounds  PHOTO_BYTES_MAX, PHOTO_PIXELS_MAX, PHOTO_PASSES_MAX, all known before anything is decoded; about 150 MiB of memory at
 *         the very worst (a PNG or a progressive JPEG of PHOTO_PIXELS_WHOLE_MAX), so let only one run at a time.
 * Errors  ERR_UNSUPPORTED: neither JPEG nor PNG (415). ERR_TOO_BIG: one of the bounds (413). ERR_SYNTAX: cut off or broken (422).
 *         ERR_NOMEM.
 * Tests   tests/unit/jobs/photo_test.c, tests/fuzz/jobs_photo_head.c */
#pragma once
#include "base/bytes.h"

#define PHOTO_BYTES_MAX ((size_t)10 * 1024 * 1024)
/* A JPEG in one scan is scaled down while it is decoded, a line at a time. */
#define PHOTO_PIXELS_MAX (50 * 1000 * 1000)
/* Of all others a decoder holds the whole picture. */
#define PHOTO_PIXELS_WHOLE_MAX (24 * 1000 * 1000)
/* A progressive JPEG has about ten; one of thousands would keep a thread busy for minutes. */
#define PHOTO_PASSES_MAX 32
/* Both sizes fit into a square of so many pixels; a smaller picture keeps its size. */
#define PHOTO_LARGE_PIXELS 640
#define PHOTO_SMALL_PIXELS 160

struct photo {
    struct buf large; /* JPEG */
    struct buf small; /* JPEG */
};

void photo_done(struct photo *photo);
static inline void photo_owned(struct photo *photo) { photo_done(photo); }
MUST_USE int photo_make(struct span upload, struct photo *ret_photo);
