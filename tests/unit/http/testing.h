/* Helpers of the http tests: bytes as C literals, and requests made from them. */
#pragma once
#include "http/request.h"
#include "../testing.h"

/* A literal with NULs in it too. */
#define BYTES(literal) \
    {                  \
        (const uint8_t *)("" literal), sizeof(literal) - 1 \
    }

/* Reads one request out of text, which must be a good one; the reader is the caller's to free. */
static inline struct http_reader *read_request(const char *text)
{
    struct http_reader *reader = NULL;
    struct span in = str_span(str_c(text));
    assert_int_equal(http_reader_create(&HTTP_LIMITS_DEFAULT, &reader), 0);
    assert_int_equal(http_reader_next(reader, &in), HTTP_HEADERS);
    assert_int_equal(http_reader_allow_body(reader, 1000), 0);
    assert_int_equal(http_reader_next(reader, &in), HTTP_WHOLE);
    return reader;
}
