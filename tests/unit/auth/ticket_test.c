#include "auth/claims.h"
#include "auth/ticket.h"
#include "../testing.h"

#include <sodium.h>

static void a_ticket_is_random_and_known_by_its_hash(void **state)
{
    (void)state;
    char text[TICKET_TEXT_BYTES], other[TICKET_TEXT_BYTES];
    uint8_t hash[SHA256_BYTES], other_hash[SHA256_BYTES], read[SHA256_BYTES];
    assert_int_equal(ticket_make(text, hash), 0);
    assert_int_equal(ticket_make(other, other_hash), 0);
    assert_int_equal(strlen(text), TICKET_TEXT_LEN);
    assert_string_not_equal(text, other);
    assert_int_equal(ticket_parse(str_c(text), read), 0);
    assert_memory_equal(read, hash, sizeof hash);
    assert_memory_not_equal(hash, other_hash, sizeof hash);
}

static void what_is_no_ticket_is_refused(void **state)
{
    (void)state;
    static const char *const CASES[] = {"", "abc", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
                                        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB"};
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        uint8_t hash[SHA256_BYTES];
        if (ticket_parse(str_c(CASES[i]), hash) != ERR_SYNTAX) fail_msg("«%s» was taken", CASES[i]);
    }
}

/* Whose it is: kept with the ticket, and the same afterwards. */
static void whoever_asked_for_it_comes_back(void **state)
{
    (void)state;
    struct str places[] = {STR("main"), STR("north")};
    const struct principal like = {.role = ROLE_KIOSK, .sub = STR("device \"7\""), .name = STR("Zo\xc3\xab"), .session = STR("55"), .expires_at = {1790000000123},
                                   .is_own = true, .location_count = 2, .locations = places};
    OWNED(principal) struct principal *who = NULL, *back = NULL;
    OWNED(buf) struct buf kept = buf_of(8192);
    assert_int_equal(principal_create(&like, &who), 0);
    assert_int_equal(claims_keep(who, &kept), 0);
    assert_int_equal(claims_kept(buf_str(&kept), &back), 0);
    assert_int_equal(back->role, ROLE_KIOSK);
    assert_str(back->sub, "device \"7\"");
    assert_str(back->name, "Zo\xc3\xab");
    assert_str(back->session, "55");
    assert_int_equal(back->expires_at.ms, who->expires_at.ms);
    assert_true(back->is_own);
    assert_int_equal(back->location_count, 2);
    assert_true(principal_at(back, STR("north")));
    struct principal *none = NULL;
    assert_true(claims_kept(STR("{}"), &none) < 0);
    assert_true(claims_kept(STR("no JSON"), &none) < 0);
    assert_null(none);
}

int main(void)
{
    if (sodium_init() < 0) return 2;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_ticket_is_random_and_known_by_its_hash),
        cmocka_unit_test(what_is_no_ticket_is_refused),
        cmocka_unit_test(whoever_asked_for_it_comes_back),
    };
    return cmocka_run_group_tests_name("auth/ticket", tests, NULL, NULL);
}
