/* The simulated gym: a database, the code that judges and fans out (live/judge.h, live/hub.h), and around it a made-up loop, network and
 * clock. One thread; every step is chosen by the dice of a seed, so that a run can be repeated to the letter.
 *
 * Real: the codec with permessage-deflate, the hub, judging (load, decide, JSON, save), SQLite, event and reply JSON.
 * Made up: sockets (a kernel's buffer and an out-queue of so many bytes), threads (what the writer tells a loop waits in a list until that
 * loop's next turn), and the session: screen.c stands in for live/follow.c, by the same bounds. */
#pragma once
#include "live/hub.h"
#include "live/judge.h"
#include "ws/frame.h"

#include <stdio.h>
#include <stdlib.h>

#define PLACES 3
#define MEMBERS 40
#define HUBS 2
#define SCREENS 6
#define DEVICES 5
#define WAITING_MAX 16     /* deliveries of one loop */
#define LOG_MAX 512        /* events of one place in a run */

#define MEMORY_EVENTS 8
#define RESUME_EVENTS_MAX 40
#define PAGE_EVENTS 5
#define QUEUE_BYTES 3000   /* max_queue_bytes */
#define REPLAY_BYTES 900
#define KERNEL_BYTES 1200

/* --- Dice and failing --- */

struct dice {
    uint64_t state;
};
uint64_t roll(struct dice *dice, uint64_t sides);
/* One in so many. */
static inline bool chance(struct dice *dice, uint64_t in) { return roll(dice, in) == 0; }

/* The run that is on, for a failure's message; and over all runs how often each thing came to pass, so that one that never does is seen. */
struct where {
    uint64_t seed;
    int step;
};
extern struct where g_where;
struct tally {
    int64_t commits, commands, replays, events, resyncs, pages, resumes, crashes;
};
extern struct tally g_tally;
#define must(condition, ...)                                                                                       \
    do {                                                                                                           \
        if (!(condition)) {                                                                                        \
            fprintf(stderr, "seed %llu, step %d: %s:%d: not so: %s: ", (unsigned long long)g_where.seed, g_where.step, __FILE__, \
                    __LINE__, #condition);                                                                         \
            fprintf(stderr, __VA_ARGS__);                                                                          \
            fputc('\n', stderr);                                                                                   \
            exit(1);                                                                                               \
        }                                                                                                          \
    } while (0)

/* --- Screens --- */

/* A connection with its client: what is under way, and what the client has seen. */
struct screen {
    struct subscriber subscriber; /* first */
    struct world *world;
    unsigned hub;
    bool is_open, is_stalled;
    struct buf queue;             /* ours */
    size_t queue_waited;          /* of it: from an earlier turn, so the reader is behind */
    uint8_t kernel[KERNEL_BYTES];
    size_t kernel_len;
    bool page_wanted, page_read, page_failed;
    struct location_id page_of;
    struct seq page_after;
    /* The client: */
    struct ws_decoder decoder;
    struct ws_inflater *inflater;
    bool follows[PLACES + 1];     /* and was not told to resync */
    int64_t from[PLACES + 1], last[PLACES + 1];
    uint64_t seen[PLACES + 1][LOG_MAX]; /* a hash of each event's text, by seq; 0: not seen */
    char stats[PLACES + 1][768];  /* the last stats_update */
};

void screen_init(struct screen *screen, struct world *world, unsigned index);
void screen_done(struct screen *screen);
/* Comes (again), resuming or from now on. */
void screen_connect(struct screen *screen);
void screen_cut(struct screen *screen);
/* The loop's turn is over: what fits goes to the kernel, and what was behind goes on. */
void screen_flush(struct screen *screen);
/* The client reads at most so many bytes. */
void screen_read(struct screen *screen, size_t bytes);
/* A page that was asked for is read from the log, and later given: two steps, between which anything may happen. */
void screen_page_step(struct screen *screen);
bool screen_is_idle(const struct screen *screen);

/* --- Devices --- */

enum device_state { DEVICE_IDLE, DEVICE_LOST, DEVICE_ASKED };

/* A turnstile: one command at a time, asked for by the same id until it is answered. */
struct device {
    enum device_state state;
    char key[8], id[24];
    int64_t count;
    struct command command;
    char kept[2048];          /* the reply that was kept for this id, whether or not the device heard it; "": none */
    int64_t visit;            /* its last one, for an undo */
};

/* --- The world --- */

struct delivery {
    struct saved *saved;
    struct ask *asks[DEVICES];
    size_t ask_count;
};

struct world {
    struct dice dice;
    struct wall_ms now;
    struct mono_ms mono;
    struct store *store;
    struct store_writer *writer;
    struct store_reader *reader;
    struct rules rules;
    struct judge judge;
    struct hub *hubs[HUBS];
    struct delivery waiting[HUBS][WAITING_MAX];
    size_t waiting_count[HUBS];
    struct ask *gathered[DEVICES];
    size_t gathered_count;
    struct screen screens[SCREENS];
    struct device devices[DEVICES];
    int64_t visits;           /* that commands made, each counted when it was committed */
};

/* path: a database that is prepared and nobody else's. */
void world_open(struct world *world, const char *path, uint64_t seed);
void world_close(struct world *world);
/* Makes such a database. */
void world_prepare(const char *path);

void world_device(struct world *world, struct device *device);
/* Judges what was gathered, in one transaction. */
void world_commit(struct world *world);
/* One delivery of that loop, with its turn. */
void world_turn(struct world *world, unsigned hub);
/* All that is in memory is gone; the database is as it was committed. Then it starts again. */
void world_crash(struct world *world);
/* Everybody reads and is answered until nothing is under way, and then the whole is compared with the database. */
void world_settle_and_check(struct world *world);
uint64_t text_hash(struct str text);
