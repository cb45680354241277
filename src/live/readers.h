/* live/readers.h: a small pool of threads that only read: lists, reports, replays from the log. Also for slow pure work
 * (a password's hash, a photo), which must not stop a loop.
 *
 * Owns    its threads and their connections.
 * Thread  reading_start from a loop; run on a reader; on_done on that loop.
 * Bounds  a queue of READINGS_MAX: over it reading_start is ERR_OVERLOADED.
 * Errors  run's result is handed on.
 * Tests   tests/integration/resume.test.ts */
#pragma once
#include "net/loop.h"
#include "store/store.h"

#define READINGS_MAX 4096

struct readers;
struct reading;

/* Embedded in the asker's struct, which must live until on_done. */
struct reading {
    struct queue_node node;
    struct loop_msg msg;
    struct loop *loop;
    int (*run)(struct sql *sql, struct reading *reading); /* on a reader */
    void (*on_done)(struct reading *reading, int result); /* on the loop, exactly once */
    int result;
};

MUST_USE int readers_create(struct store *store, unsigned threads, struct readers **ret_readers,
                            struct err_detail *reterr);
/* Finishes what was begun; what waits is answered ERR_CLOSED. */
void readers_stop(struct readers *pool);
void readers_free(struct readers *pool);
MUST_USE int reading_start(struct readers *readers, struct reading *reading);
