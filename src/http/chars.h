/* http/chars.h: the character classes of HTTP's grammar (RFC 9110 5.6).
 *
 * Owns    nothing.
 * Thread  any.
 * Bounds  none.
 * Errors  none.
 * Tests   through tests/unit/http/request_test.c */
#pragma once
#include "base/bytes.h"

static inline bool is_digit(char c) { return c >= '0' && c <= '9'; }
static inline bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

static inline bool is_one_of(char c, const char *set) { return c != '\0' && strchr(set, c) != NULL; }

/* tchar: what methods, header names and other tokens are made of. */
static inline bool is_token_char(char c)
{
    return is_alpha(c) || is_digit(c) || is_one_of(c, "!#$%&'*+-.^_`|~");
}

static inline bool is_token(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!is_token_char(text.at[i])) return false;
    }
    return text.len > 0;
}

/* May stand in a field value or a line of a chunked body's frame: all but the controls, with the tab. */
static inline bool is_field_byte(uint8_t byte) { return byte == '\t' || (byte >= 0x20 && byte != 0x7f); }

/* -1 where it is no hexadecimal digit. */
static inline int hex_digit(char c)
{
    if (is_digit(c)) return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/* Cuts text at the first separator: gives what stands before it and leaves in *rest what stands behind. */
static inline struct str cut_at(struct str *rest, char separator)
{
    const char *found = rest->len == 0 ? NULL : memchr(rest->at, separator, rest->len);
    struct str before = {rest->at, found == NULL ? rest->len : (size_t)(found - rest->at)};
    size_t used = found == NULL ? before.len : before.len + 1;
    rest->at = used == 0 ? rest->at : rest->at + used;
    rest->len -= used;
    return before;
}
