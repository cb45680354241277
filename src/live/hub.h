/* live/hub.h: who follows what, and the fan-out: one hub for each loop, its own channels, followers and recent events.
 *
 * A follower is a position in a location's log. Live: it is at the head, and each new event is sent as it comes; a burst that is
 * more than its share of a turn makes it lag, and it is served from memory in the next ones. Behind: it is served from memory, else
 * in pages from the store, as fast as its connection takes them. So a resume, a burst, a slow moment and a gap are one thing, and
 * there is no way to skip or double an event.
 *
 * Owns    channels, followers, and a reference to each frame that it remembers.
 * Thread  its loop.
 * Bounds  memory_events a location; a subscriber's followers: the locations there are.
 * Errors  ERR_NOMEM; ERR_NOT_FOUND (no such location).
 * Tests   tests/unit/live/hub_test.c */
#pragma once
#include "live/saved.h"
#include "protocol/event_json.h"
#include "protocol/out.h"
#include "ws/deflate.h"

struct hub;
struct channel;
struct follower;
struct subscriber;

/* What a connection does for the hub. None of these may detach the subscriber or any other. */
struct subscriber_handler {
    /* Takes a reference of its own. ERR_OVERLOADED: a burst has filled its share for this turn; it calls hub_pump when there is room.
     * Any other negative result (ERR_LIMIT: past half of its queue, and its reader is behind) ends this follower with on_resync. */
    int (*send)(struct subscriber *subscriber, struct frame *frame);
    /* Its reader is behind: what was sent in an earlier turn still waits. lag_bytes: what it is to be sent from memory beside that.
     * True: that is more than its share, resync it. */
    bool (*is_stuck)(struct subscriber *subscriber, size_t lag_bytes);
    /* Room for more of a replay? False: the subscriber calls hub_pump when it has. */
    bool (*has_room)(struct subscriber *subscriber);
    /* Statistics may be left out now: they come with the next hub_pump. */
    bool (*is_idle)(struct subscriber *subscriber);
    /* This location's events end here until it is followed anew. */
    void (*on_resync)(struct subscriber *subscriber, const struct location *location, struct seq head);
    /* The events after `after` are no longer in memory: read them, then hub_page. One at a time. */
    void (*need_page)(struct subscriber *subscriber, struct location_id location, struct seq after);
};

/* Embedded in a connection. */
struct subscriber {
    const struct subscriber_handler *handler;
    struct follower *followers; /* a list */
    enum audience audience;
    uint8_t window_bits; /* 0: frames as they are; else compressed ones that fit this window */
    bool wants_pump;     /* some follower is behind or owed statistics */
    bool page_under_way;
};

struct hub_options {
    size_t memory_events; /* a location */
    int64_t stats_interval_ms;
    int64_t resume_events_max;
};

MUST_USE int hub_create(const struct hub_options *options, struct hub **ret_hub);
void hub_free(struct hub *hub);
struct directory *hub_directory(const struct hub *hub);

/* Before the first subscriber, and for each new location: where its log stands. */
MUST_USE int hub_set_directory(struct hub *hub, struct directory *directory);
/* What a commit made. Unknown events that come twice are passed over; after a gap the followers read the store. */
MUST_USE int hub_publish(struct hub *hub, const struct saved *saved, struct mono_ms now);
/* Sends the statistics that are due; returns when it wants to be called next (INT64_MAX ms: no need). */
struct mono_ms hub_send_stats(struct hub *hub, struct mono_ms now);

/* NULL: no such location on this hub. */
struct channel *hub_channel(struct hub *hub, struct location_id id);
const struct location *channel_location(const struct channel *channel);
struct seq channel_head(const struct channel *channel);
const struct stats *channel_stats(const struct channel *channel);
/* Writes the newest at most limit events of these channels into an open array, newest first. */
MUST_USE int hub_recent(struct hub *hub, struct channel *const *channels, size_t count,
                        enum audience audience, size_t limit, struct json *json);

/* Can a client that saw everything up to `after` be given all the rest? */
bool channel_can_resume(const struct channel *channel, struct seq after, int64_t events_max);
/* Follows from the event after `after` on (channel_head: from now on). Followed already: moves nothing, *ret_new false.
 * Events begin to flow with the next hub_pump (behind) or hub_publish (live). */
MUST_USE int hub_follow(struct hub *hub, struct subscriber *subscriber, struct channel *channel,
                        struct seq after, bool *ret_new);
/* False: it did not follow that. */
bool hub_unfollow(struct subscriber *subscriber, struct channel *channel);
void hub_unfollow_all(struct subscriber *subscriber);
bool hub_follows(const struct subscriber *subscriber, const struct channel *channel);

/* The location's statistics go out with the next hub_pump: a new follower has something to show at once. */
void hub_owe_stats(struct subscriber *subscriber, const struct channel *channel);

/* Goes on where followers are behind. Call after following, when there is room again, and after a page. */
void hub_pump(struct hub *hub, struct subscriber *subscriber);

struct page_event {
    struct seq seq;
    struct str staff_json;
};
/* The page asked for by need_page, in order, without gaps; count 0 with failed: the read failed, the follower is resynced. */
void hub_page(struct hub *hub, struct subscriber *subscriber, struct location_id location,
              const struct page_event *events, size_t count, bool failed);

/* For each followed channel: the last event put into this subscriber's queue. Calls visit in no promised order. */
void hub_each(const struct subscriber *subscriber,
              void (*visit)(const struct channel *channel, struct seq sent, void *ctx), void *ctx);
size_t hub_follow_count(const struct subscriber *subscriber);
