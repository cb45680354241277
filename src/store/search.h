/* store/search.h: how people are found as a desk types: letter case, accents, apostrophes, hyphens and special letters do not matter.
 *
 * Owns    nothing.
 * Thread  any; ICU's tables are loaded at the first call.
 * Bounds  SEARCH_WORDS_MAX words of SEARCH_WORD_BYTES_MAX each; more is left out.
 * Errors  ERR_NOMEM; ERR_INTERNAL where ICU's data is missing.
 * Tests   tests/unit/store/search_test.c */
#pragma once
#include "base/bytes.h"

#define SEARCH_WORDS_MAX 24
#define SEARCH_WORD_BYTES_MAX 96
#define SEARCH_PHONE_DIGITS 9 /* the end of a number, which is the same with and without a country's code */

struct search_words {
    size_t count;
    char at[SEARCH_WORDS_MAX][SEARCH_WORD_BYTES_MAX + 1];
};

/* Lower case, without marks; ł ø ß æ đ and the like as l o ss ae d; what is no letter or digit becomes a blank. */
MUST_USE int search_fold(struct str text, struct buf *out);
/* The words that a member is found by, each once: of the names both in one piece (oneill, jeanluc) and in parts (o, neill), the number,
 * the email as a whole, the phone's last digits turned round («p» before them), so that an ending is a beginning. */
MUST_USE int search_index(struct str first_name, struct str last_name, struct str number, struct str email, struct str phone,
                          struct search_words *ret_words);
/* The beginnings that what was typed asks for; all must be met. */
MUST_USE int search_query(struct str typed, struct search_words *ret_words);
