/* Contract 1.3, the rulings on coming in. A live check-in is judged; a late one is a fact and only warned about. */
#include "domain/decide.h"

/* One check-in while it is judged. */
struct entry {
    const struct command *command;
    struct decision *decision;
    struct location_state *state;
    struct batch_member *who;
    struct wall_ms at;
    bool late;                           /* a fact of the past */
    const struct membership *membership; /* that lets in; NULL: none does */
    struct code_list warnings;
};

static bool is_device(const struct actor *actor)
{
    return actor->source == SOURCE_KIOSK || actor->source == SOURCE_TURNSTILE;
}

static void add_code(struct code_list *list, enum code code)
{
    if (list->count < NOTES_MAX) list->at[list->count++] = code;
}

/* The line of refusals that this one belongs to: its repeats, from 0. */
static int count_refusal(struct batch *batch, const struct entry *entry, int32_t *ret_repeats)
{
    struct member_id member = entry->who == NULL ? (struct member_id){0} : entry->who->member.id;
    struct str key;
    TRY(denial_key(batch, entry->command, member, &key));
    struct batch_denial *line;
    bool is_new;
    TRY(batch_put_denial(batch, key, &line, &is_new));
    bool goes_on = wall_is(line->first_at) &&
                   batch->now.ms - line->first_at.ms <= batch->rules->denial_line_ms &&
                   batch->now.ms >= line->first_at.ms;
    line->repeats = goes_on ? line->repeats + 1 : 0;
    if (!goes_on) line->first_at = batch->now;
    line->changed = true;
    *ret_repeats = line->repeats;
    return 0;
}

/* The last 4 characters of a code that nobody has, or of an id that nobody has. */
static int code_tail(struct batch *batch, const struct command *command, struct str *ret_tail)
{
    struct str code = str_trim(command->code);
    char digits[24];
    if (code.len == 0) {
        OWNED(buf) struct buf text = buf_of(sizeof digits);
        TRY(buf_printf(&text, "%lld", (long long)command->member.n));
        memcpy(digits, text.at, text.len);
        code = (struct str){digits, text.len};
    }
    size_t from = code.len, characters = 0;
    while (from > 0 && characters < 4) {
        from--;
        if (((uint8_t)code.at[from] & 0xc0u) != 0x80u) characters++;
    }
    return arena_str(&batch->arena, (struct str){code.at + from, code.len - from}, ret_tail);
}

static int refuse(struct batch *batch, size_t index, struct entry *entry, enum code code, bool can_override)
{
    struct decision *decision = entry->decision;
    decision->code = code;
    decision->can_override = can_override;
    decision->location = entry->state->location;
    decision->warnings = (struct code_list){0};
    struct event event = {
        .kind = EVENT_DENIED,
        .at = entry->at,
        .late = entry->late,
        .member = entry->who == NULL ? NULL : &entry->who->member,
        .source = entry->command->actor.source,
        .by = entry->command->actor.name,
        .code = code,
    };
    TRY(count_refusal(batch, entry, &event.repeats));
    if (entry->who == NULL) TRY(code_tail(batch, entry->command, &event.code_tail));
    event.counts_as_denied = event.repeats == 0 && code != CODE_ALREADY_CHECKED_IN && !entry->late;
    struct event *added;
    TRY(add_event(batch, entry->state, &event, 0, &added));
    decision->seq = added->seq;
    decision->currently_in = added->currently_in;
    decision->member = added->member;
    decision->member_status = added->member_status;
    return keep_request(batch, index);
}

/* The answer for a visit that is there already: no event, and nothing to keep. */
static void answer_with(struct entry *entry, const struct batch *batch, const struct batch_visit *held)
{
    const struct location_state *there = batch_location(batch, held->visit.location);
    struct decision *decision = entry->decision;
    decision->code = CODE_OK;
    decision->repeated = true;
    decision->visit = held->visit;
    decision->seq = held->visit.in_seq;
    decision->location = directory_by_id(batch->directory, held->visit.location);
    decision->member = &entry->who->member;
    decision->member_status =
        member_status(&entry->who->member, zone_local(entry->state->location->zone, entry->at).day);
    decision->currently_in = there == NULL ? entry->state->stats.currently_in : there->stats.currently_in;
    decision->warnings = entry->warnings;
}

/* --- The rules --- */

struct finding {
    enum problem problem;
    enum code code;
};
#define FINDINGS_MAX 8
struct findings {
    size_t count;
    struct finding at[FINDINGS_MAX];
};

static void find(struct findings *findings, enum problem problem, enum code code)
{
    check(findings->count < FINDINGS_MAX);
    findings->at[findings->count++] = (struct finding){problem, code};
}

static void find_membership(struct entry *entry, struct findings *findings)
{
    const struct member *member = &entry->who->member;
    if (member->guest && member->membership_count == 0) return;
    struct day today = zone_local(entry->state->location->zone, entry->at).day;
    enum code code =
        membership_find(member->memberships, member->membership_count, today, &entry->membership);
    switch (code) {
    case CODE_OK: return;
    case CODE_MEMBERSHIP_FROZEN: find(findings, PROBLEM_FROZEN, code); return;
    case CODE_MEMBERSHIP_CANCELLED: find(findings, PROBLEM_CANCELLED, code); return;
    case CODE_MEMBERSHIP_NOT_STARTED: find(findings, PROBLEM_NOT_STARTED, code); return;
    case CODE_VISITS_EXHAUSTED: find(findings, PROBLEM_EXHAUSTED, code); return;
    case CODE_NO_MEMBERSHIP: find(findings, PROBLEM_NO_MEMBERSHIP, code); return;
    default: find(findings, PROBLEM_EXPIRED, code); return;
    }
}

/* Whether one more does not fit; the member's own visit here ends before the new one begins. */
static bool is_full(const struct entry *entry)
{
    const struct location *location = entry->state->location;
    if (location->capacity == CAPACITY_NONE) return false;
    const struct visit *open = entry->who->member.open;
    int32_t inside = entry->state->stats.currently_in;
    if (open != NULL && open->location.n == location->id.n) inside--;
    return inside >= location->capacity;
}

static bool owes_more_than(const struct member *member, int64_t limit_minor)
{
    return limit_minor >= 0 && member->balance_minor < -limit_minor;
}

static void find_all(const struct batch *batch, struct entry *entry, struct findings *findings)
{
    const struct location *location = entry->state->location;
    const struct member *member = &entry->who->member;
    find_membership(entry, findings);
    if (!hours_open_at(&location->hours, location->zone, entry->at)) {
        find(findings, PROBLEM_HOURS, CODE_OUTSIDE_HOURS);
    }
    if (!entry->late && is_full(entry)) find(findings, PROBLEM_CAPACITY, CODE_CAPACITY_REACHED);
    if (owes_more_than(member, batch->rules->balance_warn_minor)) {
        find(findings, PROBLEM_BALANCE, CODE_BALANCE_DUE);
    }
    if (member->photo_url.at == NULL && !member->guest) find(findings, PROBLEM_NO_PHOTO, CODE_NO_PHOTO);
}

static enum policy_action action_for(const struct rules *rules, const struct entry *entry,
                                     const struct finding *finding)
{
    enum policy_action action =
        (is_device(&entry->command->actor) ? rules->kiosk : rules->desk)[finding->problem];
    if (finding->problem == PROBLEM_CAPACITY && entry->state->location->hard_capacity) return POLICY_BLOCK;
    bool owes_too_much = finding->problem == PROBLEM_BALANCE &&
                         owes_more_than(&entry->who->member, rules->balance_block_minor);
    if (owes_too_much && action == POLICY_WARN) return POLICY_BLOCK;
    return action;
}

/* CODE_OK, or the first thing that keeps the member out; warnings are gathered on the way. */
static enum code judge(const struct batch *batch, struct entry *entry, bool *ret_can_override)
{
    const struct actor *actor = &entry->command->actor;
    bool overrides = entry->command->override_reason.len > 0;
    struct findings findings = {0};
    find_all(batch, entry, &findings);
    if (entry->who->member.banned) {
        *ret_can_override = actor->may_override_ban;
        if (!entry->late && !(overrides && actor->may_override_ban)) return CODE_MEMBER_BANNED;
        add_code(&entry->warnings, CODE_MEMBER_BANNED);
    }
    for (size_t i = 0; i < findings.count; i++) {
        enum policy_action action = action_for(batch->rules, entry, &findings.at[i]);
        if (action == POLICY_IGNORE) continue;
        bool hard = findings.at[i].problem == PROBLEM_CAPACITY && entry->state->location->hard_capacity;
        bool passes = entry->late || action == POLICY_WARN || (overrides && actor->may_override && !hard);
        if (!passes) {
            *ret_can_override = actor->may_override && !hard;
            enum code code = findings.at[i].code;
            return code == CODE_NO_MEMBERSHIP ? CODE_MEMBERSHIP_EXPIRED : code;
        }
        add_code(&entry->warnings, findings.at[i].code);
    }
    return CODE_OK;
}

static void greet(const struct batch *batch, const struct entry *entry, struct code_list *greetings)
{
    const struct member *member = &entry->who->member;
    struct day today = zone_local(entry->state->location->zone, entry->at).day;
    if (day_is(member->born)) {
        struct date born = day_date(member->born), date = day_date(today);
        /* Who was born on a 29th of February is greeted on the 28th where there is none. */
        int last = days_in_month(date.year, date.month);
        int day = born.day > last ? last : born.day;
        if (born.month == date.month && day == date.day) add_code(greetings, CODE_BIRTHDAY);
    }
    if (member->visits_total == 0) add_code(greetings, CODE_FIRST_VISIT);
    if ((member->visits_total + 1) % 100 == 0) add_code(greetings, CODE_ROUND_VISIT);
    bool long_away = wall_is(member->last_visit_at) &&
                     entry->at.ms - member->last_visit_at.ms > batch->rules->long_away_ms;
    if (long_away) add_code(greetings, CODE_BACK_AFTER_LONG);
}

/* --- Letting in --- */

/* No other check-in of the member here today: neither loaded nor made in this batch. */
static bool is_first_today(const struct batch *batch, size_t index, const struct entry *entry)
{
    if (batch->visited_today[index]) return false;
    const struct location *location = entry->state->location;
    struct day today = zone_local(location->zone, entry->at).day;
    for (const struct batch_visit *held = entry->who->made; held != NULL; held = held->next_of_member) {
        bool here = held->visit.location.n == location->id.n && !held->visit.undone;
        if (here && zone_local(location->zone, held->visit.checked_in_at).day.number == today.number) {
            return false;
        }
    }
    return true;
}

static int make_visit(struct batch *batch, struct entry *entry, struct batch_visit **ret_held)
{
    struct member *member = &entry->who->member;
    bool is_new;
    struct batch_visit *held;
    TRY(batch_put_visit(batch, batch->next_visit, &held, &is_new));
    check(is_new);
    batch->next_visit.n++;
    held->is_new = true;
    held->visit.member = member->id;
    held->visit.location = entry->state->location->id;
    held->visit.checked_in_at = entry->at;
    held->visit.auto_end_at = location_auto_end(entry->state->location, entry->at, batch->rules->max_stay_ms);
    held->notes = entry->command->notes;
    held->checked_in_by = entry->command->actor.name;
    held->source = entry->command->actor.source;
    held->next_of_member = entry->who->made;
    entry->who->made = held;

    if (entry->membership != NULL && entry->membership->visits_left > 0) {
        held->visit.membership = entry->membership->id;
        member->memberships[entry->membership - member->memberships].visits_left--;
    }
    member->visits_total++;
    if (!wall_is(member->last_visit_at) || member->last_visit_at.ms < entry->at.ms) {
        member->last_visit_at = entry->at;
    }
    member->open = &held->visit;
    entry->who->changed = true;
    *ret_held = held;
    return 0;
}

static int let_in(struct batch *batch, size_t index, struct entry *entry, struct batch_visit **ret_held)
{
    struct decision *decision = entry->decision;
    bool first_today = is_first_today(batch, index, entry);
    if (!entry->late) greet(batch, entry, &decision->greetings);
    struct batch_visit *held;
    TRY(make_visit(batch, entry, &held));
    struct event event = {
        .kind = EVENT_CHECKED_IN,
        .at = entry->at,
        .late = entry->late,
        .visit = held->visit.id,
        .checked_in_at = entry->at,
        .member = &entry->who->member,
        .source = entry->command->actor.source,
        .by = entry->command->actor.name,
        .notes = entry->command->notes,
        .warnings = entry->warnings,
        .first_today = first_today,
    };
    struct event *added;
    TRY(add_event(batch, entry->state, &event, +1, &added));
    held->visit.in_seq = added->seq;
    decision->code = CODE_OK;
    decision->visit = held->visit;
    decision->seq = added->seq;
    decision->location = entry->state->location;
    decision->member = added->member;
    decision->member_status = added->member_status;
    decision->currently_in = added->currently_in;
    decision->warnings = entry->warnings;
    *ret_held = held;
    return keep_request(batch, index);
}

/* Contract 1.3 «Late entries»: recorded as it was; a visit that covers the moment is joined. */
static int late_check_in(struct batch *batch, size_t index, struct entry *entry)
{
    struct batch_visit *covering = visit_covering(batch, entry->who, entry->at);
    bool elsewhere = covering != NULL && covering->visit.location.n != entry->state->location->id.n;
    if (covering != NULL && elsewhere && visit_is_open(&covering->visit)) {
        /* «One visit»: who came here had left there. */
        TRY(end_visit(batch, covering, entry->at, NULL, (struct str){0}, true, NULL));
    } else if (covering != NULL) {
        answer_with(entry, batch, covering);
        return 0;
    }
    struct batch_visit *next = visit_after(batch, entry->who, entry->at);
    struct visit *open = entry->who->member.open;
    bool unused;
    check(judge(batch, entry, &unused) == CODE_OK); /* a fact is never refused */
    struct batch_visit *held;
    TRY(let_in(batch, index, entry, &held));
    struct wall_ms end = held->visit.auto_end_at;
    if (next != NULL && next->visit.checked_in_at.ms < end.ms) end = next->visit.checked_in_at;
    if (next == NULL && end.ms > batch->now.ms) return 0; /* still inside */
    if (end.ms > batch->now.ms) end = batch->now;
    TRY(end_visit(batch, held, end, NULL, (struct str){0}, true, NULL));
    entry->who->member.open = open;
    entry->decision->visit = held->visit;
    entry->decision->currently_in = entry->state->stats.currently_in;
    return 0;
}

/* Contract 1.3 «Repeat» and «One visit», once the rules let the member in. */
static int end_open_visit(struct batch *batch, struct entry *entry)
{
    struct visit *open = entry->who->member.open;
    if (open == NULL) return 0;
    return end_visit(batch, batch_visit(batch, open->id), entry->at, NULL, (struct str){0}, true, NULL);
}

static int live_check_in(struct batch *batch, size_t index, struct entry *entry)
{
    const struct visit *open = entry->who->member.open;
    bool here = open != NULL && open->location.n == entry->state->location->id.n;
    bool overrides = entry->command->override_reason.len > 0 && entry->command->actor.may_override;
    if (here && !overrides) {
        int64_t since_ms = entry->at.ms - open->checked_in_at.ms;
        if (since_ms <= batch->rules->repeat_window_ms) {
            answer_with(entry, batch, batch_visit(batch, open->id));
            return 0;
        }
        return refuse(batch, index, entry, CODE_ALREADY_CHECKED_IN, entry->command->actor.may_override);
    }
    bool can_override = false;
    enum code code = judge(batch, entry, &can_override);
    if (code != CODE_OK) return refuse(batch, index, entry, code, can_override);
    TRY(end_open_visit(batch, entry));
    struct batch_visit *held;
    TRY(let_in(batch, index, entry, &held));
    if (entry->command->override_reason.len == 0) return 0;
    return add_audit(batch, entry->command, "override", &held->visit, entry->command->override_reason);
}

int decide_check_in(struct batch *batch, size_t index)
{
    const struct command *command = batch->commands[index];
    struct decision *decision = &batch->decisions[index];
    struct entry entry = {
        .command = command,
        .decision = decision,
        .state = batch_location(batch, command->location),
        .who = batch_member(batch, batch->named[index]),
        .at = batch->now,
    };
    if (entry.state == NULL) {
        decision->code = CODE_LOCATION_NOT_FOUND;
        return 0;
    }
    if (wall_is(command->occurred_at)) {
        if (command->occurred_at.ms < batch->now.ms - batch->rules->late_max_ms) {
            decision->code = CODE_TOO_OLD;
            return 0;
        }
        if (command->occurred_at.ms > batch->now.ms + batch->rules->skew_max_ms) {
            add_code(&entry.warnings, CODE_CLOCK_SKEW);
        } else if (command->occurred_at.ms < batch->now.ms) {
            entry.at = command->occurred_at;
        }
        entry.late = command_is_late(batch, command);
    }
    if (entry.who == NULL || entry.who->member.deleted) {
        entry.who = NULL;
        return refuse(batch, index, &entry, CODE_MEMBER_NOT_FOUND, false);
    }
    /* What a door let through happened. What somebody at a desk enters afterwards passes no ban that they may not pass at once. */
    if (entry.late && entry.who->member.banned && !is_device(&command->actor) &&
        !command->actor.may_override_ban) {
        return refuse(batch, index, &entry, CODE_MEMBER_BANNED, false);
    }
    return entry.late ? late_check_in(batch, index, &entry) : live_check_in(batch, index, &entry);
}
