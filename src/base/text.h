/* base/text.h: what may stand in a field that people fill in, wherever it comes from: REST, a list, a command line.
 *
 * Owns    nothing.
 * Thread  any.
 * Bounds  none of its own.
 * Errors  true or false; text_lower as buf_put.
 * Tests   tests/unit/base/text_test.c */
#pragma once
#include "base/bytes.h"

/* What to say of a text that does not fit. */
#define TEXT_UNFIT "too long, or with a control character in it"
/* UTF-8 of at most characters_max code points, without control characters but tab and line breaks. */
bool text_fits(struct str text, size_t characters_max);
/* Something@some.where, without blanks: whether it is an address only a letter to it shows. */
bool text_looks_like_email(struct str text);
/* Without letter case, for comparing: each code point's own small one. At most half as long again. */
MUST_USE int text_lower(struct str text, struct buf *out);
