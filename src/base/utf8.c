#include "base/utf8.h"

/* RFC 3629 section 4: the second byte's range depends on the first; all later ones are 80..BF. */
static int start(struct utf8 *state, uint8_t byte)
{
    state->low = 0x80;
    state->high = 0xbf;
    if (byte >= 0xc2 && byte <= 0xdf) {
        state->more = 1;
    } else if (byte >= 0xe0 && byte <= 0xef) {
        state->more = 2;
        if (byte == 0xe0) state->low = 0xa0;
        if (byte == 0xed) state->high = 0x9f;
    } else if (byte >= 0xf0 && byte <= 0xf4) {
        state->more = 3;
        if (byte == 0xf0) state->low = 0x90;
        if (byte == 0xf4) state->high = 0x8f;
    } else {
        return ERR_TEXT;
    }
    return 0;
}

/* How many bytes from at on are ASCII; eight at a time, since most text is. */
static size_t ascii_run(const uint8_t *at, size_t len)
{
    size_t i = 0;
    while (len - i >= 8) {
        uint64_t word;
        memcpy(&word, at + i, sizeof word);
        if ((word & UINT64_C(0x8080808080808080)) != 0) break;
        i += 8;
    }
    while (i < len && at[i] < 0x80) i++;
    return i;
}

int utf8_feed(struct utf8 *state, struct span piece)
{
    size_t i = 0;
    while (i < piece.len) {
        if (state->more == 0) {
            i += ascii_run(piece.at + i, piece.len - i);
            if (i == piece.len) break;
            TRY(start(state, piece.at[i++]));
            continue;
        }
        uint8_t byte = piece.at[i++];
        if (byte < state->low || byte > state->high) return ERR_TEXT;
        state->low = 0x80;
        state->high = 0xbf;
        state->more--;
    }
    return 0;
}

int utf8_check(struct span bytes, struct str *ret_text)
{
    struct utf8 state = {0};
    TRY(utf8_feed(&state, bytes));
    if (!utf8_whole(&state)) return ERR_TEXT;
    *ret_text = (struct str){(const char *)bytes.at, bytes.len};
    return 0;
}

static bool starts_character(char c) { return ((uint8_t)c & 0xc0u) != 0x80u; }

size_t utf8_count(struct str text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++) count += starts_character(text.at[i]) ? 1 : 0;
    return count;
}

struct str utf8_cut(struct str text, size_t count_max)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (!starts_character(text.at[i])) continue;
        if (count == count_max) return (struct str){text.at, i};
        count++;
    }
    return text;
}
