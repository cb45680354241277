#include "base/bytes.h"

#include <stdio.h>
#include <stdlib.h>

bool str_starts(struct str s, struct str prefix)
{
    return s.len >= prefix.len && (prefix.len == 0 || memcmp(s.at, prefix.at, prefix.len) == 0);
}

static uint8_t lower_ascii(char c)
{
    uint8_t byte = (uint8_t)c;
    return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte + 32) : byte;
}

bool str_is_ascii(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if ((uint8_t)s.at[i] >= 0x80) return false;
    }
    return true;
}

bool str_eq_nocase_ascii(struct str a, struct str b)
{
    if (a.len != b.len) return false;
    for (size_t i = 0; i < a.len; i++) {
        if (lower_ascii(a.at[i]) != lower_ascii(b.at[i])) return false;
    }
    return true;
}

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

struct str str_trim(struct str s)
{
    while (s.len > 0 && is_blank(s.at[0])) {
        s.at++;
        s.len--;
    }
    while (s.len > 0 && is_blank(s.at[s.len - 1])) s.len--;
    return s;
}

void mem_owned(void *pointer_to_pointer)
{
    void **pointer = pointer_to_pointer;
    free(*pointer);
    *pointer = NULL;
}

char *str_dup_c(struct str s)
{
    size_t bytes;
    if (size_add(s.len, 1, &bytes) < 0) return NULL;
    char *copy = malloc(bytes);
    if (copy == NULL) return NULL;
    if (s.len > 0) memcpy(copy, s.at, s.len);
    copy[s.len] = '\0';
    return copy;
}

void buf_done(struct buf *buf)
{
    free(buf->at);
    *buf = (struct buf){.bytes_max = buf->bytes_max};
}

int buf_reserve(struct buf *buf, size_t more_bytes)
{
    check(buf->len <= buf->cap);
    size_t need;
    TRY(size_add(buf->len, more_bytes, &need));
    if (need <= buf->cap) return 0;
    if (need > buf->bytes_max) return ERR_TOO_BIG;
    size_t cap = buf->cap < 64 ? 64 : buf->cap;
    while (cap < need && cap <= SIZE_MAX / 2) cap *= 2;
    if (cap > buf->bytes_max) cap = buf->bytes_max;
    check(cap >= need);
    uint8_t *at = realloc(buf->at, cap);
    if (at == NULL) return ERR_NOMEM;
    buf->at = at;
    buf->cap = cap;
    return 0;
}

int buf_put(struct buf *buf, struct span bytes)
{
    if (bytes.len == 0) return 0;
    TRY(buf_reserve(buf, bytes.len));
    memcpy(buf->at + buf->len, bytes.at, bytes.len);
    buf->len += bytes.len;
    return 0;
}

int buf_put_str(struct buf *buf, struct str text) { return buf_put(buf, str_span(text)); }

int buf_put_byte(struct buf *buf, uint8_t byte) { return buf_put(buf, span_of(&byte, 1)); }

int buf_printf(struct buf *buf, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length < 0) return ERR_INTERNAL;
    TRY(buf_reserve(buf, (size_t)length + 1));
    va_start(args, format);
    int written = vsnprintf((char *)buf->at + buf->len, (size_t)length + 1, format, args);
    va_end(args);
    check(written == length);
    buf->len += (size_t)length;
    return 0;
}

int buf_terminate(struct buf *buf)
{
    TRY(buf_reserve(buf, 1));
    buf->at[buf->len] = '\0';
    return 0;
}

void buf_drop_front(struct buf *buf, size_t count)
{
    check(count <= buf->len);
    if (count == 0) return;
    memmove(buf->at, buf->at + count, buf->len - count);
    buf->len -= count;
}

int size_add(size_t a, size_t b, size_t *ret_sum)
{
    return __builtin_add_overflow(a, b, ret_sum) ? ERR_TOO_BIG : 0;
}

int size_mul(size_t a, size_t b, size_t *ret_product)
{
    return __builtin_mul_overflow(a, b, ret_product) ? ERR_TOO_BIG : 0;
}
