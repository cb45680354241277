/* domain/decide.h: what the files that judge commands share; callers use decide() of batch.h.
 *
 * Owns    nothing; works on a loaded batch.
 * Thread  the writer.
 * Bounds  the batch's.
 * Errors  ERR_NOMEM, ERR_TOO_BIG: the batch is off.
 * Tests   tests/unit/domain/decide_test.c */
#pragma once
#include "domain/batch.h"

/* Gives the event its number, follows it in the head, the count and the statistics, and adds it to the batch.
 * step: what it does to the number of people inside. */
MUST_USE int add_event(struct batch *batch, struct location_state *state, struct event *event, int32_t step,
                       struct event **ret_event);
/* Ends an open visit at this moment: its event, its member's open visit. by: empty where it ends by itself. */
MUST_USE int end_visit(struct batch *batch, struct batch_visit *held, struct wall_ms at,
                       const struct actor *actor, struct str notes, bool automatic, struct event **ret_event);
/* Keeps the request for its id, since it made an event. */
MUST_USE int keep_request(struct batch *batch, size_t index);
MUST_USE int add_audit(struct batch *batch, const struct command *command, const char *action,
                       const struct visit *visit, struct str reason);

MUST_USE int decide_check_in(struct batch *batch, size_t index);
MUST_USE int decide_check_out(struct batch *batch, size_t index);
MUST_USE int decide_undo(struct batch *batch, size_t index);
MUST_USE int decide_edit(struct batch *batch, size_t index);

/* Moments of the past: */
static inline bool command_is_late(const struct batch *batch, const struct command *command)
{
    return wall_is(command->occurred_at) &&
           command->occurred_at.ms < batch->now.ms - batch->rules->late_after_ms;
}
/* The member's visit that covers this moment, or NULL; ended ones too. */
struct batch_visit *visit_covering(const struct batch *batch, const struct batch_member *who,
                                   struct wall_ms at);
/* Whether a visit of the member that somebody ended was over by this moment, and not longer than skew_max_ms before. */
bool visit_ended_about(const struct batch *batch, const struct batch_member *who, struct wall_ms at);
/* The member's first visit that begins after this moment, or NULL. */
struct batch_visit *visit_after(const struct batch *batch, const struct batch_member *who, struct wall_ms at);
