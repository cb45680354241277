/* store/search.h: how people are found as a desk types: letter case, accents, apostrophes, hyphens and special letters do not matter.
 *
 * A member has words: of the names in one piece (oneill, jeanluc, vanderberg) and in parts (o, neill), of the number, of the email (the
 * whole and the parts before the @), «=» and the phone's significant digits, «+» and all its digits turned round. What was typed is
 * a list of terms, each of which must be met; a term is met where one of its alternatives is the beginning of a word.
 *
 * Owns    nothing.
 * Thread  any; ICU's tables are loaded at the first call.
 * Bounds  SEARCH_WORDS_MAX words of SEARCH_WORD_BYTES_MAX each, SEARCH_TERMS_MAX terms; more is left out.
 * Errors  ERR_NOMEM; ERR_INTERNAL where ICU's data is missing.
 * Tests   tests/unit/store/search_test.c */
#pragma once
#include "base/bytes.h"

#define SEARCH_WORDS_MAX 32
#define SEARCH_WORD_BYTES_MAX 96
#define SEARCH_TERMS_MAX 6
#define SEARCH_ALTERNATIVES_MAX 3

struct search_words {
    size_t count;
    char at[SEARCH_WORDS_MAX][SEARCH_WORD_BYTES_MAX + 1];
};

struct search_term {
    size_t count;
    char at[SEARCH_ALTERNATIVES_MAX][SEARCH_WORD_BYTES_MAX + 1];
};

struct search_terms {
    size_t count;
    struct search_term at[SEARCH_TERMS_MAX];
};

/* Lower case, without marks; ł ø ß æ đ and the like as l o ss ae d; what is no letter or digit becomes a blank. */
MUST_USE int search_fold(struct str text, struct buf *out);
/* The words that a member is found by, each once. */
MUST_USE int search_index(struct str first_name, struct str last_name, struct str number, struct str email,
                          struct str phone, struct search_words *ret_words);
/* No term: nothing that could be looked for was typed. */
MUST_USE int search_query(struct str typed, struct search_terms *ret_terms);

/* How well a member's words (with blanks between) meet a term: 0 a whole word, 1 a beginning, 2 of the email only; -1: not at all. */
int search_score(const struct search_term *term, struct str words);
/* The word by which a member stands in the lists of a term: of the first alternative that is met, the first in the order of bytes;
 * at NULL: none. */
struct str search_listed_by(const struct search_term *term, struct str words, size_t *ret_alternative);
