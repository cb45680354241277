/* base/arena.h: memory for one batch or one request, given back all at once.
 *
 * Owns    all that was taken from it, until arena_clear or arena_done.
 * Thread  any, one at a time.
 * Bounds  bytes_max in all; blocks of at least ARENA_BLOCK_BYTES; one block is kept over arena_clear.
 * Errors  NULL (or ERR_NOMEM, ERR_TOO_BIG) past the bound or where memory is short.
 * Tests   tests/unit/base/arena_test.c */
#pragma once
#include "base/bytes.h"

#define ARENA_BLOCK_BYTES ((size_t)64 * 1024)

struct arena_block;
struct arena {
    struct arena_block *newest;
    size_t bytes_total;
    size_t bytes_max;
};

static inline struct arena arena_of(size_t bytes_max) { return (struct arena){.bytes_max = bytes_max}; }
void arena_done(struct arena *arena);
static inline void arena_owned(struct arena *arena) { arena_done(arena); }
/* Everything taken so far is gone; the memory of one block stays for the next use. */
void arena_clear(struct arena *arena);
/* Zeroed memory for count things of bytes_each, aligned for anything; NULL where it cannot be had. */
MUST_USE void *arena_take(struct arena *arena, size_t count, size_t bytes_each);
/* A copy that lives as long as the arena; a NUL stands behind it. */
MUST_USE int arena_str(struct arena *arena, struct str text, struct str *ret_copy);

#define arena_array(arena, type, count) ((type *)arena_take(arena, count, sizeof(type)))
#define arena_new(arena, type) arena_array(arena, type, 1)
