/* What each audience sees of an event, and the one table of codes. */
#include "protocol/codes.h"
#include "protocol/event_json.h"
#include "protocol/reply_json.h"
#include "../testing.h"

#include <stdio.h>

static struct zone *g_zone;
static struct location g_location;
static struct member g_member;

static int begin(void **state)
{
    (void)state;
    assert_int_equal(zone_open(STR("Europe/Berlin"), &g_zone), 0);
    g_location = (struct location){.id = {1}, .slug = STR("main"), .name = STR("Main"), .zone = g_zone, .capacity = CAPACITY_NONE};
    g_member = (struct member){.id = {42}, .first_name = STR("Elif"), .name = STR("Elif \"Lif\" Novák"), .photo_url = STR("/p")};
    return 0;
}
static int end(void **state)
{
    (void)state;
    zone_unref(g_zone);
    return 0;
}

static struct event checked_in(void)
{
    return (struct event){.kind = EVENT_CHECKED_IN, .location = &g_location, .seq = {7}, .at = {1764044519123}, .visit = {9001},
        .member = &g_member, .member_status = "active", .source = SOURCE_DESK, .by = STR("Olivia"), .notes = STR("towel\n"),
        .warnings = {.count = 1, .at = {CODE_BALANCE_DUE}}, .currently_in = 57};
}

static void assert_json(const struct event *event, enum audience audience, const char *expected)
{
    OWNED(buf) struct buf staff = buf_of(EVENT_JSON_BYTES_MAX);
    OWNED(buf) struct buf seen = buf_of(EVENT_JSON_BYTES_MAX);
    assert_int_equal(event_json(event, &staff), 0);
    assert_int_equal(event_json_for(audience, buf_str(&staff), &seen), 0);
    assert_int_equal(buf_terminate(&seen), 0);
    assert_string_equal((const char *)seen.at, expected);
}

static void staff_see_all(void **state)
{
    (void)state;
    struct event event = checked_in();
    assert_json(&event, AUDIENCE_STAFF,
                "{\"type\":\"member_checked_in\",\"payload\":{\"seq\":7,\"location\":\"main\",\"at\":\"2025-11-25T04:21:59.123Z\",\"visit_id\":9001,"
                "\"member\":{\"id\":42,\"name\":\"Elif \\\"Lif\\\" Novák\",\"first_name\":\"Elif\",\"photo_url\":\"/p\",\"status\":\"active\"},"
                "\"source\":\"desk\",\"by\":\"Olivia\",\"notes\":\"towel\\n\",\"warnings\":[{\"code\":\"balance_due\",\"message\":\"There is an open balance\"}],"
                "\"currently_in\":57}}");
}

static void a_kiosk_never_sees_a_whole_name_for_want_of_a_first_one(void **state)
{
    (void)state;
    OWNED(buf) struct buf out = buf_of(EVENT_JSON_BYTES_MAX);
    assert_int_equal(event_json_for(AUDIENCE_DEVICE, STR("{\"type\":\"member_checked_in\",\"payload\":{\"seq\":1,\"member\":{\"id\":1,\"name\":\"Ana Kim\"}}}"), &out), 0);
    assert_true(str_eq_c(buf_str(&out), "{\"type\":\"member_checked_in\",\"payload\":{\"seq\":1,\"member\":{\"id\":1,\"name\":null}}}"));
}

static void a_kiosk_sees_a_first_name_and_a_photo(void **state)
{
    (void)state;
    struct event event = checked_in();
    assert_json(&event, AUDIENCE_DEVICE,
                "{\"type\":\"member_checked_in\",\"payload\":{\"seq\":7,\"location\":\"main\",\"at\":\"2025-11-25T04:21:59.123Z\",\"visit_id\":9001,"
                "\"member\":{\"id\":42,\"name\":\"Elif\",\"photo_url\":\"/p\",\"status\":\"active\"},"
                "\"source\":\"desk\",\"by\":null,\"notes\":null,\"warnings\":[],\"currently_in\":57}}");
}

static void a_viewer_sees_names_but_no_notes_and_warnings(void **state)
{
    (void)state;
    struct event event = checked_in();
    event.late = true;
    assert_json(&event, AUDIENCE_VIEWER,
                "{\"type\":\"member_checked_in\",\"payload\":{\"seq\":7,\"location\":\"main\",\"at\":\"2025-11-25T04:21:59.123Z\",\"visit_id\":9001,"
                "\"member\":{\"id\":42,\"name\":\"Elif \\\"Lif\\\" Novák\",\"photo_url\":\"/p\",\"status\":\"active\"},"
                "\"source\":\"desk\",\"by\":null,\"notes\":null,\"warnings\":[],\"currently_in\":57,\"late\":true}}");
}

static void a_refusal_is_hidden_from_viewers_and_devices_but_keeps_its_number(void **state)
{
    (void)state;
    struct event event = {.kind = EVENT_DENIED, .location = &g_location, .seq = {8}, .at = {1764044519123}, .source = SOURCE_KIOSK,
        .code = CODE_MEMBER_NOT_FOUND, .code_tail = STR("1199"), .repeats = 2, .by = STR("")};
    assert_json(&event, AUDIENCE_STAFF,
                "{\"type\":\"check_in_denied\",\"payload\":{\"seq\":8,\"location\":\"main\",\"at\":\"2025-11-25T04:21:59.123Z\",\"code\":\"member_not_found\","
                "\"member\":null,\"code_last4\":\"1199\",\"source\":\"kiosk\",\"by\":null,\"repeats\":2}}");
    static const char HIDDEN[] = "{\"type\":\"event_hidden\",\"payload\":{\"seq\":8,\"location\":\"main\"}}";
    assert_json(&event, AUDIENCE_DEVICE, HIDDEN);
    assert_json(&event, AUDIENCE_VIEWER, HIDDEN);
}

static void a_reply_given_again_differs_in_replayed_alone(void **state)
{
    (void)state;
    struct command command = {.kind = COMMAND_CHECK_OUT};
    struct decision decision = {.code = CODE_OK, .visit = {.id = {9}, .checked_in_at = {0}, .checked_out_at = {61000}}, .member = &g_member,
        .member_status = "active", .location = &g_location, .seq = {3}, .duration_seconds = 61};
    OWNED(buf) struct buf kept = buf_of(REPLY_JSON_BYTES_MAX);
    assert_int_equal(reply_make(&command, &decision, AUDIENCE_DEVICE, &kept), 0);
    struct reply reply;
    assert_int_equal(reply_read(buf_str(&kept), &reply), 0);
    for (int replayed = 0; replayed < 2; replayed++) {
        OWNED(buf) struct buf message = buf_of(REPLY_JSON_BYTES_MAX);
        assert_int_equal(reply_message(&reply, STR("r\"1"), replayed == 1, &message), 0);
        assert_int_equal(buf_terminate(&message), 0);
        char expected[600];
        snprintf(expected, sizeof expected,
                 "{\"type\":\"check_out_success\",\"id\":\"r\\\"1\",\"payload\":{\"success\":true,\"visit_id\":9,\"member\":{\"id\":42,\"name\":\"Elif\","
                 "\"photo_url\":\"/p\",\"status\":\"active\"},\"location\":\"main\",\"checked_in_at\":\"1970-01-01T00:00:00.000Z\","
                 "\"checked_out_at\":\"1970-01-01T00:01:01.000Z\",\"duration_seconds\":61,\"seq\":3,\"currently_in\":0,\"replayed\":%s}}",
                 replayed == 1 ? "true" : "false");
        assert_string_equal((const char *)message.at, expected);
    }
}

static void what_is_no_kept_reply_is_told(void **state)
{
    (void)state;
    static const char *const BAD[] = {"", "x", "x y", "x 0 ", "x 0 {", "x 999 {\"a\"", "x -1 {\"a\""};
    struct reply reply;
    for (size_t i = 0; i < COUNT_OF(BAD); i++) assert_int_equal(reply_read(str_c(BAD[i]), &reply), ERR_CORRUPT);
}

static void every_code_has_a_name_of_its_own_a_sentence_and_a_status(void **state)
{
    (void)state;
    for (unsigned i = 0; i < CODE_COUNT; i++) {
        assert_true(strlen(code_sentence((enum code)i)) > 3);
        assert_in_range(code_http_status((enum code)i), 200, 599);
        for (unsigned j = 0; j < i; j++) assert_string_not_equal(code_name((enum code)i), code_name((enum code)j));
    }
    assert_string_equal(code_sentence(CODE_MEMBER_NOT_FOUND), "Member not found"); /* the contract's very words */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(staff_see_all),
        TEST(a_kiosk_sees_a_first_name_and_a_photo),
        TEST(a_kiosk_never_sees_a_whole_name_for_want_of_a_first_one),
        TEST(a_viewer_sees_names_but_no_notes_and_warnings),
        TEST(a_refusal_is_hidden_from_viewers_and_devices_but_keeps_its_number),
        TEST(a_reply_given_again_differs_in_replayed_alone),
        TEST(what_is_no_kept_reply_is_told),
        TEST(every_code_has_a_name_of_its_own_a_sentence_and_a_status),
    };
    return cmocka_run_group_tests_name("protocol/event_json", tests, NULL, NULL);
}
