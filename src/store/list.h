/* store/list.h: rows gathered in an arena while a query runs.
 *
 * Owns    nothing: what it outgrows stays in the arena until that is cleared.
 * Thread  any, one at a time.
 * Bounds  the arena's.
 * Errors  NULL where the arena is full.
 * Tests   through all that reads rows: tests/unit/store/ */
#pragma once
#include "base/arena.h"

struct list {
    struct arena *arena;
    size_t item_bytes;
    void *items;
    size_t count;
    size_t cap;
};

#define LIST_OF(arena_at, type) ((struct list){.arena = (arena_at), .item_bytes = sizeof(type)})

/* Room for one more, zeroed. */
MUST_USE void *list_add(struct list *list);
