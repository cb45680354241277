/* The order of a batch: days roll over, visits that are due end, then each command in turn. */
#include "domain/decide.h"

int add_event(struct batch *batch, struct location_state *state, struct event *event, int32_t step,
              struct event **ret_event)
{
    if (batch->event_count == batch->event_cap) {
        size_t cap = batch->event_cap == 0 ? batch->command_count + 16 : batch->event_cap * 2;
        struct event *events = arena_array(&batch->arena, struct event, cap);
        if (events == NULL) return ERR_NOMEM;
        if (batch->event_count > 0) memcpy(events, batch->events, batch->event_count * sizeof *events);
        batch->events = events;
        batch->event_cap = cap;
    }
    if (state->stats.currently_in + step <
        0) { /* a damaged row: the visits know better, and save asks them */
        step = -state->stats.currently_in;
        state->refold = true;
    }
    state->head.n++;
    event->seq = state->head;
    event->location = state->location;
    event->currently_in = state->stats.currently_in + step;
    event->late = event->late || event->at.ms < batch->now.ms - batch->rules->late_after_ms;
    if (event->member != NULL) {
        event->member_status =
            member_status(event->member, zone_local(state->location->zone, batch->now).day);
    }
    if (stats_apply(&state->stats, event, state->location->zone)) state->refold = true;
    state->changed = true;
    batch->events[batch->event_count] = *event;
    if (ret_event != NULL) *ret_event = &batch->events[batch->event_count];
    batch->event_count++;
    return 0;
}

int end_visit(struct batch *batch, struct batch_visit *held, struct wall_ms at, const struct actor *actor,
              struct str notes, bool automatic, struct event **ret_event)
{
    struct visit *visit = &held->visit;
    check(visit_is_open(visit));
    struct location_state *state = batch_location(batch, visit->location);
    struct batch_member *who = batch_member(batch, visit->member);
    check(state != NULL && who != NULL);
    if (at.ms < visit->checked_in_at.ms) at = visit->checked_in_at; /* contract 1.3: counts 0 s */

    visit->checked_out_at = at;
    visit->automatic = automatic;
    held->checked_out_by = actor == NULL ? STR("") : actor->name;
    if (notes.at != NULL) held->notes = notes;
    held->is_changed = true;
    if (who->member.open == visit) who->member.open = NULL;

    struct event event = {
        .kind = EVENT_CHECKED_OUT,
        .at = at,
        .visit = visit->id,
        .checked_in_at = visit->checked_in_at,
        .checked_out_at = at,
        .member = &who->member,
        .source = actor == NULL ? SOURCE_SYSTEM : actor->source,
        .by = held->checked_out_by,
        .notes = notes,
        .duration_seconds = (at.ms - visit->checked_in_at.ms) / 1000,
        .automatic = automatic,
        .counts_in_average = !(automatic && state->location->exits == EXITS_RECORDED),
    };
    struct event *added;
    TRY(add_event(batch, state, &event, -1, &added));
    visit->out_seq = added->seq;
    if (ret_event != NULL) *ret_event = added;
    return 0;
}

int keep_request(struct batch *batch, size_t index)
{
    const struct command *command = batch->commands[index];
    if (command->request_id.len == 0) return 0;
    struct str key;
    TRY(request_key(batch, command, &key));
    struct batch_request *request;
    bool is_new;
    TRY(batch_put_request(batch, key, &request, &is_new));
    check(is_new); /* an answered one never gets here */
    memcpy(request->fingerprint, command->fingerprint, FINGERPRINT_BYTES);
    request->command_index = index;
    batch->decisions[index].request = request;
    return 0;
}

int add_audit(struct batch *batch, const struct command *command, const char *action,
              const struct visit *visit, struct str reason)
{
    if (batch->audit_count == batch->audit_cap) {
        size_t cap = batch->audit_cap == 0 ? 8 : batch->audit_cap * 2;
        struct batch_audit *audits = arena_array(&batch->arena, struct batch_audit, cap);
        if (audits == NULL) return ERR_NOMEM;
        if (batch->audit_count > 0) memcpy(audits, batch->audits, batch->audit_count * sizeof *audits);
        batch->audits = audits;
        batch->audit_cap = cap;
    }
    batch->audits[batch->audit_count++] = (struct batch_audit){
        .actor = command->actor.key,
        .action = action,
        .visit = visit->id,
        .member = visit->member,
        .location = visit->location,
        .reason = reason,
        .at = batch->now,
    };
    return 0;
}

static bool covers(const struct visit *visit, struct wall_ms at)
{
    if (visit->undone || visit->checked_in_at.ms > at.ms) return false;
    return !wall_is(visit->checked_out_at) || at.ms < visit->checked_out_at.ms;
}

/* Calls for each visit of the member that is in the batch: the loaded past, the open one, those made here. */
#define EACH_VISIT(batch, who, held, body)                                                                   \
    do {                                                                                                     \
        for (size_t each_ = 0; each_ < (who)->recent_count; each_++) {                                       \
            struct batch_visit *held = batch_visit(batch, (who)->recent[each_]->id);                         \
            body                                                                                             \
        }                                                                                                    \
        if ((who)->member.open != NULL) {                                                                    \
            struct batch_visit *held = batch_visit(batch, (who)->member.open->id);                           \
            body                                                                                             \
        }                                                                                                    \
        for (struct batch_visit *held = (who)->made; held != NULL; held = held->next_of_member) {            \
            body                                                                                             \
        }                                                                                                    \
    } while (0)

struct batch_visit *visit_covering(const struct batch *batch, const struct batch_member *who,
                                   struct wall_ms at)
{
    EACH_VISIT(batch, who, held, if (covers(&held->visit, at)) return held;);
    return NULL;
}

bool visit_ended_about(const struct batch *batch, const struct batch_member *who, struct wall_ms at)
{
    EACH_VISIT(batch, who, held, {
        int64_t since_ms = at.ms - held->visit.checked_out_at.ms;
        bool by_somebody =
            wall_is(held->visit.checked_out_at) && !held->visit.undone && !held->visit.automatic;
        if (by_somebody && since_ms >= 0 && since_ms <= batch->rules->skew_max_ms) return true;
    });
    return false;
}

struct batch_visit *visit_after(const struct batch *batch, const struct batch_member *who, struct wall_ms at)
{
    struct batch_visit *first = NULL;
    EACH_VISIT(batch, who, held, {
        bool later = !held->visit.undone && held->visit.checked_in_at.ms > at.ms;
        if (later && (first == NULL || held->visit.checked_in_at.ms < first->visit.checked_in_at.ms)) {
            first = held;
        }
    });
    return first;
}

/* Contract 1.1, point 3: the same request again is answered as before; the same id with other content does nothing. */
static int answered_before(struct batch *batch, size_t index, bool *ret_answered)
{
    const struct command *command = batch->commands[index];
    *ret_answered = false;
    if (command->request_id.len == 0) return 0;
    struct str key;
    TRY(request_key(batch, command, &key));
    struct batch_request *request;
    HASH_FIND(hh, batch->requests, key.at, key.len, request);
    if (request == NULL) return 0;
    struct decision *decision = &batch->decisions[index];
    *ret_answered = true;
    if (memcmp(request->fingerprint, command->fingerprint, FINGERPRINT_BYTES) != 0) {
        decision->code = CODE_ID_REUSED;
        return 0;
    }
    decision->replayed = true;
    decision->request = request;
    return 0;
}

static int decide_one(struct batch *batch, size_t index)
{
    bool answered;
    TRY(answered_before(batch, index, &answered));
    if (answered) return 0;
    switch (batch->commands[index]->kind) {
    case COMMAND_CHECK_IN: return decide_check_in(batch, index);
    case COMMAND_CHECK_OUT: return decide_check_out(batch, index);
    case COMMAND_UNDO: return decide_undo(batch, index);
    case COMMAND_EDIT: return decide_edit(batch, index);
    }
    never("a command has one of these kinds");
}

int decide(struct batch *batch)
{
    for (struct location_state *state = batch->locations; state != NULL; state = state->hh.next) {
        stats_roll(&state->stats, state->location->zone, batch->now);
    }
    for (size_t i = 0; i < batch->due_count; i++) {
        struct batch_visit *held = batch_visit(batch, batch->due[i]->id);
        check(held != NULL);
        TRY(end_visit(batch, held, held->visit.auto_end_at, NULL, (struct str){0}, true, NULL));
    }
    for (size_t i = 0; i < batch->command_count; i++) TRY(decide_one(batch, i));
    return 0;
}
