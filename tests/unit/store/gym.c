#include "gym.h"
#include "store/locations.h"

static void make_location(struct gym *gym, int64_t id, const char *slug, const char *zone, enum exits exits, int32_t capacity)
{
    struct location_row row = {
        .location = {.id = {id}, .slug = str_c(slug), .name = str_c(slug), .capacity = capacity, .exits = exits, .assumed_stay_minutes = 120},
        .timezone = str_c(zone),
    };
    struct location_id made;
    assert_int_equal(location_create(gym->f->sql, &row, gym->now, &made), 0);
}

static void make_members(struct gym *gym)
{
    fixture_sql(gym->f,
                "WITH RECURSIVE n (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < 20) "
                "INSERT INTO members (id, first_name, last_name, currency, sort_name, search, created_at, updated_at) "
                "SELECT id, 'First' || id, 'Last' || id, 'EUR', '', '', 0, 0 FROM n");
    fixture_sql(gym->f,
                "INSERT INTO memberships (id, member_id, plan, state, starts) SELECT id + 100, id, 'Annual', 0, 20000 FROM members");
    assert_int_equal(sql_ids_given(gym->f->sql, "members"), 0);
    assert_int_equal(sql_ids_given(gym->f->sql, "memberships"), 0);
}

static void read_directory(struct gym *gym)
{
    struct err_detail err;
    directory_unref(gym->directory);
    gym->directory = NULL;
    assert_int_equal(store_read_directory(gym->f->sql, &gym->directory, &err), 0);
}

void gym_open(struct gym *gym, struct fixture *fixture)
{
    *gym = (struct gym){.f = fixture, .rules = rules_default()};
    assert_int_equal(wall_parse(STR("2026-11-25T12:00:00Z"), &gym->now), 0);
    batch_init(&gym->batch, &gym->rules);
    assert_int_equal(sql_begin(fixture->sql), 0);
    make_location(gym, 1, "main", "Europe/Berlin", EXITS_ASSUMED, CAPACITY_NONE);
    make_location(gym, 2, "north", "America/New_York", EXITS_RECORDED, CAPACITY_NONE);
    make_location(gym, 3, "small", "UTC", EXITS_ASSUMED, 2);
    make_members(gym);
    assert_int_equal(sql_commit(fixture->sql), 0);
    read_directory(gym);
}

void gym_close(struct gym *gym)
{
    batch_done(&gym->batch);
    directory_unref(gym->directory);
}

void gym_reopen(struct gym *gym)
{
    fixture_reopen(gym->f);
    read_directory(gym);
}

struct command *gym_add(struct gym *gym, enum command_kind kind)
{
    assert_true(gym->count < GYM_BATCH_MAX);
    struct command *command = &gym->commands[gym->count++];
    *command = (struct command){
        .kind = kind,
        .actor = {.key = STR("1"), .name = STR("Desk"), .source = SOURCE_DESK, .may_override = true},
        .occurred_at = WALL_NONE,
        .new_checked_out_at = WALL_NONE,
    };
    return command;
}

struct command *gym_check_in(struct gym *gym, int64_t member, int64_t location)
{
    struct command *command = gym_add(gym, COMMAND_CHECK_IN);
    command->member.n = member;
    command->location.n = location;
    return command;
}

struct command *gym_check_out(struct gym *gym, int64_t member)
{
    struct command *command = gym_add(gym, COMMAND_CHECK_OUT);
    command->member.n = member;
    return command;
}

/* What protocol does between decide and save; here the texts only have to tell one event and one answer from another. */
static int encode(struct batch *batch)
{
    for (size_t i = 0; i < batch->event_count; i++) {
        struct event *event = &batch->events[i];
        OWNED(buf) struct buf json = buf_of(512);
        TRY(buf_printf(&json, "{\"kind\":%d,\"seq\":%lld,\"visit\":%lld,\"code\":%d,\"in\":%d,\"repeats\":%d}", event->kind,
                       (long long)event->seq.n, (long long)event->visit.n, event->code, event->currently_in, event->repeats));
        TRY(arena_str(&batch->arena, buf_str(&json), &event->json));
    }
    for (size_t i = 0; i < batch->command_count; i++) {
        const struct decision *decision = &batch->decisions[i];
        if (decision->request == NULL || decision->replayed) continue;
        OWNED(buf) struct buf reply = buf_of(512);
        TRY(buf_printf(&reply, "{\"code\":%d,\"visit\":%lld,\"seq\":%lld}", decision->code, (long long)decision->visit.id.n,
                       (long long)decision->seq.n));
        TRY(arena_str(&batch->arena, buf_str(&reply), &decision->request->reply));
    }
    return 0;
}

int gym_try(struct gym *gym)
{
    const struct command *commands[GYM_BATCH_MAX];
    for (size_t i = 0; i < gym->count; i++) commands[i] = &gym->commands[i];
    size_t count = gym->count;
    gym->count = 0;
    TRY(batch_begin(&gym->batch, gym->directory, commands, count, gym->now));
    TRY(store_load(gym->f->writer, &gym->batch));
    int rc = decide(&gym->batch);
    if (rc == 0) rc = encode(&gym->batch);
    if (rc < 0) {
        store_rollback(gym->f->writer);
        return rc;
    }
    return store_save(gym->f->writer, &gym->batch);
}

void gym_run(struct gym *gym) { assert_int_equal(gym_try(gym), 0); }

const struct decision *gym_decision(const struct gym *gym, size_t index)
{
    assert_true(index < gym->batch.command_count);
    return &gym->batch.decisions[index];
}

static int put_row(void *ctx, const struct sql_row *row)
{
    struct str text = row_text(row, 0);
    TRY(buf_put_str(ctx, text));
    return buf_put_byte(ctx, '\n');
}

void gym_dump(struct gym *gym, struct buf *out)
{
    static const char *const TEXTS[] = {
        ("SELECT 'state ' || location_id || ' ' || head || ' ' || coalesce(day, '-') || ' ' || currently_in || ' ' || check_ins || ' ' || "
        "check_outs || ' ' || unique_members || ' ' || stay_seconds || ' ' || stays || ' ' || peak || ' ' || coalesce(peak_at, '-') || ' ' "
        "|| hourly || ' ' || denied FROM location_states ORDER BY location_id"),
        "SELECT 'member ' || id || ' ' || visits_total || ' ' || coalesce(last_visit_at, '-') FROM members ORDER BY id",
        "SELECT 'membership ' || id || ' ' || coalesce(visits_left, '-') FROM memberships ORDER BY id",
        ("SELECT 'visit ' || id || ' ' || member_id || ' ' || location_id || ' ' || checked_in_at || ' ' || coalesce(checked_out_at, '-') || "
        "' ' || auto_end_at || ' ' || in_seq || ' ' || out_seq || ' ' || coalesce(membership_id, '-') || ' ' || automatic || ' ' || undone "
        "|| ' ' || source || ' ' || checked_in_by || ' ' || coalesce(checked_out_by, '-') || ' ' || coalesce(notes, '-') FROM visits ORDER "
        "BY id"),
        ("SELECT 'event ' || location_id || ' ' || seq || ' ' || kind || ' ' || at || ' ' || coalesce(visit_id, '-') || ' ' || "
        "coalesce(member_id, '-') || ' ' || json FROM events ORDER BY location_id, seq"),
        "SELECT 'request ' || key || ' ' || reply || ' ' || at FROM requests ORDER BY id",
        "SELECT 'denial ' || key || ' ' || first_at || ' ' || repeats FROM denials ORDER BY key",
        "SELECT 'audit ' || at || ' ' || actor || ' ' || action || ' ' || subject || ' ' || details FROM audit ORDER BY id",
    };
    for (size_t i = 0; i < COUNT_OF(TEXTS); i++) {
        assert_int_equal(sql_run(gym->f->read, TEXTS[i], SQL_NO_VALUES, put_row, out), 0);
    }
    assert_int_equal(buf_terminate(out), 0);
}
