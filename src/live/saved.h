/* live/saved.h: what one commit made, as it travels from the writer to every loop: whole, immutable, counted.
 *
 * Owns    its frames, states and directory; freed with the last reference.
 * Thread  made on the writer, read on any loop.
 * Bounds  one batch's.
 * Errors  ERR_NOMEM.
 * Tests   with tests/unit/live/hub_test.c */
#pragma once
#include <stdatomic.h>
#include "base/frame.h"
#include "domain/stats.h"
#include "store/store.h"

struct saved_event {
    struct location_id location;
    struct seq seq;
    enum event_kind kind;
    struct wall_ms at;
    struct frame *staff; /* a WebSocket text frame; its payload is the stored message */
};

struct saved_state {
    struct location_id location;
    struct stats stats;    /* as of the last event */
    struct seq first_kept; /* 0: as before */
};

struct saved {
    atomic_uint refs;
    struct directory *directory; /* a new one, or NULL: as before */
    size_t event_count;
    struct saved_event *events; /* seq rises within each location */
    size_t state_count;
    struct saved_state *states;
};

/* Room for so many, to be filled by the maker; one reference. */
MUST_USE int saved_create(size_t event_count, size_t state_count, struct saved **ret_saved);
/* What the log of a location holds, and where it stands: for whoever was not there when it happened. stats NULL: events alone. */
MUST_USE int saved_of_log(struct location_id location, const struct stored_event *events, size_t count,
                          const struct stats *stats, struct seq first_kept, struct saved **ret_saved);
struct saved *saved_ref(struct saved *saved);
void saved_unref(struct saved *saved);
static inline void saved_owned(struct saved **saved) { saved_unref(*saved); }
