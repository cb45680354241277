/* live/judge.h: one batch, from asks to what every loop is told: load, decide, write down as JSON, save. No thread and no clock: the writer
 * runs it, and so does the simulator.
 *
 * Owns    the batch and the published statistics; the store's writer and the directory are its holder's.
 * Thread  the writer's.
 * Bounds  BATCH_COMMANDS_MAX asks.
 * Errors  negative: nothing of the batch was done and nothing may be told, except ERR_IO, where nobody knows (store.h).
 * Tests   tests/sim/sim.c */
#pragma once
#include "live/ask.h"
#include "live/saved.h"

struct judge {
    struct store_writer *store;
    struct directory *directory;
    struct stats *stats; /* as published, by the directory's index */
    struct batch batch;
    /* Of several nodes: tells of the events after `after` and before `before`, which another node wrote; they go out first. */
    void (*tell_missed)(void *ctx, struct location_id location, struct seq after, struct seq before);
    void *ctx;
};

/* Fills each ask's code and reply. count may be 0: then only what is due; judge->batch.more_due tells whether more is. */
MUST_USE int judge_batch(struct judge *judge, struct ask *const *asks, size_t count, struct wall_ms now,
                         struct saved **ret_saved) ON_WRITER;
/* As published. The location is one of the directory's. */
struct stats *judge_stats(struct judge *judge, struct location_id location);
