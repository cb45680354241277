#include "base/frame.h"
#include "../testing.h"

static void a_frame_is_header_and_payload_until_its_last_reference(void **state)
{
    (void)state;
    struct frame *frame;
    assert_int_equal(frame_new(str_span(STR("HH")), str_span(STR("payload")), &frame), 0);
    assert_true(span_eq(frame_span(frame), str_span(STR("HHpayload"))));
    assert_true(span_eq(frame_payload(frame), str_span(STR("payload"))));
    struct frame *same = frame_ref(frame);
    frame_unref(frame);
    assert_true(span_eq(frame_payload(same), str_span(STR("payload"))));
    frame_unref(same);
    frame_unref(NULL);
}

static void an_empty_one_and_one_that_is_too_big(void **state)
{
    (void)state;
    OWNED(frame) struct frame *frame = NULL;
    assert_int_equal(frame_new((struct span){NULL, 0}, (struct span){NULL, 0}, &frame), 0);
    assert_int_equal(frame->len, 0);
    struct frame *none = NULL;
    static const uint8_t byte;
    assert_int_equal(frame_new((struct span){NULL, 0}, span_of(&byte, FRAME_BYTES_MAX + 1), &none), ERR_TOO_BIG);
    assert_int_equal(frame_new(span_of(&byte, 1), span_of(&byte, SIZE_MAX), &none), ERR_TOO_BIG);
    assert_null(none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_frame_is_header_and_payload_until_its_last_reference),
        cmocka_unit_test(an_empty_one_and_one_that_is_too_big),
    };
    return cmocka_run_group_tests_name("base/frame", tests, NULL, NULL);
}
