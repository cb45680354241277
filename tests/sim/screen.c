#include "world.h"
#include "protocol/json_in.h"
#include "ws/frame.h"

static struct screen *of(struct subscriber *subscriber) { return (struct screen *)subscriber; }
static struct hub *hub_of(const struct screen *screen) { return screen->world->hubs[screen->hub]; }

/* --- For the hub: as live/follow.c does it --- */

static int put(struct screen *screen, struct frame *frame)
{
    must(screen->queue.len + frame->len <= QUEUE_BYTES, "%zu bytes wait", screen->queue.len);
    return buf_put(&screen->queue, span_of(frame->at, frame->len));
}

static int take_event(struct subscriber *subscriber, struct frame *frame)
{
    struct screen *screen = of(subscriber);
    if (screen->queue.len > 0 && screen->queue.len + frame->len > QUEUE_BYTES / 2) {
        return screen->queue_waited > 0 ? ERR_LIMIT : ERR_OVERLOADED;
    }
    return put(screen, frame);
}

static bool is_stuck(struct subscriber *subscriber, size_t lag_bytes)
{
    return of(subscriber)->queue_waited > 0 && of(subscriber)->queue.len + lag_bytes > QUEUE_BYTES / 2;
}

static bool has_room(struct subscriber *subscriber) { return of(subscriber)->queue.len < REPLAY_BYTES; }
static bool is_idle(struct subscriber *subscriber) { return of(subscriber)->queue.len < QUEUE_BYTES / 4; }

static void on_resync(struct subscriber *subscriber, const struct location *location, struct seq head)
{
    OWNED(buf) struct buf json = buf_of(512);
    OWNED(frame) struct frame *frame = NULL;
    must(out_resync(&json, location->slug, head) == 0 && ws_frame_text(buf_span(&json), &frame) == 0, "memory");
    must(put(of(subscriber), frame) == 0, "memory");
}

static void need_page(struct subscriber *subscriber, struct location_id location, struct seq after)
{
    struct screen *screen = of(subscriber);
    must(!screen->page_wanted, "one page at a time");
    screen->page_wanted = true;
    screen->page_read = false;
    screen->page_of = location;
    screen->page_after = after;
}

static const struct subscriber_handler HANDLER = {take_event, is_stuck, has_room, is_idle, on_resync, need_page};

/* --- The client --- */

uint64_t text_hash(struct str text)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < text.len; i++) hash = (hash ^ (uint8_t)text.at[i]) * UINT64_C(0x100000001b3);
    return hash | 1;
}

static int64_t place_of(const json_t *payload)
{
    const char *slug = json_string_value(json_object_get(payload, "location"));
    must(slug != NULL && slug[0] == 'p', "no location");
    return slug[1] - '0';
}

static void on_message(struct screen *screen, struct str text)
{
    OWNED(json_tree) json_t *tree = NULL;
    must(json_in(str_span(text), &tree) == 0, "no JSON: %.*s", STR_ARG(text));
    const char *type = json_string_value(json_object_get(tree, "type"));
    const json_t *payload = json_object_get(tree, "payload");
    int64_t place = place_of(payload);
    if (strcmp(type, "stats_update") == 0) {
        snprintf(screen->stats[place], sizeof screen->stats[place], "%.*s", STR_ARG(text));
        return;
    }
    must(screen->follows[place], "%s after a resync_required", type);
    if (strcmp(type, "resync_required") == 0) {
        screen->follows[place] = false;
        g_tally.resyncs++;
        return;
    }
    int64_t seq = json_integer_value(json_object_get(payload, "seq"));
    must(seq == screen->last[place] + 1, "p%lld: %lld after %lld", (long long)place, (long long)seq, (long long)screen->last[place]);
    must(seq < LOG_MAX, "the log is longer than this run expects");
    screen->last[place] = seq;
    g_tally.events++;
    screen->seen[place][seq] = text_hash(text);
}

static void decode(struct screen *screen, struct mspan bytes)
{
    struct ws_message message;
    int rc;
    while ((rc = ws_decoder_next(&screen->decoder, &bytes, &message)) == 1) {
        if (message.kind == WS_TEXT) on_message(screen, ws_message_str(&message));
    }
    must(rc == 0, "the decoder says %d", rc);
}

void screen_read(struct screen *screen, size_t bytes)
{
    if (!screen->is_open || screen->is_stalled) return;
    size_t len = bytes < screen->kernel_len ? bytes : screen->kernel_len;
    uint8_t taken[KERNEL_BYTES];
    memcpy(taken, screen->kernel, len);
    memmove(screen->kernel, screen->kernel + len, screen->kernel_len - len);
    screen->kernel_len -= len;
    decode(screen, (struct mspan){taken, len});
    screen_flush(screen);
}

/* --- The connection --- */

static void to_kernel(struct screen *screen)
{
    size_t room = KERNEL_BYTES - screen->kernel_len;
    size_t len = screen->queue.len < room ? screen->queue.len : room;
    if (len > 0) memcpy(screen->kernel + screen->kernel_len, screen->queue.at, len);
    screen->kernel_len += len;
    buf_drop_front(&screen->queue, len);
    screen->queue_waited = screen->queue.len;
}

void screen_flush(struct screen *screen)
{
    if (!screen->is_open) return;
    to_kernel(screen);
    hub_pump(hub_of(screen), &screen->subscriber);
    to_kernel(screen);
}

void screen_init(struct screen *screen, struct world *world, unsigned index)
{
    screen->world = world;
    screen->hub = index % HUBS;
    screen->queue = buf_of(2 * QUEUE_BYTES);
    screen->subscriber = (struct subscriber){
        .handler = &HANDLER, .audience = (enum audience)(index % AUDIENCE_COUNT), .window_bits = index % 3 == 0 ? 0 : index % 3 == 1 ? 15 : 9};
    must(ws_inflater_create(&screen->inflater) == 0, "memory");
    ws_decoder_init(&screen->decoder, 65536, WS_CLIENT, screen->inflater);
}

void screen_cut(struct screen *screen)
{
    if (!screen->is_open) return;
    hub_unfollow_all(&screen->subscriber);
    screen->is_open = false;
    screen->is_stalled = screen->page_wanted = false;
    screen->subscriber.page_under_way = screen->subscriber.wants_pump = false;
    buf_clear(&screen->queue);
    screen->queue_waited = screen->kernel_len = 0;
    ws_decoder_done(&screen->decoder);
    ws_decoder_init(&screen->decoder, 65536, WS_CLIENT, screen->inflater);
}

void screen_done(struct screen *screen)
{
    screen_cut(screen);
    ws_decoder_done(&screen->decoder);
    ws_inflater_free(screen->inflater);
    buf_done(&screen->queue);
}

/* Where it goes on: after what it saw; or, where the server cannot give all of that, after the head, as a snapshot would have it. */
static void follow(struct screen *screen, int64_t place)
{
    struct hub *hub = hub_of(screen);
    struct channel *channel = hub_channel(hub, (struct location_id){place});
    struct seq after = {screen->last[place]};
    bool resumes = screen->follows[place] && !chance(&screen->world->dice, 5);
    if (resumes) must(after.n <= channel_head(channel).n || screen->world->waiting_count[screen->hub] > 0, "an event that is not in the log was seen");
    if (!resumes || after.n > channel_head(channel).n || !channel_can_resume(channel, after, RESUME_EVENTS_MAX)) {
        after = channel_head(channel);
        screen->from[place] = screen->last[place] = after.n;
        memset(screen->seen[place], 0, sizeof screen->seen[place]);
    } else if (after.n < channel_head(channel).n) {
        g_tally.resumes++;
    }
    bool is_new;
    screen->follows[place] = true;
    must(hub_follow(hub, &screen->subscriber, channel, after, &is_new) == 0 && is_new, "memory");
    hub_owe_stats(&screen->subscriber, channel);
}

void screen_connect(struct screen *screen)
{
    if (screen->is_open) return;
    screen->is_open = true;
    for (int64_t place = 1; place <= PLACES; place++) {
        if (chance(&screen->world->dice, 4)) screen->follows[place] = false;
        else follow(screen, place);
    }
    screen_flush(screen);
}

/* --- Pages --- */

void screen_page_step(struct screen *screen)
{
    if (!screen->page_wanted) return;
    if (!screen->page_read && chance(&screen->world->dice, 2)) {
        screen->page_read = true; /* between the reading and the giving the log may grow */
        screen->page_failed = chance(&screen->world->dice, 30);
        return;
    }
    OWNED(arena) struct arena arena = arena_of((size_t)1024 * 1024);
    struct stored_event *stored = NULL;
    size_t count = 0;
    if (!screen->page_failed) {
        must(store_read_events(store_reader_sql(screen->world->reader), screen->page_of, screen->page_after, PAGE_EVENTS, &arena, &stored, &count) == 0,
             "the log cannot be read");
    }
    struct page_event events[PAGE_EVENTS];
    for (size_t i = 0; i < count; i++) events[i] = (struct page_event){stored[i].seq, stored[i].json};
    bool failed = screen->page_failed;
    g_tally.pages++;
    screen->page_wanted = screen->page_failed = false;
    hub_page(hub_of(screen), &screen->subscriber, screen->page_of, events, count, failed);
    screen_flush(screen);
}

bool screen_is_idle(const struct screen *screen)
{
    return screen->queue.len == 0 && screen->kernel_len == 0 && !screen->page_wanted;
}
