#include "base/arena.h"

#include <stdlib.h>

#define ALIGN_BYTES ((size_t)16)

struct arena_block {
    struct arena_block *older;
    size_t used;
    size_t cap;
    _Alignas(16) uint8_t bytes[];
};

void arena_done(struct arena *arena)
{
    struct arena_block *block = arena->newest;
    while (block != NULL) {
        struct arena_block *older = block->older;
        free(block);
        block = older;
    }
    *arena = arena_of(arena->bytes_max);
}

void arena_clear(struct arena *arena)
{
    struct arena_block *keep = arena->newest;
    if (keep == NULL) return;
    struct arena rest = {.newest = keep->older};
    arena_done(&rest);
    keep->older = NULL;
    keep->used = 0;
    arena->bytes_total = keep->cap;
}

static int add_block(struct arena *arena, size_t bytes)
{
    size_t cap = bytes > ARENA_BLOCK_BYTES ? bytes : ARENA_BLOCK_BYTES;
    size_t total;
    TRY(size_add(arena->bytes_total, cap, &total));
    if (total > arena->bytes_max) return ERR_TOO_BIG;
    size_t block_bytes;
    TRY(size_add(sizeof(struct arena_block), cap, &block_bytes));
    struct arena_block *block = malloc(block_bytes);
    if (block == NULL) return ERR_NOMEM;
    *block = (struct arena_block){.older = arena->newest, .cap = cap};
    arena->newest = block;
    arena->bytes_total = total;
    return 0;
}

void *arena_take(struct arena *arena, size_t count, size_t bytes_each)
{
    size_t bytes;
    if (size_mul(count, bytes_each, &bytes) < 0) return NULL;
    if (size_add(bytes, ALIGN_BYTES - 1, &bytes) < 0) return NULL;
    bytes &= ~(ALIGN_BYTES - 1);
    struct arena_block *block = arena->newest;
    if (block == NULL || block->cap - block->used < bytes) {
        if (add_block(arena, bytes) < 0) return NULL;
        block = arena->newest;
    }
    void *at = block->bytes + block->used;
    block->used += bytes;
    memset(at, 0, bytes);
    return at;
}

int arena_str(struct arena *arena, struct str text, struct str *ret_copy)
{
    size_t bytes;
    TRY(size_add(text.len, 1, &bytes));
    char *at = arena_take(arena, bytes, 1);
    if (at == NULL) return ERR_NOMEM;
    if (text.len > 0) memcpy(at, text.at, text.len);
    *ret_copy = (struct str){at, text.len};
    return 0;
}
