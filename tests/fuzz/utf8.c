/* base/utf8.c: judged alike whole and in pieces, and as a plain reading of RFC 3629 judges. */
#include "fuzz.h"

#include "base/utf8.h"

static size_t expected_len(uint8_t first)
{
    if (first < 0x80) return 1;
    if ((first & 0xe0) == 0xc0) return 2;
    if ((first & 0xf0) == 0xe0) return 3;
    return (first & 0xf8) == 0xf0 ? 4 : 0;
}

/* How many characters the text has, or -1 where it is none. */
static int64_t count_slowly(struct span text)
{
    static const uint32_t LEAST[] = {0, 0, 0x80, 0x800, 0x10000};
    int64_t count = 0;
    for (size_t at = 0; at < text.len; count++) {
        size_t len = expected_len(text.at[at]);
        if (len == 0 || len > text.len - at) return -1;
        uint32_t number = len == 1 ? text.at[at] : text.at[at] & (0xffu >> (len + 1));
        for (size_t i = 1; i < len; i++) {
            if ((text.at[at + i] & 0xc0) != 0x80) return -1;
            number = number << 6 | (text.at[at + i] & 0x3fu);
        }
        if (number < LEAST[len] || number > 0x10ffff || (number >= 0xd800 && number <= 0xdfff)) return -1;
        at += len;
    }
    return count;
}

static bool good_in_pieces(struct span text, uint32_t random)
{
    struct utf8 state = {0};
    while (text.len > 0) {
        struct span piece = fuzz_take(&text, fuzz_piece(&random, text.len));
        uint8_t *copy = fuzz_exactly(piece);
        int rc = utf8_feed(&state, span_of(copy, piece.len));
        free(copy);
        if (rc < 0) return false;
    }
    return utf8_whole(&state);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span bytes = {data, size};
    struct str text;
    int64_t count = count_slowly(bytes);
    bool good = utf8_check(bytes, &text) == 0;
    must(good == (count >= 0));
    for (uint32_t random = 1; random <= 3; random++) must(good_in_pieces(bytes, random) == good);
    if (!good) return 0;
    must(utf8_count(text) == (size_t)count);
    struct str cut = utf8_cut(text, (size_t)count / 2);
    must(utf8_count(cut) == (size_t)count / 2);
    must(utf8_check(str_span(cut), &cut) == 0);
    return 0;
}
