/* How many check-ins a second one SQLite file takes, each durable before it is answered: a bare loop of the same inserts in the same
 * batches, and our writer (load, decide, encode, save), one after the other on the same disk.
 *
 * sqlite_floor [--members N] [--locations N] [--batch N] [--batches N] [--folder DIR] [--codes] [--no-ids] [--stages]
 *   --codes   check-ins by card instead of by id        --no-ids  without request ids
 *   --stages  where our writer's time goes */
#include "protocol/event_json.h"
#include "protocol/reply_json.h"
#include "store/locations.h"
#include "store/store.h"

#include <ftw.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

struct options {
    int64_t members;
    int64_t locations;
    size_t batch;
    size_t batches;
    const char *folder;
    bool by_code;
    bool no_ids;
    bool stages;
};

static double now_s(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static double cpu_s(void)
{
    struct timespec at;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static void need(int rc, const char *what)
{
    if (rc >= 0) return;
    fprintf(stderr, "sqlite_floor: %s: %s\n", what, err_word(rc));
    exit(1);
}

/* Members in an order that has nothing to do with where they lie: the same for both. */
static int64_t member_at(const struct options *options, size_t index)
{
    uint64_t n = (uint64_t)options->members;
    return (int64_t)((uint64_t)index * UINT64_C(2654435761) % n) + 1;
}

/* --- A gym --- */

struct gym {
    char url[512];
    char path[500];
    struct store *store;
    struct store_writer *writer;
};

static void gym_sql(struct gym *gym, const char *text, int64_t value)
{
    need(sql_run(store_writer_sql(gym->writer), text, SQL_VALUES(sql_int(value)), NULL, NULL), text);
}

static void gym_open(struct gym *gym, const struct options *options, const char *name)
{
    snprintf(gym->path, sizeof gym->path, "%s/%s.db", options->folder, name);
    snprintf(gym->url, sizeof gym->url, "sqlite:%s", gym->path);
    struct store_options how = {.url = str_c(gym->url), .busy_ms = 1000, .create = true};
    struct err_detail err;
    int applied;
    need(store_open(&how, &gym->store, &err), "open");
    need(store_migrate(gym->store, &applied, &err), "migrate");
    need(store_writer_open(gym->store, &gym->writer, &err), "open a writer");
    struct sql *sql = store_writer_sql(gym->writer);
    need(sql_begin(sql), "begin");
    for (int64_t i = 1; i <= options->locations; i++) {
        char slug[32];
        snprintf(slug, sizeof slug, "gym-%lld", (long long)i);
        struct location_row row = {.location = {.slug = str_c(slug), .name = str_c(slug), .capacity = CAPACITY_NONE, .assumed_stay_minutes = 120},
                                   .timezone = STR("Europe/Berlin")};
        struct location_id id;
        need(location_create(sql, &row, (struct wall_ms){0}, &id), "create a location");
    }
    gym_sql(gym,
            "WITH RECURSIVE n (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < $1) "
            "INSERT INTO members (id, number, first_name, last_name, email, phone, currency, sort_name, search, created_at, updated_at) "
            "SELECT id, 'M-' || id, 'Firstname' || id % 997, 'Lastname' || id % 7919, 'member' || id || '@example.org', "
            "'+44 7700 ' || (900000 + id), 'EUR', 'lastname' || id % 7919 || ' firstname' || id % 997, "
            "'firstname' || id % 997 || ' lastname' || id % 7919 || ' member' || id || '@example.org', 0, 0 FROM n",
            options->members);
    gym_sql(gym, "INSERT INTO memberships (member_id, plan, state, starts, ends) SELECT id, 'Annual', 0, 20000, 30000 FROM members WHERE id <= $1",
            options->members);
    gym_sql(gym, "INSERT INTO codes (key, member_id, kind, code) SELECT 'c:' || printf('%012d', id * 7919), id, 'card', printf('%012d', id * 7919) "
                 "FROM members WHERE id <= $1",
            options->members);
    need(sql_commit(sql), "commit");
}

static void gym_close(struct gym *gym)
{
    store_writer_close(gym->writer);
    store_close(gym->store);
}

static void print_line(const char *what, const struct options *options, double wall, double cpu)
{
    double count = (double)(options->batch * options->batches);
    printf("%-28s %9.0f check-ins/s   %6.1f us each, %5.1f us of them CPU   %6.2f ms a batch\n", what, count / wall, wall / count * 1e6,
           cpu / count * 1e6, wall / (double)options->batches * 1e3);
}

/* --- The bare loop: five statements a check-in, one a batch --- */

static sqlite3_stmt *prepared(sqlite3 *db, const char *text)
{
    sqlite3_stmt *stmt;
    if (sqlite3_prepare_v2(db, text, -1, &stmt, NULL) != SQLITE_OK) {
        fprintf(stderr, "sqlite_floor: %s: %s\n", text, sqlite3_errmsg(db));
        exit(1);
    }
    return stmt;
}

static void step(sqlite3 *db, sqlite3_stmt *stmt)
{
    int rc = sqlite3_step(stmt);
    if (rc != SQLITE_ROW && rc != SQLITE_DONE) {
        fprintf(stderr, "sqlite_floor: %s\n", sqlite3_errmsg(db));
        exit(1);
    }
    sqlite3_reset(stmt);
}

static const char EVENT[] =
    "{\"type\":\"member_checked_in\",\"payload\":{\"seq\":123456,\"location\":\"gym-1\",\"at\":\"2026-11-25T12:00:00.000Z\",\"visit_id\":123456,"
    "\"member\":{\"id\":12345,\"name\":\"Firstname123 Lastname1234\",\"photo_url\":null,\"status\":\"active\"},\"source\":\"turnstile\","
    "\"by\":\"Turnstile 1\",\"notes\":null,\"warnings\":[],\"currently_in\":1234}}";

static void bare_loop(const struct options *options)
{
    struct gym gym;
    gym_open(&gym, options, "bare");
    gym_close(&gym);
    sqlite3 *db;
    if (sqlite3_open(gym.path, &db) != SQLITE_OK) exit(1);
    sqlite3_exec(db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-65536", NULL, NULL, NULL);
    sqlite3_stmt *begin = prepared(db, "BEGIN IMMEDIATE"), *commit = prepared(db, "COMMIT");
    sqlite3_stmt *member = prepared(db, "SELECT first_name, last_name, banned FROM members WHERE id = ?1");
    sqlite3_stmt *visit = prepared(db, "INSERT INTO visits (id, member_id, location_id, checked_in_at, auto_end_at, in_seq, source, checked_in_by) "
                                       "VALUES (?1, ?2, ?3, ?4, ?5, ?6, 2, 'Turnstile 1')");
    sqlite3_stmt *event = prepared(db, "INSERT INTO events (location_id, seq, kind, at, visit_id, member_id, json) VALUES (?1, ?2, 1, ?3, ?4, ?5, ?6)");
    sqlite3_stmt *request = prepared(db, "INSERT INTO requests (key, fingerprint, reply, at) VALUES (?1, x'00112233445566778899aabbccddeeff', ?2, ?3)");
    sqlite3_stmt *total = prepared(db, "UPDATE members SET visits_total = visits_total + 1, last_visit_at = ?1 WHERE id = ?2");
    sqlite3_stmt *head = prepared(db, "UPDATE location_states SET head = head + ?1, currently_in = currently_in + ?1 WHERE location_id = ?2");
    int64_t *seqs = calloc((size_t)options->locations + 1, sizeof *seqs);
    double wall = now_s(), cpu = cpu_s();
    size_t index = 0;
    for (size_t b = 0; b < options->batches; b++) {
        int64_t at = INT64_C(1795000000000) + (int64_t)b * 20;
        step(db, begin);
        for (size_t i = 0; i < options->batch; i++, index++) {
            int64_t who = member_at(options, index), where = (int64_t)(index % (size_t)options->locations) + 1, id = (int64_t)index + 1;
            char key[64];
            snprintf(key, sizeof key, "turnstile-1\x1f%016llx-%llu", (unsigned long long)(index * UINT64_C(0x9e3779b97f4a7c15)), (unsigned long long)index);
            sqlite3_bind_int64(member, 1, who);
            step(db, member);
            sqlite3_bind_int64(visit, 1, id);
            sqlite3_bind_int64(visit, 2, who);
            sqlite3_bind_int64(visit, 3, where);
            sqlite3_bind_int64(visit, 4, at);
            sqlite3_bind_int64(visit, 5, at + 7200000);
            sqlite3_bind_int64(visit, 6, ++seqs[where]);
            step(db, visit);
            sqlite3_bind_int64(event, 1, where);
            sqlite3_bind_int64(event, 2, seqs[where]);
            sqlite3_bind_int64(event, 3, at);
            sqlite3_bind_int64(event, 4, id);
            sqlite3_bind_int64(event, 5, who);
            sqlite3_bind_text(event, 6, EVENT, sizeof EVENT - 1, SQLITE_STATIC);
            step(db, event);
            if (!options->no_ids) {
                sqlite3_bind_text(request, 1, key, -1, SQLITE_STATIC);
                sqlite3_bind_text(request, 2, EVENT, sizeof EVENT - 1, SQLITE_STATIC);
                sqlite3_bind_int64(request, 3, at);
                step(db, request);
            }
            sqlite3_bind_int64(total, 1, at);
            sqlite3_bind_int64(total, 2, who);
            step(db, total);
        }
        for (int64_t where = 1; where <= options->locations; where++) {
            sqlite3_bind_int64(head, 1, (int64_t)options->batch / options->locations);
            sqlite3_bind_int64(head, 2, where);
            step(db, head);
        }
        step(db, commit);
    }
    print_line("bare loop", options, now_s() - wall, cpu_s() - cpu);
    sqlite3_stmt *all[] = {begin, commit, member, visit, event, request, total, head};
    for (size_t i = 0; i < COUNT_OF(all); i++) sqlite3_finalize(all[i]);
    sqlite3_close(db);
    free(seqs);
}

/* --- Our writer --- */

struct stages {
    double load, decide, encode, save;
};

static int encode(struct batch *batch)
{
    OWNED(buf) struct buf text = buf_of(REPLY_JSON_BYTES_MAX);
    for (size_t i = 0; i < batch->event_count; i++) {
        buf_clear(&text);
        TRY(event_json(&batch->events[i], &text));
        TRY(arena_str(&batch->arena, buf_str(&text), &batch->events[i].json));
    }
    for (size_t i = 0; i < batch->command_count; i++) {
        const struct decision *decision = &batch->decisions[i];
        buf_clear(&text);
        TRY(reply_make(batch->commands[i], decision, AUDIENCE_STAFF, &text));
        if (decision->request != NULL) TRY(arena_str(&batch->arena, buf_str(&text), &decision->request->reply));
    }
    return 0;
}

struct load {
    struct command command;
    char id[48];
    char code[24];
};

static void make_commands(const struct options *options, size_t first, struct load *loads, const struct command **commands)
{
    for (size_t i = 0; i < options->batch; i++) {
        size_t index = first + i;
        struct load *load = &loads[i];
        int64_t who = member_at(options, index);
        snprintf(load->id, sizeof load->id, "%016llx-%llu", (unsigned long long)(index * UINT64_C(0x9e3779b97f4a7c15)), (unsigned long long)index);
        snprintf(load->code, sizeof load->code, "%012lld", (long long)who * 7919);
        load->command = (struct command){
            .kind = COMMAND_CHECK_IN,
            .actor = {.key = STR("turnstile-1"), .name = STR("Turnstile 1"), .source = SOURCE_TURNSTILE},
            .request_id = options->no_ids ? (struct str){0} : str_c(load->id),
            .member = {options->by_code ? 0 : who},
            .code = options->by_code ? str_c(load->code) : (struct str){0},
            .location = {(int64_t)(index % (size_t)options->locations) + 1},
            .occurred_at = WALL_NONE,
            .new_checked_out_at = WALL_NONE,
        };
        commands[i] = &load->command;
    }
}

static void run_batch(struct gym *gym, struct batch *batch, struct stages *stages)
{
    double t0 = now_s();
    need(store_load(gym->writer, batch), "load");
    double t1 = now_s();
    need(decide(batch), "decide");
    double t2 = now_s();
    need(encode(batch), "encode");
    double t3 = now_s();
    need(store_save(gym->writer, batch), "save");
    double t4 = now_s();
    stages->load += t1 - t0;
    stages->decide += t2 - t1;
    stages->encode += t3 - t2;
    stages->save += t4 - t3;
}

static void our_writer(const struct options *options)
{
    struct gym gym;
    gym_open(&gym, options, "ours");
    struct directory *directory;
    struct err_detail err;
    need(store_read_directory(store_writer_sql(gym.writer), &directory, &err), "read the directory");
    struct rules rules = rules_default();
    struct batch batch;
    batch_init(&batch, &rules);
    struct load *loads = calloc(options->batch, sizeof *loads);
    const struct command **commands = calloc(options->batch, sizeof *commands);
    struct stages stages = {0};
    double wall = now_s(), cpu = cpu_s();
    for (size_t b = 0; b < options->batches; b++) {
        make_commands(options, b * options->batch, loads, commands);
        need(batch_begin(&batch, directory, commands, options->batch, (struct wall_ms){INT64_C(1795000000000) + (int64_t)b * 20}), "begin");
        run_batch(&gym, &batch, &stages);
        for (size_t i = 0; i < options->batch; i++) {
            if (batch.decisions[i].code == CODE_OK) continue;
            fprintf(stderr, "sqlite_floor: a check-in was refused (%d)\n", batch.decisions[i].code);
            exit(1);
        }
    }
    print_line("load, decide, encode, save", options, now_s() - wall, cpu_s() - cpu);
    if (options->stages) {
        double count = (double)(options->batch * options->batches) / 1e6;
        printf("    load %.1f us, decide %.1f us, encode %.1f us, save %.1f us\n", stages.load / count, stages.decide / count,
               stages.encode / count, stages.save / count);
    }
    free(loads);
    free(commands);
    batch_done(&batch);
    directory_unref(directory);
    gym_close(&gym);
}

static int remove_one(const char *path, const struct stat *what, int type, struct FTW *where)
{
    ignore(what, "files and folders alike");
    ignore(type, "files and folders alike");
    ignore(where, "depth first");
    return remove(path);
}

static int64_t number_after(int argc, char **argv, int *at)
{
    int64_t number;
    if (++*at >= argc || num_i64(str_c(argv[*at]), 1, 100000000, &number) < 0) {
        fprintf(stderr, "sqlite_floor: %s needs a number\n", argv[*at - 1]);
        exit(2);
    }
    return number;
}

int main(int argc, char **argv)
{
    struct options options = {.members = 100000, .locations = 10, .batch = 500, .batches = 100, .folder = "/var/tmp"};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--members") == 0) options.members = number_after(argc, argv, &i);
        else if (strcmp(argv[i], "--locations") == 0) options.locations = number_after(argc, argv, &i);
        else if (strcmp(argv[i], "--batch") == 0) options.batch = (size_t)number_after(argc, argv, &i);
        else if (strcmp(argv[i], "--batches") == 0) options.batches = (size_t)number_after(argc, argv, &i);
        else if (strcmp(argv[i], "--folder") == 0 && i + 1 < argc) options.folder = argv[++i];
        else if (strcmp(argv[i], "--codes") == 0) options.by_code = true;
        else if (strcmp(argv[i], "--no-ids") == 0) options.no_ids = true;
        else if (strcmp(argv[i], "--stages") == 0) options.stages = true;
        else {
            fprintf(stderr, "sqlite_floor: unknown option %s\n", argv[i]);
            return 2;
        }
    }
    if (options.batch > BATCH_COMMANDS_MAX || options.batch * options.batches > (size_t)options.members) {
        fprintf(stderr, "sqlite_floor: at most %d a batch, and no more check-ins than members\n", BATCH_COMMANDS_MAX);
        return 2;
    }
    char folder[512];
    snprintf(folder, sizeof folder, "%s/sqlite-floor-XXXXXX", options.folder);
    if (mkdtemp(folder) == NULL) {
        perror("sqlite_floor");
        return 1;
    }
    options.folder = folder;
    bare_loop(&options);
    our_writer(&options);
    return nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS) == 0 ? 0 : 1;
}
