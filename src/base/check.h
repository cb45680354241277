/* base/check.h: what must hold, or the program is wrong and stops at once.
 *
 * Owns    nothing.
 * Thread  any.
 * Bounds  none.
 * Errors  none: a failed check prints its condition and place, and aborts. Never for what a peer, a file or a clock can cause.
 * Tests   tests/unit/base/err_test.c */
#pragma once
#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define check(condition)                                                                                     \
    (__builtin_expect(!!(condition), 1) ? (void)0 : check_failed(#condition, __FILE__, __LINE__))

/* For walks over a whole structure: on only in sanitizer builds. */
#ifdef CHECK_SLOW
#define check_slow(condition) check(condition)
#else
#define check_slow(condition) ((void)sizeof(condition))
#endif

/* A place that no correct program reaches. */
#define never(why) check_failed(why, __FILE__, __LINE__)

_Noreturn void check_failed(const char *condition, const char *file, int line);
