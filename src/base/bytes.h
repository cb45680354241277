/* base/bytes.h: views of bytes and text, a buffer that is born with its maximum, and the scope that frees what it owns.
 *
 * Owns    struct buf owns its bytes until buf_done; spans and strs own nothing.
 * Thread  any, one at a time for one buf.
 * Bounds  a buf never grows past bytes_max; sizes add and multiply through size_add, size_mul.
 * Errors  ERR_TOO_BIG past the maximum, ERR_NOMEM; the buf stays as it was.
 * Tests   tests/unit/base/bytes_test.c */
#pragma once
#include <stdarg.h>
#include <string.h>
#include "base/err.h"

/* A view of bytes. As a parameter it lives for the call. */
struct span {
    const uint8_t *at;
    size_t len;
};

/* The same, of bytes that may be changed: what a socket read, which is unmasked and decoded in place. */
struct mspan {
    uint8_t *at;
    size_t len;
};

/* A view of bytes known to be UTF-8: only utf8_check() and literals make one. No NUL at the end is promised. */
struct str {
    const char *at;
    size_t len;
};

#define STR(literal) ((struct str){"" literal, sizeof(literal) - 1})
#define STR_ARG(s) (int)(s).len, (s).at /* for "%.*s" */

static inline struct span span_of(const void *at, size_t len) { return (struct span){at, len}; }
static inline struct span str_span(struct str s) { return span_of(s.at, s.len); }
/* For NUL-terminated text that is UTF-8 already: our own constants, a library's ASCII. */
static inline struct str str_c(const char *text)
{
    return (struct str){text, text == NULL ? 0 : strlen(text)};
}
static inline bool str_eq(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}
static inline bool str_eq_c(struct str a, const char *b) { return str_eq(a, str_c(b)); }
static inline bool span_eq(struct span a, struct span b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}
bool str_starts(struct str s, struct str prefix);
bool str_is_ascii(struct str s);
bool str_eq_nocase_ascii(struct str a, struct str b);
/* Without blanks (space, tab, CR, LF) at both ends. */
struct str str_trim(struct str s);

/* Frees at the end of the scope: OWNED(buf) struct buf json = buf_of(4096); each type T has T_owned(). */
#define OWNED(type) __attribute__((cleanup(type##_owned)))
/* Hands ownership on: the variable is NULL afterwards. */
#define take(pointer)                                                                                        \
    ({                                                                                                       \
        __typeof__(pointer) taken_ = (pointer);                                                              \
        (pointer) = NULL;                                                                                    \
        taken_;                                                                                              \
    })

/* How many an array holds (of a pointer, the compiler says that it is none). */
#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

/* The struct of this type that pointer's member lies in. */
#define container_of(pointer, type, member) ((type *)((char *)(pointer)-offsetof(type, member)))

/* Plain malloc'ed memory that a scope owns: OWNED(mem) char *text = …; */
void mem_owned(void *pointer_to_pointer);
/* A NUL-terminated copy for libraries that want one; free() it. NULL when memory is short. */
MUST_USE char *str_dup_c(struct str s);

/* Bytes that grow up to a maximum. Zeroed is a valid empty buf that may not grow. */
struct buf {
    uint8_t *at;
    size_t len;
    size_t cap;
    size_t bytes_max;
};

static inline struct buf buf_of(size_t bytes_max) { return (struct buf){.bytes_max = bytes_max}; }
static inline void buf_init(struct buf *buf, size_t bytes_max) { *buf = buf_of(bytes_max); }
void buf_done(struct buf *buf);
static inline void buf_owned(struct buf *buf) { buf_done(buf); }
static inline void buf_clear(struct buf *buf) { buf->len = 0; }
static inline struct span buf_span(const struct buf *buf) { return span_of(buf->at, buf->len); }
static inline struct str buf_str(const struct buf *buf)
{
    return (struct str){(const char *)buf->at, buf->len};
}
/* Room for more_bytes behind what is there; at + len may then be written and len moved. */
MUST_USE int buf_reserve(struct buf *buf, size_t more_bytes);
MUST_USE int buf_put(struct buf *buf, struct span bytes);
MUST_USE int buf_put_str(struct buf *buf, struct str text);
MUST_USE int buf_put_byte(struct buf *buf, uint8_t byte);
/* Within the maximum there must be room for a NUL, too, which is not counted. */
MUST_USE int buf_printf(struct buf *buf, const char *format, ...) PRINTF_LIKE(2, 3);
/* Puts a NUL behind the bytes without counting it, so that at can be read as a C string until the next change. */
MUST_USE int buf_terminate(struct buf *buf);
/* Drops the first count bytes; what follows moves to the front. */
void buf_drop_front(struct buf *buf, size_t count);

/* 0, or ERR_TOO_BIG where the result does not fit. */
MUST_USE int size_add(size_t a, size_t b, size_t *ret_sum);
MUST_USE int size_mul(size_t a, size_t b, size_t *ret_product);
static inline uint32_t narrow_u32(uint64_t value)
{
    check(value <= UINT32_MAX);
    return (uint32_t)value;
}

static inline uint16_t get_be16(const uint8_t *at) { return (uint16_t)((at[0] << 8) | at[1]); }
static inline uint64_t get_be64(const uint8_t *at)
{
    uint64_t value;
    memcpy(&value, at, sizeof value);
    return __builtin_bswap64(value);
}
static inline void put_be16(uint8_t *at, uint16_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)(value & 0xffu);
}
static inline void put_be64(uint8_t *at, uint64_t value)
{
    value = __builtin_bswap64(value);
    memcpy(at, &value, sizeof value);
}
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
              "get_be64 swaps: written for little-endian machines");
