/* Helpers of the protocol tests. */
#pragma once
#include "base/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

#define assert_str(actual, expected)                                           \
    do {                                                                       \
        struct str actual_ = (actual);                                         \
        if (!str_eq_c(actual_, expected)) {                                    \
            print_error("is  «%.*s»\nnot «%s»\n", STR_ARG(actual_), expected); \
            fail();                                                            \
        }                                                                      \
    } while (0)
