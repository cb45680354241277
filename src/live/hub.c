#include "live/hub.h"

#include "ws/frame.h"

#include <stdlib.h>
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

enum follow_state {
    FOLLOW_LIVE,   /* in the channel's list: at the head, or lagging after a burst */
    FOLLOW_BEHIND, /* to be served by hub_pump */
    FOLLOW_RESYNC, /* told to start again; nothing more is sent */
};

struct follower {
    struct subscriber *subscriber;
    struct channel *channel;
    struct follower *next; /* of the subscriber */
    struct seq sent;
    uint32_t index; /* in channel->live while FOLLOW_LIVE */
    enum follow_state state : 8;
    bool lags; /* live, but a burst was too much for one turn: hub_pump serves it */
    bool owed_stats;
};

/* One remembered event and its forms, made when first asked for. */
struct memory {
    struct wall_ms at;
    struct frame *plain[AUDIENCE_COUNT];
    struct frame *deflated[AUDIENCE_COUNT]; /* the plain one again where compressing does not pay */
};

struct channel {
    UT_hash_handle hh;
    const struct location *location; /* in the hub's directory */
    struct location_id id;
    struct seq head;
    struct seq first_kept; /* the oldest event of the store; 0: none known */
    struct seq first_held; /* the oldest in memory; head + 1: none */
    struct memory *held;   /* a ring by seq */
    size_t held_cap;
    struct stats stats;
    struct frame *stats_plain; /* of the last change; NULL: to be made */
    struct frame *stats_deflated;
    struct mono_ms stats_sent_at;
    bool stats_changed;
    struct channel *next_changed;
    struct follower **live;
    uint32_t live_count;
    uint32_t live_cap;
};

struct hub {
    struct hub_options options;
    struct directory *directory;
    struct channel *channels;
    struct channel *changed; /* statistics to be sent */
    struct ws_deflater *deflater;
};

int hub_create(const struct hub_options *options, struct hub **ret_hub)
{
    struct hub *hub = calloc(1, sizeof *hub);
    if (hub == NULL) return ERR_NOMEM;
    hub->options = *options;
    if (hub->options.memory_events < 64) hub->options.memory_events = 64;
    int rc = ws_deflater_create(&hub->deflater);
    if (rc < 0) {
        free(hub);
        return rc;
    }
    *ret_hub = hub;
    return 0;
}

static void forget(struct memory *memory)
{
    for (int i = 0; i < AUDIENCE_COUNT; i++) {
        frame_unref(memory->plain[i]);
        frame_unref(memory->deflated[i]);
    }
    *memory = (struct memory){0};
}

static struct memory *memory_at(const struct channel *channel, struct seq seq)
{
    return &channel->held[(uint64_t)seq.n % channel->held_cap];
}

static void forget_all(struct channel *channel)
{
    for (size_t i = 0; i < channel->held_cap; i++) forget(&channel->held[i]);
    channel->first_held.n = channel->head.n + 1;
}

static void drop_stats_frames(struct channel *channel)
{
    frame_unref(channel->stats_plain);
    frame_unref(channel->stats_deflated);
    channel->stats_plain = channel->stats_deflated = NULL;
}

static void channel_free(struct channel *channel)
{
    forget_all(channel);
    drop_stats_frames(channel);
    free(channel->held);
    free(channel->live);
    free(channel);
}

void hub_free(struct hub *hub)
{
    if (hub == NULL) return;
    struct channel *channel, *next;
    HASH_ITER (hh, hub->channels, channel, next) {
        check(channel->live_count == 0); /* every connection of the loop is gone */
        HASH_DEL(hub->channels, channel);
        channel_free(channel);
    }
    directory_unref(hub->directory);
    ws_deflater_free(hub->deflater);
    free(hub);
}

struct directory *hub_directory(const struct hub *hub) { return hub->directory; }

struct channel *hub_channel(struct hub *hub, struct location_id id)
{
    struct channel *channel;
    HASH_FIND(hh, hub->channels, &id, sizeof id, channel);
    return channel;
}

const struct location *channel_location(const struct channel *channel) { return channel->location; }
struct seq channel_head(const struct channel *channel) { return channel->head; }
const struct stats *channel_stats(const struct channel *channel) { return &channel->stats; }

static int add_channel(struct hub *hub, const struct location *location)
{
    struct channel *channel = calloc(1, sizeof *channel);
    if (channel == NULL) return ERR_NOMEM;
    channel->id = location->id;
    channel->location = location;
    channel->first_held.n = 1;
    channel->stats.day = DAY_NONE;
    channel->stats.peak_at = WALL_NONE;
    HASH_ADD(hh, hub->channels, id, sizeof channel->id, channel);
    if (channel->hh.tbl != NULL) return 0;
    channel_free(channel);
    return ERR_NOMEM;
}

int hub_set_directory(struct hub *hub, struct directory *directory)
{
    for (size_t i = 0; i < directory_count(directory); i++) {
        const struct location *location = directory_at(directory, i);
        struct channel *channel = hub_channel(hub, location->id);
        if (channel == NULL) TRY(add_channel(hub, location));
        else channel->location = location;
    }
    /* Locations are never deleted, so every channel now points into the new directory. */
    struct directory *old = hub->directory;
    hub->directory = directory_ref(directory);
    directory_unref(old);
    return 0;
}

/* --- Frames for audiences --- */

static int audience_frame(const struct memory *memory, enum audience audience, struct frame **ret_frame)
{
    struct span staff = frame_payload(memory->plain[AUDIENCE_STAFF]);
    OWNED(buf) struct buf text = buf_of(EVENT_JSON_BYTES_MAX);
    TRY(event_json_for(audience, (struct str){(const char *)staff.at, staff.len}, &text));
    return ws_frame_text(buf_span(&text), ret_frame);
}

/* A compressed twin of plain, or another reference to it where that does not pay. */
static int deflated_of(struct hub *hub, struct frame *plain, struct frame **ret_frame)
{
    int rc = ws_frame_deflated(hub->deflater, WS_TEXT, frame_payload(plain), WS_WINDOW_BITS_MAX, ret_frame);
    if (rc == 0) *ret_frame = frame_ref(plain);
    return rc < 0 ? rc : 0;
}

/* The form for this subscriber, borrowed from the memory. */
static int form_for(struct hub *hub, struct memory *memory, const struct subscriber *subscriber,
                    struct frame **ret_frame)
{
    enum audience audience = subscriber->audience;
    if (memory->plain[audience] == NULL) TRY(audience_frame(memory, audience, &memory->plain[audience]));
    struct frame *plain = memory->plain[audience];
    *ret_frame = plain;
    if (!ws_window_holds(subscriber->window_bits, plain->len)) return 0;
    if (memory->deflated[audience] == NULL) TRY(deflated_of(hub, plain, &memory->deflated[audience]));
    *ret_frame = memory->deflated[audience];
    return 0;
}

/* --- Live and behind --- */

static int go_live(struct follower *follower)
{
    struct channel *channel = follower->channel;
    check(follower->sent.n == channel->head.n);
    if (channel->live_count == channel->live_cap) {
        uint32_t cap = channel->live_cap == 0 ? 16 : channel->live_cap * 2;
        struct follower **live = realloc(channel->live, cap * sizeof(struct follower *));
        if (live == NULL) return ERR_NOMEM;
        channel->live = live;
        channel->live_cap = cap;
    }
    follower->index = channel->live_count;
    follower->state = FOLLOW_LIVE;
    follower->lags = false;
    channel->live[channel->live_count++] = follower;
    return 0;
}

static void leave_live(struct follower *follower, enum follow_state state)
{
    if (follower->state == FOLLOW_LIVE) {
        struct channel *channel = follower->channel;
        struct follower *last = channel->live[--channel->live_count];
        channel->live[follower->index] = last;
        last->index = follower->index;
    }
    follower->state = state;
}

static void resync(struct follower *follower)
{
    struct subscriber *subscriber = follower->subscriber;
    leave_live(follower, FOLLOW_RESYNC);
    subscriber->handler->on_resync(subscriber, follower->channel->location, follower->channel->head);
}

static void fall_behind(struct follower *follower)
{
    leave_live(follower, FOLLOW_BEHIND);
    follower->subscriber->wants_pump = true;
}

/* While it is sent, hub_each tells what will have been. */
static int hand_over(struct follower *follower, struct frame *frame, struct seq seq)
{
    check(seq.n == follower->sent.n + 1); /* each once, in order: the promise itself */
    follower->sent = seq;
    int rc = follower->subscriber->handler->send(follower->subscriber, frame);
    if (rc < 0) follower->sent.n--;
    return rc;
}

/* 0, or ERR_OVERLOADED: its share of this turn is full. Anything worse resyncs it, and is returned. */
static int send_event(struct hub *hub, struct follower *follower, struct memory *memory, struct seq seq)
{
    struct frame *frame;
    int rc = form_for(hub, memory, follower->subscriber, &frame);
    if (rc == 0) rc = hand_over(follower, frame, seq);
    if (rc < 0 && rc != ERR_OVERLOADED) resync(follower);
    return rc;
}

/* A new event for a live follower. */
static void send_live(struct hub *hub, struct follower *follower, struct memory *memory, struct seq seq)
{
    struct subscriber *subscriber = follower->subscriber;
    if (!follower->lags && send_event(hub, follower, memory, seq) != ERR_OVERLOADED) return;
    follower->lags = true;
    subscriber->wants_pump = true;
    size_t lag_bytes = (size_t)(seq.n - follower->sent.n) * memory->plain[AUDIENCE_STAFF]->len;
    if (subscriber->handler->is_stuck(subscriber, lag_bytes)) resync(follower);
}

/* --- Publishing --- */

static int remember(struct hub *hub, struct channel *channel, const struct saved_event *event)
{
    if (channel->held == NULL) {
        channel->held = calloc(hub->options.memory_events, sizeof *channel->held);
        if (channel->held == NULL) return ERR_NOMEM;
        channel->held_cap = hub->options.memory_events;
    }
    struct memory *memory = memory_at(channel, event->seq);
    forget(memory);
    memory->at = event->at;
    memory->plain[AUDIENCE_STAFF] = frame_ref(event->staff);
    channel->head = event->seq;
    if (channel->first_kept.n == 0) channel->first_kept = event->seq;
    int64_t oldest = channel->head.n - (int64_t)channel->held_cap + 1;
    if (channel->first_held.n < oldest) channel->first_held.n = oldest;
    return 0;
}

/* The events between were committed, but not told to this loop: whoever is live reads them from the store. */
static void bridge_gap(struct channel *channel, struct seq next)
{
    while (channel->live_count > 0) fall_behind(channel->live[channel->live_count - 1]);
    channel->head.n = next.n - 1;
    forget_all(channel);
}

static int publish_event(struct hub *hub, const struct saved_event *event)
{
    struct channel *channel = hub_channel(hub, event->location);
    if (channel == NULL) return ERR_NOT_FOUND;
    if (event->seq.n <= channel->head.n) return 0;
    if (event->seq.n > channel->head.n + 1) bridge_gap(channel, event->seq);
    TRY(remember(hub, channel, event));
    struct memory *memory = memory_at(channel, event->seq);
    /* From the back: a follower that is resynced leaves its place to the last one, which has been served. */
    for (uint32_t i = channel->live_count; i > 0; i--) {
        send_live(hub, channel->live[i - 1], memory, event->seq);
    }
    return 0;
}

static void mark_changed(struct hub *hub, struct channel *channel)
{
    drop_stats_frames(channel);
    if (channel->stats_changed) return;
    channel->stats_changed = true;
    channel->next_changed = hub->changed;
    hub->changed = channel;
}

int hub_publish(struct hub *hub, const struct saved *saved, struct mono_ms now)
{
    if (saved->directory != NULL) TRY(hub_set_directory(hub, saved->directory));
    for (size_t i = 0; i < saved->event_count; i++) TRY(publish_event(hub, &saved->events[i]));
    for (size_t i = 0; i < saved->state_count; i++) {
        const struct saved_state *state = &saved->states[i];
        struct channel *channel = hub_channel(hub, state->location);
        if (channel == NULL) return ERR_NOT_FOUND;
        if (state->first_kept.n != 0) channel->first_kept = state->first_kept;
        if (state->stats.as_of.n > channel->head.n) {
            bridge_gap(channel, (struct seq){state->stats.as_of.n + 1});
        }
        channel->stats = state->stats;
        mark_changed(hub, channel);
    }
    ignore(hub_send_stats(hub, now), "the loop asks again at the turn's end");
    return 0;
}

static int make_stats_frames(struct hub *hub, struct channel *channel)
{
    if (channel->stats_plain != NULL) return 0;
    OWNED(buf) struct buf text = buf_of(8192);
    TRY(out_stats_update(&text, channel->location, &channel->stats));
    TRY(ws_frame_text(buf_span(&text), &channel->stats_plain));
    return deflated_of(hub, channel->stats_plain, &channel->stats_deflated);
}

static void send_stats(struct hub *hub, struct follower *follower)
{
    struct channel *channel = follower->channel;
    struct subscriber *subscriber = follower->subscriber;
    if (!subscriber->handler->is_idle(subscriber) || make_stats_frames(hub, channel) < 0) {
        follower->owed_stats = true;
        subscriber->wants_pump = true;
        return;
    }
    bool compressed = channel->stats_deflated != NULL &&
                      ws_window_holds(subscriber->window_bits, channel->stats_plain->len);
    struct frame *frame = compressed ? channel->stats_deflated : channel->stats_plain;
    follower->owed_stats = subscriber->handler->send(subscriber, frame) < 0;
    subscriber->wants_pump = subscriber->wants_pump || follower->owed_stats;
}

struct mono_ms hub_send_stats(struct hub *hub, struct mono_ms now)
{
    struct mono_ms next = {INT64_MAX};
    struct channel **at = &hub->changed;
    while (*at != NULL) {
        struct channel *channel = *at;
        int64_t due_ms = channel->stats_sent_at.ms + hub->options.stats_interval_ms;
        if (channel->stats_sent_at.ms != 0 && due_ms > now.ms) {
            if (due_ms < next.ms) next.ms = due_ms;
            at = &channel->next_changed;
            continue;
        }
        *at = channel->next_changed;
        channel->stats_changed = false;
        channel->stats_sent_at = now;
        for (uint32_t i = channel->live_count; i > 0; i--) send_stats(hub, channel->live[i - 1]);
    }
    return next;
}

int hub_recent(struct hub *hub, struct channel *const *channels, size_t count, enum audience audience,
               size_t limit, struct json *json)
{
    size_t cursors_bytes;
    TRY(size_mul(count + 1, sizeof(int64_t), &cursors_bytes));
    OWNED(mem) int64_t *cursors = malloc(cursors_bytes);
    if (cursors == NULL) return ERR_NOMEM;
    for (size_t i = 0; i < count; i++) cursors[i] = channels[i]->head.n;
    const struct subscriber reader = {.audience = audience};
    for (size_t given = 0; given < limit; given++) {
        size_t newest = SIZE_MAX;
        for (size_t i = 0; i < count; i++) {
            if (cursors[i] < channels[i]->first_held.n || cursors[i] == 0) continue;
            int64_t at = memory_at(channels[i], (struct seq){cursors[i]})->at.ms;
            if (newest == SIZE_MAX ||
                at > memory_at(channels[newest], (struct seq){cursors[newest]})->at.ms) {
                newest = i;
            }
        }
        if (newest == SIZE_MAX) return 0;
        struct frame *frame;
        TRY(form_for(hub, memory_at(channels[newest], (struct seq){cursors[newest]}), &reader, &frame));
        struct span payload = frame_payload(frame);
        jw_raw(json, NULL, (struct str){(const char *)payload.at, payload.len});
        cursors[newest]--;
    }
    return 0;
}

/* --- Following --- */

bool channel_can_resume(const struct channel *channel, struct seq after, int64_t events_max)
{
    if (after.n > channel->head.n || channel->head.n - after.n > events_max) return false;
    if (after.n == channel->head.n) return true;
    return after.n + 1 >= channel->first_held.n ||
           (channel->first_kept.n != 0 && after.n + 1 >= channel->first_kept.n);
}

static struct follower *find(const struct subscriber *subscriber, const struct channel *channel)
{
    struct follower *follower = subscriber->followers;
    while (follower != NULL && follower->channel != channel) follower = follower->next;
    return follower;
}

bool hub_follows(const struct subscriber *subscriber, const struct channel *channel)
{
    const struct follower *follower = find(subscriber, channel);
    return follower != NULL && follower->state != FOLLOW_RESYNC;
}

int hub_follow(struct hub *hub, struct subscriber *subscriber, struct channel *channel, struct seq after,
               bool *ret_new)
{
    check(after.n <= channel->head.n && hub_channel(hub, channel->id) == channel);
    struct follower *follower = find(subscriber, channel);
    *ret_new = follower == NULL || follower->state == FOLLOW_RESYNC;
    if (!*ret_new) return 0;
    bool fresh = follower == NULL;
    if (fresh) {
        follower = calloc(1, sizeof *follower);
        if (follower == NULL) return ERR_NOMEM;
        follower->subscriber = subscriber;
        follower->channel = channel;
    }
    follower->sent = after;
    follower->state = FOLLOW_BEHIND;
    int rc = after.n == channel->head.n ? go_live(follower) : 0;
    if (rc < 0 && fresh) free(follower);
    TRY(rc);
    if (follower->state == FOLLOW_BEHIND) subscriber->wants_pump = true;
    if (fresh) {
        follower->next = subscriber->followers;
        subscriber->followers = follower;
    }
    return 0;
}

bool hub_unfollow(struct subscriber *subscriber, struct channel *channel)
{
    for (struct follower **at = &subscriber->followers; *at != NULL; at = &(*at)->next) {
        struct follower *follower = *at;
        if (follower->channel != channel) continue;
        leave_live(follower, FOLLOW_RESYNC);
        *at = follower->next;
        free(follower);
        return true;
    }
    return false;
}

void hub_unfollow_all(struct subscriber *subscriber)
{
    while (subscriber->followers != NULL) {
        struct follower *follower = subscriber->followers;
        subscriber->followers = follower->next;
        leave_live(follower, FOLLOW_RESYNC);
        free(follower);
    }
}

void hub_owe_stats(struct subscriber *subscriber, const struct channel *channel)
{
    struct follower *follower = find(subscriber, channel);
    if (follower == NULL) return;
    follower->owed_stats = true;
    subscriber->wants_pump = true;
}

/* --- Catching up --- */

/* Sends from memory while there is room. False: no more room, or a page is needed first. */
static bool pump_one(struct hub *hub, struct follower *follower)
{
    struct subscriber *subscriber = follower->subscriber;
    struct channel *channel = follower->channel;
    while (follower->sent.n < channel->head.n) {
        if (!subscriber->handler->has_room(subscriber)) return false;
        struct seq next = {follower->sent.n + 1};
        if (next.n < channel->first_held.n) {
            if (subscriber->page_under_way) return false;
            subscriber->page_under_way = true;
            subscriber->handler->need_page(subscriber, channel->id, follower->sent);
            return false;
        }
        int rc = send_event(hub, follower, memory_at(channel, next), next);
        if (rc < 0) return rc != ERR_OVERLOADED;
    }
    follower->lags = false;
    if (follower->state == FOLLOW_BEHIND && go_live(follower) < 0) resync(follower);
    return true;
}

void hub_pump(struct hub *hub, struct subscriber *subscriber)
{
    if (!subscriber->wants_pump) return;
    subscriber->wants_pump = false;
    for (struct follower *follower = subscriber->followers; follower != NULL; follower = follower->next) {
        bool behind = follower->state == FOLLOW_BEHIND || (follower->state == FOLLOW_LIVE && follower->lags);
        if (behind && !pump_one(hub, follower)) subscriber->wants_pump = true;
        if (follower->state == FOLLOW_LIVE && follower->owed_stats) send_stats(hub, follower);
    }
}

static int page_frame(struct hub *hub, const struct subscriber *subscriber, struct str staff_json,
                      struct frame **ret_frame)
{
    OWNED(buf) struct buf text = buf_of(EVENT_JSON_BYTES_MAX);
    TRY(event_json_for(subscriber->audience, staff_json, &text));
    OWNED(frame) struct frame *plain = NULL;
    TRY(ws_frame_text(buf_span(&text), &plain));
    if (ws_window_holds(subscriber->window_bits, plain->len)) return deflated_of(hub, plain, ret_frame);
    *ret_frame = take(plain);
    return 0;
}

static int send_page_event(struct hub *hub, struct follower *follower, const struct page_event *event)
{
    if (event->seq.n != follower->sent.n + 1) return ERR_NOT_FOUND; /* no longer kept: all or nothing */
    OWNED(frame) struct frame *frame = NULL;
    TRY(page_frame(hub, follower->subscriber, event->staff_json, &frame));
    return hand_over(follower, frame, event->seq);
}

void hub_page(struct hub *hub, struct subscriber *subscriber, struct location_id location,
              const struct page_event *events, size_t count, bool failed)
{
    subscriber->page_under_way = false;
    subscriber->wants_pump = true;
    struct channel *channel = hub_channel(hub, location);
    struct follower *follower = channel == NULL ? NULL : find(subscriber, channel);
    if (follower == NULL || follower->state == FOLLOW_RESYNC) return; /* unfollowed meanwhile */
    int rc = failed || (count == 0 && follower->sent.n + 1 < channel->first_held.n) ? ERR_NOT_FOUND : 0;
    for (size_t i = 0; i < count && rc == 0; i++) {
        if (events[i].seq.n > channel->head.n) break;      /* committed, but not told to this loop yet */
        if (events[i].seq.n <= follower->sent.n) continue; /* it was told from memory meanwhile */
        rc = send_page_event(hub, follower, &events[i]);
    }
    if (rc < 0 && rc != ERR_OVERLOADED) resync(follower);
}

void hub_each(const struct subscriber *subscriber,
              void (*visit)(const struct channel *channel, struct seq sent, void *ctx), void *ctx)
{
    for (const struct follower *follower = subscriber->followers; follower != NULL;
         follower = follower->next) {
        if (follower->state != FOLLOW_RESYNC) visit(follower->channel, follower->sent, ctx);
    }
}

size_t hub_follow_count(const struct subscriber *subscriber)
{
    size_t count = 0;
    for (const struct follower *follower = subscriber->followers; follower != NULL;
         follower = follower->next) {
        count++;
    }
    return count;
}
