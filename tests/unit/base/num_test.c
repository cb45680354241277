#include "base/num.h"
#include "../testing.h"

static void a_number_is_digits_alone_and_in_its_range(void **state)
{
    (void)state;
    static const struct { const char *text; int rc; int64_t value; } CASES[] = {
        {"0", 0, 0}, {"7", 0, 7}, {"100", 0, 100}, {"101", ERR_RANGE, 0}, {"", ERR_SYNTAX, 0}, {" 7", ERR_SYNTAX, 0}, {"7 ", ERR_SYNTAX, 0},
        {"+7", ERR_SYNTAX, 0}, {"7.0", ERR_SYNTAX, 0}, {"1e1", ERR_SYNTAX, 0}, {"0x7", ERR_SYNTAX, 0}, {"99999999999999999999", ERR_RANGE, 0},
        {"\xd9\xa7", ERR_SYNTAX, 0}, /* ARABIC-INDIC DIGIT SEVEN */
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        int64_t value = -1;
        if (num_i64(str_c(CASES[i].text), 0, 100, &value) != CASES[i].rc) fail_msg("«%s»", CASES[i].text);
        assert_int_equal(value, CASES[i].rc == 0 ? CASES[i].value : -1);
    }
}

/* Contract section 1: ^[1-9][0-9]{0,15}$ and below 2^53. */
static void an_id_is_written_in_one_way(void **state)
{
    (void)state;
    static const struct { const char *text; int64_t id; } CASES[] = {
        {"1", 1}, {"42", 42}, {"9007199254740991", 9007199254740991}, {"9007199254740992", 0}, {"9999999999999999", 0}, {"10000000000000000", 0},
        {"0", 0}, {"042", 0}, {"-1", 0}, {"1.0", 0}, {"1e3", 0}, {"", 0}, {"1\n", 0},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        int64_t id = 0;
        int rc = num_id(str_c(CASES[i].text), &id);
        if ((rc == 0) != (CASES[i].id != 0) || id != CASES[i].id) fail_msg("«%s» gave %d, %lld", CASES[i].text, rc, (long long)id);
    }
}

static void a_duration_has_a_unit_or_is_seconds(void **state)
{
    (void)state;
    static const struct { const char *text; int64_t ms; } CASES[] = {
        {"500ms", 500}, {"30s", 30000}, {"15m", 900000}, {"2h", 7200000}, {"7d", 604800000}, {"10", 10000}, {"0", 0},
        {"", -1}, {"ms", -1}, {"5 s", -1}, {"5S", -1}, {"1.5h", -1}, {"-1s", -1}, {"5sm", -1}, {"9223372036854775807d", -1},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        int64_t ms = -1;
        int rc = num_duration_ms(str_c(CASES[i].text), &ms);
        if ((rc == 0) != (CASES[i].ms >= 0) || ms != CASES[i].ms) fail_msg("«%s» gave %d, %lld", CASES[i].text, rc, (long long)ms);
    }
}

static void a_size_has_a_unit_of_1024_or_is_bytes(void **state)
{
    (void)state;
    static const struct { const char *text; int64_t bytes; } CASES[] = {
        {"65536", 65536}, {"16KiB", 16384}, {"4MiB", 4194304}, {"1GiB", 1073741824}, {"", -1}, {"KiB", -1}, {"4MB", -1}, {"4 MiB", -1},
        {"9223372036854775807GiB", -1},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        int64_t bytes = -1;
        int rc = num_bytes(str_c(CASES[i].text), &bytes);
        if ((rc == 0) != (CASES[i].bytes >= 0) || bytes != CASES[i].bytes) fail_msg("«%s» gave %d, %lld", CASES[i].text, rc, (long long)bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_is_digits_alone_and_in_its_range),
        cmocka_unit_test(an_id_is_written_in_one_way),
        cmocka_unit_test(a_duration_has_a_unit_or_is_seconds),
        cmocka_unit_test(a_size_has_a_unit_of_1024_or_is_bytes),
    };
    return cmocka_run_group_tests_name("base/num", tests, NULL, NULL);
}
