/* The rulings of the contract (1.3), each as a sentence. */
#include "gym.h"

#include "protocol/codes.h"

#define NOON "2026-11-25T11:00:00Z"

static struct gym g;

static int begin(void **state)
{
    (void)state;
    gym_init(&g, NOON);
    return 0;
}
static int end(void **state)
{
    (void)state;
    gym_done(&g);
    return 0;
}

static const struct event *event_at(size_t index)
{
    assert_true(index < g.batch.event_count);
    return &g.batch.events[index];
}

static const struct decision *check_in(int64_t member, struct location_id location)
{
    static struct command command;
    command = gym_check_in(member, location);
    return gym_do(&g, &command);
}

static bool has(const struct code_list *list, enum code code)
{
    for (unsigned i = 0; i < list->count; i++) {
        if (list->at[i] == code) return true;
    }
    return false;
}

static void a_good_member_comes_in_and_is_event_1(void **state)
{
    (void)state;
    const struct decision *decision = check_in(1, MAIN);
    assert_int_equal(decision->code, CODE_OK);
    assert_int_equal(decision->seq.n, 1);
    assert_int_equal(decision->currently_in, 1);
    assert_int_equal(g.batch.event_count, 1);
    assert_int_equal(event_at(0)->kind, EVENT_CHECKED_IN);
    assert_true(has(&decision->greetings, CODE_FIRST_VISIT));
    assert_int_equal(g.stats[1].check_ins, 1);
    assert_int_equal(g.stats[1].hourly[12], 1); /* 11:00 UTC is noon in Berlin */
}

static void a_second_check_in_within_a_minute_is_the_same_visit_and_no_event(void **state)
{
    (void)state;
    int64_t visit = check_in(1, MAIN)->visit.id.n;
    gym_later(&g, 60);
    const struct decision *decision = check_in(1, MAIN);
    assert_int_equal(decision->code, CODE_OK);
    assert_true(decision->repeated);
    assert_int_equal(decision->visit.id.n, visit);
    assert_int_equal(decision->seq.n, 1);
    assert_int_equal(g.batch.event_count, 0);
    assert_int_equal(g.stats[1].denied, 0);
}

static void later_it_is_already_checked_in_and_not_counted_as_denied(void **state)
{
    (void)state;
    check_in(1, MAIN);
    gym_later(&g, 61);
    const struct decision *decision = check_in(1, MAIN);
    assert_int_equal(decision->code, CODE_ALREADY_CHECKED_IN);
    assert_true(decision->can_override);
    assert_non_null(decision->member);
    assert_int_equal(event_at(0)->kind, EVENT_DENIED);
    assert_int_equal(g.stats[1].denied, 0);
}

static void an_override_of_already_in_ends_the_old_visit_and_begins_a_new_one(void **state)
{
    (void)state;
    check_in(1, MAIN);
    gym_later(&g, 600);
    struct command command = gym_check_in(1, MAIN);
    command.override_reason = STR("left by the back door");
    const struct decision *decision = gym_do(&g, &command);
    assert_int_equal(decision->code, CODE_OK);
    assert_int_equal(event_at(0)->kind, EVENT_CHECKED_OUT);
    assert_true(event_at(0)->automatic);
    assert_int_equal(event_at(1)->kind, EVENT_CHECKED_IN);
    assert_int_equal(decision->currently_in, 1);
    assert_int_equal(g.batch.audit_count, 1);
}

static void after_a_check_out_a_second_check_in_is_a_new_visit(void **state)
{
    (void)state;
    int64_t visit = check_in(1, MAIN)->visit.id.n;
    struct command out = gym_check_out(1);
    gym_later(&g, 10);
    assert_int_equal(gym_do(&g, &out)->code, CODE_OK);
    gym_later(&g, 10);
    const struct decision *decision = check_in(1, MAIN);
    assert_false(decision->repeated);
    assert_true(decision->visit.id.n != visit);
}

static void a_check_out_gives_the_duration_and_needs_a_visit(void **state)
{
    (void)state;
    struct command out = gym_check_out(1);
    const struct decision *decision = gym_do(&g, &out);
    assert_int_equal(decision->code, CODE_NOT_CHECKED_IN);
    assert_string_equal(decision->member_status, "active");
    check_in(1, MAIN);
    gym_later(&g, 3725);
    decision = gym_do(&g, &out);
    assert_int_equal(decision->code, CODE_OK);
    assert_int_equal(decision->duration_seconds, 3725);
    assert_int_equal(decision->currently_in, 0);
    assert_int_equal(gym_do(&g, &out)->code, CODE_NOT_CHECKED_IN);
}

static void a_check_in_elsewhere_ends_the_visit_here_in_the_same_batch(void **state)
{
    (void)state;
    check_in(1, MAIN);
    gym_later(&g, 30);
    const struct decision *decision = check_in(1, NORTH);
    assert_int_equal(decision->code, CODE_OK);
    assert_int_equal(g.batch.event_count, 2);
    assert_int_equal(event_at(0)->kind, EVENT_CHECKED_OUT);
    assert_int_equal(event_at(0)->location->id.n, MAIN.n);
    assert_int_equal(event_at(0)->seq.n, 2);
    assert_int_equal(event_at(1)->location->id.n, NORTH.n);
    assert_int_equal(event_at(1)->seq.n, 1);
    assert_int_equal(g.stats[1].currently_in, 0);
    assert_int_equal(g.stats[2].currently_in, 1);
}

static void an_assumed_stay_ends_by_itself_at_its_true_moment(void **state)
{
    (void)state;
    struct wall_ms in = g.now;
    check_in(1, MAIN);
    gym_later(&g, 5 * 3600);
    gym_run(&g, NULL, 0);
    assert_int_equal(g.batch.event_count, 1);
    assert_true(event_at(0)->automatic && event_at(0)->late);
    assert_int_equal(event_at(0)->at.ms, in.ms + 120 * 60000);
    assert_int_equal(check_in(1, MAIN)->code, CODE_OK); /* never «already in» */
}

static void the_first_scan_after_a_night_ends_yesterdays_visit_first(void **state)
{
    (void)state;
    check_in(1, NORTH); /* recorded exits: 16 hours at most */
    gym_later(&g, 17 * 3600);
    const struct decision *decision = check_in(1, NORTH);
    assert_int_equal(decision->code, CODE_OK);
    assert_int_equal(g.batch.event_count, 2);
    assert_int_equal(event_at(0)->at.ms, at_moment(NOON).ms + 16 * 3600 * 1000);
    assert_int_equal(decision->currently_in, 1);
}

static void closing_time_ends_a_visit(void **state)
{
    (void)state;
    struct hours hours = {.count = 1, .spans = {{.weekday = 2, .opens_second = 6 * 3600, .closes_second = 13 * 3600}}}; /* Wednesday */
    gym_set_location(&g, MAIN, &hours, CAPACITY_NONE, false);
    assert_int_equal(check_in(1, MAIN)->visit.auto_end_at.ms, at_moment("2026-11-25T12:00:00Z").ms);
    gym_later(&g, 3600);
    const struct decision *decision = check_in(1, MAIN);
    assert_int_equal(decision->code, CODE_OUTSIDE_HOURS);
    assert_true(decision->can_override);
}

struct membership_case {
    const char *what;
    enum membership_state state;
    const char *starts, *ends, *frozen_from, *frozen_until;
    int32_t visits_left;
    enum code code;
};

static void each_membership_gives_its_own_reason(void **state)
{
    (void)state;
    static const struct membership_case CASES[] = {
        {"valid", MEMBERSHIP_ACTIVE, "2026-01-01", "2026-12-31", NULL, NULL, -1, CODE_OK},
        {"its last day", MEMBERSHIP_ACTIVE, "2026-01-01", "2026-11-25", NULL, NULL, -1, CODE_OK},
        {"the day after", MEMBERSHIP_ACTIVE, "2026-01-01", "2026-11-24", NULL, NULL, -1, CODE_MEMBERSHIP_EXPIRED},
        {"its first day", MEMBERSHIP_ACTIVE, "2026-11-25", NULL, NULL, NULL, -1, CODE_OK},
        {"the day before", MEMBERSHIP_ACTIVE, "2026-11-26", NULL, NULL, NULL, -1, CODE_MEMBERSHIP_NOT_STARTED},
        {"frozen", MEMBERSHIP_FROZEN, "2026-01-01", NULL, NULL, NULL, -1, CODE_MEMBERSHIP_FROZEN},
        {"a freeze that is over", MEMBERSHIP_ACTIVE, "2026-01-01", NULL, "2026-10-01", "2026-11-24", -1, CODE_OK},
        {"a freeze's last day", MEMBERSHIP_ACTIVE, "2026-01-01", NULL, "2026-10-01", "2026-11-25", -1, CODE_MEMBERSHIP_FROZEN},
        {"a freeze to come", MEMBERSHIP_ACTIVE, "2026-01-01", NULL, "2026-11-26", NULL, -1, CODE_OK},
        {"cancelled", MEMBERSHIP_CANCELLED, "2026-01-01", NULL, NULL, NULL, -1, CODE_MEMBERSHIP_CANCELLED},
        {"used up", MEMBERSHIP_ACTIVE, "2026-01-01", NULL, NULL, NULL, 0, CODE_VISITS_EXHAUSTED},
        {"one visit left", MEMBERSHIP_ACTIVE, "2026-01-01", NULL, NULL, NULL, 1, CODE_OK},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        const struct membership_case *c = &CASES[i];
        struct membership membership = {.id = 1, .state = c->state, .starts = on_day(c->starts),
            .ends = c->ends == NULL ? DAY_NONE : on_day(c->ends),
            .frozen_from = c->frozen_from == NULL ? DAY_NONE : on_day(c->frozen_from),
            .frozen_until = c->frozen_until == NULL ? DAY_NONE : on_day(c->frozen_until), .visits_left = c->visits_left};
        const struct membership *found;
        enum code code = membership_find(&membership, 1, on_day("2026-11-25"), &found);
        if (code != c->code) fail_msg("%s: %s", c->what, code_name(code));
        assert_true((found != NULL) == (code == CODE_OK));
    }
}

static void of_several_memberships_the_valid_one_that_ends_first_is_taken_else_what_can_be_acted_on(void **state)
{
    (void)state;
    struct membership many[] = {
        {.id = 1, .state = MEMBERSHIP_CANCELLED, .starts = on_day("2026-01-01"), .ends = DAY_NONE, .frozen_from = DAY_NONE, .frozen_until = DAY_NONE, .visits_left = -1},
        {.id = 2, .state = MEMBERSHIP_ACTIVE, .starts = on_day("2026-01-01"), .ends = on_day("2026-06-30"), .frozen_from = DAY_NONE, .frozen_until = DAY_NONE, .visits_left = -1},
        {.id = 3, .state = MEMBERSHIP_FROZEN, .starts = on_day("2026-01-01"), .ends = DAY_NONE, .frozen_from = DAY_NONE, .frozen_until = DAY_NONE, .visits_left = -1},
        {.id = 4, .state = MEMBERSHIP_ACTIVE, .starts = on_day("2026-01-01"), .ends = DAY_NONE, .frozen_from = DAY_NONE, .frozen_until = DAY_NONE, .visits_left = -1},
        {.id = 5, .state = MEMBERSHIP_ACTIVE, .starts = on_day("2026-01-01"), .ends = on_day("2026-12-31"), .frozen_from = DAY_NONE, .frozen_until = DAY_NONE, .visits_left = -1},
    };
    const struct membership *found;
    assert_int_equal(membership_find(many, 5, on_day("2026-11-25"), &found), CODE_OK);
    assert_int_equal(found->id, 5);
    assert_int_equal(membership_find(many, 3, on_day("2026-11-25"), &found), CODE_MEMBERSHIP_FROZEN);
    assert_int_equal(membership_find(many, 2, on_day("2026-11-25"), &found), CODE_MEMBERSHIP_EXPIRED);
    assert_int_equal(membership_find(many, 0, on_day("2026-11-25"), &found), CODE_NO_MEMBERSHIP);
}

static void the_last_day_counts_to_its_end_in_the_locations_zone(void **state)
{
    (void)state;
    g.memberships[1][0].ends = on_day("2026-11-25");
    g.now = at_moment("2026-11-25T22:59:59Z"); /* 23:59:59 in Berlin */
    assert_int_equal(check_in(1, MAIN)->code, CODE_OK);
    g.memberships[2][0].ends = on_day("2026-11-25");
    g.now = at_moment("2026-11-25T23:00:00Z");
    assert_int_equal(check_in(2, MAIN)->code, CODE_MEMBERSHIP_EXPIRED);
}

static void an_unknown_member_is_refused_with_the_codes_last_four(void **state)
{
    (void)state;
    struct command command = gym_check_in(0, MAIN);
    command.code = STR(" 00000471199 ");
    const struct decision *decision = gym_do(&g, &command);
    assert_int_equal(decision->code, CODE_MEMBER_NOT_FOUND);
    assert_null(decision->member);
    assert_true(str_eq_c(event_at(0)->code_tail, "1199"));
    assert_int_equal(g.stats[1].denied, 1);
}

static void refusals_within_five_minutes_are_one_line(void **state)
{
    (void)state;
    g.members[1].banned = true;
    static const struct { int64_t later; int32_t repeats; int32_t denied; } CASES[] = {{0, 0, 1}, {60, 1, 1}, {240, 2, 1}, {1, 0, 2}};
    for (size_t i = 0; i < 4; i++) {
        gym_later(&g, CASES[i].later);
        assert_int_equal(check_in(1, MAIN)->code, CODE_MEMBER_BANNED);
        assert_int_equal(event_at(0)->repeats, CASES[i].repeats);
        assert_int_equal(g.stats[1].denied, CASES[i].denied);
    }
    struct command kiosk = gym_check_in(1, MAIN);
    kiosk.actor.source = SOURCE_KIOSK; /* another source is another line */
    gym_do(&g, &kiosk);
    assert_int_equal(event_at(0)->repeats, 0);
}

static void staff_pass_a_policy_with_a_reason_but_never_a_ban(void **state)
{
    (void)state;
    g.memberships[1][0].ends = on_day("2026-01-31");
    struct command command = gym_check_in(1, MAIN);
    command.override_reason = STR("paid in cash");
    command.actor.may_override_ban = false;
    const struct decision *decision = gym_do(&g, &command);
    assert_int_equal(decision->code, CODE_OK);
    assert_true(has(&decision->warnings, CODE_MEMBERSHIP_EXPIRED));
    assert_int_equal(g.batch.audit_count, 1);

    g.members[2].banned = true;
    command.member.n = 2;
    decision = gym_do(&g, &command);
    assert_int_equal(decision->code, CODE_MEMBER_BANNED);
    assert_false(decision->can_override);
    command.actor.may_override_ban = true;
    assert_int_equal(gym_do(&g, &command)->code, CODE_OK);
}

static void a_device_may_not_override(void **state)
{
    (void)state;
    g.memberships[1][0].ends = on_day("2026-01-31");
    struct command command = gym_check_in(1, MAIN);
    command.actor = (struct actor){.key = STR("k1"), .name = STR("Kiosk"), .source = SOURCE_KIOSK};
    command.override_reason = STR("please");
    const struct decision *decision = gym_do(&g, &command);
    assert_int_equal(decision->code, CODE_MEMBERSHIP_EXPIRED);
    assert_false(decision->can_override);
}

static void capacity_blocks_and_a_hard_one_cannot_be_passed(void **state)
{
    (void)state;
    gym_set_location(&g, MAIN, NULL, 1, false);
    check_in(1, MAIN);
    assert_int_equal(check_in(2, MAIN)->code, CODE_CAPACITY_REACHED);
    struct command command = gym_check_in(2, MAIN);
    command.override_reason = STR("trainer");
    assert_int_equal(gym_do(&g, &command)->code, CODE_OK);
    gym_set_location(&g, MAIN, NULL, 2, true);
    command.member.n = 3;
    const struct decision *decision = gym_do(&g, &command);
    assert_int_equal(decision->code, CODE_CAPACITY_REACHED);
    assert_false(decision->can_override);
}

static void one_batch_judges_in_order(void **state)
{
    (void)state;
    gym_set_location(&g, MAIN, NULL, 1, false);
    struct command first = gym_check_in(1, MAIN), second = gym_check_in(2, MAIN), out = gym_check_out(1), third = gym_check_in(2, MAIN);
    gym_run(&g, (const struct command *const[]){&first, &second, &out, &third}, 4);
    static const enum code CODES[] = {CODE_OK, CODE_CAPACITY_REACHED, CODE_OK, CODE_OK};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(g.batch.decisions[i].code, CODES[i]);
        assert_int_equal(g.batch.events[i].seq.n, (int64_t)i + 1);
    }
}

static void the_same_request_is_carried_out_once_also_within_one_batch(void **state)
{
    (void)state;
    struct command command = gym_check_in(1, MAIN);
    command.request_id = STR("r-1");
    gym_run(&g, (const struct command *const[]){&command, &command}, 2);
    assert_int_equal(g.batch.event_count, 1);
    assert_false(g.batch.decisions[0].replayed);
    assert_true(g.batch.decisions[1].replayed);
    assert_ptr_equal(g.batch.decisions[0].request, g.batch.decisions[1].request);
    gym_later(&g, 3 * 86400);
    assert_true(gym_do(&g, &command)->replayed);
    assert_int_equal(g.batch.event_count, 1); /* the visit of three days ago ended by itself */
    command.fingerprint[0] = 1;
    const struct decision *decision = gym_do(&g, &command);
    assert_int_equal(decision->code, CODE_ID_REUSED);
    assert_int_equal(g.batch.event_count, 0);
}

static void a_refusal_is_answered_alike_but_what_made_no_event_is_judged_anew(void **state)
{
    (void)state;
    struct command out = gym_check_out(1);
    out.request_id = STR("r-2");
    assert_int_equal(gym_do(&g, &out)->code, CODE_NOT_CHECKED_IN);
    check_in(1, MAIN);
    assert_int_equal(gym_do(&g, &out)->code, CODE_OK);
    assert_true(gym_do(&g, &out)->replayed);
}

static void a_late_entry_is_a_fact_and_its_broken_rules_are_warnings(void **state)
{
    (void)state;
    g.memberships[1][0].ends = on_day("2026-01-31");
    struct command command = gym_check_in(1, MAIN);
    command.actor.source = SOURCE_TURNSTILE;
    command.occurred_at.ms = g.now.ms - 3600 * 1000;
    const struct decision *decision = gym_do(&g, &command);
    assert_int_equal(decision->code, CODE_OK);
    assert_true(has(&decision->warnings, CODE_MEMBERSHIP_EXPIRED));
    assert_true(event_at(0)->late);
    assert_int_equal(event_at(0)->at.ms, command.occurred_at.ms);
    assert_int_equal(g.stats[1].denied, 0);
    assert_int_equal(decision->currently_in, 1);
}

/* Contract 1.3: a *device's* late entry is a fact, and «never member_banned (owner or manager only)». */
static void entering_it_late_passes_no_ban_that_may_not_be_passed_at_once(void **state)
{
    (void)state;
    static const struct { enum source source; bool may_override_ban; enum code code; } CASES[] = {
        {SOURCE_TURNSTILE, false, CODE_OK}, {SOURCE_KIOSK, false, CODE_OK}, {SOURCE_DESK, false, CODE_MEMBER_BANNED}, {SOURCE_DESK, true, CODE_OK},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        g.members[i + 1].banned = true;
        struct command command = gym_check_in((int64_t)i + 1, MAIN);
        command.actor.source = CASES[i].source;
        command.actor.may_override_ban = CASES[i].may_override_ban;
        command.occurred_at.ms = g.now.ms - 3000;
        const struct decision *decision = gym_do(&g, &command);
        assert_int_equal(decision->code, CASES[i].code);
        assert_int_equal(has(&decision->warnings, CODE_MEMBER_BANNED), CASES[i].code == CODE_OK);
    }
}

static void an_edit_is_of_the_version_that_was_read(void **state)
{
    (void)state;
    struct command enter = gym_check_in(1, MAIN);
    const struct visit visit = gym_do(&g, &enter)->visit;
    const int64_t read = visit_version(&visit, (struct str){0});
    struct command edit = {.kind = COMMAND_EDIT, .visit = visit.id, .occurred_at = WALL_NONE, .new_checked_out_at = g.now, .if_version = read};
    assert_int_equal(gym_do(&g, &edit)->code, CODE_OK);
    struct command late = edit;
    late.notes = STR("somebody else's");
    assert_int_equal(gym_do(&g, &late)->code, CODE_CONFLICT);
    assert_int_equal(g.batch.event_count, 0);
    late.if_version = 0; /* any */
    assert_int_equal(gym_do(&g, &late)->code, CODE_OK);
    /* Each of what an edit may change makes another version. */
    struct visit other = visit;
    other.automatic = !other.automatic;
    assert_int_not_equal(visit_version(&other, (struct str){0}), read);
    assert_int_not_equal(visit_version(&visit, STR("x")), read);
}

static void a_late_entry_whose_stay_is_over_by_now_is_ended_at_once(void **state)
{
    (void)state;
    struct command command = gym_check_in(1, MAIN);
    command.occurred_at.ms = g.now.ms - INT64_C(5) * 3600 * 1000;
    const struct decision *decision = gym_do(&g, &command);
    assert_int_equal(decision->code, CODE_OK);
    assert_int_equal(g.batch.event_count, 2);
    assert_int_equal(decision->currently_in, 0);
    assert_int_equal(event_at(1)->at.ms, command.occurred_at.ms + 120 * 60000);
    assert_int_equal(g.stats[1].peak, 1);
}

static void a_late_entry_that_a_visit_covers_is_joined(void **state)
{
    (void)state;
    int64_t visit = check_in(1, MAIN)->visit.id.n;
    gym_later(&g, 1800);
    struct command command = gym_check_in(1, MAIN);
    command.occurred_at.ms = g.now.ms - 600 * 1000;
    const struct decision *decision = gym_do(&g, &command);
    assert_int_equal(decision->visit.id.n, visit);
    assert_true(decision->repeated);
    assert_int_equal(g.batch.event_count, 0);
}

/* «One visit»: who came here had left there, also where it is told late. */
static void a_late_entry_elsewhere_ends_the_open_visit_there(void **state)
{
    (void)state;
    check_in(1, MAIN);
    gym_later(&g, 1800);
    struct command command = gym_check_in(1, NORTH);
    command.actor.source = SOURCE_TURNSTILE;
    command.occurred_at.ms = g.now.ms - 4000;
    const struct decision *decision = gym_do(&g, &command);
    assert_int_equal(decision->code, CODE_OK);
    assert_false(decision->repeated);
    assert_int_equal(g.batch.event_count, 2);
    assert_int_equal(event_at(0)->kind, EVENT_CHECKED_OUT);
    assert_int_equal(event_at(0)->at.ms, command.occurred_at.ms);
    assert_true(event_at(0)->automatic);
    assert_int_equal(event_at(1)->kind, EVENT_CHECKED_IN);
    assert_int_equal(event_at(1)->location->id.n, NORTH.n);
    assert_int_equal(g.stats[1].currently_in, 0);
    assert_int_equal(g.stats[2].currently_in, 1);
}

/* Whoever was checked out and came again is inside: the first check-out, told again by a queue, does not end the second visit. */
static void a_check_out_told_again_late_ends_no_newer_visit(void **state)
{
    (void)state;
    static const struct { int64_t told_ms_after_the_end; enum code code; } CASES[] = {
        {-60000, CODE_NOT_CHECKED_IN}, {0, CODE_NOT_CHECKED_IN}, {1000, CODE_NOT_CHECKED_IN}, {200000, CODE_OK /* of the second, 0 s */},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        const int64_t member = (int64_t)i + 1;
        check_in(member, MAIN);
        gym_later(&g, 1800);
        struct command out = gym_check_out(member);
        assert_int_equal(gym_do(&g, &out)->code, CODE_OK);
        const int64_t ended_ms = g.now.ms;
        gym_later(&g, 600);
        check_in(member, MAIN);
        gym_later(&g, 10);
        struct command again = gym_check_out(member);
        again.occurred_at.ms = ended_ms + CASES[i].told_ms_after_the_end;
        assert_int_equal(gym_do(&g, &again)->code, CASES[i].code);
    }
}

/* A moment ago, after coming back: that is this visit's. */
static void a_check_out_soon_after_coming_back_ends_the_new_visit(void **state)
{
    (void)state;
    check_in(1, MAIN);
    gym_later(&g, 1800);
    struct command out = gym_check_out(1);
    gym_do(&g, &out);
    gym_later(&g, 30);
    check_in(1, MAIN);
    gym_later(&g, 20);
    for (int64_t ago_ms = 1000; ago_ms <= 10000; ago_ms += 9000) {
        struct command again = gym_check_out(1);
        again.occurred_at.ms = g.now.ms - ago_ms;
        assert_int_equal(gym_do(&g, &again)->code, CODE_OK);
        check_in(1, MAIN);
        gym_later(&g, 20);
    }
}

static void too_old_and_too_new(void **state)
{
    (void)state;
    struct command command = gym_check_in(1, MAIN);
    command.occurred_at.ms = g.now.ms - INT64_C(72) * 3600 * 1000 - 1;
    assert_int_equal(gym_do(&g, &command)->code, CODE_TOO_OLD);
    assert_int_equal(g.batch.event_count, 0);
    command.occurred_at.ms = g.now.ms + 121 * 1000;
    const struct decision *decision = gym_do(&g, &command);
    assert_int_equal(decision->code, CODE_OK);
    assert_true(has(&decision->warnings, CODE_CLOCK_SKEW));
    assert_int_equal(decision->visit.checked_in_at.ms, g.now.ms);
}

static void a_check_out_before_its_check_in_counts_0_s(void **state)
{
    (void)state;
    check_in(1, MAIN);
    struct command out = gym_check_out(1);
    out.occurred_at.ms = g.now.ms - 600 * 1000;
    const struct decision *decision = gym_do(&g, &out);
    assert_int_equal(decision->code, CODE_OK);
    assert_int_equal(decision->duration_seconds, 0);
}

static void an_undo_takes_back_the_visit_its_punch_and_its_counts_once(void **state)
{
    (void)state;
    g.memberships[1][0].visits_left = 5;
    int64_t visit = check_in(1, MAIN)->visit.id.n;
    assert_int_equal(g.memberships[1][0].visits_left, 4);
    struct command undo = gym_check_in(0, (struct location_id){0});
    undo.kind = COMMAND_UNDO;
    undo.visit.n = visit;
    const struct decision *decision = gym_do(&g, &undo);
    assert_int_equal(decision->code, CODE_OK);
    assert_int_equal(event_at(0)->kind, EVENT_CORRECTED);
    assert_int_equal(g.stats[1].check_ins, 0);
    assert_int_equal(g.stats[1].currently_in, 0);
    assert_int_equal(g.stats[1].peak, 0);
    assert_int_equal(g.memberships[1][0].visits_left, 5);
    assert_int_equal(g.batch.audit_count, 1);
    assert_int_equal(gym_do(&g, &undo)->code, CODE_NOT_FOUND);
    assert_false(check_in(1, MAIN)->repeated);
}

static void a_birthday_and_a_long_absence_are_greeted(void **state)
{
    (void)state;
    g.members[1].born = on_day("1990-11-25");
    g.members[1].visits_total = 99;
    g.members[1].last_visit_at.ms = g.now.ms - INT64_C(40) * 86400 * 1000;
    const struct decision *decision = check_in(1, MAIN);
    assert_true(has(&decision->greetings, CODE_BIRTHDAY));
    assert_true(has(&decision->greetings, CODE_ROUND_VISIT));
    assert_true(has(&decision->greetings, CODE_BACK_AFTER_LONG));
    assert_false(has(&decision->greetings, CODE_FIRST_VISIT));
}

static void a_balance_warns_and_past_its_second_limit_blocks(void **state)
{
    (void)state;
    g.members[1].balance_minor = -1250;
    assert_true(has(&check_in(1, MAIN)->warnings, CODE_BALANCE_DUE));
    g.rules.balance_block_minor = 5000;
    g.members[2].balance_minor = -5001;
    assert_int_equal(check_in(2, MAIN)->code, CODE_BALANCE_DUE);
    g.members[3].balance_minor = -5000;
    assert_int_equal(check_in(3, MAIN)->code, CODE_OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_good_member_comes_in_and_is_event_1),
        TEST(a_second_check_in_within_a_minute_is_the_same_visit_and_no_event),
        TEST(later_it_is_already_checked_in_and_not_counted_as_denied),
        TEST(an_override_of_already_in_ends_the_old_visit_and_begins_a_new_one),
        TEST(after_a_check_out_a_second_check_in_is_a_new_visit),
        TEST(a_check_out_gives_the_duration_and_needs_a_visit),
        TEST(a_check_in_elsewhere_ends_the_visit_here_in_the_same_batch),
        TEST(an_assumed_stay_ends_by_itself_at_its_true_moment),
        TEST(the_first_scan_after_a_night_ends_yesterdays_visit_first),
        TEST(closing_time_ends_a_visit),
        TEST(each_membership_gives_its_own_reason),
        TEST(of_several_memberships_the_valid_one_that_ends_first_is_taken_else_what_can_be_acted_on),
        TEST(the_last_day_counts_to_its_end_in_the_locations_zone),
        TEST(an_unknown_member_is_refused_with_the_codes_last_four),
        TEST(refusals_within_five_minutes_are_one_line),
        TEST(staff_pass_a_policy_with_a_reason_but_never_a_ban),
        TEST(a_device_may_not_override),
        TEST(capacity_blocks_and_a_hard_one_cannot_be_passed),
        TEST(one_batch_judges_in_order),
        TEST(the_same_request_is_carried_out_once_also_within_one_batch),
        TEST(a_refusal_is_answered_alike_but_what_made_no_event_is_judged_anew),
        TEST(a_late_entry_is_a_fact_and_its_broken_rules_are_warnings),
        TEST(entering_it_late_passes_no_ban_that_may_not_be_passed_at_once),
        TEST(an_edit_is_of_the_version_that_was_read),
        TEST(a_late_entry_whose_stay_is_over_by_now_is_ended_at_once),
        TEST(a_late_entry_that_a_visit_covers_is_joined),
        TEST(a_late_entry_elsewhere_ends_the_open_visit_there),
        TEST(a_check_out_told_again_late_ends_no_newer_visit),
        TEST(a_check_out_soon_after_coming_back_ends_the_new_visit),
        TEST(too_old_and_too_new),
        TEST(a_check_out_before_its_check_in_counts_0_s),
        TEST(an_undo_takes_back_the_visit_its_punch_and_its_counts_once),
        TEST(a_birthday_and_a_long_absence_are_greeted),
        TEST(a_balance_warns_and_past_its_second_limit_blocks),
    };
    return cmocka_run_group_tests_name("domain/decide", tests, NULL, NULL);
}
