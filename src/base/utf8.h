/* base/utf8.h: UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF.
 *
 * Owns    nothing; struct utf8 keeps the state of a text that comes in pieces.
 * Thread  any.
 * Bounds  constant memory.
 * Errors  ERR_TEXT at the first byte that cannot belong to a text (so a wrong start is seen before its end came).
 * Tests   tests/unit/base/utf8_test.c, tests/fuzz/utf8.c */
#pragma once
#include "base/bytes.h"

/* Zeroed is the start of a text. */
struct utf8 {
    uint8_t more;      /* continuation bytes still to come */
    uint8_t low, high; /* what the next one may be */
};

/* Feeds a piece. 0, or ERR_TEXT. */
MUST_USE int utf8_feed(struct utf8 *state, struct span piece);
/* True where the text may end here: no character is half. */
static inline bool utf8_whole(const struct utf8 *state) { return state->more == 0; }
/* The one way from bytes to str. */
MUST_USE int utf8_check(struct span bytes, struct str *ret_text);
/* Code points («characters» of the contract). */
size_t utf8_count(struct str text);
/* The longest start of text that is at most count_max code points. */
struct str utf8_cut(struct str text, size_t count_max);
