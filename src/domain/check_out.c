/* Leaving, and putting right what was recorded: check-out, undo, edit. Leaving always works (contract 1.3 «Policy»). */
#include "domain/decide.h"

static void answer(const struct batch *batch, struct decision *decision, const struct batch_visit *held,
                   const struct event *event)
{
    decision->code = CODE_OK;
    decision->visit = held->visit;
    decision->seq = event->seq;
    decision->currently_in = event->currently_in;
    decision->location = event->location;
    decision->member = event->member;
    decision->member_status = event->member_status;
    if (wall_is(held->visit.checked_out_at)) {
        decision->duration_seconds = (held->visit.checked_out_at.ms - held->visit.checked_in_at.ms) / 1000;
    }
    check(batch_visit(batch, held->visit.id) == held);
}

static int correct(struct batch *batch, const struct command *command, struct batch_visit *held,
                   enum correction correction, int32_t step, struct event **ret_event)
{
    struct batch_member *who = batch_member(batch, held->visit.member);
    struct location_state *state = batch_location(batch, held->visit.location);
    check(who != NULL && state != NULL);
    held->is_changed = true;
    struct event event = {
        .kind = EVENT_CORRECTED,
        .at = batch->now,
        .visit = held->visit.id,
        .checked_in_at = held->visit.checked_in_at,
        .checked_out_at = held->visit.checked_out_at,
        .member = &who->member,
        .source = command->actor.source,
        .by = command->actor.name,
        .notes = held->notes,
        .correction = correction,
    };
    return add_event(batch, state, &event, step, ret_event);
}

/* A device tells late that somebody left while a visit was taken to have ended by itself: the fact wins. */
static int late_check_out(struct batch *batch, size_t index, struct batch_visit *held, struct wall_ms at)
{
    const struct command *command = batch->commands[index];
    held->visit.checked_out_at = at;
    held->visit.automatic = false;
    held->checked_out_by = command->actor.name;
    struct event *event;
    TRY(correct(batch, command, held, CORRECTION_EDITED, 0, &event));
    answer(batch, &batch->decisions[index], held, event);
    return keep_request(batch, index);
}

/* Who is not inside is at no location; the first one's day serves, as where members are listed. */
static struct day today_of_first_location(const struct batch *batch)
{
    if (directory_count(batch->directory) == 0) return DAY_NONE;
    return zone_local(directory_at(batch->directory, 0)->zone, batch->now).day;
}

int decide_check_out(struct batch *batch, size_t index)
{
    const struct command *command = batch->commands[index];
    struct decision *decision = &batch->decisions[index];
    struct batch_member *who = batch_member(batch, batch->named[index]);
    if (who == NULL || who->member.deleted) {
        decision->code = CODE_MEMBER_NOT_FOUND;
        return 0;
    }
    struct wall_ms at = batch->now;
    bool told_before = false;
    if (wall_is(command->occurred_at)) {
        if (command->occurred_at.ms < batch->now.ms - batch->rules->late_max_ms) {
            decision->code = CODE_TOO_OLD;
            return 0;
        }
        if (command->occurred_at.ms > batch->now.ms + batch->rules->skew_max_ms) {
            decision->warnings = (struct code_list){.count = 1, .at = {CODE_CLOCK_SKEW}};
        } else if (command->occurred_at.ms < batch->now.ms) {
            at = command->occurred_at;
        }
        struct batch_visit *covering =
            command_is_late(batch, command) ? visit_covering(batch, who, at) : NULL;
        if (covering != NULL && !visit_is_open(&covering->visit) && covering->visit.automatic) {
            return late_check_out(batch, index, covering, at);
        }
        /* Told a second time, of a visit that somebody ended: not of one that began since. */
        const struct visit *open = who->member.open;
        bool began_since = open != NULL && open->checked_in_at.ms > at.ms;
        told_before = covering == NULL ? began_since && visit_ended_about(batch, who, at)
                                       : !visit_is_open(&covering->visit);
    }
    if (who->member.open == NULL || told_before) {
        decision->code = CODE_NOT_CHECKED_IN;
        decision->member = &who->member;
        decision->member_status = member_status(&who->member, today_of_first_location(batch));
        return 0;
    }
    struct batch_visit *held = batch_visit(batch, who->member.open->id);
    struct event *event;
    TRY(end_visit(batch, held, at, &command->actor, command->notes, false, &event));
    answer(batch, decision, held, event);
    return keep_request(batch, index);
}

static struct batch_visit *named_visit(struct batch *batch, size_t index)
{
    struct batch_visit *held = batch_visit(batch, batch->commands[index]->visit);
    if (held != NULL && !held->visit.undone) return held;
    batch->decisions[index].code = CODE_NOT_FOUND;
    return NULL;
}

int decide_undo(struct batch *batch, size_t index)
{
    const struct command *command = batch->commands[index];
    struct batch_visit *held = named_visit(batch, index);
    if (held == NULL) return 0;
    struct batch_member *who = batch_member(batch, held->visit.member);
    check(who != NULL);
    bool was_open = visit_is_open(&held->visit);
    held->visit.undone = true;
    held->is_undone_now = true;
    if (who->member.open == &held->visit) who->member.open = NULL;
    if (who->member.visits_total > 0) who->member.visits_total--;
    who->changed = true;
    for (size_t i = 0; i < who->member.membership_count; i++) {
        struct membership *membership = &who->member.memberships[i];
        if (held->visit.membership != 0 && membership->id == held->visit.membership) {
            membership->visits_left++;
        }
    }
    struct event *event;
    TRY(correct(batch, command, held, CORRECTION_UNDONE, was_open ? -1 : 0, &event));
    answer(batch, &batch->decisions[index], held, event);
    TRY(add_audit(batch, command, "undo", &held->visit, command->notes));
    return keep_request(batch, index);
}

int decide_edit(struct batch *batch, size_t index)
{
    const struct command *command = batch->commands[index];
    struct batch_visit *held = named_visit(batch, index);
    if (held == NULL) return 0;
    if (command->if_version != 0 && command->if_version != visit_version(&held->visit, held->notes)) {
        batch->decisions[index].code = CODE_CONFLICT;
        return 0;
    }
    struct wall_ms out = command->new_checked_out_at;
    if (wall_is(out) && (out.ms < held->visit.checked_in_at.ms || out.ms > batch->now.ms)) {
        batch->decisions[index].code = CODE_BAD_MESSAGE;
        return 0;
    }
    struct batch_member *who = batch_member(batch, held->visit.member);
    check(who != NULL);
    int32_t step = 0;
    if (wall_is(out)) {
        step = visit_is_open(&held->visit) ? -1 : 0;
        if (who->member.open == &held->visit) who->member.open = NULL;
        held->visit.checked_out_at = out;
        held->visit.automatic = false;
        held->checked_out_by = command->actor.name;
    }
    if (command->notes.at != NULL) held->notes = command->notes;
    struct event *event;
    TRY(correct(batch, command, held, CORRECTION_EDITED, step, &event));
    if (step != 0) held->visit.out_seq = event->seq;
    answer(batch, &batch->decisions[index], held, event);
    TRY(add_audit(batch, command, "edit_visit", &held->visit, command->notes));
    return keep_request(batch, index);
}
