/* live/writer.h: the one thread that writes. Gathers asks while the last batch is being made durable (group commit), has them
 * decided and saved in one transaction, tells every loop what came of it, then answers. Ends visits that are due and rolls the
 * days at each location's midnight.
 *
 * Owns    its thread, the store's writer, the batch, and asks from ask_send until they are answered.
 * Thread  create, read, start, stop, free on main; ask_send and writer_reload from any.
 * Bounds  asks_max waiting: over it ask_send is ERR_OVERLOADED; BATCH_COMMANDS_MAX in one transaction.
 * Errors  a batch that cannot be saved is answered CODE_UNAVAILABLE, each of its asks; the next one is tried anew.
 * Tests   tests/integration/ */
#pragma once
#include "live/ask.h"
#include "live/saved.h"

struct writer_options {
    struct store *store;
    const struct rules *rules;
    size_t asks_max;
    int64_t events_keep_ms;
    /* Of each location, to be published at the start, fewer where there are many locations: whoever resumes after a restart is served
     * from the loops' memory, so that the log is read once for all and not once each. */
    size_t recent_events;
    /* Hands what was saved, and the answered asks of that loop (a list by node), to every loop. On the writer's thread. */
    void (*publish)(void *ctx, struct saved *saved, struct queue_node *answered);
    /* Each second, on the writer's thread: what other processes revoked at or after since; at the start, with WALL_NONE, what was
     * revoked before. May be NULL. */
    void (*poll_revoked)(void *ctx, struct sql *sql, struct wall_ms since);
    void *ctx;
};

struct writer_counts {
    atomic_llong batches, commands, failures, events;
};

MUST_USE int writer_create(const struct writer_options *options, struct writer **ret_writer,
                           struct err_detail *reterr);
/* Reads where every location stands, then ends what was due while nobody ran. Publishes from inside, on the caller's thread. */
MUST_USE int writer_read(struct writer *writer, struct err_detail *reterr);
/* Starts the thread, which publishes from now on. */
MUST_USE int writer_start(struct writer *writer, struct err_detail *reterr);
/* Answers what waits, then ends its thread. */
void writer_stop(struct writer *writer);
void writer_free(struct writer *writer);
/* Somebody changed locations: read and publish them anew. */
ON_ANY void writer_reload(struct writer *writer);
const struct writer_counts *writer_counts(const struct writer *writer);
/* Asks waiting now. */
size_t writer_waiting(struct writer *writer);
