#include "base/text.h"

#include "base/utf8.h"

#include <glib.h>

bool text_fits(struct str text, size_t characters_max)
{
    struct str checked;
    if (utf8_check(str_span(text), &checked) < 0 || utf8_count(text) > characters_max) return false;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = (uint8_t)text.at[i];
        if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f) return false;
    }
    return true;
}

bool text_looks_like_email(struct str text)
{
    const char *at = memchr(text.at, '@', text.len);
    if (at == NULL || at == text.at || !text_fits(text, text.len)) return false;
    for (size_t i = 0; i < text.len; i++) {
        if ((uint8_t)text.at[i] <= ' ') return false;
    }
    struct str domain = {at + 1, text.len - (size_t)(at + 1 - text.at)};
    return domain.len >= 3 && memchr(domain.at, '@', domain.len) == NULL &&
           memchr(domain.at, '.', domain.len) != NULL;
}

int text_lower(struct str text, struct buf *out)
{
    const char *end = text.at + text.len;
    for (const char *at = text.at; at < end; at = g_utf8_next_char(at)) {
        char bytes[6];
        int len = g_unichar_to_utf8(g_unichar_tolower(g_utf8_get_char(at)), bytes);
        TRY(buf_put(out, span_of(bytes, (size_t)len)));
    }
    return 0;
}
