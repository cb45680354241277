#include "http/gzip.h"
#include "testing.h"

#include <stdlib.h>
#include <zlib.h>

static void assert_back(struct span gzip, struct span expected)
{
    OWNED(mem) uint8_t *back = malloc(expected.len + 1);
    assert_non_null(back);
    z_stream stream = {.next_in = (Bytef *)(uintptr_t)gzip.at, .avail_in = narrow_u32(gzip.len), .next_out = back,
                       .avail_out = narrow_u32(expected.len + 1)};
    assert_int_equal(inflateInit2(&stream, 16 + 15), Z_OK);
    assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
    assert_int_equal(stream.total_out, expected.len);
    assert_true(span_eq(span_of(back, expected.len), expected));
    assert_int_equal(inflateEnd(&stream), Z_OK);
}

static void what_is_packed_comes_back(void **state)
{
    (void)state;
    enum { BYTES_MAX = 300000 };
    OWNED(mem) uint8_t *bytes = malloc(BYTES_MAX);
    assert_non_null(bytes);
    uint32_t seed = 7;
    for (size_t i = 0; i < BYTES_MAX; i++) {
        seed = seed * 1664525u + 1013904223u;
        bytes[i] = (uint8_t)(seed >> 24); /* does not compress: the bound must hold */
    }
    static const size_t LENGTHS[] = {0, 1, 1000, 65536, BYTES_MAX};
    for (size_t i = 0; i < COUNT_OF(LENGTHS); i++) {
        for (int level = 1; level <= 9; level += 4) {
            OWNED(buf) struct buf out = buf_of(2 * BYTES_MAX);
            assert_int_equal(buf_put_str(&out, STR("x")), 0);
            assert_int_equal(gzip_put(&out, span_of(bytes, LENGTHS[i]), level), 0);
            assert_back(span_of(out.at + 1, out.len - 1), span_of(bytes, LENGTHS[i]));
        }
    }
}

static void without_room_nothing_is_written(void **state)
{
    (void)state;
    OWNED(buf) struct buf out = buf_of(10);
    assert_int_equal(gzip_put(&out, str_span(STR("hello")), 6), ERR_TOO_BIG);
    assert_int_equal(out.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_packed_comes_back),
        cmocka_unit_test(without_room_nothing_is_written),
    };
    return cmocka_run_group_tests_name("http/gzip", tests, NULL, NULL);
}
