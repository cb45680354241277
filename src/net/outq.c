#include "net/outq.h"

#include <stdlib.h>

static struct frame *const *slots_of(const struct outq *queue)
{
    return queue->capacity > OUTQ_INLINE ? queue->many : queue->few;
}

void outq_init(struct outq *queue) { *queue = (struct outq){.capacity = OUTQ_INLINE}; }

/* An empty queue needs no list of its own: a burst's goes back, an idle connection holds only its struct. */
static void reset_if_empty(struct outq *queue)
{
    if (queue->count > 0) return;
    check(queue->bytes == 0);
    if (queue->capacity > OUTQ_INLINE) free(queue->many);
    outq_init(queue);
}

void outq_done(struct outq *queue)
{
    struct frame *const *slots = slots_of(queue);
    for (uint32_t i = 0; i < queue->count; i++) frame_unref(slots[queue->first + i]);
    queue->count = 0;
    queue->bytes = 0;
    reset_if_empty(queue);
}

/* Room for one more behind the last: moves to the front where at least half is free there, else doubles. */
static int make_room(struct outq *queue)
{
    if (queue->first + queue->count < queue->capacity) return 0;
    struct frame **slots = queue->capacity > OUTQ_INLINE ? queue->many : queue->few;
    if (queue->first >= queue->capacity / 2) {
        memmove(slots, slots + queue->first, queue->count * sizeof(struct frame *));
        queue->first = 0;
        return 0;
    }
    size_t capacity, bytes;
    TRY(size_mul(queue->capacity, queue->capacity > OUTQ_INLINE ? 2 : 4, &capacity));
    if (capacity > UINT32_MAX / 2) return ERR_LIMIT;
    TRY(size_mul(capacity, sizeof(struct frame *), &bytes));
    struct frame **many = malloc(bytes);
    if (many == NULL) return ERR_NOMEM;
    memcpy(many, slots + queue->first, queue->count * sizeof(struct frame *));
    if (queue->capacity > OUTQ_INLINE) free(queue->many);
    queue->many = many;
    queue->first = 0;
    queue->capacity = narrow_u32(capacity);
    return 0;
}

int outq_push(struct outq *queue, struct frame *frame, size_t bytes_max)
{
    check(frame->len > 0);
    if (queue->count > 0) {
        size_t cost;
        TRY(size_add(outq_cost(queue), frame->len, &cost));
        TRY(size_add(cost, OUTQ_FRAME_COST, &cost));
        if (cost > bytes_max) return ERR_LIMIT;
    }
    TRY(make_room(queue));
    struct frame **slots = queue->capacity > OUTQ_INLINE ? queue->many : queue->few;
    slots[queue->first + queue->count] = frame_ref(frame);
    queue->count++;
    queue->bytes += frame->len;
    return 0;
}

size_t outq_peek(const struct outq *queue, size_t bytes_max, struct iovec *ret_iov, size_t iov_max)
{
    struct frame *const *slots = slots_of(queue);
    size_t pieces = 0;
    size_t skip = queue->sent_bytes;
    for (uint32_t i = 0; i < queue->count && pieces < iov_max && bytes_max > 0; i++) {
        struct frame *frame = slots[queue->first + i];
        check(frame->len > skip);
        size_t len = frame->len - skip;
        if (len > bytes_max) len = bytes_max;
        ret_iov[pieces++] = (struct iovec){.iov_base = frame->at + skip, .iov_len = len};
        bytes_max -= len;
        skip = 0;
    }
    return pieces;
}

void outq_took(struct outq *queue, size_t bytes)
{
    check(bytes <= queue->bytes);
    struct frame *const *slots = slots_of(queue);
    queue->bytes -= bytes;
    while (bytes > 0) {
        struct frame *frame = slots[queue->first];
        size_t left = frame->len - queue->sent_bytes;
        if (bytes < left) {
            queue->sent_bytes += narrow_u32(bytes);
            return;
        }
        bytes -= left;
        frame_unref(frame);
        queue->sent_bytes = 0;
        queue->first++;
        queue->count--;
    }
    reset_if_empty(queue);
}

void outq_drop_after(struct outq *queue, size_t keep_bytes)
{
    struct frame *const *slots = slots_of(queue);
    uint32_t kept = 0;
    size_t bytes = 0; /* left to send of the frames that stay */
    while (kept < queue->count) {
        bool begun = kept == 0 && queue->sent_bytes > 0;
        if (bytes >= keep_bytes && !begun) break;
        bytes += slots[queue->first + kept]->len - (kept == 0 ? queue->sent_bytes : 0);
        kept++;
    }
    for (uint32_t i = kept; i < queue->count; i++) frame_unref(slots[queue->first + i]);
    queue->count = kept;
    queue->bytes = bytes;
    reset_if_empty(queue);
}
