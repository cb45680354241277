#include "live/saved.h"

#include "ws/frame.h"

#include <stdlib.h>

int saved_create(size_t event_count, size_t state_count, struct saved **ret_saved)
{
    OWNED(mem) struct saved *saved = calloc(1, sizeof *saved);
    OWNED(mem) struct saved_event *events = calloc(event_count + 1, sizeof *events);
    OWNED(mem) struct saved_state *states = calloc(state_count + 1, sizeof *states);
    if (saved == NULL || events == NULL || states == NULL) return ERR_NOMEM;
    atomic_init(&saved->refs, 1);
    saved->events = take(events);
    saved->states = take(states);
    saved->event_count = event_count;
    saved->state_count = state_count;
    *ret_saved = take(saved);
    return 0;
}

struct saved *saved_ref(struct saved *saved)
{
    atomic_fetch_add_explicit(&saved->refs, 1, memory_order_relaxed);
    return saved;
}

void saved_unref(struct saved *saved)
{
    if (saved == NULL) return;
    if (atomic_fetch_sub_explicit(&saved->refs, 1, memory_order_acq_rel) != 1) return;
    for (size_t i = 0; i < saved->event_count; i++) frame_unref(saved->events[i].staff);
    directory_unref(saved->directory);
    free(saved->events);
    free(saved->states);
    free(saved);
}

int saved_of_log(struct location_id location, const struct stored_event *events, size_t count,
                 const struct stats *stats, struct seq first_kept, struct saved **ret_saved)
{
    OWNED(saved) struct saved *saved = NULL;
    TRY(saved_create(count, stats == NULL ? 0 : 1, &saved));
    for (size_t i = 0; i < count; i++) {
        saved->events[i] = (struct saved_event){.location = location,
                                                .seq = events[i].seq,
                                                .kind = events[i].kind,
                                                .at = events[i].at};
        TRY(ws_frame_text(str_span(events[i].json), &saved->events[i].staff));
    }
    if (stats != NULL) {
        saved->states[0] =
            (struct saved_state){.location = location, .stats = *stats, .first_kept = first_kept};
    }
    *ret_saved = take(saved);
    return 0;
}
