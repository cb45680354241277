/* Any bytes as an uploaded picture: what is said of it before decoding must be sound. Small ones are decoded too, so that the
 * decoder's idea of the size is held against ours. */
#include "fuzz.h"
#include "jobs/photo.h"
#include "jobs/photo_head.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct photo_head head;
    int rc = photo_head_read(span_of(data, size), &head);
    check(rc == 0 || rc == ERR_SYNTAX || rc == ERR_UNSUPPORTED);
    if (rc < 0 || (uint64_t)head.width * head.height > 100 * 100) return 0;
    OWNED(photo) struct photo photo = {.large = {.at = NULL}};
    rc = photo_make(span_of(data, size), &photo);
    check(rc == 0 || rc == ERR_SYNTAX || rc == ERR_TOO_BIG || rc == ERR_UNSUPPORTED);
    if (rc < 0) return 0;
    check(photo_head_read(buf_span(&photo.large), &head) == 0);
    check(head.width <= PHOTO_LARGE_PIXELS && head.height <= PHOTO_LARGE_PIXELS);
    check(photo_head_read(buf_span(&photo.small), &head) == 0);
    check(head.width <= PHOTO_SMALL_PIXELS && head.height <= PHOTO_SMALL_PIXELS);
    return 0;
}
