/* Helpers of all unit tests: cmocka with what it asks for, and comparisons that show both sides. */
#pragma once
#include "base/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define assert_str(actual, expected)                                           \
    do {                                                                       \
        struct str actual_ = (actual);                                         \
        if (!str_eq_c(actual_, expected)) {                                    \
            print_error("is  «%.*s»\nnot «%s»\n", STR_ARG(actual_), expected); \
            fail();                                                            \
        }                                                                      \
    } while (0)

/* text, a C string, contains part. */
__attribute__((noinline, unused)) static void assert_contains(const char *text, const char *part)
{
    const char *whole = text == NULL ? "" : text;
    if (strstr(whole, part) == NULL) fail_msg("«%s»\nis not in «%s»", part, whole);
}
