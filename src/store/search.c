#include "store/search.h"

#include <unicode/unorm2.h>
#include <unicode/uchar.h>
#include <unicode/ustring.h>

#include <stdlib.h>

/* Letters that no decomposition takes apart. */
static const struct {
    UChar32 letter;
    const char *plain;
} SPECIAL[] = {{0x00df, "ss"}, {0x00e6, "ae"}, {0x00f0, "d"}, {0x00f8, "o"}, {0x00fe, "th"}, {0x0111, "d"}, {0x0127, "h"},
               {0x0131, "i"}, {0x0138, "q"}, {0x0142, "l"}, {0x014b, "n"}, {0x0153, "oe"}, {0x0167, "t"}, {0x0259, "e"}};

static bool joins(UChar32 c)
{
    /* Apostrophes and hyphens of all kinds: they stand within a name, and vanish. */
    return c == '\'' || c == '-' || c == '`' || c == 0xb4 || c == 0x2bc || (c >= 0x2010 && c <= 0x2015) || c == 0x2018 || c == 0x2019;
}

static int put_character(UChar32 c, bool keep_joins, struct buf *out)
{
    if (u_charType(c) == U_NON_SPACING_MARK) return 0;
    c = u_tolower(c);
    if (joins(c)) return keep_joins ? buf_put_byte(out, '-') : 0;
    for (size_t i = 0; i < sizeof SPECIAL / sizeof SPECIAL[0]; i++) {
        if (SPECIAL[i].letter == c) return buf_put_str(out, str_c(SPECIAL[i].plain));
    }
    if (!u_isalnum(c)) return buf_put_byte(out, ' ');
    UChar wide[2];
    char bytes[8];
    int32_t units = c > 0xffff ? 2 : 1, len = 0;
    wide[0] = (UChar)(units == 1 ? c : 0xd800 + ((c - 0x10000) >> 10));
    wide[1] = (UChar)(units == 1 ? 0 : 0xdc00 + ((c - 0x10000) & 0x3ff));
    UErrorCode code = U_ZERO_ERROR;
    u_strToUTF8(bytes, sizeof bytes, &len, wide, units, &code);
    return U_FAILURE(code) ? ERR_INTERNAL : buf_put(out, span_of(bytes, (size_t)len));
}

/* Compatibility decomposition (NFKD), then letter by letter. keep_joins: «o-neill» instead of «oneill». */
static int fold(struct str text, bool keep_joins, struct buf *out)
{
    if (text.len == 0) return 0;
    if (text.len > 4096) text.len = 4096;
    UErrorCode code = U_ZERO_ERROR;
    const UNormalizer2 *nfkd = unorm2_getNFKDInstance(&code);
    if (U_FAILURE(code)) return ERR_INTERNAL;
    int32_t room = (int32_t)text.len + 1, len = 0;
    OWNED(mem) UChar *wide = malloc((size_t)room * sizeof *wide);
    OWNED(mem) UChar *apart = malloc((size_t)room * 8 * sizeof *apart);
    if (wide == NULL || apart == NULL) return ERR_NOMEM;
    u_strFromUTF8WithSub(wide, room, &len, text.at, (int32_t)text.len, 0xfffd, NULL, &code);
    int32_t count = unorm2_normalize(nfkd, wide, len, apart, room * 8, &code);
    if (U_FAILURE(code)) return ERR_INTERNAL;
    for (int32_t i = 0; i < count;) {
        uint32_t unit = apart[i++];
        /* Halves of a pair stand together: the text was UTF-8. */
        if ((unit & 0xfc00u) == 0xd800u && i < count) unit = 0x10000u + ((unit & 0x3ffu) << 10) + (apart[i++] & 0x3ffu);
        TRY(put_character((UChar32)unit, keep_joins, out));
    }
    return 0;
}

int search_fold(struct str text, struct buf *out) { return fold(text, false, out); }

static void add_word(struct search_words *words, struct str word)
{
    if (word.len == 0 || words->count == SEARCH_WORDS_MAX) return;
    if (word.len > SEARCH_WORD_BYTES_MAX) word.len = SEARCH_WORD_BYTES_MAX;
    for (size_t i = 0; i < words->count; i++) {
        if (str_eq_c(word, words->at[i])) return;
    }
    memcpy(words->at[words->count], word.at, word.len);
    words->at[words->count++][word.len] = '\0';
}

/* Each run between any of these separators. */
static void add_split(struct search_words *words, struct str text, const char *separators)
{
    size_t from = 0;
    for (size_t i = 0; i <= text.len; i++) {
        if (i < text.len && strchr(separators, text.at[i]) == NULL) continue;
        add_word(words, (struct str){text.at + from, i - from});
        from = i + 1;
    }
}

static int add_name(struct search_words *words, struct str name)
{
    OWNED(buf) struct buf joined = buf_of(32768);
    OWNED(buf) struct buf parts = buf_of(32768);
    TRY(fold(name, false, &joined));
    TRY(fold(name, true, &parts));
    add_split(words, buf_str(&joined), " ");
    add_split(words, buf_str(&parts), " -");
    return 0;
}

static int lower_email(struct str email, struct buf *out)
{
    for (size_t i = 0; i < email.len && i < SEARCH_WORD_BYTES_MAX; i++) {
        uint8_t c = (uint8_t)email.at[i];
        TRY(buf_put_byte(out, c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c));
    }
    return 0;
}

/* «p» and the last digits, the last one first; 0 digits: nothing. */
static size_t phone_word(struct str phone, char ret_word[SEARCH_PHONE_DIGITS + 2])
{
    size_t count = 0;
    ret_word[0] = 'p';
    for (size_t i = phone.len; i > 0 && count < SEARCH_PHONE_DIGITS; i--) {
        if (phone.at[i - 1] >= '0' && phone.at[i - 1] <= '9') ret_word[1 + count++] = phone.at[i - 1];
    }
    ret_word[1 + count] = '\0';
    return count;
}

int search_index(struct str first_name, struct str last_name, struct str number, struct str email, struct str phone,
                 struct search_words *ret_words)
{
    ret_words->count = 0;
    TRY(add_name(ret_words, first_name));
    TRY(add_name(ret_words, last_name));
    TRY(add_name(ret_words, number));
    OWNED(buf) struct buf address = buf_of(SEARCH_WORD_BYTES_MAX + 8);
    TRY(lower_email(email, &address));
    add_word(ret_words, buf_str(&address));
    char word[SEARCH_PHONE_DIGITS + 2];
    size_t digits = phone_word(phone, word);
    if (digits > 0) add_word(ret_words, (struct str){word, digits + 1});
    return 0;
}

/* Only digits and what people write between them, and at least four: a phone, though it may be a member's number as well. */
static bool looks_like_phone(struct str typed, size_t *ret_digits)
{
    *ret_digits = 0;
    for (size_t i = 0; i < typed.len; i++) {
        char c = typed.at[i];
        if (c >= '0' && c <= '9') (*ret_digits)++;
        else if (strchr(" +-/().", c) == NULL) return false;
    }
    return *ret_digits >= 4;
}

int search_query(struct str typed, struct search_words *ret_words)
{
    ret_words->count = 0;
    typed = str_trim(typed);
    size_t digits;
    if (looks_like_phone(typed, &digits)) {
        char word[SEARCH_PHONE_DIGITS + 2];
        /* A trunk zero or a country's code in front is not part of what is compared: the end is. */
        size_t count = phone_word(typed, word);
        if (count == digits && digits < SEARCH_PHONE_DIGITS && word[count] == '0') count--;
        add_word(ret_words, (struct str){word, count + 1});
        return 0;
    }
    if (memchr(typed.at, '@', typed.len) != NULL) {
        OWNED(buf) struct buf address = buf_of(SEARCH_WORD_BYTES_MAX + 8);
        TRY(lower_email(typed, &address));
        add_word(ret_words, buf_str(&address));
        return 0;
    }
    OWNED(buf) struct buf joined = buf_of(32768);
    TRY(fold(typed, false, &joined));
    add_split(ret_words, buf_str(&joined), " ");
    return 0;
}
