/* store/phone.h: what of a phone number is the same however it is written: +49 170 1234567, 0049 (0)170/12345-67, 0170 1234567.
 *
 * Owns    nothing.
 * Thread  any.
 * Bounds  PHONE_DIGITS_MAX digits are kept, the last ones (E.164 allows 15).
 * Errors  none.
 * Tests   tests/unit/store/search_test.c */
#pragma once
#include "base/bytes.h"

#define PHONE_DIGITS_MAX 15

struct phone {
    bool plus;                         /* written with + in front */
    size_t digit_count;                /* as written */
    char digits[PHONE_DIGITS_MAX + 1]; /* all of them as written */
    char whole[PHONE_DIGITS_MAX +
               1]; /* without the zeros in front; with the country's code where there is one */
    char significant[PHONE_DIGITS_MAX +
                     1]; /* without the country's code too: what one dials at home, less the trunk zero */
};

/* False where there is no digit. */
bool phone_read(struct str text, struct phone *ret_phone);
/* The digits turned round, so that an ending is a beginning. */
void phone_reverse(const char *digits, char ret_reversed[PHONE_DIGITS_MAX + 1]);
/* Only digits, a + in front, and what people write between: blanks - / ( ) and dots. */
bool phone_may_be(struct str text);
