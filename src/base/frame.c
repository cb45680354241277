#include "base/frame.h"

#include <stdlib.h>

int frame_new(struct span head, struct span payload, struct frame **ret_frame)
{
    size_t len;
    TRY(size_add(head.len, payload.len, &len));
    if (len > FRAME_BYTES_MAX) return ERR_TOO_BIG;
    struct frame *frame = malloc(sizeof *frame + len);
    if (frame == NULL) return ERR_NOMEM;
    atomic_init(&frame->refs, 1);
    frame->head_bytes = narrow_u32(head.len);
    frame->len = len;
    if (head.len > 0) memcpy(frame->at, head.at, head.len);
    if (payload.len > 0) memcpy(frame->at + head.len, payload.at, payload.len);
    *ret_frame = frame;
    return 0;
}

struct frame *frame_ref(struct frame *frame)
{
    unsigned before = atomic_fetch_add_explicit(&frame->refs, 1, memory_order_relaxed);
    check(before > 0);
    return frame;
}

void frame_unref(struct frame *frame)
{
    if (frame == NULL) return;
    unsigned before = atomic_fetch_sub_explicit(&frame->refs, 1, memory_order_acq_rel);
    check(before > 0);
    if (before == 1) free(frame);
}
