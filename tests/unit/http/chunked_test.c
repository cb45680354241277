#include "http/chunked.h"
#include "testing.h"

/* Reads input in two pieces, or byte by byte where cut is SIZE_MAX. Gives the last result, the data, and what was left. */
static int read_chunks(struct span input, size_t cut, struct buf *out, size_t *ret_left)
{
    struct chunked chunked = {0};
    size_t at = 0;
    int rc = 0;
    while (rc == 0 && at < input.len) {
        size_t end = cut == SIZE_MAX ? at + 1 : (at < cut ? cut : input.len);
        struct span piece = span_of(input.at + at, end - at);
        rc = chunked_next(&chunked, &piece, out);
        at = end - piece.len;
    }
    *ret_left = input.len - at;
    return rc;
}

struct chunk_case {
    struct span input;
    int rc;
    const char *data;
    size_t left;
};

static void assert_chunks(const struct chunk_case *c, size_t cut)
{
    OWNED(buf) struct buf out = buf_of(20);
    size_t left;
    int rc = read_chunks(c->input, cut, &out, &left);
    if (rc != c->rc) fail_msg("«%.*s» cut at %zu gives %d, not %d", (int)c->input.len, (const char *)c->input.at, cut, rc, c->rc);
    if (rc < 0) return;
    assert_str(buf_str(&out), c->data);
    assert_int_equal(left, c->left);
}

static void assert_all(const struct chunk_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t cut = 1; cut <= cases[i].input.len; cut++) assert_chunks(&cases[i], cut);
        assert_chunks(&cases[i], SIZE_MAX);
    }
}

static void chunks_become_one_body(void **state)
{
    (void)state;
    static const struct chunk_case CASES[] = {
        {BYTES("0\r\n\r\n"), 1, "", 0},
        {BYTES("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"), 1, "abcde", 0},
        {BYTES("3\r\nabc\r\n0\r\n\r\nGET"), 1, "abc", 3},
        {BYTES("00000003\r\nabc\r\n000\r\n\r\n"), 1, "abc", 0},
        {BYTES("A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n"), 1, "01234567890123456789", 0},
        {BYTES("2\r\n\r\n\r\n0\r\n\r\n"), 1, "\r\n", 0},
        /* RFC 9112 7.1.1, 7.1.2: extensions are ignored, trailers may be dropped. */
        {BYTES("3;name=\"va;lue\";x\r\nabc\r\n0;last\r\n\r\n"), 1, "abc", 0},
        {BYTES("0\r\nTrailer: x\r\nOther:\r\n\r\nrest"), 1, "", 4},
        {BYTES("3\r\nab"), 0, "ab", 0},
        {BYTES("3\r\nabc\r\n0\r\n\r"), 0, "abc", 0},
    };
    assert_all(CASES, COUNT_OF(CASES));
}

static void chunks_that_can_be_read_in_two_ways_are_refused(void **state)
{
    (void)state;
    static const struct chunk_case CASES[] = {
        {BYTES("\r\n"), ERR_PROTOCOL, NULL, 0},
        {BYTES("g\r\n"), ERR_PROTOCOL, NULL, 0},
        {BYTES("-1\r\n"), ERR_PROTOCOL, NULL, 0},
        {BYTES("+1\r\n"), ERR_PROTOCOL, NULL, 0},
        {BYTES("0x1\r\n"), ERR_PROTOCOL, NULL, 0},
        {BYTES(" 1\r\n"), ERR_PROTOCOL, NULL, 0},
        {BYTES("1 \r\n"), ERR_PROTOCOL, NULL, 0},
        {BYTES(";x\r\n"), ERR_PROTOCOL, NULL, 0},
        {BYTES("3\nabc\r\n"), ERR_PROTOCOL, NULL, 0},
        {BYTES("3\rabc"), ERR_PROTOCOL, NULL, 0},
        {BYTES("3;a\nb\r\nabc\r\n"), ERR_PROTOCOL, NULL, 0},
        {BYTES("3;a\0\r\nabc\r\n"), ERR_PROTOCOL, NULL, 0},
        {BYTES("3\r\nabcXX0\r\n\r\n"), ERR_PROTOCOL, NULL, 0},
        {BYTES("3\r\nabcd\r\n"), ERR_PROTOCOL, NULL, 0},
        {BYTES("3\r\nabc\n0\r\n\r\n"), ERR_PROTOCOL, NULL, 0},
        {BYTES("0\r\n\n"), ERR_PROTOCOL, NULL, 0},
        {BYTES("0\r\nA: b\n\r\n"), ERR_PROTOCOL, NULL, 0},
        {BYTES("0\r\n folded\r\n\r\n"), ERR_PROTOCOL, NULL, 0},
        {BYTES("0\r\nA: \x01\r\n\r\n"), ERR_PROTOCOL, NULL, 0},
        {BYTES("15\r\n"), ERR_TOO_BIG, NULL, 0},
        {BYTES("14\r\n01234567890123456789\r\n1\r\n"), ERR_TOO_BIG, NULL, 0},
        {BYTES("FFFFFFFFFFFFFFF\r\n"), ERR_TOO_BIG, NULL, 0},
        {BYTES("10000000000000003\r\n"), ERR_TOO_BIG, NULL, 0},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        for (size_t cut = 1; cut <= CASES[i].input.len; cut++) {
            /* Said as soon as it is known: at the latest with the last byte, or the first one of a too big chunk's data. */
            struct chunk_case one = CASES[i];
            uint8_t longer[64];
            memcpy(longer, one.input.at, one.input.len);
            longer[one.input.len] = '0';
            one.input = span_of(longer, one.input.len + 1);
            assert_chunks(&one, cut);
            assert_chunks(&one, SIZE_MAX);
        }
    }
}

static void lines_between_the_data_are_bounded(void **state)
{
    (void)state;
    uint8_t line[CHUNK_TRAILER_BYTES_MAX + 100];
    memset(line, 'x', sizeof line);
    OWNED(buf) struct buf out = buf_of(20);
    struct chunked chunked = {0};
    line[0] = '1';
    line[1] = ';';
    struct span in = span_of(line, CHUNK_LINE_BYTES_MAX);
    assert_int_equal(chunked_next(&chunked, &in, &out), 0);
    in = span_of(line + 2, 1);
    assert_int_equal(chunked_next(&chunked, &in, &out), ERR_PROTOCOL);

    chunked = (struct chunked){0};
    in = str_span(STR("0\r\n"));
    assert_int_equal(chunked_next(&chunked, &in, &out), 0);
    in = span_of(line + 2, CHUNK_TRAILER_BYTES_MAX);
    assert_int_equal(chunked_next(&chunked, &in, &out), 0);
    in = span_of(line + 2, 1);
    assert_int_equal(chunked_next(&chunked, &in, &out), ERR_PROTOCOL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chunks_become_one_body),
        cmocka_unit_test(chunks_that_can_be_read_in_two_ways_are_refused),
        cmocka_unit_test(lines_between_the_data_are_bounded),
    };
    return cmocka_run_group_tests_name("http/chunked", tests, NULL, NULL);
}
