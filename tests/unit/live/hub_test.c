/* The hub's promise (contract 1.1, point 2): each follower gets each event of its locations once, in order, whatever happens. */
#include "live/hub.h"
#include "ws/frame.h"
#include "../testing.h"

#include <stdio.h>
#include <stdlib.h>

#define PLACES 2
#define LOG_MAX 4000

/* A screen: counts what it gets, and takes only so much. */
struct screen {
    struct subscriber subscriber;
    int64_t last[PLACES + 1]; /* the last seq seen */
    int64_t started[PLACES + 1];
    bool resynced[PLACES + 1];
    unsigned stats, events, hidden;
    int64_t room;             /* frames that fit before it is full; -1: any number */
    bool slow;                /* full because its reader is behind, not because of a burst */
    bool page_wanted;
    struct location_id page_of;
    struct seq page_after;
};

struct world {
    struct hub *hub;
    struct directory *directory;
    int64_t heads[PLACES + 1];
    int64_t kept_from[PLACES + 1]; /* the store's oldest */
    struct mono_ms now;
};

static int64_t number_of(const char *text, const char *key)
{
    const char *at = strstr(text, key);
    return at == NULL ? 0 : strtoll(at + strlen(key), NULL, 10);
}

static int take_frame(struct subscriber *subscriber, struct frame *frame)
{
    struct screen *screen = (struct screen *)subscriber;
    char text[2048];
    struct span payload = frame_payload(frame);
    assert_true(payload.len < sizeof text);
    memcpy(text, payload.at, payload.len);
    text[payload.len] = '\0';
    if (strstr(text, "stats_update") != NULL) {
        screen->stats++;
        return 0;
    }
    if (screen->room == 0) return screen->slow ? ERR_LIMIT : ERR_OVERLOADED;
    if (screen->room > 0) screen->room--;
    int64_t place = strstr(text, "\"location\":\"p1\"") != NULL ? 1 : 2;
    assert_int_equal(number_of(text, "\"seq\":"), screen->last[place] + 1);
    assert_false(screen->resynced[place]);
    screen->last[place]++;
    screen->events++;
    if (strstr(text, "event_hidden") != NULL) screen->hidden++;
    return 0;
}

static bool is_stuck(struct subscriber *subscriber, size_t lag_bytes)
{
    (void)lag_bytes;
    return ((struct screen *)subscriber)->slow;
}

static bool has_room(struct subscriber *subscriber) { return ((struct screen *)subscriber)->room != 0; }
static bool is_idle(struct subscriber *subscriber) { return ((struct screen *)subscriber)->room != 0; }

static void on_resync(struct subscriber *subscriber, const struct location *location, struct seq head)
{
    (void)head;
    ((struct screen *)subscriber)->resynced[location->id.n] = true;
}

static void need_page(struct subscriber *subscriber, struct location_id location, struct seq after)
{
    struct screen *screen = (struct screen *)subscriber;
    assert_false(screen->page_wanted);
    screen->page_wanted = true;
    screen->page_of = location;
    screen->page_after = after;
}

static const struct subscriber_handler SCREEN = {take_frame, is_stuck, has_room, is_idle, on_resync, need_page};

static struct screen screen_of(enum audience audience)
{
    return (struct screen){.subscriber = {.handler = &SCREEN, .audience = audience}, .room = -1};
}

static void event_text(char text[512], int64_t place, int64_t seq, bool denied)
{
    snprintf(text, 512, "{\"type\":\"%s\",\"payload\":{\"seq\":%lld,\"location\":\"p%lld\",\"member\":{\"id\":1,\"name\":\"Ana Costa\",\"first_name\":\"Ana\"}}}",
             denied ? "check_in_denied" : "member_checked_in", (long long)seq, (long long)place);
}

static void publish(struct world *world, int64_t place, int64_t count, bool denied)
{
    struct saved *saved;
    assert_int_equal(saved_create((size_t)count, 1, &saved), 0);
    for (int64_t i = 0; i < count; i++) {
        char text[512];
        int64_t seq = ++world->heads[place];
        event_text(text, place, seq, denied);
        saved->events[i] = (struct saved_event){.location = {place}, .seq = {seq}, .at = {seq}};
        assert_int_equal(ws_frame_text(span_of(text, strlen(text)), &saved->events[i].staff), 0);
    }
    saved->states[0].location.n = place;
    saved->states[0].stats = (struct stats){.day = {20000}, .peak_at = WALL_NONE, .as_of = {world->heads[place]}};
    assert_int_equal(hub_publish(world->hub, saved, world->now), 0);
    saved_unref(saved);
}

/* What the store would give for the page that the screen wants. */
static void give_page(struct world *world, struct screen *screen, size_t count_max)
{
    assert_true(screen->page_wanted);
    screen->page_wanted = false;
    static char texts[100][512];
    struct page_event events[100];
    size_t count = 0;
    int64_t place = screen->page_of.n;
    int64_t from = screen->page_after.n + 1;
    if (from < world->kept_from[place]) from = world->kept_from[place];
    for (int64_t seq = from; seq <= world->heads[place] && count < count_max; seq++) {
        event_text(texts[count], place, seq, false);
        events[count] = (struct page_event){{seq}, str_c(texts[count])};
        count++;
    }
    hub_page(world->hub, &screen->subscriber, screen->page_of, events, count, false);
    hub_pump(world->hub, &screen->subscriber);
}

static int follow(struct world *world, struct screen *screen, int64_t place, int64_t after)
{
    bool is_new;
    struct channel *channel = hub_channel(world->hub, (struct location_id){place});
    screen->last[place] = after;
    screen->resynced[place] = false;
    assert_int_equal(hub_follow(world->hub, &screen->subscriber, channel, (struct seq){after}, &is_new), 0);
    return is_new ? 1 : 0;
}

static int begin(void **state)
{
    static struct world world;
    world = (struct world){.now = {1000}};
    struct hub_options options = {.memory_events = 64, .stats_interval_ms = 250, .resume_events_max = 10000};
    assert_int_equal(hub_create(&options, &world.hub), 0);
    assert_int_equal(directory_create(&world.directory), 0);
    struct zone *zone;
    assert_int_equal(zone_open(STR("UTC"), &zone), 0);
    for (int64_t place = 1; place <= PLACES; place++) {
        struct location location = {.id = {place}, .slug = place == 1 ? STR("p1") : STR("p2"), .name = STR("P"), .zone = zone, .capacity = CAPACITY_NONE};
        assert_int_equal(directory_add(world.directory, &location), 0);
        world.kept_from[place] = 1;
    }
    zone_unref(zone);
    assert_int_equal(hub_set_directory(world.hub, world.directory), 0);
    *state = &world;
    return 0;
}

static int end(void **state)
{
    struct world *world = *state;
    hub_free(world->hub);
    directory_unref(world->directory);
    return 0;
}

static void who_follows_gets_each_event_and_only_of_its_locations(void **state)
{
    struct world *world = *state;
    struct screen both = screen_of(AUDIENCE_STAFF), one = screen_of(AUDIENCE_STAFF);
    assert_int_equal(follow(world, &both, 1, 0), 1);
    follow(world, &both, 2, 0);
    follow(world, &one, 2, 0);
    assert_int_equal(follow(world, &one, 2, 0), 0); /* twice is once */
    publish(world, 1, 3, false);
    publish(world, 2, 2, false);
    assert_int_equal(both.events, 5);
    assert_int_equal(one.events, 2);
    assert_true(hub_unfollow(&both.subscriber, hub_channel(world->hub, (struct location_id){1})));
    assert_false(hub_unfollow(&both.subscriber, hub_channel(world->hub, (struct location_id){1})));
    publish(world, 1, 1, false);
    assert_int_equal(both.events, 5);
    hub_unfollow_all(&both.subscriber);
    hub_unfollow_all(&one.subscriber);
}

static void a_viewer_gets_a_number_in_place_of_a_refusal(void **state)
{
    struct world *world = *state;
    struct screen viewer = screen_of(AUDIENCE_VIEWER);
    follow(world, &viewer, 1, 0);
    publish(world, 1, 1, true);
    publish(world, 1, 1, false);
    assert_int_equal(viewer.events, 2);
    assert_int_equal(viewer.hidden, 1);
    hub_unfollow_all(&viewer.subscriber);
}

static void a_resume_is_served_from_memory_then_live(void **state)
{
    struct world *world = *state;
    publish(world, 1, 40, false);
    struct screen screen = screen_of(AUDIENCE_STAFF);
    follow(world, &screen, 1, 10);
    assert_int_equal(screen.events, 0); /* not before it is pumped: other messages come first */
    hub_pump(world->hub, &screen.subscriber);
    assert_int_equal(screen.last[1], 40);
    publish(world, 1, 1, false);
    assert_int_equal(screen.last[1], 41);
    hub_unfollow_all(&screen.subscriber);
}

static void what_is_no_longer_in_memory_comes_in_pages_while_live_events_go_on(void **state)
{
    struct world *world = *state;
    publish(world, 1, 300, false); /* 64 are remembered */
    struct screen screen = screen_of(AUDIENCE_STAFF);
    follow(world, &screen, 1, 0);
    hub_pump(world->hub, &screen.subscriber);
    while (screen.page_wanted) {
        publish(world, 1, 2, false);
        give_page(world, &screen, 50);
    }
    assert_int_equal(screen.last[1], world->heads[1]);
    publish(world, 1, 1, false);
    assert_int_equal(screen.last[1], world->heads[1]);
    hub_unfollow_all(&screen.subscriber);
}

static void what_is_no_longer_kept_is_a_resync_and_never_a_part(void **state)
{
    struct world *world = *state;
    publish(world, 1, 300, false);
    world->kept_from[1] = 120; /* pruned after the resume was found possible */
    struct screen screen = screen_of(AUDIENCE_STAFF);
    follow(world, &screen, 1, 100);
    hub_pump(world->hub, &screen.subscriber);
    give_page(world, &screen, 50);
    assert_true(screen.resynced[1]);
    assert_int_equal(screen.events, 0);
    publish(world, 1, 5, false); /* nothing of it until it follows anew */
    assert_int_equal(screen.events, 0);
    follow(world, &screen, 1, world->heads[1]);
    publish(world, 1, 1, false);
    assert_int_equal(screen.events, 1);
    hub_unfollow_all(&screen.subscriber);
}

static void a_slow_screen_is_resynced_and_the_others_get_all(void **state)
{
    struct world *world = *state;
    struct screen screens[5];
    for (size_t i = 0; i < 5; i++) {
        screens[i] = screen_of(AUDIENCE_STAFF);
        follow(world, &screens[i], 1, 0);
    }
    screens[1].room = 3;
    screens[4].room = 0;
    screens[1].slow = screens[4].slow = true;
    publish(world, 1, 10, false);
    for (size_t i = 0; i < 5; i++) {
        bool slow = i == 1 || i == 4;
        assert_int_equal(screens[i].resynced[1], slow);
        assert_int_equal(screens[i].events, i == 1 ? 3 : i == 4 ? 0 : 10);
        hub_unfollow_all(&screens[i].subscriber);
    }
}

static void a_burst_is_served_in_the_next_turns_to_who_reads(void **state)
{
    struct world *world = *state;
    struct screen screen = screen_of(AUDIENCE_STAFF);
    follow(world, &screen, 1, 0);
    screen.room = 5;
    publish(world, 1, 20, false);
    assert_int_equal(screen.last[1], 5);
    screen.room = 5;
    publish(world, 1, 1, false); /* in order: what lags is not overtaken */
    assert_int_equal(screen.last[1], 5);
    hub_pump(world->hub, &screen.subscriber);
    assert_int_equal(screen.last[1], 10);
    screen.room = -1;
    hub_pump(world->hub, &screen.subscriber);
    publish(world, 1, 1, false);
    assert_int_equal(screen.last[1], 22);
    screen.room = 0;
    publish(world, 1, 100, false); /* more than is remembered: the rest comes from the store */
    screen.room = -1;
    hub_pump(world->hub, &screen.subscriber);
    give_page(world, &screen, 90);
    assert_int_equal(screen.last[1], world->heads[1]);
    assert_false(screen.resynced[1]);
    hub_unfollow_all(&screen.subscriber);
}

static void a_replay_is_paced_by_its_reader(void **state)
{
    struct world *world = *state;
    publish(world, 1, 60, false);
    struct screen screen = screen_of(AUDIENCE_STAFF);
    screen.room = 7;
    follow(world, &screen, 1, 0);
    hub_pump(world->hub, &screen.subscriber);
    assert_int_equal(screen.events, 7);
    assert_false(screen.resynced[1]);
    publish(world, 1, 3, false); /* it is behind: nothing is pushed */
    assert_int_equal(screen.events, 7);
    screen.room = -1;
    hub_pump(world->hub, &screen.subscriber);
    assert_int_equal(screen.last[1], 63);
    hub_unfollow_all(&screen.subscriber);
}

static void an_event_told_twice_is_sent_once_and_a_gap_is_read_from_the_store(void **state)
{
    struct world *world = *state;
    struct screen screen = screen_of(AUDIENCE_STAFF);
    follow(world, &screen, 1, 0);
    publish(world, 1, 5, false);
    world->heads[1] -= 2;
    publish(world, 1, 2, false); /* again */
    assert_int_equal(screen.last[1], 5);
    world->heads[1] += 3; /* committed by somebody else, not told */
    publish(world, 1, 1, false);
    assert_int_equal(screen.last[1], 5);
    hub_pump(world->hub, &screen.subscriber);
    give_page(world, &screen, 100);
    assert_int_equal(screen.last[1], 9);
    hub_unfollow_all(&screen.subscriber);
}

static void statistics_come_at_most_so_often_and_once_after_the_last_change(void **state)
{
    struct world *world = *state;
    struct screen screen = screen_of(AUDIENCE_STAFF);
    follow(world, &screen, 1, 0);
    for (int i = 0; i < 100; i++) {
        publish(world, 1, 1, false);
        world->now.ms += 10;
        hub_send_stats(world->hub, world->now);
    }
    assert_in_range(screen.stats, 4, 5);
    unsigned before = screen.stats;
    world->now.ms += 10;
    publish(world, 1, 1, false);
    assert_int_equal(screen.stats, before);
    world->now.ms += 250;
    hub_send_stats(world->hub, world->now);
    hub_send_stats(world->hub, world->now);
    assert_int_equal(screen.stats, before + 1);
    assert_int_equal(hub_send_stats(world->hub, world->now).ms, INT64_MAX);
    hub_unfollow_all(&screen.subscriber);
}

static void whether_a_resume_can_be_given_all(void **state)
{
    struct world *world = *state;
    struct channel *channel = hub_channel(world->hub, (struct location_id){1});
    assert_true(channel_can_resume(channel, (struct seq){0}, 100)); /* an empty log is at its head */
    publish(world, 1, 300, false);
    static const struct { int64_t after, events_max; bool can; } CASES[] = {
        {300, 0, true}, {301, 1000, false}, {299, 1000, true}, {0, 1000, true}, {0, 299, false}, {0, 300, true},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        assert_int_equal(channel_can_resume(channel, (struct seq){CASES[i].after}, CASES[i].events_max), CASES[i].can);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(who_follows_gets_each_event_and_only_of_its_locations),
        TEST(a_viewer_gets_a_number_in_place_of_a_refusal),
        TEST(a_resume_is_served_from_memory_then_live),
        TEST(what_is_no_longer_in_memory_comes_in_pages_while_live_events_go_on),
        TEST(what_is_no_longer_kept_is_a_resync_and_never_a_part),
        TEST(a_slow_screen_is_resynced_and_the_others_get_all),
        TEST(a_burst_is_served_in_the_next_turns_to_who_reads),
        TEST(a_replay_is_paced_by_its_reader),
        TEST(an_event_told_twice_is_sent_once_and_a_gap_is_read_from_the_store),
        TEST(statistics_come_at_most_so_often_and_once_after_the_last_change),
        TEST(whether_a_resume_can_be_given_all),
    };
    return cmocka_run_group_tests_name("live/hub", tests, NULL, NULL);
}
