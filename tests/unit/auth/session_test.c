/* A sign-in's life as a story: who presents which token when, and what comes of it. */
#include "auth/session.h"
#include "../testing.h"

#include <sodium.h>

#define DAY_MS (INT64_C(86400) * 1000)
#define TTL_MS (30 * DAY_MS)
static const uint8_t KEY[REFRESH_KEY_BYTES] = "server's own key, 32 bytes long";
static const uint8_t OTHER_KEY[REFRESH_KEY_BYTES] = "another server's key, 32 bytes.";
static const struct wall_ms NOW = {1790000000000};

static struct wall_ms later(int64_t ms) { return (struct wall_ms){NOW.ms + ms}; }

struct story {
    struct session_state state;
    struct refresh_token first, second;
};

static void begin(struct story *story) { assert_int_equal(session_begin(KEY, 55, NOW, TTL_MS, &story->state, &story->first), 0); }

static enum session_verdict present(struct story *story, const struct refresh_token *token, int64_t after_ms, struct refresh_token *ret_next)
{
    struct session_state changed = story->state;
    enum session_verdict verdict = session_renew(KEY, &story->state, token, later(after_ms), TTL_MS, &changed, ret_next);
    if (verdict == SESSION_RENEWED || verdict == SESSION_STOLEN) story->state = changed;
    return verdict;
}

static void a_token_is_good_once_and_makes_the_next(void **state)
{
    (void)state;
    struct story story;
    begin(&story);
    struct refresh_token token = story.first, next;
    for (int day = 1; day < 100; day++) { /* each renewal moves the end on */
        assert_int_equal(present(&story, &token, day * DAY_MS, &next), SESSION_RENEWED);
        assert_int_equal(next.session, 55);
        assert_memory_not_equal(next.secret, token.secret, sizeof next.secret);
        token = next;
    }
}

static void a_lost_answer_may_be_asked_for_again_within_the_grace(void **state)
{
    (void)state;
    struct story story;
    begin(&story);
    struct refresh_token again;
    assert_int_equal(present(&story, &story.first, 1000, &story.second), SESSION_RENEWED);
    assert_int_equal(present(&story, &story.first, 1000 + REFRESH_GRACE_MS - 1, &again), SESSION_REPEATED);
    assert_memory_equal(&again.secret, &story.second.secret, sizeof again.secret);
    assert_int_equal(present(&story, &story.second, 20000, &again), SESSION_RENEWED); /* which did no harm */
}

static void used_twice_after_the_grace_is_theft_and_ends_it_for_both(void **state)
{
    (void)state;
    struct story story;
    begin(&story);
    struct refresh_token next;
    assert_int_equal(present(&story, &story.first, 1000, &story.second), SESSION_RENEWED);
    assert_int_equal(present(&story, &story.first, 1000 + REFRESH_GRACE_MS + 1, &next), SESSION_STOLEN);
    assert_true(wall_is(story.state.revoked_at));
    assert_int_equal(present(&story, &story.second, 30000, &next), SESSION_OVER);
}

static void used_again_once_its_successor_was_is_theft_even_within_the_grace(void **state)
{
    (void)state;
    struct story story;
    begin(&story);
    struct refresh_token third, next;
    assert_int_equal(present(&story, &story.first, 1000, &story.second), SESSION_RENEWED);
    assert_int_equal(present(&story, &story.second, 2000, &third), SESSION_RENEWED);
    assert_int_equal(present(&story, &story.first, 3000, &next), SESSION_STOLEN);
}

static void an_old_token_of_long_ago_is_theft_too(void **state)
{
    (void)state;
    struct story story;
    begin(&story);
    struct refresh_token token = story.first, next;
    for (int i = 1; i < 10; i++) {
        assert_int_equal(present(&story, &token, i * DAY_MS, &next), SESSION_RENEWED);
        token = next;
    }
    assert_int_equal(present(&story, &story.first, 11 * DAY_MS, &next), SESSION_STOLEN);
}

static void a_stranger_s_guess_signs_nobody_out(void **state)
{
    (void)state;
    struct story story;
    begin(&story);
    struct refresh_token guess = {.session = 55}, next;
    assert_int_equal(present(&story, &guess, 1000, &next), SESSION_UNKNOWN);
    guess = story.first;
    guess.secret[0] ^= 1;
    assert_int_equal(present(&story, &guess, 1000, &next), SESSION_UNKNOWN);
    guess = story.first;
    guess.session = 56;
    assert_int_equal(present(&story, &guess, 1000, &next), SESSION_UNKNOWN);
    struct session_state other_state;
    struct refresh_token other;
    assert_int_equal(session_begin(OTHER_KEY, 55, NOW, TTL_MS, &other_state, &other), 0);
    assert_int_equal(present(&story, &other, 1000, &next), SESSION_UNKNOWN);
    assert_int_equal(present(&story, &story.first, 2000, &next), SESSION_RENEWED); /* all the same */
}

/* The secret is what is trusted; the tag only tells an old token from a guess. So a new key of the server signs nobody out. */
static void the_newest_is_good_under_another_key_too(void **state)
{
    (void)state;
    struct story story;
    begin(&story);
    struct session_state after;
    struct refresh_token next;
    assert_int_equal(session_renew(OTHER_KEY, &story.state, &story.first, later(1000), TTL_MS, &after, &next), SESSION_RENEWED);
    story.state = after;
    /* What was answered under a key that is gone can not be answered again: signed in anew, but nobody is a thief. */
    assert_int_equal(present(&story, &story.first, 2000, &next), SESSION_UNKNOWN);
    assert_false(wall_is(story.state.revoked_at));
}

static void it_ends_with_its_time(void **state)
{
    (void)state;
    struct story story;
    begin(&story);
    struct refresh_token next;
    assert_int_equal(present(&story, &story.first, TTL_MS, &next), SESSION_OVER);
    begin(&story);
    assert_int_equal(present(&story, &story.first, TTL_MS - 1, &next), SESSION_RENEWED);
}

static void a_log_out_knows_the_newest_and_the_one_before(void **state)
{
    (void)state;
    struct story story;
    begin(&story);
    struct refresh_token third;
    assert_true(session_knows(&story.state, &story.first));
    assert_int_equal(present(&story, &story.first, 1000, &story.second), SESSION_RENEWED);
    assert_true(session_knows(&story.state, &story.first));
    assert_int_equal(present(&story, &story.second, 2000, &third), SESSION_RENEWED);
    assert_false(session_knows(&story.state, &story.first));
    assert_true(session_knows(&story.state, &third));
}

static void a_token_is_text_in_one_form(void **state)
{
    (void)state;
    struct story story;
    struct refresh_token read;
    char text[REFRESH_TEXT_BYTES];
    begin(&story);
    refresh_text(&story.first, text);
    assert_int_equal(strlen(text), REFRESH_TEXT_LEN);
    assert_int_equal(refresh_parse(str_c(text), &read), 0);
    assert_int_equal(read.session, 55);
    assert_memory_equal(read.secret, story.first.secret, sizeof read.secret);
    assert_memory_equal(read.tag, story.first.tag, sizeof read.tag);
    for (size_t len = 0; len < REFRESH_TEXT_LEN; len++) assert_int_equal(refresh_parse((struct str){text, len}, &read), ERR_SYNTAX);
    text[5] = '.';
    assert_int_equal(refresh_parse(str_c(text), &read), ERR_SYNTAX);
    memset(text, 'A', REFRESH_TEXT_LEN);
    assert_int_equal(refresh_parse(str_c(text), &read), ERR_SYNTAX); /* session 0 */
}

int main(void)
{
    if (sodium_init() < 0) return 2;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_is_good_once_and_makes_the_next),
        cmocka_unit_test(a_lost_answer_may_be_asked_for_again_within_the_grace),
        cmocka_unit_test(used_twice_after_the_grace_is_theft_and_ends_it_for_both),
        cmocka_unit_test(used_again_once_its_successor_was_is_theft_even_within_the_grace),
        cmocka_unit_test(an_old_token_of_long_ago_is_theft_too),
        cmocka_unit_test(a_stranger_s_guess_signs_nobody_out),
        cmocka_unit_test(the_newest_is_good_under_another_key_too),
        cmocka_unit_test(it_ends_with_its_time),
        cmocka_unit_test(a_log_out_knows_the_newest_and_the_one_before),
        cmocka_unit_test(a_token_is_text_in_one_form),
    };
    return cmocka_run_group_tests_name("auth/session", tests, NULL, NULL);
}
