/* What a fuzz target is: a function that takes any bytes and must neither crash nor find what it checks broken. */
#pragma once
#include "base/bytes.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What a target claims. Not check(), so that a find tells a broken claim of the target from a broken one of the code. */
#define must(condition)                                                                 \
    do {                                                                                \
        if (!(condition)) {                                                             \
            (void)fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
            abort();                                                                    \
        }                                                                               \
    } while (0)

/* Takes count bytes off the input's start, or what there is. */
static inline struct span fuzz_take(struct span *in, size_t count)
{
    struct span taken = {in->at, count < in->len ? count : in->len};
    if (taken.len == 0) return taken;
    in->at += taken.len;
    in->len -= taken.len;
    return taken;
}

static inline uint8_t fuzz_byte(struct span *in)
{
    struct span taken = fuzz_take(in, 1);
    return taken.len == 0 ? 0 : taken.at[0];
}

/* A copy in memory of exactly its size, so that a byte read too far is seen; free() it. */
static inline uint8_t *fuzz_exactly(struct span bytes)
{
    uint8_t *copy = malloc(bytes.len == 0 ? 1 : bytes.len);
    must(copy != NULL);
    if (bytes.len > 0) memcpy(copy, bytes.at, bytes.len);
    return copy;
}

/* How long the next piece is where an input is fed in pieces: from one number, always the same way. */
static inline size_t fuzz_piece(uint32_t *random, size_t left)
{
    *random = *random * 1664525u + 1013904223u;
    size_t len = (*random >> 24) % 4 == 0 ? (*random >> 8) % 200 + 1 : (*random >> 8) % 6 + 1;
    return len < left ? len : left;
}
