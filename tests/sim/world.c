#include "world.h"
#include "store/locations.h"

static const struct wall_ms START = {INT64_C(1795600000000)}; /* 2026-11-25, in the afternoon */

uint64_t roll(struct dice *dice, uint64_t sides)
{
    dice->state ^= dice->state << 13;
    dice->state ^= dice->state >> 7;
    dice->state ^= dice->state << 17;
    return (dice->state >> 11) % sides;
}

static int64_t number(struct world *world, const char *sql)
{
    int64_t value = -1;
    must(sql_number(store_reader_sql(world->reader), sql, SQL_NO_VALUES, &value) == 1, "%s", sql);
    return value;
}

/* --- The database --- */

static void open_store_at(const char *path, bool create, struct store **ret_store)
{
    char url[160];
    int applied;
    struct err_detail err = {0};
    snprintf(url, sizeof url, "sqlite:%s", path);
    struct store_options options = {.url = str_c(url), .busy_ms = 2000, .create = create};
    must(store_open(&options, ret_store, &err) == 0, "%s", err.text);
    if (create) must(store_migrate(*ret_store, &applied, &err) == 0, "%s", err.text);
}

static void make_place(struct sql *sql, int64_t id)
{
    char slug[8];
    snprintf(slug, sizeof slug, "p%lld", (long long)id);
    struct location_row row = {.location = {.id = {id},
                                            .slug = str_c(slug),
                                            .name = str_c(slug),
                                            .capacity = id == 3 ? 4 : CAPACITY_NONE,
                                            .exits = id == 2 ? EXITS_RECORDED : EXITS_ASSUMED,
                                            .assumed_stay_minutes = 120},
                               .timezone = STR("UTC")};
    struct location_id made;
    must(location_create(sql, &row, START, &made) == 0, "a place cannot be made");
}

void world_prepare(const char *path)
{
    struct store *store;
    struct store_writer *writer;
    struct err_detail err = {0};
    in_writer();
    open_store_at(path, true, &store);
    must(store_writer_open(store, &writer, &err) == 0, "%s", err.text);
    struct sql *sql = store_writer_sql(writer);
    must(sql_begin(sql) == 0, "the database");
    for (int64_t id = 1; id <= PLACES; id++) make_place(sql, id);
    static const char *const MAKE[] = {
        ("WITH RECURSIVE n (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < 40) INSERT INTO members (id, first_name, last_name, "
         "currency, sort_name, search, created_at, updated_at) SELECT id, 'First' || id, 'Last' || id, 'EUR', '', '', 0, 0 FROM n"),
        /* The last members' memberships have ended: there are refusals in the log. */
        ("INSERT INTO memberships (id, member_id, plan, state, starts, ends) SELECT id + 100, id, 'Annual', 0, 20000, CASE WHEN id > 36 THEN 20001 END FROM members"),
    };
    for (size_t i = 0; i < COUNT_OF(MAKE); i++) must(sql_run(sql, MAKE[i], SQL_NO_VALUES, NULL, NULL) == 0, "%s", MAKE[i]);
    must(sql_commit(sql) == 0, "the database");
    store_writer_close(writer);
    store_close(store);
}

/* --- Beginning, and beginning again --- */

/* As live/writer.c's tell_location at the start: the last few events, then where the location stands. */
static void tell_place(struct world *world, struct hub *hub, size_t index)
{
    const struct location *place = directory_at(world->judge.directory, index);
    struct sql *sql = store_reader_sql(world->reader);
    OWNED(arena) struct arena arena = arena_of((size_t)1024 * 1024);
    OWNED(saved) struct saved *events = NULL;
    OWNED(saved) struct saved *state = NULL;
    struct seq head, first_kept = {0};
    struct stats stats;
    struct stored_event *stored = NULL;
    size_t count = 0;
    must(store_read_state(sql, place, &head, &stats) == 0, "the database");
    stats_roll(&stats, place->zone, world->now);
    int64_t recent = (int64_t)(world->dice.state % MEMORY_EVENTS); /* alike for each hub: rolled by the crash */
    struct seq after = {head.n > recent ? head.n - recent : 0};
    if (head.n > 0) first_kept.n = 1;
    must(store_read_events(sql, place->id, after, MEMORY_EVENTS, &arena, &stored, &count) == 0, "the database");
    must(saved_of_log(place->id, stored, count, NULL, (struct seq){0}, &events) == 0, "memory");
    must(saved_of_log(place->id, NULL, 0, &stats, first_kept, &state) == 0, "memory");
    must(hub_publish(hub, events, world->mono) == 0 && hub_publish(hub, state, world->mono) == 0, "memory");
    world->judge.stats[index] = stats;
}

static void start(struct world *world)
{
    static const struct hub_options OPTIONS = {.memory_events = MEMORY_EVENTS, .stats_interval_ms = 250, .resume_events_max = RESUME_EVENTS_MAX};
    struct err_detail err = {0};
    must(store_read_directory(store_reader_sql(world->reader), &world->judge.directory, &err) == 0, "%s", err.text);
    world->judge.stats = calloc(PLACES, sizeof(struct stats));
    must(world->judge.stats != NULL, "memory");
    for (unsigned h = 0; h < HUBS; h++) {
        must(hub_create(&OPTIONS, &world->hubs[h]) == 0 && hub_set_directory(world->hubs[h], world->judge.directory) == 0, "memory");
        for (size_t i = 0; i < PLACES; i++) tell_place(world, world->hubs[h], i);
    }
}

static void stop(struct world *world)
{
    for (size_t i = 0; i < SCREENS; i++) screen_cut(&world->screens[i]);
    for (unsigned h = 0; h < HUBS; h++) {
        for (size_t i = 0; i < world->waiting_count[h]; i++) {
            struct delivery *delivery = &world->waiting[h][i];
            saved_unref(delivery->saved);
            for (size_t k = 0; k < delivery->ask_count; k++) ask_free(delivery->asks[k]);
        }
        world->waiting_count[h] = 0;
        hub_free(world->hubs[h]);
    }
    for (size_t i = 0; i < world->gathered_count; i++) ask_free(world->gathered[i]);
    world->gathered_count = 0;
    for (size_t i = 0; i < DEVICES; i++) {
        if (world->devices[i].state == DEVICE_ASKED) world->devices[i].state = DEVICE_LOST;
    }
    free(world->judge.stats);
    directory_unref(world->judge.directory);
}

void world_crash(struct world *world)
{
    g_tally.crashes++;
    stop(world);
    roll(&world->dice, 2);
    start(world);
}

void world_open(struct world *world, const char *path, uint64_t seed)
{
    struct err_detail err = {0};
    *world = (struct world){.now = START, .mono = {1000}, .rules = rules_default()};
    world->dice.state = seed * UINT64_C(0x9e3779b97f4a7c15) | 1;
    in_writer();
    open_store_at(path, false, &world->store);
    must(store_writer_open(world->store, &world->writer, &err) == 0 && store_reader_open(world->store, &world->reader, &err) == 0, "%s", err.text);
    world->judge.store = world->writer;
    batch_init(&world->judge.batch, &world->rules);
    start(world);
    for (unsigned i = 0; i < SCREENS; i++) screen_init(&world->screens[i], world, i);
    for (size_t i = 0; i < DEVICES; i++) snprintf(world->devices[i].key, sizeof world->devices[i].key, "d%zu", i);
}

void world_close(struct world *world)
{
    stop(world);
    for (size_t i = 0; i < SCREENS; i++) screen_done(&world->screens[i]);
    batch_done(&world->judge.batch);
    store_reader_close(world->reader);
    store_writer_close(world->writer);
    store_close(world->store);
}

/* --- Devices --- */

static void think_of_a_command(struct world *world, struct device *device)
{
    struct dice *dice = &world->dice;
    struct command *command = &device->command;
    *command = (struct command){
        .kind = chance(dice, 4) ? COMMAND_CHECK_OUT : COMMAND_CHECK_IN,
        .actor = {.key = str_c(device->key), .name = STR("Door"), .source = SOURCE_DESK, .may_override = true},
        .member = {1 + (int64_t)roll(dice, MEMBERS)},
        .occurred_at = WALL_NONE,
        .new_checked_out_at = WALL_NONE,
    };
    if (command->kind == COMMAND_CHECK_IN) command->location.n = 1 + (int64_t)roll(dice, PLACES);
    if (chance(dice, 8)) command->occurred_at.ms = world->now.ms - (int64_t)roll(dice, 3 * 3600000);
    if (chance(dice, 12)) command->override_reason = STR("let in");
    if (device->visit != 0 && chance(dice, 12)) {
        command->kind = COMMAND_UNDO;
        command->visit.n = device->visit;
        command->member.n = command->location.n = 0;
        command->occurred_at = WALL_NONE;
    }
    snprintf(device->id, sizeof device->id, "%s-%lld", device->key, (long long)device->count++);
    memset(command->fingerprint, (int)device->count & 0xff, FINGERPRINT_BYTES);
    device->kept[0] = '\0';
}

void world_device(struct world *world, struct device *device)
{
    if (device->state == DEVICE_ASKED) {
        if (chance(&world->dice, 20)) device->state = DEVICE_LOST; /* its line was cut: it will ask again, beside the first */
        return;
    }
    if (world->gathered_count == DEVICES) return;
    if (device->state == DEVICE_IDLE) think_of_a_command(world, device);
    struct ask *ask;
    must(ask_create(ASK_COMMAND, NULL, NULL, device, &ask) == 0, "memory");
    ask->texts = strdup(device->id); /* it may outlive the device's interest in it */
    must(ask->texts != NULL, "memory");
    ask->command = device->command;
    ask->command.request_id = str_c(ask->texts);
    ask->audience = AUDIENCE_STAFF;
    world->gathered[world->gathered_count++] = ask;
    device->state = DEVICE_ASKED;
}

/* --- The writer --- */

/* What was kept for an id is what every later answer to it is. */
static void check_answer(struct world *world, const struct ask *ask, const struct decision *decision)
{
    struct device *device = ask->ctx;
    bool made = !ask->replayed && ask->command.kind == COMMAND_CHECK_IN && ask->code == CODE_OK && !decision->repeated;
    if (made) world->visits++;
    if (!str_eq_c(ask->command.request_id, device->id)) return; /* asked twice, refused and judged anew: the device is past it */
    must(ask->reply.len < sizeof device->kept, "a reply of %zu bytes", ask->reply.len);
    if (device->kept[0] != '\0') {
        g_tally.replays++;
        must(ask->replayed && str_eq_c(buf_str(&ask->reply), device->kept), "%s was %s and is %.*s", device->id, device->kept, STR_ARG(buf_str(&ask->reply)));
        return;
    }
    must(!ask->replayed, "%s was never carried out", device->id);
    if (decision->request == NULL) return; /* judged anew each time */
    snprintf(device->kept, sizeof device->kept, "%.*s", STR_ARG(buf_str(&ask->reply)));
    if (made) device->visit = decision->visit.id.n;
}

static void hand_out(struct world *world, struct saved *saved)
{
    for (unsigned h = 0; h < HUBS; h++) {
        struct delivery *delivery = &world->waiting[h][world->waiting_count[h]++];
        *delivery = (struct delivery){.saved = saved_ref(saved)};
        for (size_t i = 0; i < world->gathered_count; i++) {
            const struct device *device = world->gathered[i]->ctx;
            if ((size_t)(device - world->devices) % HUBS == h) delivery->asks[delivery->ask_count++] = world->gathered[i];
        }
    }
    world->gathered_count = 0;
}

static bool is_room(const struct world *world)
{
    for (unsigned h = 0; h < HUBS; h++) {
        if (world->waiting_count[h] == WAITING_MAX) return false;
    }
    return true;
}

void world_commit(struct world *world)
{
    in_writer();
    if (!is_room(world)) return;
    struct saved *saved;
    must(judge_batch(&world->judge, world->gathered, world->gathered_count, world->now, &saved) == 0, "a batch failed");
    g_tally.commits++;
    g_tally.commands += (int64_t)world->gathered_count;
    for (size_t i = 0; i < world->gathered_count; i++) check_answer(world, world->gathered[i], &world->judge.batch.decisions[i]);
    hand_out(world, saved);
    saved_unref(saved);
}

/* --- A loop's turn --- */

static void answer(struct world *world, struct ask *ask)
{
    struct device *device = ask->ctx;
    bool current = device->state == DEVICE_ASKED && str_eq_c(ask->command.request_id, device->id);
    if (current) device->state = chance(&world->dice, 10) ? DEVICE_LOST : DEVICE_IDLE;
    ask_free(ask);
}

void world_turn(struct world *world, unsigned hub)
{
    if (world->waiting_count[hub] > 0) {
        struct delivery delivery = world->waiting[hub][0];
        world->waiting_count[hub]--;
        memmove(world->waiting[hub], world->waiting[hub] + 1, world->waiting_count[hub] * sizeof delivery);
        must(hub_publish(world->hubs[hub], delivery.saved, world->mono) == 0, "memory");
        saved_unref(delivery.saved);
        for (size_t i = 0; i < delivery.ask_count; i++) answer(world, delivery.asks[i]);
    }
    hub_send_stats(world->hubs[hub], world->mono);
    for (size_t i = 0; i < SCREENS; i++) {
        if (world->screens[i].hub == hub) screen_flush(&world->screens[i]);
    }
}

/* --- The end --- */

static bool is_quiet(const struct world *world)
{
    bool quiet = world->gathered_count == 0;
    for (unsigned h = 0; h < HUBS; h++) quiet = quiet && world->waiting_count[h] == 0;
    for (size_t i = 0; i < SCREENS; i++) quiet = quiet && screen_is_idle(&world->screens[i]);
    for (size_t i = 0; i < DEVICES; i++) quiet = quiet && world->devices[i].state == DEVICE_IDLE;
    return quiet;
}

/* At the location's midnight (live/writer.c: roll_days). */
static void roll_days(struct world *world)
{
    for (size_t i = 0; i < PLACES; i++) {
        const struct location *place = directory_at(world->judge.directory, i);
        OWNED(saved) struct saved *saved = NULL;
        stats_roll(&world->judge.stats[i], place->zone, world->now);
        must(saved_of_log(place->id, NULL, 0, &world->judge.stats[i], (struct seq){0}, &saved) == 0, "memory");
        for (unsigned h = 0; h < HUBS; h++) must(hub_publish(world->hubs[h], saved, world->mono) == 0, "memory");
    }
}

static void settle(struct world *world)
{
    for (size_t i = 0; i < SCREENS; i++) screen_connect(&world->screens[i]);
    for (int round = 0; round < 1000; round++) {
        for (size_t i = 0; i < DEVICES; i++) {
            if (world->devices[i].state == DEVICE_LOST) world_device(world, &world->devices[i]);
        }
        if (world->gathered_count > 0) world_commit(world);
        world->mono.ms += 300;
        for (unsigned h = 0; h < HUBS; h++) world_turn(world, h);
        for (size_t i = 0; i < SCREENS; i++) {
            world->screens[i].is_stalled = false;
            screen_page_step(&world->screens[i]);
            screen_read(&world->screens[i], KERNEL_BYTES);
        }
        if (is_quiet(world)) return;
    }
    must(false, "it does not come to rest");
}

static int check_event(void *ctx, const struct sql_row *row)
{
    struct world *world = ctx;
    int64_t place = row_int(row, 0), seq = row_int(row, 1);
    OWNED(buf) struct buf text = buf_of(EVENT_JSON_BYTES_MAX);
    for (size_t i = 0; i < SCREENS; i++) {
        const struct screen *screen = &world->screens[i];
        if (!screen->follows[place] || seq <= screen->from[place]) continue;
        buf_clear(&text);
        must(event_json_for(screen->subscriber.audience, row_text(row, 2), &text) == 0, "an event does not read");
        must(screen->seen[place][seq] == text_hash(buf_str(&text)), "screen %zu: p%lld %lld is another", i, (long long)place, (long long)seq);
    }
    return 0;
}

static void check_screens(struct world *world)
{
    must(sql_run(store_reader_sql(world->reader), "SELECT location_id, seq, json FROM events", SQL_NO_VALUES, check_event, world) == 0, "the database");
    for (size_t p = 0; p < PLACES; p++) {
        const struct location *place = directory_at(world->judge.directory, p);
        OWNED(buf) struct buf text = buf_of(8192);
        struct seq head;
        struct stats stats;
        must(store_read_state(store_reader_sql(world->reader), place, &head, &stats) == 0, "the database");
        /* A clock that was set back takes no day back from the screens. */
        stats_roll(&stats, place->zone, (struct wall_ms){world->judge.stats[p].day.number * INT64_C(86400000)});
        must(out_stats_update(&text, place, &stats) == 0, "memory");
        for (size_t i = 0; i < SCREENS; i++) {
            const struct screen *screen = &world->screens[i];
            if (!screen->follows[place->id.n]) continue;
            must(screen->last[place->id.n] == head.n, "screen %zu is at %lld of %lld", i, (long long)screen->last[place->id.n], (long long)head.n);
            must(str_eq_c(buf_str(&text), screen->stats[place->id.n]), "screen %zu shows\n%s, not\n%.*s", i, screen->stats[place->id.n], STR_ARG(buf_str(&text)));
        }
    }
}

static void check_database(struct world *world)
{
    static const char *const NOUGHT[] = {
        ("SELECT count(*) FROM location_states AS l WHERE head <> (SELECT count(*) FROM events WHERE location_id = l.location_id) OR head <> "
         "(SELECT coalesce(max(seq), 0) FROM events WHERE location_id = l.location_id)"),
        "SELECT count(*) FROM location_states AS l WHERE currently_in <> (SELECT count(*) FROM visits WHERE location_id = l.location_id AND checked_out_at IS NULL AND undone = 0)",
        "SELECT count(*) FROM members AS m WHERE visits_total <> (SELECT count(*) FROM visits WHERE member_id = m.id AND undone = 0)",
        "SELECT count(*) FROM (SELECT 1 FROM visits WHERE checked_out_at IS NULL AND undone = 0 GROUP BY member_id HAVING count(*) > 1)",
        /* The running day is what the visits give. */
        ("SELECT count(*) FROM location_states AS l WHERE check_ins <> (SELECT count(*) FROM visits WHERE location_id = l.location_id AND undone = 0 AND "
         "checked_in_at >= l.day * 86400000 AND checked_in_at < (l.day + 1) * 86400000)"),
        ("SELECT count(*) FROM location_states AS l WHERE check_outs <> (SELECT count(*) FROM visits WHERE location_id = l.location_id AND undone = 0 AND "
         "checked_out_at >= l.day * 86400000 AND checked_out_at < (l.day + 1) * 86400000)"),
        ("SELECT count(*) FROM location_states AS l WHERE unique_members <> (SELECT count(DISTINCT member_id) FROM visits WHERE location_id = l.location_id AND "
         "undone = 0 AND checked_in_at >= l.day * 86400000 AND checked_in_at < (l.day + 1) * 86400000)"),
    };
    for (size_t i = 0; i < COUNT_OF(NOUGHT); i++) must(number(world, NOUGHT[i]) == 0, "%s", NOUGHT[i]);
    int64_t visits = number(world, "SELECT count(*) FROM visits");
    must(visits == world->visits, "%lld visits, and commands made %lld", (long long)visits, (long long)world->visits);
}

void world_settle_and_check(struct world *world)
{
    settle(world);
    roll_days(world);
    settle(world);
    check_screens(world);
    check_database(world);
}
