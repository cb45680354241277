#include "store/list.h"

void *list_add(struct list *list)
{
    if (list->count == list->cap) {
        size_t cap = list->cap == 0 ? 16 : list->cap * 2;
        void *items = arena_take(list->arena, cap, list->item_bytes);
        if (items == NULL) return NULL;
        if (list->count > 0) memcpy(items, list->items, list->count * list->item_bytes);
        list->items = items;
        list->cap = cap;
    }
    return (uint8_t *)list->items + list->count++ * list->item_bytes;
}
