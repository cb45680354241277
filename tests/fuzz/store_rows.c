/* Rows as a damaged file, a hand with sqlite3 or a newer program may leave them: whatever stands in a column, it is read and judged, or
 * refused with an error, and nothing crashes. One gym lives as long as the process; each input damages some columns, and then they are mended. */
#include "fuzz.h"

#include "base/utf8.h"
#include "protocol/event_json.h"
#include "protocol/out.h"
#include "protocol/reply_json.h"
#include "store/locations.h"
#include "store/members.h"
#include "store/store.h"
#include "store/visits.h"

#include <unistd.h>

static const struct wall_ms NOW = {INT64_C(1795600000000)};

static const char *const TABLES[] = {"locations", "location_states", "members", "memberships", "codes", "visits", "events", "requests", "denials"};

/* What is damaged: a statement with one value. */
static const char *const DAMAGE[] = {
    "UPDATE locations SET slug = $1", "UPDATE locations SET name = $1", "UPDATE locations SET timezone = $1", "UPDATE locations SET hours = $1",
    "UPDATE locations SET capacity = $1", "UPDATE locations SET hard_capacity = $1", "UPDATE locations SET exits = $1",
    "UPDATE locations SET assumed_stay_minutes = $1", "UPDATE location_states SET head = $1", "UPDATE location_states SET day = $1",
    "UPDATE location_states SET currently_in = $1", "UPDATE location_states SET check_ins = $1", "UPDATE location_states SET stay_seconds = $1",
    "UPDATE location_states SET stays = $1", "UPDATE location_states SET peak = $1", "UPDATE location_states SET peak_at = $1",
    "UPDATE location_states SET hourly = $1", "UPDATE location_states SET denied = $1", "UPDATE location_states SET last_at = $1",
    "UPDATE members SET visits_total = $1", "UPDATE members SET last_visit_at = $1", "UPDATE members SET banned = $1", "UPDATE members SET deleted_at = $1",
    "UPDATE members SET balance_minor = $1", "UPDATE members SET currency = $1", "UPDATE members SET born = $1", "UPDATE members SET first_name = $1",
    "UPDATE members SET last_name = $1", "UPDATE members SET photo = $1", "UPDATE members SET phone = $1", "UPDATE members SET version = $1",
    "UPDATE memberships SET plan = $1", "UPDATE memberships SET state = $1", "UPDATE memberships SET starts = $1", "UPDATE memberships SET ends = $1",
    "UPDATE memberships SET frozen_from = $1", "UPDATE memberships SET frozen_until = $1", "UPDATE memberships SET visits_left = $1",
    "UPDATE codes SET member_id = $1", "UPDATE visits SET member_id = $1", "UPDATE visits SET location_id = $1", "UPDATE visits SET checked_in_at = $1",
    "UPDATE visits SET checked_out_at = $1", "UPDATE visits SET auto_end_at = $1", "UPDATE visits SET in_seq = $1", "UPDATE visits SET out_seq = $1",
    "UPDATE visits SET membership_id = $1", "UPDATE visits SET automatic = $1", "UPDATE visits SET undone = $1", "UPDATE visits SET source = $1",
    "UPDATE visits SET checked_in_by = $1", "UPDATE visits SET notes = $1", "UPDATE events SET kind = $1", "UPDATE events SET at = $1",
    "UPDATE events SET json = $1", "UPDATE requests SET fingerprint = $1", "UPDATE requests SET reply = $1", "UPDATE denials SET first_at = $1",
    "UPDATE denials SET repeats = $1",
};

static struct store *g_store;
static struct store_writer *g_writer;
static struct batch g_batch;
static struct rules g_rules;
static char g_folder[] = "/tmp/footfall-rows-XXXXXX";

static void run(struct sql *sql, const char *text) { must(sql_run(sql, text, SQL_NO_VALUES, NULL, NULL) == 0); }

static void remove_files(void)
{
    char command[64];
    snprintf(command, sizeof command, "rm -r %s", g_folder);
    must(system(command) == 0);
}

static void make_gym(struct sql *sql)
{
    struct location_row place = {.location = {.id = {1}, .slug = STR("main"), .name = STR("Main"), .capacity = 50, .assumed_stay_minutes = 120},
                                 .timezone = STR("Europe/Berlin")};
    struct location_id id;
    must(location_create(sql, &place, NOW, &id) == 0);
    static const char *const ROWS[] = {
        "INSERT INTO members (id, first_name, last_name, currency, sort_name, search, created_at, updated_at, born) VALUES (1, 'Ana', 'Costa', 'EUR', '', '', 0, 0, 9000), "
        "(2, 'Ben', 'Kim', 'EUR', '', '', 0, 0, NULL)",
        "INSERT INTO memberships (member_id, plan, state, starts) VALUES (1, 'Annual', 0, 20000), (2, 'Ten', 0, 20000)",
        "INSERT INTO codes (key, member_id, kind, code) VALUES ('c:77', 1, 'card', '77')",
        "INSERT INTO visits (id, member_id, location_id, checked_in_at, auto_end_at, in_seq, source, checked_in_by) VALUES (1, 1, 1, 1795599000000, 1795606200000, 1, 0, 'Desk')",
        "INSERT INTO visits (id, member_id, location_id, checked_in_at, checked_out_at, auto_end_at, in_seq, out_seq, source, checked_in_by) "
        "VALUES (2, 2, 1, 1795590000000, 1795591000000, 1795597200000, 2, 3, 0, 'Desk')",
        "UPDATE location_states SET head = 3, currently_in = 1, check_ins = 2, check_outs = 1, day = 20782",
        "INSERT INTO events (location_id, seq, kind, at, visit_id, member_id, json) VALUES (1, 1, 1, 1795599000000, 1, 1, "
        "'{\"type\":\"member_checked_in\",\"payload\":{\"seq\":1,\"location\":\"main\"}}')",
        "INSERT INTO requests (key, fingerprint, reply, at) VALUES ('1' || char(31) || 'r', zeroblob(16), 'check_in_success 0 {\"success\":true', 0)",
        "INSERT INTO denials (key, first_at, repeats) VALUES ('1/0/m2', 1795599990000, 3)",
    };
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) run(sql, ROWS[i]);
}

/* DELETE and INSERT, table by table: what the input damaged is as it was. */
static void each_table(struct sql *sql, const char *format)
{
    static char texts[2 * COUNT_OF(TABLES)][96]; /* statements are kept by their text's address */
    size_t kind = format[0] == 'D' ? 0 : COUNT_OF(TABLES);
    for (size_t i = 0; i < COUNT_OF(TABLES); i++) {
        char *text = texts[kind + i];
        if (text[0] == '\0') snprintf(text, sizeof texts[0], format[0] == 'D' ? "DELETE FROM %s" : "INSERT INTO %s SELECT * FROM keep_%s", TABLES[i], TABLES[i]);
        run(sql, text);
    }
}

static void begin(void)
{
    char url[96];
    int applied;
    struct err_detail err;
    in_writer();
    must(mkdtemp(g_folder) != NULL && atexit(remove_files) == 0);
    snprintf(url, sizeof url, "sqlite:%s/rows.db", g_folder);
    struct store_options options = {.url = str_c(url), .busy_ms = 1000, .create = true};
    must(store_open(&options, &g_store, &err) == 0 && store_migrate(g_store, &applied, &err) == 0 && store_writer_open(g_store, &g_writer, &err) == 0);
    g_rules = rules_default();
    batch_init(&g_batch, &g_rules);
    struct sql *sql = store_writer_sql(g_writer);
    run(sql, "PRAGMA synchronous=OFF");
    run(sql, "PRAGMA foreign_keys=OFF");
    run(sql, "PRAGMA ignore_check_constraints=ON");
    make_gym(sql);
    for (size_t i = 0; i < COUNT_OF(TABLES); i++) {
        static char texts[COUNT_OF(TABLES)][96];
        snprintf(texts[i], sizeof texts[i], "CREATE TABLE keep_%s AS SELECT * FROM %s", TABLES[i], TABLES[i]);
        run(sql, texts[i]);
    }
}

static struct sql_value value_of(struct span *in)
{
    uint8_t kind = fuzz_byte(in);
    if (kind % 8 == 0) return sql_null();
    if (kind % 2 == 0) {
        static const int64_t EDGES[] = {0, 1, -1, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN, 253402300799999, -62135596800000, 20782, 1795600000000};
        if (kind < 128) return sql_int(EDGES[kind % COUNT_OF(EDGES)]);
        int64_t number = 0;
        struct span bytes = fuzz_take(in, sizeof number);
        if (bytes.len > 0) memcpy(&number, bytes.at, bytes.len);
        return sql_int(number);
    }
    struct span bytes = fuzz_take(in, fuzz_byte(in));
    struct str text;
    if (utf8_check(bytes, &text) < 0) return sql_blob(bytes);
    return sql_text(text.at == NULL ? STR("") : text);
}

static void judge(struct directory *directory)
{
    in_writer();
    static const struct command COMMANDS[] = {
        {.kind = COMMAND_CHECK_IN, .member = {1}, .location = {1}, .occurred_at = {INT64_MIN}, .new_checked_out_at = {INT64_MIN}},
        {.kind = COMMAND_CHECK_OUT, .member = {2}, .occurred_at = {INT64_C(1795599990000)}, .new_checked_out_at = {INT64_MIN}},
        {.kind = COMMAND_CHECK_IN, .code = {"77", 2}, .location = {1}, .occurred_at = {INT64_C(1795590500000)}, .new_checked_out_at = {INT64_MIN}},
        {.kind = COMMAND_CHECK_IN, .member = {2}, .location = {1}, .request_id = {"r", 1}, .occurred_at = {INT64_MIN}, .new_checked_out_at = {INT64_MIN}},
        {.kind = COMMAND_EDIT, .visit = {2}, .occurred_at = {INT64_MIN}, .new_checked_out_at = {INT64_C(1795592000000)}},
        {.kind = COMMAND_UNDO, .visit = {1}, .occurred_at = {INT64_MIN}, .new_checked_out_at = {INT64_MIN}},
    };
    struct command commands[COUNT_OF(COMMANDS)];
    const struct command *pointers[COUNT_OF(COMMANDS)];
    for (size_t i = 0; i < COUNT_OF(COMMANDS); i++) {
        commands[i] = COMMANDS[i];
        commands[i].actor = (struct actor){.key = STR("1"), .name = STR("Desk"), .may_override = true};
        pointers[i] = &commands[i];
    }
    if (batch_begin(&g_batch, directory, pointers, COUNT_OF(COMMANDS), NOW) < 0) return;
    if (store_load(g_writer, &g_batch) < 0) return;
    OWNED(buf) struct buf text = buf_of(EVENT_JSON_BYTES_MAX);
    bool decided = decide(&g_batch) == 0;
    for (size_t i = 0; decided && i < g_batch.event_count; i++) {
        buf_clear(&text);
        ignore(event_json(&g_batch.events[i], &text), "refused or written");
    }
    store_rollback(g_writer);
}

static void read_all(struct sql *sql, struct directory *directory)
{
    OWNED(arena) struct arena arena = arena_of((size_t)16 * 1024 * 1024);
    struct member_row member;
    for (int64_t id = 1; id <= 2; id++) ignore(member_read(sql, (struct member_id){id}, &arena, &member), "refused or read");
    struct stored_event *events;
    size_t count;
    if (store_read_events(sql, (struct location_id){1}, (struct seq){0}, 100, &arena, &events, &count) == 0) {
        for (size_t i = 0; i < count; i++) {
            OWNED(buf) struct buf text = buf_of(EVENT_JSON_BYTES_MAX);
            ignore(event_json_for(AUDIENCE_DEVICE, events[i].json, &text), "refused or written");
        }
    }
    for (size_t i = 0; i < directory_count(directory); i++) {
        struct seq head;
        struct stats stats;
        OWNED(buf) struct buf text = buf_of(8192);
        if (store_read_state(sql, directory_at(directory, i), &head, &stats) < 0) continue;
        stats_roll(&stats, directory_at(directory, i)->zone, NOW);
        ignore(out_stats_update(&text, directory_at(directory, i), &stats), "refused or written");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span in = span_of(data, size);
    in_writer();
    if (g_store == NULL) begin();
    struct sql *sql = store_writer_sql(g_writer);
    for (int i = 0; i < 6 && in.len > 0; i++) {
        const char *damage = DAMAGE[fuzz_byte(&in) % COUNT_OF(DAMAGE)];
        struct sql_value value = value_of(&in);
        ignore(sql_run(sql, damage, &value, 1, NULL, NULL), "a type that the column does not hold");
    }
    OWNED(directory) struct directory *directory = NULL;
    struct err_detail err;
    if (store_read_directory(sql, &directory, &err) == 0) {
        read_all(sql, directory);
        judge(directory);
    }
    each_table(sql, "DELETE");
    each_table(sql, "INSERT");
    return 0;
}
