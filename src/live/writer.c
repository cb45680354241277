#include "live/writer.h"

#include "base/clock.h"
#include "base/log.h"
#include "live/judge.h"
#include "protocol/codes.h"
#include "store/visits.h"

#include <stdlib.h>
#include <unistd.h>

#define HOUSEKEEPING_MS 1000
#define PRUNE_ROWS 2000
#define RECENT_PAGE 500
#define RACES_MAX 20
#define RECENT_IN_ALL 100000 /* events read at the start: some 100 ms, 30 MB */
#define RECENT_SHOWN 50      /* of each location in any case: what a screen begins with */

struct writer {
    struct writer_options options;
    struct judge judge;
    struct queue queue;
    pthread_t thread;
    bool started;
    atomic_bool reload;
    struct mono_ms housekeeping_at;
    bool ends_are_stale;   /* rules changed by which open visits end */
    struct wall_ms due_at; /* the next visit that ends by itself; WALL_NONE: none is open */
    struct writer_counts counts;
};

/* --- Asks --- */

int ask_create(enum ask_kind kind, struct loop *loop, ask_done *on_done, void *ctx, struct ask **ret_ask)
{
    struct ask *ask = calloc(1, sizeof *ask);
    if (ask == NULL) return ERR_NOMEM;
    ask->kind = kind;
    ask->loop = loop;
    ask->on_done = on_done;
    ask->ctx = ctx;
    ask->reply = buf_of(REPLY_JSON_BYTES_MAX);
    *ret_ask = ask;
    return 0;
}

void ask_free(struct ask *ask)
{
    if (ask == NULL) return;
    message_done(&ask->keeps);
    principal_unref(ask->who);
    buf_done(&ask->reply);
    free(ask->texts);
    free(ask);
}

int ask_send(struct writer *writer, struct ask *ask)
{
    int rc = queue_push(&writer->queue, &ask->node);
    return rc < 0 ? rc : 0;
}

static struct ask *ask_of(struct queue_node *node)
{
    return (struct ask *)((char *)node - offsetof(struct ask, node));
}

/* --- One batch --- */

static void fail_asks(struct ask *const *asks, size_t count, int rc)
{
    enum code code = code_of_err(rc);
    if (code != CODE_OVERLOADED && code != CODE_INTERNAL) code = CODE_UNAVAILABLE;
    for (size_t i = 0; i < count; i++) {
        buf_clear(&asks[i]->reply);
        asks[i]->code = code;
        asks[i]->replayed = false;
    }
}

static struct queue_node *list_of(struct ask *const *asks, size_t count)
{
    for (size_t i = 0; i < count; i++) asks[i]->node.next = i + 1 < count ? &asks[i + 1]->node : NULL;
    return count == 0 ? NULL : &asks[0]->node;
}

static int catch_up(struct writer *writer) ON_WRITER;

/* Another node was faster: once more, after a moment that grows, so that the two do not meet again. */
static bool try_again(int rc, int *tries)
{
    if (rc != ERR_RACED || ++*tries == RACES_MAX) return false;
    usleep((useconds_t)(500 * *tries));
    return true;
}

/* count may be 0: then only what is due. 1 where more is due. */
static int run_batch(struct writer *writer, struct ask *const *asks, size_t count, struct wall_ms now)
    ON_WRITER
{
    struct saved *saved = NULL;
    int rc, tries = 0;
    do rc = judge_batch(&writer->judge, asks, count, now, &saved);
    while (try_again(rc, &tries));
    atomic_fetch_add(&writer->counts.batches, 1);
    atomic_fetch_add(&writer->counts.commands, (long long)count);
    if (rc < 0) {
        atomic_fetch_add(&writer->counts.failures, 1);
        log_error("a batch could not be saved", F_ERR(rc), F_INT("commands", count));
        fail_asks(asks, count, rc);
        writer->options.publish(writer->options.ctx, NULL, list_of(asks, count));
        /* Nobody knows whether the commit took: the log knows, and whoever asks again by the same id is told. */
        if (rc == ERR_IO) ignore(catch_up(writer), "logged there; tried again with the next housekeeping");
        return rc;
    }
    atomic_fetch_add(&writer->counts.events, (long long)saved->event_count);
    bool nothing = saved->event_count == 0 && saved->state_count == 0;
    writer->options.publish(writer->options.ctx, nothing ? NULL : saved, list_of(asks, count));
    saved_unref(saved);
    return writer->judge.batch.more_due ? 1 : 0;
}

static void run_due(struct writer *writer, struct wall_ms now) ON_WRITER
{
    if (!wall_is(writer->due_at) || writer->due_at.ms > now.ms) return;
    while (run_batch(writer, NULL, 0, now) == 1) {}
}

static void find_next_due(struct writer *writer) ON_WRITER
{
    if (store_next_due(writer->judge.store, &writer->due_at) < 0) {
        writer->due_at = (struct wall_ms){clock_wall().ms + HOUSEKEEPING_MS};
    }
}

static void run_commands(struct writer *writer, struct ask *const *asks, size_t count) ON_WRITER
{
    struct wall_ms now = clock_wall();
    run_due(writer, now);
    ignore(run_batch(writer, asks, count, now), "answered in either case");
    find_next_due(writer);
}

/* In a transaction of its own; again where another node was faster. */
static int run_work_once(struct sql *sql, struct ask *ask)
{
    TRY(sql_begin(sql));
    int rc = ask->work(sql, ask);
    if (rc >= 0) return sql_commit(sql);
    sql_rollback(sql);
    return rc;
}

static void run_work(struct writer *writer, struct ask *ask) ON_WRITER
{
    struct sql *sql = store_writer_sql(writer->judge.store);
    int rc, tries = 0;
    do rc = run_work_once(sql, ask);
    while (try_again(rc, &tries));
    ask->result = rc;
    ask->code = rc < 0 ? code_of_err(rc) : CODE_OK;
    if (rc >= 0 && ask->changes_locations) {
        if (catch_up(writer) < 0) atomic_store(&writer->reload, true);
        find_next_due(writer);
    }
    writer->options.publish(writer->options.ctx, NULL, list_of(&ask, 1));
}

/* --- Where every location stands --- */

static int on_first_kept(void *ctx, const struct sql_row *row)
{
    struct seq *first = ctx;
    first->n = row_is_null(row, 0) ? 0 : row_int(row, 0);
    return 0;
}

static int64_t recent_events(const struct writer *writer)
{
    size_t share = RECENT_IN_ALL / (directory_count(writer->judge.directory) + 1);
    if (share < RECENT_SHOWN) share = RECENT_SHOWN;
    return (int64_t)(share < writer->options.recent_events ? share : writer->options.recent_events);
}

/* Publishes events of the log, after one and before another. */
static int tell_events(struct writer *writer, struct location_id location, struct seq after,
                       struct seq before) ON_WRITER
{
    OWNED(arena) struct arena arena = arena_of((size_t)64 * 1024 * 1024);
    while (after.n + 1 < before.n) {
        arena_clear(&arena);
        struct stored_event *events;
        size_t count;
        TRY(store_read_events(store_writer_sql(writer->judge.store), location, after, RECENT_PAGE, &arena,
                              &events, &count));
        while (count > 0 && events[count - 1].seq.n >= before.n) count--;
        if (count == 0) break;
        OWNED(saved) struct saved *saved = NULL;
        TRY(saved_of_log(location, events, count, NULL, (struct seq){0}, &saved));
        writer->options.publish(writer->options.ctx, saved, NULL);
        after = events[count - 1].seq;
    }
    return 0;
}

/* Where it cannot be read, or there is more than the loops remember, they bridge the gap from the log themselves (hub.h). */
static void tell_missed(void *ctx, struct location_id location, struct seq after, struct seq before)
{
    struct writer *writer = ctx;
    in_writer();
    if (before.n - after.n > recent_events(writer)) after.n = before.n - recent_events(writer);
    int rc = tell_events(writer, location, after, before);
    if (rc < 0) log_warn("another node's events could not be read", F_ERR(rc));
}

/* Publishes what the log has beyond what was told; at the start the last events. */
static int tell_location(struct writer *writer, size_t index, bool at_start) ON_WRITER
{
    const struct location *location = directory_at(writer->judge.directory, index);
    struct sql *sql = store_writer_sql(writer->judge.store);
    struct seq head;
    struct stats stats;
    TRY(store_read_state(sql, location, &head, &stats));
    stats_roll(&stats, location->zone, clock_wall());
    bool same = !at_start && writer->judge.stats[index].as_of.n == stats.as_of.n &&
                writer->judge.stats[index].day.number == stats.day.number;
    if (same) return 0;
    struct seq first_kept = {0};
    TRY(sql_run(sql, "SELECT MIN(seq) FROM events WHERE location_id = $1",
                SQL_VALUES(sql_int(location->id.n)), on_first_kept, &first_kept));
    struct seq after = writer->judge.stats[index].as_of;
    int64_t newest = head.n - recent_events(writer);
    if (at_start || after.n < newest) after.n = newest < 0 ? 0 : newest;
    TRY(tell_events(writer, location->id, after, (struct seq){head.n + 1}));
    OWNED(saved) struct saved *saved = NULL;
    TRY(saved_of_log(location->id, NULL, 0, &stats, first_kept, &saved));
    writer->judge.stats[index] = stats;
    writer->options.publish(writer->options.ctx, saved, NULL);
    return 0;
}

/* After what rules open visits' ends changed; at the start too, since it may have changed while nobody ran. */
static int settle_ends(struct writer *writer) ON_WRITER
{
    struct sql *sql = store_writer_sql(writer->judge.store);
    size_t changed = 0;
    int rc, tries = 0;
    do {
        TRY(sql_begin(sql));
        rc = visits_settle_ends(sql, writer->judge.directory, writer->options.rules->max_stay_ms,
                                clock_wall(), &changed);
        if (rc < 0) sql_rollback(sql);
        else rc = sql_commit(sql);
    } while (try_again(rc, &tries));
    if (rc == 0 && changed > 0) log_info("open visits end at other times now", F_INT("visits", changed));
    return rc;
}

static int read_directory(struct writer *writer, struct err_detail *reterr) ON_WRITER
{
    OWNED(directory) struct directory *directory = NULL;
    TRY(store_read_directory(store_writer_sql(writer->judge.store), &directory, reterr));
    struct stats *stats = calloc(directory_count(directory) + 1, sizeof *stats);
    if (stats == NULL) return fail(reterr, ERR_NOMEM, "out of memory while reading the locations");
    for (size_t i = 0; i < directory_count(directory); i++) {
        stats[i] = (struct stats){.day = DAY_NONE, .peak_at = WALL_NONE};
        const struct location *location = directory_at(directory, i);
        const struct location *before =
            writer->judge.directory == NULL ? NULL : directory_by_id(writer->judge.directory, location->id);
        if (before == NULL) continue;
        stats[i] = *judge_stats(&writer->judge, location->id);
        if (!location_ends_alike(before, location)) writer->ends_are_stale = true;
    }
    OWNED(saved) struct saved *saved = NULL;
    if (saved_create(0, 0, &saved) < 0) {
        free(stats);
        return fail(reterr, ERR_NOMEM, "out of memory while reading the locations");
    }
    saved->directory = directory_ref(directory);
    free(writer->judge.stats);
    writer->judge.stats = stats;
    directory_unref(writer->judge.directory);
    writer->judge.directory = take(directory);
    writer->options.publish(writer->options.ctx, saved, NULL);
    return 0;
}

struct heads {
    struct writer *writer;
    bool *moved; /* by the directory's index */
};

/* One query for all locations, however many there are: most have not moved. */
static int on_head(void *ctx, const struct sql_row *row)
{
    const struct heads *heads = ctx;
    const struct judge *judge = &heads->writer->judge;
    for (size_t i = 0; i < directory_count(judge->directory); i++) {
        if (directory_at(judge->directory, i)->id.n != row_int(row, 0)) continue;
        heads->moved[i] = judge->stats[i].as_of.n != row_int(row, 1) || !day_is(judge->stats[i].day);
    }
    return 0;
}

static int tell_all(struct writer *writer, bool at_start) ON_WRITER
{
    OWNED(mem) bool *moved = calloc(directory_count(writer->judge.directory) + 1, sizeof *moved);
    if (moved == NULL) return ERR_NOMEM;
    struct heads heads = {writer, moved};
    if (!at_start) {
        TRY(sql_run(store_writer_sql(writer->judge.store), "SELECT location_id, head FROM location_states",
                    SQL_NO_VALUES, on_head, &heads));
    }
    for (size_t i = 0; i < directory_count(writer->judge.directory); i++) {
        if (at_start || moved[i]) TRY(tell_location(writer, i, at_start));
    }
    return 0;
}

static int catch_up(struct writer *writer) ON_WRITER
{
    struct err_detail detail = {0};
    int rc = read_directory(writer, &detail);
    if (rc == 0 && writer->ends_are_stale) rc = settle_ends(writer);
    if (rc == 0) writer->ends_are_stale = false;
    if (rc == 0) rc = tell_all(writer, false);
    if (rc < 0) log_error("the log could not be read", F_ERR(rc), F_STR("detail", str_c(detail.text)));
    return rc;
}

/* Contract section 1: one stats_update at the location's midnight. */
static void roll_days(struct writer *writer, struct wall_ms now) ON_WRITER
{
    for (size_t i = 0; i < directory_count(writer->judge.directory); i++) {
        const struct location *location = directory_at(writer->judge.directory, i);
        if (!stats_roll(&writer->judge.stats[i], location->zone, now)) continue;
        struct saved *saved;
        if (saved_of_log(location->id, NULL, 0, &writer->judge.stats[i], (struct seq){0}, &saved) < 0)
            continue;
        writer->options.publish(writer->options.ctx, saved, NULL);
        saved_unref(saved);
    }
}

static void keep_house(struct writer *writer) ON_WRITER
{
    struct mono_ms now = clock_mono();
    if (now.ms < writer->housekeeping_at.ms) return;
    writer->housekeeping_at.ms = now.ms + HOUSEKEEPING_MS;
    roll_days(writer, clock_wall());
    int changed = store_changed_outside(writer->judge.store);
    if (atomic_exchange(&writer->reload, false) || changed == 1) {
        ignore(catch_up(writer), "logged there; the next second tries again");
        find_next_due(writer);
    }
    if (writer->options.poll_revoked != NULL) {
        /* Two seconds back: what was committed just before the last look may carry an earlier time. */
        struct wall_ms since = {clock_wall().ms - HOUSEKEEPING_MS - 2000};
        writer->options.poll_revoked(writer->options.ctx, store_writer_sql(writer->judge.store), since);
    }
    int rc = store_prune(writer->judge.store, clock_wall(), writer->options.events_keep_ms, PRUNE_ROWS);
    if (rc < 0) log_warn("old requests and events could not be removed", F_ERR(rc));
}

/* --- The thread --- */

/* Runs everything on the list in order; commands that stand together go into one batch. */
static void run_list(struct writer *writer, struct queue_node *list) ON_WRITER
{
    struct ask *asks[BATCH_COMMANDS_MAX];
    size_t count = 0;
    while (list != NULL) {
        struct ask *ask = ask_of(list);
        list = list->next;
        if (ask->kind == ASK_WORK) {
            if (count > 0) run_commands(writer, asks, count);
            count = 0;
            run_work(writer, ask);
            continue;
        }
        asks[count++] = ask;
        if (count == BATCH_COMMANDS_MAX || list == NULL) {
            run_commands(writer, asks, count);
            count = 0;
        }
    }
    if (count > 0) run_commands(writer, asks, count);
}

static int64_t sleep_ms(const struct writer *writer)
{
    int64_t wait_ms = writer->housekeeping_at.ms - clock_mono().ms;
    if (wall_is(writer->due_at)) {
        int64_t due_ms = writer->due_at.ms - clock_wall().ms;
        if (due_ms < wait_ms) wait_ms = due_ms;
    }
    return wait_ms < 0 ? 0 : wait_ms;
}

static void *run(void *ctx)
{
    struct writer *writer = ctx;
    in_writer();
    for (;;) {
        struct queue_node *list = queue_wait_all(&writer->queue, sleep_ms(writer));
        if (list == NULL && queue_is_closed(&writer->queue)) break;
        run_list(writer, list);
        if (wall_is(writer->due_at) && writer->due_at.ms <= clock_wall().ms) {
            run_due(writer, clock_wall());
            find_next_due(writer);
        }
        keep_house(writer);
    }
    return NULL;
}

int writer_create(const struct writer_options *options, struct writer **ret_writer, struct err_detail *reterr)
{
    struct writer *writer = calloc(1, sizeof *writer);
    if (writer == NULL) return fail(reterr, ERR_NOMEM, "out of memory");
    writer->options = *options;
    writer->due_at = WALL_NONE;
    writer->judge.tell_missed = tell_missed;
    writer->judge.ctx = writer;
    batch_init(&writer->judge.batch, options->rules);
    int rc = queue_init(&writer->queue, options->asks_max);
    if (rc < 0) {
        free(writer);
        return fail(reterr, rc, "out of memory");
    }
    rc = store_writer_open(options->store, &writer->judge.store, reterr);
    if (rc < 0) {
        writer_free(writer);
        return rc;
    }
    *ret_writer = writer;
    return 0;
}

int writer_read(struct writer *writer, struct err_detail *reterr)
{
    in_writer(); /* its thread has not started yet */
    TRY(read_directory(writer, reterr));
    int rc = tell_all(writer, true);
    if (rc < 0) return fail(reterr, rc, "the locations' logs cannot be read: %s", err_word(rc));
    if (writer->options.poll_revoked != NULL) {
        writer->options.poll_revoked(writer->options.ctx, store_writer_sql(writer->judge.store), WALL_NONE);
    }
    rc = settle_ends(writer);
    if (rc < 0) return fail(reterr, rc, "the open visits cannot be read: %s", err_word(rc));
    find_next_due(writer);
    run_due(writer, clock_wall());
    find_next_due(writer);
    return 0;
}

int writer_start(struct writer *writer, struct err_detail *reterr)
{
    writer->housekeeping_at.ms = clock_mono().ms + HOUSEKEEPING_MS;
    if (pthread_create(&writer->thread, NULL, run, writer) != 0) {
        return fail(reterr, ERR_NOMEM, "no thread can be started");
    }
    writer->started = true;
    return 0;
}

void writer_stop(struct writer *writer)
{
    queue_close(&writer->queue);
    if (writer->started) pthread_join(writer->thread, NULL);
    writer->started = false;
}

void writer_free(struct writer *writer)
{
    if (writer == NULL) return;
    check(!writer->started);
    for (struct queue_node *node = queue_take_all(&writer->queue); node != NULL;) {
        struct ask *ask = ask_of(node);
        node = node->next;
        ask_free(ask);
    }
    queue_done(&writer->queue);
    batch_done(&writer->judge.batch);
    store_writer_close(writer->judge.store);
    directory_unref(writer->judge.directory);
    free(writer->judge.stats);
    free(writer);
}

void writer_reload(struct writer *writer) { atomic_store(&writer->reload, true); }

const struct writer_counts *writer_counts(const struct writer *writer) { return &writer->counts; }

size_t writer_waiting(struct writer *writer)
{
    pthread_mutex_lock(&writer->queue.lock);
    size_t count = writer->queue.count;
    pthread_mutex_unlock(&writer->queue.lock);
    return count;
}
