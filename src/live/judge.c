#include "live/judge.h"

#include "ws/frame.h"

/* --- What goes out --- */

static size_t index_of(const struct judge *judge, struct location_id id)
{
    for (size_t low = 0, high = directory_count(judge->directory); low < high;) {
        size_t middle = low + (high - low) / 2;
        int64_t there = directory_at(judge->directory, middle)->id.n;
        if (there == id.n) return middle;
        if (there < id.n) low = middle + 1;
        else high = middle;
    }
    never("a batch's locations are the directory's");
    return 0;
}

static int saved_from_batch(struct judge *judge, struct saved **ret_saved)
{
    struct batch *batch = &judge->batch;
    size_t states = 0;
    for (struct location_state *state = batch->locations; state != NULL; state = state->hh.next) {
        states += state->changed ? 1 : 0;
    }
    OWNED(saved) struct saved *saved = NULL;
    TRY(saved_create(batch->event_count, states, &saved));
    for (size_t i = 0; i < batch->event_count; i++) {
        const struct event *event = &batch->events[i];
        saved->events[i] = (struct saved_event){.location = event->location->id,
                                                .seq = event->seq,
                                                .kind = event->kind,
                                                .at = event->at};
        TRY(ws_frame_text(str_span(event->json), &saved->events[i].staff));
    }
    size_t at = 0;
    for (struct location_state *state = batch->locations; state != NULL; state = state->hh.next) {
        if (!state->changed) continue;
        saved->states[at++] = (struct saved_state){.location = state->location->id, .stats = state->stats};
    }
    *ret_saved = take(saved);
    return 0;
}

/* After the save re-folded a day its statistics are the row's, so they are taken from the batch only now. */
static void take_states(struct judge *judge, struct saved *saved)
{
    size_t at = 0;
    for (struct location_state *state = judge->batch.locations; state != NULL; state = state->hh.next) {
        if (!state->changed) continue;
        saved->states[at++].stats = state->stats;
        judge->stats[index_of(judge, state->location->id)] = state->stats;
    }
}

static int encode_events(struct batch *batch)
{
    OWNED(buf) struct buf text = buf_of(EVENT_JSON_BYTES_MAX);
    for (size_t i = 0; i < batch->event_count; i++) {
        buf_clear(&text);
        TRY(event_json(&batch->events[i], &text));
        TRY(arena_str(&batch->arena, buf_str(&text), &batch->events[i].json));
    }
    return 0;
}

/* Each ask's reply in its kept form; what is kept for a request id is the same text. */
static int encode_replies(struct batch *batch, struct ask *const *asks)
{
    for (size_t i = 0; i < batch->command_count; i++) {
        const struct decision *decision = &batch->decisions[i];
        struct ask *ask = asks[i];
        ask->code = decision->code;
        ask->replayed = decision->replayed;
        buf_clear(&ask->reply);
        if (decision->replayed) {
            TRY(buf_put_str(&ask->reply, decision->request->reply));
            continue;
        }
        TRY(reply_make(&ask->command, decision, ask->audience, &ask->reply));
        if (decision->request != NULL) {
            TRY(arena_str(&batch->arena, buf_str(&ask->reply), &decision->request->reply));
        }
    }
    return 0;
}

/* --- One batch --- */

/* What other nodes wrote since was loaded under the lock, so that the batch's numbers go on behind it; our followers have not seen it. */
static void tell_missed(const struct judge *judge)
{
    const struct batch *batch = &judge->batch;
    for (size_t i = 0; i < batch->event_count; i++) {
        const struct event *event = &batch->events[i];
        struct seq told = judge->stats[index_of(judge, event->location->id)].as_of;
        bool is_first = true;
        for (size_t j = 0; j < i && is_first; j++) is_first = batch->events[j].location != event->location;
        if (is_first && event->seq.n > told.n + 1)
            judge->tell_missed(judge->ctx, event->location->id, told, event->seq);
    }
}

int judge_batch(struct judge *judge, struct ask *const *asks, size_t count, struct wall_ms now,
                struct saved **ret_saved)
{
    struct batch *batch = &judge->batch;
    const struct command *commands[BATCH_COMMANDS_MAX] = {0};
    for (size_t i = 0; i < count; i++) commands[i] = &asks[i]->command;
    TRY(batch_begin(batch, judge->directory, commands, count, now));
    TRY(store_load(judge->store, batch));
    int rc = decide(batch);
    if (rc == 0) rc = encode_events(batch);
    if (rc == 0) rc = encode_replies(batch, asks);
    OWNED(saved) struct saved *saved = NULL;
    if (rc == 0) rc = saved_from_batch(judge, &saved);
    if (rc < 0) {
        store_rollback(judge->store);
        return rc;
    }
    TRY(store_save(judge->store, batch));
    tell_missed(judge);
    take_states(judge, saved);
    *ret_saved = take(saved);
    return 0;
}

struct stats *judge_stats(struct judge *judge, struct location_id location)
{
    return &judge->stats[index_of(judge, location)];
}
