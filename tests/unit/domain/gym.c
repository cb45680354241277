#include "gym.h"

#include <stdio.h>
#include <stdlib.h>

struct wall_ms at_moment(const char *text)
{
    struct wall_ms wall;
    assert_int_equal(wall_parse(str_c(text), &wall), 0);
    return wall;
}

struct day on_day(const char *text)
{
    struct day day;
    assert_int_equal(day_parse(str_c(text), &day), 0);
    return day;
}

static void add_location(struct directory *directory, struct location location)
{
    OWNED(zone) struct zone *zone = NULL;
    assert_int_equal(directory_zone(directory, STR("Europe/Berlin"), &zone), 0);
    location.zone = zone;
    assert_int_equal(directory_add(directory, &location), 0);
}

static struct location main_location(void)
{
    return (struct location){.id = MAIN, .slug = STR("main"), .name = STR("Main"), .capacity = CAPACITY_NONE,
                             .exits = EXITS_ASSUMED, .assumed_stay_minutes = 120};
}
static struct location north_location(void)
{
    return (struct location){.id = NORTH, .slug = STR("north"), .name = STR("North"), .capacity = CAPACITY_NONE,
                             .exits = EXITS_RECORDED, .assumed_stay_minutes = 120};
}

void gym_init(struct gym *gym, const char *now)
{
    memset(gym, 0, sizeof *gym);
    gym->rules = rules_default();
    gym->now = at_moment(now);
    assert_int_equal(directory_create(&gym->directory), 0);
    add_location(gym->directory, main_location());
    add_location(gym->directory, north_location());
    for (int64_t id = 1; id <= GYM_MEMBERS; id++) {
        gym->memberships[id][0] = (struct membership){.id = id, .plan = STR("Monthly"), .starts = on_day("2020-01-01"), .ends = DAY_NONE,
            .frozen_from = DAY_NONE, .frozen_until = DAY_NONE, .visits_left = -1};
        gym->members[id] = (struct member){.id = {id}, .first_name = STR("Ana"), .name = STR("Ana Costa"), .born = DAY_NONE,
            .last_visit_at = WALL_NONE, .memberships = gym->memberships[id], .membership_count = 1};
    }
    for (int64_t id = 1; id <= 2; id++) {
        gym->stats[id].day = DAY_NONE;
        gym->stats[id].peak_at = WALL_NONE;
    }
    batch_init(&gym->batch, &gym->rules);
}

void gym_done(struct gym *gym)
{
    batch_done(&gym->batch);
    directory_unref(gym->directory);
}

void gym_set_location(struct gym *gym, struct location_id id, const struct hours *hours, int32_t capacity, bool hard)
{
    struct directory *directory;
    assert_int_equal(directory_create(&directory), 0);
    struct location both[] = {main_location(), north_location()};
    for (size_t i = 0; i < 2; i++) {
        if (both[i].id.n == id.n) {
            if (hours != NULL) both[i].hours = *hours;
            both[i].capacity = capacity;
            both[i].hard_capacity = hard;
        }
        add_location(directory, both[i]);
    }
    directory_unref(gym->directory);
    gym->directory = directory;
}

static void load_location(struct gym *gym, struct location_id id)
{
    struct location_state *state;
    bool is_new;
    if (directory_by_id(gym->directory, id) == NULL) return;
    assert_int_equal(batch_put_location(&gym->batch, id, &state, &is_new), 0);
    if (!is_new) return;
    state->head = gym->heads[id.n];
    state->stats = gym->stats[id.n];
}

static struct batch_visit *load_visit(struct gym *gym, const struct visit *visit)
{
    struct batch_visit *held;
    bool is_new;
    assert_int_equal(batch_put_visit(&gym->batch, visit->id, &held, &is_new), 0);
    if (is_new) held->visit = *visit;
    load_location(gym, visit->location);
    return held;
}

static void load_member(struct gym *gym, int64_t id)
{
    struct batch_member *who;
    bool is_new;
    assert_int_equal(batch_put_member(&gym->batch, (struct member_id){id}, &who, &is_new), 0);
    if (!is_new) return;
    who->member = gym->members[id];

    who->recent = arena_array(&gym->batch.arena, struct visit *, BATCH_RECENT_MAX);

    for (int64_t i = 1; i <= gym->visit_count; i++) {
        if (gym->visits[i].member.n != id) continue;
        struct batch_visit *held = load_visit(gym, &gym->visits[i]);
        if (visit_is_open(&held->visit)) who->member.open = &held->visit;
        if (who->recent_count < BATCH_RECENT_MAX) who->recent[who->recent_count++] = &held->visit;
    }
}

static bool visited_today(const struct gym *gym, const struct command *command)
{
    const struct location *location = directory_by_id(gym->directory, command->location);
    for (int64_t i = 1; location != NULL && i <= gym->visit_count; i++) {
        const struct visit *visit = &gym->visits[i];
        if (visit->undone || visit->member.n != command->member.n || visit->location.n != location->id.n) continue;
        if (zone_local(location->zone, visit->checked_in_at).day.number == zone_local(location->zone, gym->now).day.number) return true;
    }
    return false;
}

static void load_denials(struct gym *gym)
{
    for (size_t i = 0; i < gym->denial_count; i++) {
        struct batch_denial *line;
        bool is_new;
        assert_int_equal(batch_put_denial(&gym->batch, str_c(gym->denials[i].key), &line, &is_new), 0);
        line->first_at = gym->denials[i].first_at;
        line->repeats = gym->denials[i].repeats;
    }
    for (size_t i = 0; i < gym->request_count; i++) {
        struct batch_request *request;
        bool is_new;
        assert_int_equal(batch_put_request(&gym->batch, str_c(gym->requests[i].key), &request, &is_new), 0);
        memcpy(request->fingerprint, gym->requests[i].fingerprint, FINGERPRINT_BYTES);
        request->reply = STR("kept");
    }
}

static void load(struct gym *gym)
{
    struct batch *batch = &gym->batch;
    for (size_t i = 0; i < batch->command_count; i++) {
        const struct command *command = batch->commands[i];
        int64_t id = command->member.n;
        if (command->visit.n != 0 && command->visit.n <= gym->visit_count) id = gym->visits[command->visit.n].member.n;
        if (id >= 1 && id <= GYM_MEMBERS) {
            batch->named[i].n = id;
            load_member(gym, id);
        }
        load_location(gym, command->location);
        batch->visited_today[i] = visited_today(gym, command);
    }
    for (int64_t i = 1; i <= gym->visit_count; i++) {
        struct visit *visit = &gym->visits[i];
        if (!visit_is_open(visit) || visit->auto_end_at.ms > gym->now.ms) continue;
        load_member(gym, visit->member.n);
        batch->due[batch->due_count++] = &load_visit(gym, visit)->visit;
    }
    load_denials(gym);
    batch->next_visit.n = gym->visit_count + 1;
}

static void save(struct gym *gym)
{
    struct batch *batch = &gym->batch;
    for (struct batch_visit *held = batch->visits; held != NULL; held = held->hh.next) {
        assert_true(held->visit.id.n < GYM_VISITS);
        gym->visits[held->visit.id.n] = held->visit;
        if (held->visit.id.n > gym->visit_count) gym->visit_count = held->visit.id.n;
    }
    for (struct batch_member *who = batch->members; who != NULL; who = who->hh.next) {
        struct member *kept = &gym->members[who->member.id.n];
        kept->visits_total = who->member.visits_total;
        kept->last_visit_at = who->member.last_visit_at;
    }
    for (struct batch_denial *line = batch->denials; line != NULL; line = line->hh.next) {
        size_t i = 0;
        while (i < gym->denial_count && !str_eq_c(line->key, gym->denials[i].key)) i++;
        assert_true(i < 64);
        if (i == gym->denial_count) snprintf(gym->denials[gym->denial_count++].key, 128, "%.*s", STR_ARG(line->key));
        gym->denials[i].first_at = line->first_at;
        gym->denials[i].repeats = line->repeats;
    }
    for (struct batch_request *request = batch->requests; request != NULL; request = request->hh.next) {
        if (request->command_index == SIZE_MAX) continue;
        assert_true(gym->request_count < 1024);
        memcpy(gym->requests[gym->request_count].fingerprint, request->fingerprint, FINGERPRINT_BYTES);
        snprintf(gym->requests[gym->request_count++].key, 256, "%.*s", STR_ARG(request->key));
    }
    for (struct location_state *state = batch->locations; state != NULL; state = state->hh.next) {
        gym->heads[state->location->id.n] = state->head;
        if (state->refold) gym_refold(gym, state->location->id, &state->stats);
        gym->stats[state->location->id.n] = state->stats;
    }
}

void gym_refold(const struct gym *gym, struct location_id id, struct stats *stats)
{
    const struct location *location = directory_by_id(gym->directory, id);
    struct day_visit *day = calloc((size_t)gym->visit_count + 1, sizeof *day);
    size_t count = 0;
    for (int64_t i = 1; i <= gym->visit_count; i++) {
        const struct visit *visit = &gym->visits[i];
        if (visit->undone || visit->location.n != id.n) continue;
        day[count++] = (struct day_visit){visit->member, visit->checked_in_at, visit->checked_out_at, visit->in_seq, visit->out_seq,
                                          !(visit->automatic && location->exits == EXITS_RECORDED)};
    }
    assert_int_equal(stats_of_visits(stats, location, day, count), 0);
    free(day);
}

void gym_run(struct gym *gym, const struct command *const *commands, size_t count)
{
    assert_int_equal(batch_begin(&gym->batch, gym->directory, commands, count, gym->now), 0);
    load(gym);
    assert_int_equal(decide(&gym->batch), 0);
    save(gym);
}

const struct decision *gym_do(struct gym *gym, const struct command *command)
{
    gym_run(gym, (const struct command *const[]){command}, 1);
    return &gym->batch.decisions[0];
}

void gym_later(struct gym *gym, int64_t seconds) { gym->now.ms += seconds * 1000; }

struct command gym_check_in(int64_t member, struct location_id location)
{
    return (struct command){.kind = COMMAND_CHECK_IN, .member = {member}, .location = location, .occurred_at = WALL_NONE,
        .new_checked_out_at = WALL_NONE,
        .actor = {.key = STR("1"), .name = STR("Olivia"), .source = SOURCE_DESK, .may_override = true, .may_override_ban = true}};
}

struct command gym_check_out(int64_t member)
{
    struct command command = gym_check_in(member, (struct location_id){0});
    command.kind = COMMAND_CHECK_OUT;
    return command;
}
