/* The table of codes against the contract's list (section 1). */
#include "protocol/codes.h"
#include "../testing.h"

#include <ctype.h>

static void the_contract_s_names_are_all_there_and_each_is_another(void **state)
{
    (void)state;
    static const char *const NAMES[] = {
        "bad_json", "bad_message", "unknown_type", "id_reused", "unauthenticated", "forbidden", "location_required", "location_not_found", "member_not_found",
        "already_checked_in", "not_checked_in", "membership_expired", "membership_not_started", "membership_frozen", "membership_cancelled", "member_banned",
        "visits_exhausted", "wrong_location", "outside_hours", "capacity_reached", "waiver_missing", "balance_due", "too_old", "rate_limited", "overloaded",
        "unavailable", "internal",
    };
    assert_int_equal(COUNT_OF(NAMES), CODE_INTERNAL - CODE_OK);
    for (size_t i = 0; i < COUNT_OF(NAMES); i++) assert_string_equal(code_name((enum code)(i + 1)), NAMES[i]);
    for (unsigned a = 0; a < CODE_COUNT; a++) {
        for (unsigned b = a + 1; b < CODE_COUNT; b++) assert_string_not_equal(code_name((enum code)a), code_name((enum code)b));
    }
}

static void each_has_a_sentence_for_people(void **state)
{
    (void)state;
    assert_string_equal(code_sentence(CODE_MEMBER_NOT_FOUND), "Member not found"); /* word for word: contract section 1 */
    for (unsigned code = CODE_BAD_JSON; code < CODE_COUNT; code++) {
        const char *sentence = code_sentence((enum code)code);
        if (strlen(sentence) < 5 || !isupper((unsigned char)sentence[0])) fail_msg("%s: «%s»", code_name((enum code)code), sentence);
    }
}

static void statuses_are_http_s(void **state)
{
    (void)state;
    static const struct { enum code code; int status; } CASES[] = {
        {CODE_BAD_JSON, 400}, {CODE_BAD_MESSAGE, 400}, {CODE_UNAUTHENTICATED, 401}, {CODE_FORBIDDEN, 403}, {CODE_MEMBER_NOT_FOUND, 404},
        {CODE_LOCATION_NOT_FOUND, 404}, {CODE_NOT_FOUND, 404}, {CODE_CONFLICT, 409}, {CODE_TOO_BIG, 413}, {CODE_RATE_LIMITED, 429},
        {CODE_OVERLOADED, 503}, {CODE_UNAVAILABLE, 503}, {CODE_INTERNAL, 500},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        if (code_http_status(CASES[i].code) != CASES[i].status) fail_msg("%s: %d", code_name(CASES[i].code), code_http_status(CASES[i].code));
    }
    for (unsigned code = CODE_BAD_JSON; code <= CODE_TOO_BIG; code++) assert_in_range(code_http_status((enum code)code), 400, 599);
}

static void a_failure_of_ours_is_said_as_what_to_do(void **state)
{
    (void)state;
    static const struct { int err; enum code code; } CASES[] = {
        {ERR_BUSY, CODE_UNAVAILABLE}, {ERR_FULL, CODE_UNAVAILABLE}, {ERR_IO, CODE_UNAVAILABLE}, {ERR_CORRUPT, CODE_UNAVAILABLE}, {ERR_OVERLOADED, CODE_OVERLOADED},
        {ERR_INTERNAL, CODE_INTERNAL}, {ERR_PROTOCOL, CODE_INTERNAL},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) assert_int_equal(code_of_err(CASES[i].err), CASES[i].code);
}

/* RFC 6455 5.5: a Close's reason fits beside its code. */
static void close_reasons_fit_a_control_frame(void **state)
{
    (void)state;
    static const enum close_code CODES[] = {CLOSE_DONE, CLOSE_GONE, CLOSE_PROTOCOL, CLOSE_UNACCEPTABLE, CLOSE_BAD_TEXT, CLOSE_POLICY, CLOSE_TOO_BIG, CLOSE_FAULT,
                                            CLOSE_RESTART, CLOSE_TOO_MANY, CLOSE_UNAUTHENTICATED, CLOSE_FORBIDDEN, CLOSE_APP_TOO_OLD, CLOSE_SILENT,
                                            CLOSE_TOO_SLOW, CLOSE_RATE_LIMITED};
    for (size_t i = 0; i < COUNT_OF(CODES); i++) assert_true(strlen(close_reason(CODES[i])) <= 123);
    assert_string_equal(close_reason(CLOSE_UNAUTHENTICATED), "unauthenticated");
    assert_string_equal(close_reason(CLOSE_RATE_LIMITED), "rate_limited");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_contract_s_names_are_all_there_and_each_is_another),
        cmocka_unit_test(each_has_a_sentence_for_people),
        cmocka_unit_test(statuses_are_http_s),
        cmocka_unit_test(a_failure_of_ours_is_said_as_what_to_do),
        cmocka_unit_test(close_reasons_fit_a_control_frame),
    };
    return cmocka_run_group_tests_name("protocol/codes", tests, NULL, NULL);
}
