#include "store/search.h"

#include "store/phone.h"

#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>

#include <stdlib.h>

/* --- Folding --- */

#define FOLD_BYTES_MAX 4096 /* of what is folded; the rest is left out */
#define FOLDED_BYTES_MAX                                                                                     \
    ((size_t)FOLD_BYTES_MAX * 18) /* one character comes apart into at most 18 (U+FDFA) */

/* Letters that no decomposition takes apart. */
static const struct {
    UChar32 letter;
    const char *plain;
} SPECIAL[] = {{0x00df, "ss"}, {0x00e6, "ae"}, {0x00f0, "d"}, {0x00f8, "o"}, {0x00fe, "th"},
               {0x0111, "d"},  {0x0127, "h"},  {0x0131, "i"}, {0x0138, "q"}, {0x0142, "l"},
               {0x014b, "n"},  {0x0153, "oe"}, {0x0167, "t"}, {0x0259, "e"}};

/* Apostrophes and hyphens of all kinds stand within a name. '\'' or '-'; 0: neither. */
static char join_of(UChar32 c)
{
    static const UChar APOSTROPHES[] = {'\'',  '`',    0xb4,   0x2b9,  0x2bb,  0x2bc, 0x2bd,
                                        0x2c8, 0x2018, 0x2019, 0x201b, 0x2032, 0xff07};
    static const UChar HYPHENS[] = {'-',    0x2010, 0x2011, 0x2012, 0x2013,
                                    0x2014, 0x2015, 0x2212, 0xfe63, 0xff0d};
    for (size_t i = 0; i < COUNT_OF(APOSTROPHES); i++) {
        if (APOSTROPHES[i] == c) return '\'';
    }
    for (size_t i = 0; i < COUNT_OF(HYPHENS); i++) {
        if (HYPHENS[i] == c) return '-';
    }
    return 0;
}

static int put_letter(UChar32 c, struct buf *out)
{
    UChar wide[2];
    char bytes[8];
    int32_t units = 0, len = 0;
    UErrorCode code = U_ZERO_ERROR;
    UBool bad = false;
    U16_APPEND(wide, units, 2, c, bad);
    u_strToUTF8(bytes, sizeof bytes, &len, wide, units, &code);
    return bad || U_FAILURE(code) ? ERR_INTERNAL : buf_put(out, span_of(bytes, (size_t)len));
}

static int put_character(UChar32 c, bool keep_joins, struct buf *out)
{
    int type = u_charType(c);
    if (type == U_NON_SPACING_MARK || type == U_ENCLOSING_MARK || type == U_FORMAT_CHAR) return 0;
    char join = join_of(c);
    if (join != 0) return keep_joins ? buf_put_byte(out, (uint8_t)join) : 0;
    c = u_foldCase(c, U_FOLD_CASE_DEFAULT);
    if (c < 0x80) return buf_put_byte(out, (uint8_t)(u_isalnum(c) ? c : ' '));
    for (size_t i = 0; i < COUNT_OF(SPECIAL); i++) {
        if (SPECIAL[i].letter == c) return buf_put_str(out, str_c(SPECIAL[i].plain));
    }
    bool letter = u_isalnum(c) || type == U_COMBINING_SPACING_MARK; /* vowels of Indic scripts */
    return letter ? put_letter(c, out) : buf_put_byte(out, ' ');
}

/* Compatibility decomposition (NFKD), then letter by letter. Joins are looked at first: U+00B4 would come apart into a blank. */
static int fold_wide(struct str text, bool keep_joins, struct buf *out)
{
    UErrorCode code = U_ZERO_ERROR;
    const UNormalizer2 *nfkd = unorm2_getNFKDInstance(&code);
    if (U_FAILURE(code)) return ERR_INTERNAL;
    int32_t room = (int32_t)text.len + 1, apart_room = (int32_t)text.len * 18 + 1, len = 0, kept = 0;
    OWNED(mem) UChar *wide = malloc((size_t)room * sizeof *wide);
    OWNED(mem) UChar *apart = malloc((size_t)apart_room * sizeof *apart);
    if (wide == NULL || apart == NULL) return ERR_NOMEM;
    u_strFromUTF8WithSub(wide, room, &len, text.at, (int32_t)text.len, 0xfffd, NULL, &code);
    if (U_FAILURE(code)) return ERR_INTERNAL;
    for (int32_t i = 0; i < len; i++) {
        char join = join_of(wide[i]);
        if (join == 0) wide[kept++] = wide[i];
        else if (keep_joins) wide[kept++] = (UChar)join;
    }
    int32_t count = unorm2_normalize(nfkd, wide, kept, apart, apart_room, &code);
    if (U_FAILURE(code)) return ERR_INTERNAL;
    for (int32_t i = 0; i < count;) {
        uint32_t unit = apart[i++];
        /* Halves of a pair stand together: the text was UTF-8. */
        if ((unit & 0xfc00u) == 0xd800u && i < count) {
            unit = 0x10000u + ((unit & 0x3ffu) << 10) + (apart[i++] & 0x3ffu);
        }
        TRY(put_character((UChar32)unit, keep_joins, out));
    }
    return 0;
}

/* keep_joins: «o'neill» instead of «oneill». */
static int fold(struct str text, bool keep_joins, struct buf *out)
{
    if (text.len > FOLD_BYTES_MAX) text.len = FOLD_BYTES_MAX;
    if (!str_is_ascii(text)) return fold_wide(text, keep_joins, out);
    for (size_t i = 0; i < text.len; i++) TRY(put_character(text.at[i], keep_joins, out));
    return 0;
}

int search_fold(struct str text, struct buf *out) { return fold(text, false, out); }

/* --- Words --- */

/* Without a character that was cut in the middle. */
static size_t whole_characters(const char *at, size_t len)
{
    size_t start = len;
    while (start > 0 && len - start < 4) {
        uint8_t c = (uint8_t)at[--start];
        if (c < 0x80) return len;
        if (c < 0xc0) continue;
        size_t bytes = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
        return len - start < bytes ? start : len;
    }
    return len;
}

static void copy_word(struct str word, char ret_word[SEARCH_WORD_BYTES_MAX + 1])
{
    size_t len =
        word.len > SEARCH_WORD_BYTES_MAX ? whole_characters(word.at, SEARCH_WORD_BYTES_MAX) : word.len;
    memcpy(ret_word, word.at, len);
    ret_word[len] = '\0';
}

/* What is spelt in two ways becomes one: Müller and Mueller, Århus and Aarhus, Đorđe and Djordje. Read from the left, so that the
 * beginning of a word stays one. */
static void settle(struct str word, char ret_word[SEARCH_WORD_BYTES_MAX + 1])
{
    static const char PAIRS[][3] = {"ae", "oe", "ue", "aa", "dj"};
    size_t len = 0;
    for (size_t i = 0; i < word.len && len < SEARCH_WORD_BYTES_MAX; i++) {
        bool pair = false;
        for (size_t j = 0; i + 1 < word.len && j < COUNT_OF(PAIRS); j++) {
            pair = pair || memcmp(PAIRS[j], word.at + i, 2) == 0;
        }
        ret_word[len++] = word.at[i];
        if (pair) i++;
    }
    ret_word[len == SEARCH_WORD_BYTES_MAX ? whole_characters(ret_word, len) : len] = '\0';
}

static void add_word(struct search_words *words, struct str word)
{
    if (word.len == 0 || words->count == SEARCH_WORDS_MAX) return;
    char *at = words->at[words->count];
    copy_word(word, at);
    for (size_t i = 0; i < words->count; i++) {
        if (strcmp(at, words->at[i]) == 0) return;
    }
    words->count++;
}

static void add_settled(struct search_words *words, struct str word)
{
    char settled[SEARCH_WORD_BYTES_MAX + 1];
    settle(word, settled);
    add_word(words, str_c(settled));
}

/* The next run between any of these separators; false: none is left. */
static bool next_part(struct str *rest, const char *separators, struct str *ret_part)
{
    size_t from = 0;
    while (from < rest->len && strchr(separators, rest->at[from]) != NULL) from++;
    size_t to = from;
    while (to < rest->len && strchr(separators, rest->at[to]) == NULL) to++;
    *ret_part = (struct str){rest->at + from, to - from};
    *rest = (struct str){rest->at + to, rest->len - to};
    return to > from;
}

static void add_parts(struct search_words *words, struct str text, const char *separators)
{
    struct str part;
    while (next_part(&text, separators, &part)) add_settled(words, part);
}

/* All of it in one piece too: vanderberg. */
static int add_joined(struct search_words *words, struct str text)
{
    OWNED(buf) struct buf joined = buf_of(FOLDED_BYTES_MAX);
    struct str part;
    while (next_part(&text, " ", &part)) TRY(buf_put_str(&joined, part));
    add_settled(words, buf_str(&joined));
    return 0;
}

/* Parts between hyphens, each in one piece: the ohara of Smith-O'Hara. */
static int add_hyphenated(struct search_words *words, struct str text)
{
    OWNED(buf) struct buf parts = buf_of(FOLDED_BYTES_MAX);
    struct str piece;
    while (next_part(&text, "'", &piece)) TRY(buf_put_str(&parts, piece));
    add_parts(words, buf_str(&parts), " -");
    return 0;
}

static int add_name(struct search_words *words, struct str name)
{
    OWNED(buf) struct buf joined = buf_of(FOLDED_BYTES_MAX);
    OWNED(buf) struct buf parts = buf_of(FOLDED_BYTES_MAX);
    TRY(fold(name, false, &joined));
    TRY(fold(name, true, &parts));
    TRY(add_joined(words, buf_str(&joined)));
    add_parts(words, buf_str(&joined), " ");
    add_parts(words, buf_str(&parts), " -'");
    return add_hyphenated(words, buf_str(&parts));
}

/* Letter case of ASCII: the part that providers fold. */
static int put_email(struct str email, struct buf *out)
{
    for (size_t i = 0; i < email.len; i++) {
        uint8_t c = (uint8_t)email.at[i];
        if (c > ' ') TRY(buf_put_byte(out, c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c));
    }
    return 0;
}

/* The address, and what stands before the @ in parts, where the address does not begin so anyway. */
static int add_email(struct search_words *words, struct str email)
{
    if (email.len == 0) return 0;
    OWNED(buf) struct buf address = buf_of(FOLD_BYTES_MAX);
    OWNED(buf) struct buf parts = buf_of(FOLDED_BYTES_MAX);
    TRY(put_email(email.len > FOLD_BYTES_MAX ? (struct str){email.at, 0} : email, &address));
    struct str whole = buf_str(&address), rest, part;
    add_word(words, whole);
    const char *at = memchr(whole.at, '@', whole.len);
    TRY(fold((struct str){whole.at, at == NULL ? 0 : (size_t)(at - whole.at)}, true, &parts));
    rest = buf_str(&parts);
    while (next_part(&rest, " -'", &part)) {
        char settled[SEARCH_WORD_BYTES_MAX + 1];
        settle(part, settled);
        if (!str_starts(whole, str_c(settled))) add_word(words, str_c(settled));
    }
    return 0;
}

static void add_phone(struct search_words *words, struct str text)
{
    struct phone phone;
    char word[PHONE_DIGITS_MAX + 2];
    if (!phone_read(text, &phone) || phone.digit_count < 3) return;
    word[0] = '=';
    memcpy(word + 1, phone.significant, sizeof phone.significant);
    add_word(words, str_c(word));
    word[0] = '+';
    phone_reverse(phone.whole, word + 1);
    add_word(words, str_c(word));
}

int search_index(struct str first_name, struct str last_name, struct str number, struct str email,
                 struct str phone, struct search_words *ret_words)
{
    ret_words->count = 0;
    TRY(add_name(ret_words, number));
    struct str one;
    while (next_part(&phone, ",;", &one)) add_phone(ret_words, one);
    TRY(add_email(ret_words, email));
    TRY(add_name(ret_words, last_name));
    return add_name(ret_words, first_name);
}

/* --- What was typed --- */

static void add_alternative(struct search_term *term, struct str text)
{
    if (text.len > 0 && term->count < SEARCH_ALTERNATIVES_MAX) copy_word(text, term->at[term->count++]);
}

static struct search_term *new_term(struct search_terms *terms)
{
    if (terms->count == SEARCH_TERMS_MAX) return NULL;
    struct search_term *term = &terms->at[terms->count++];
    term->count = 0;
    return term;
}

#define PHONE_TYPED_MIN 4  /* digits; fewer are the beginning of a number only */
#define PHONE_ENDING_MAX 6 /* as few digits as this may be an ending that starts with a zero */

/* Digits: a member's number, or a phone from its beginning or its end. */
static void add_digits(struct search_terms *terms, struct str typed)
{
    struct phone phone;
    char word[PHONE_DIGITS_MAX + 2];
    if (!phone_read(typed, &phone)) return;
    struct search_term *term = new_term(terms);
    if (term == NULL) return;
    if (!phone.plus) add_alternative(term, str_c(phone.digits));
    bool as_typed = !phone.plus && phone.digit_count <= PHONE_ENDING_MAX;
    if (phone.digit_count >= PHONE_TYPED_MIN && strlen(phone.significant) >= PHONE_TYPED_MIN - 1) {
        word[0] = '=';
        memcpy(word + 1, phone.significant, sizeof phone.significant);
        add_alternative(term, str_c(word));
    }
    const char *ending = as_typed ? phone.digits : phone.significant;
    if (phone.digit_count >= PHONE_TYPED_MIN && strlen(ending) >= PHONE_TYPED_MIN) {
        word[0] = '+';
        phone_reverse(ending, word + 1);
        add_alternative(term, str_c(word));
    }
    if (term->count == 0) terms->count--;
}

static int add_text(struct search_terms *terms, struct str typed)
{
    OWNED(buf) struct buf folded = buf_of(FOLDED_BYTES_MAX);
    struct search_term *term;
    if (typed.len > FOLD_BYTES_MAX) return 0;
    if (memchr(typed.at, '@', typed.len) != NULL) {
        TRY(put_email(typed, &folded));
        if ((term = new_term(terms)) != NULL) add_alternative(term, buf_str(&folded));
        return 0;
    }
    TRY(fold(typed, false, &folded));
    struct str rest = buf_str(&folded), part;
    while (next_part(&rest, " ", &part)) {
        char settled[SEARCH_WORD_BYTES_MAX + 1];
        settle(part, settled);
        if ((term = new_term(terms)) != NULL) add_alternative(term, str_c(settled));
    }
    return 0;
}

/* Pieces between blanks; pieces of digits that stand together are one phone. */
int search_query(struct str typed, struct search_terms *ret_terms)
{
    ret_terms->count = 0;
    struct str rest = str_trim(typed), piece, digits = {0};
    while (next_part(&rest, " ", &piece)) {
        if (phone_may_be(piece)) {
            digits = (struct str){digits.at == NULL ? piece.at : digits.at, 0};
            digits.len = (size_t)(piece.at + piece.len - digits.at);
            continue;
        }
        if (digits.at != NULL) add_digits(ret_terms, digits);
        digits = (struct str){0};
        TRY(add_text(ret_terms, piece));
    }
    if (digits.at != NULL) add_digits(ret_terms, digits);
    return 0;
}

/* --- Meeting --- */

int search_score(const struct search_term *term, struct str words)
{
    int best = -1;
    struct str word;
    while (next_part(&words, " ", &word)) {
        for (size_t i = 0; i < term->count; i++) {
            if (!str_starts(word, str_c(term->at[i]))) continue;
            int score = str_eq_c(word, term->at[i]) ? 0 : memchr(word.at, '@', word.len) != NULL ? 2 : 1;
            if (best < 0 || score < best) best = score;
        }
    }
    return best;
}

static bool is_before(struct str a, struct str b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len == 0 ? 0 : memcmp(a.at, b.at, len);
    return order < 0 || (order == 0 && a.len < b.len);
}

struct str search_listed_by(const struct search_term *term, struct str words, size_t *ret_alternative)
{
    struct str first = {0};
    for (size_t i = 0; i < term->count && first.at == NULL; i++) {
        struct str rest = words, word;
        *ret_alternative = i;
        while (next_part(&rest, " ", &word)) {
            if (str_starts(word, str_c(term->at[i])) && (first.at == NULL || is_before(word, first))) {
                first = word;
            }
        }
    }
    return first;
}
