/* store/store.h: where visits, members and events last. SQLite or PostgreSQL behind one face.
 *
 * Owns    its connections. One writer (load, save and all other changes), and as many readers as the caller opens.
 * Thread  struct store_writer on the writer's thread; each struct store_reader on one thread at a time; store_open anywhere.
 * Bounds  the batch's; a reader's query is bounded by its limit.
 * Errors  as sql.h. After a negative store_save nothing of the batch was done, except ERR_IO: the outcome is unknown and must be
 *         looked up by the request ids before anything is answered (contract 1.1, point 1). ERR_RACED: another node was faster, the
 *         same batch loaded again finds what it did.
 * Tests   tests/unit/store/: one suite for every implementation */
#pragma once
#include "base/thread.h"
#include "domain/batch.h"
#include "store/sql.h"

struct store;

struct store_options {
    struct str url;  /* sqlite:PATH or postgres://… */
    int64_t busy_ms; /* how long to wait for another process's lock */
    bool create;     /* make the database where there is none */
    bool
        pooler; /* PostgreSQL behind a pooler in transaction mode: nothing is kept from one transaction to the next */
};

/* Opens and checks; does not migrate. */
MUST_USE int store_open(const struct store_options *options, struct store **ret_store,
                        struct err_detail *reterr);
void store_close(struct store *store);
/* Brings the tables to this program's version; several processes may start at once. *ret_applied: how many steps were done. */
MUST_USE int store_migrate(struct store *store, int *ret_applied, struct err_detail *reterr);
/* ERR_UNSUPPORTED and a sentence where the tables are older or newer than this program. */
MUST_USE int store_check_version(struct store *store, struct err_detail *reterr);

/* This database's history (contract 1.1, point 2): random, made by the first migration, new after a restore. */
#define EPOCH_BYTES_MAX 32
MUST_USE int store_epoch(struct store *store, char ret_epoch[EPOCH_BYTES_MAX + 1], struct err_detail *reterr);

/* --- The writer --- */

struct store_writer;
MUST_USE int store_writer_open(struct store *store, struct store_writer **ret_writer,
                               struct err_detail *reterr);
void store_writer_close(struct store_writer *writer);
/* The port for every other change; use it outside load … save only. */
struct sql *store_writer_sql(struct store_writer *writer) ON_WRITER;

/* Begins a transaction and loads into the batch what its commands name, and the visits that are due; for each visit its member and
 * location too. ERR_NOT_FOUND: a row names a location that the batch's directory lacks; read the directory anew. After a negative
 * result no transaction is open. */
MUST_USE int store_load(struct store_writer *writer, struct batch *batch) ON_WRITER;
/* Writes what decide made (events with their json, visits, members, heads and statistics, requests with their reply, denials, audit),
 * re-folds the days that ask for it, and commits durably. Ends the transaction in every case. */
MUST_USE int store_save(struct store_writer *writer, struct batch *batch) ON_WRITER;
/* Ends a loaded batch that will not be saved. */
void store_rollback(struct store_writer *writer) ON_WRITER;
/* The next moment at which a visit ends by itself; WALL_NONE where none is open. */
MUST_USE int store_next_due(struct store_writer *writer, struct wall_ms *ret_at) ON_WRITER;
/* Something that another process changed since the last call (the command line's import, a location's edit). 1 or 0. */
MUST_USE int store_changed_outside(struct store_writer *writer) ON_WRITER;
/* Forgets requests older than 7 days and events older than keep_ms, at most limit of each; 1 where more is left. */
MUST_USE int store_prune(struct store_writer *writer, struct wall_ms now, int64_t events_keep_ms, int limit)
    ON_WRITER;

/* --- Readers --- */

struct store_reader;
MUST_USE int store_reader_open(struct store *store, struct store_reader **ret_reader,
                               struct err_detail *reterr);
void store_reader_close(struct store_reader *reader);
struct sql *store_reader_sql(struct store_reader *reader);

/* All locations. Zones come from directory_zone. */
MUST_USE int store_read_directory(struct sql *sql, struct directory **ret_directory,
                                  struct err_detail *reterr);

/* Head and statistics of one location as they stand in its row. */
MUST_USE int store_read_state(struct sql *sql, const struct location *location, struct seq *ret_head,
                              struct stats *ret_stats);

struct stored_event {
    struct seq seq;
    enum event_kind kind;
    struct wall_ms at;
    struct str json; /* the whole message as staff receive it */
};
/* Events after `after` in order, at most limit, in the arena. Fewer than were written where some are no longer kept: the caller
 * compares the first one's seq with after + 1. */
MUST_USE int store_read_events(struct sql *sql, struct location_id location, struct seq after, size_t limit,
                               struct arena *arena, struct stored_event **ret_events, size_t *ret_count);
/* Pages of one kind (EVENT_ANY: all): after in order, before newest first. */
#define EVENT_ANY ((enum event_kind)0)
MUST_USE int store_read_after(struct sql *sql, struct location_id location, struct seq after,
                              enum event_kind kind, size_t limit, struct arena *arena,
                              struct stored_event **ret_events, size_t *ret_count);
MUST_USE int store_read_before(struct sql *sql, struct location_id location, struct seq before,
                               enum event_kind kind, size_t limit, struct arena *arena,
                               struct stored_event **ret_events, size_t *ret_count);
/* The last limit events, newest first. */
MUST_USE int store_read_recent(struct sql *sql, struct location_id location, size_t limit,
                               struct arena *arena, struct stored_event **ret_events, size_t *ret_count);
