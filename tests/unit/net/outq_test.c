#include "net/outq.h"
#include "../testing.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define NO_LIMIT ((size_t)1 << 30)

static struct frame *frame_of(size_t len, uint8_t first)
{
    OWNED(mem) uint8_t *bytes = malloc(len);
    assert_non_null(bytes);
    for (size_t i = 0; i < len; i++) bytes[i] = (uint8_t)(first + i);
    struct frame *frame = NULL;
    assert_int_equal(frame_new(span_of(NULL, 0), span_of(bytes, len), &frame), 0);
    return frame;
}

static void push_new(struct outq *queue, size_t len, uint8_t first)
{
    OWNED(frame) struct frame *frame = frame_of(len, first);
    assert_int_equal(outq_push(queue, frame, NO_LIMIT), 0);
}

static void frames_come_out_in_order_as_pieces(void **state)
{
    (void)state;
    struct outq queue;
    struct iovec pieces[16];
    outq_init(&queue);
    for (uint8_t i = 0; i < 10; i++) push_new(&queue, 3, (uint8_t)(i * 3));
    assert_int_equal(queue.bytes, 30);
    assert_int_equal(outq_peek(&queue, SIZE_MAX, pieces, 16), 10);
    uint8_t expected = 0;
    for (size_t i = 0; i < 10; i++) {
        for (size_t k = 0; k < pieces[i].iov_len; k++)
            assert_int_equal(((uint8_t *)pieces[i].iov_base)[k], expected++);
    }
    assert_int_equal(outq_peek(&queue, SIZE_MAX, pieces, 4), 4);
    assert_int_equal(outq_peek(&queue, 7, pieces, 16), 3);
    assert_int_equal(pieces[2].iov_len, 1);
    outq_done(&queue);
    assert_true(outq_is_empty(&queue));
}

static void a_frame_sent_in_part_goes_on_where_it_stopped(void **state)
{
    (void)state;
    struct outq queue;
    struct iovec piece;
    outq_init(&queue);
    push_new(&queue, 10, 0);
    push_new(&queue, 10, 10);
    outq_took(&queue, 13);
    assert_int_equal(outq_peek(&queue, SIZE_MAX, &piece, 1), 1);
    assert_int_equal(piece.iov_len, 7);
    assert_int_equal(*(uint8_t *)piece.iov_base, 13);
    outq_took(&queue, 7);
    assert_true(outq_is_empty(&queue));
    assert_int_equal(queue.capacity, OUTQ_INLINE);
}

static void each_reference_is_given_back(void **state)
{
    (void)state;
    struct outq queue;
    OWNED(frame) struct frame *frame = frame_of(5, 0);
    outq_init(&queue);
    for (int i = 0; i < 100; i++) assert_int_equal(outq_push(&queue, frame, NO_LIMIT), 0);
    assert_int_equal(atomic_load(&frame->refs), 101);
    outq_took(&queue, 5 * 40 + 2);
    assert_int_equal(atomic_load(&frame->refs), 61);
    outq_drop_after(&queue, 0);
    assert_int_equal(atomic_load(&frame->refs), 2); /* begun: it stays */
    outq_done(&queue);
    assert_int_equal(atomic_load(&frame->refs), 1);
}

static void past_the_bound_it_stays_as_it_was(void **state)
{
    (void)state;
    struct outq queue;
    OWNED(frame) struct frame *big = frame_of(1000, 0);
    OWNED(frame) struct frame *small = frame_of(1, 0);
    outq_init(&queue);
    assert_int_equal(outq_push(&queue, big, 100), 0); /* alone it may: the frame is there anyway */
    assert_int_equal(outq_push(&queue, small, 100), ERR_LIMIT);
    assert_int_equal(queue.count, 1);
    assert_int_equal(atomic_load(&small->refs), 1);
    outq_done(&queue);

    /* Small frames count what they cost, not only their bytes. */
    size_t pushed = 0;
    while (outq_push(&queue, small, 10000) == 0) pushed++;
    assert_int_equal(pushed, 10000 / (1 + OUTQ_FRAME_COST));
    assert_int_equal(outq_cost(&queue), pushed * (1 + OUTQ_FRAME_COST));
    outq_done(&queue);
}

static void dropping_keeps_what_was_begun_and_what_is_in_flight(void **state)
{
    (void)state;
    static const struct {
        size_t taken, keep;
        uint32_t count;
        size_t bytes;
    } CASES[] = {
        {0, 0, 0, 0}, {0, 1, 1, 10}, {0, 10, 1, 10}, {0, 11, 2, 20}, {3, 0, 1, 7},
        {3, 7, 1, 7}, {3, 8, 2, 17}, {10, 0, 0, 0},  {10, 1, 1, 10}, {0, 1000, 6, 60},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct outq queue;
        outq_init(&queue);
        for (uint8_t k = 0; k < 6; k++) push_new(&queue, 10, k);
        outq_took(&queue, CASES[i].taken);
        outq_drop_after(&queue, CASES[i].keep);
        assert_int_equal(queue.count, CASES[i].count);
        assert_int_equal(queue.bytes, CASES[i].bytes);
        push_new(&queue, 10, 100);
        outq_took(&queue, CASES[i].bytes + 10);
        assert_true(outq_is_empty(&queue));
        outq_done(&queue);
    }
}

/* Random pushes and takes: what comes out is the numbers 0, 1, 2, … in order. */
static void whatever_the_cuts_the_bytes_are_the_same(void **state)
{
    (void)state;
    unsigned seed = (unsigned)time(NULL);
    print_message("# seed %u\n", seed);
    struct outq queue;
    outq_init(&queue);
    size_t pushed = 0, taken = 0;
    for (int step = 0; step < 50000; step++) {
        if (rand_r(&seed) % 2 == 0) {
            size_t len = (size_t)(rand_r(&seed) % 50) + 1;
            push_new(&queue, len, (uint8_t)pushed);
            pushed += len;
        } else {
            struct iovec pieces[8];
            size_t at_most = (size_t)(rand_r(&seed) % 120);
            size_t count = outq_peek(&queue, at_most, pieces, 8);
            size_t seen = 0;
            for (size_t i = 0; i < count; i++) {
                const uint8_t *bytes = pieces[i].iov_base;
                for (size_t k = 0; k < pieces[i].iov_len; k++)
                    assert_int_equal(bytes[k], (uint8_t)(taken + seen++));
            }
            assert_true(seen <= at_most);
            size_t gone = seen == 0 ? 0 : (size_t)rand_r(&seed) % (seen + 1);
            outq_took(&queue, gone);
            taken += gone;
        }
        assert_int_equal(queue.bytes, pushed - taken);
        if (queue.count > 500) {
            taken += queue.bytes;
            outq_done(&queue);
        }
    }
    outq_done(&queue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_come_out_in_order_as_pieces),
        cmocka_unit_test(a_frame_sent_in_part_goes_on_where_it_stopped),
        cmocka_unit_test(each_reference_is_given_back),
        cmocka_unit_test(past_the_bound_it_stays_as_it_was),
        cmocka_unit_test(dropping_keeps_what_was_begun_and_what_is_in_flight),
        cmocka_unit_test(whatever_the_cuts_the_bytes_are_the_same),
    };
    return cmocka_run_group_tests_name("net/outq", tests, NULL, NULL);
}
