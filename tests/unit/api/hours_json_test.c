#include "api/hours_json.h"
#include "../testing.h"

#define REST ",[],[],[],[],[],[]]"

static void hours_come_back_as_they_were_given(void **state)
{
    (void)state;
    static const char *const CASES[] = {
        "null",
        "[[],[],[],[],[],[],[]]",
        "[[{\"opens\":\"06:00\",\"closes\":\"22:00\"}]" REST,
        "[[{\"opens\":\"06:00\",\"closes\":\"12:00\"},{\"opens\":\"14:00\",\"closes\":\"22:00\"}]" REST,
        "[[{\"opens\":\"18:00\",\"closes\":\"02:00\"}]" REST, /* over midnight */
        "[[{\"opens\":\"00:00\",\"closes\":\"24:00\"}]" REST, /* all day */
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        OWNED(json_tree) json_t *tree = NULL;
        OWNED(buf) struct buf text = buf_of(4096);
        struct hours hours;
        struct json json = jw_to(&text);
        assert_int_equal(json_in(str_span(str_c(CASES[i])), &tree), 0);
        if (hours_json_get(tree, &hours) != 0) fail_msg("%s", CASES[i]);
        hours_json_put(&json, NULL, &hours);
        assert_int_equal(jw_end_all(&json), 0);
        if (!str_eq_c(buf_str(&text), CASES[i])) fail_msg("%s came back as %.*s", CASES[i], STR_ARG(buf_str(&text)));
    }
}

static void what_cannot_be_hours_is_refused(void **state)
{
    (void)state;
    static const char *const CASES[] = {
        "7", "{}", "[]", "[[],[],[],[],[],[]]", "[[],[],[],[],[],[],[],[]]", "[null" REST, "[[null]" REST, "[[{\"opens\":\"06:00\"}]" REST,
        "[[{\"opens\":\"6:00\",\"closes\":\"22:00\"}]" REST, "[[{\"opens\":\"24:00\",\"closes\":\"22:00\"}]" REST, "[[{\"opens\":\"06:60\",\"closes\":\"22:00\"}]" REST,
        "[[{\"opens\":6,\"closes\":22}]" REST,
        "[[{\"opens\":\"14:00\",\"closes\":\"22:00\"},{\"opens\":\"06:00\",\"closes\":\"12:00\"}]" REST, /* out of order */
        "[[{\"opens\":\"06:00\",\"closes\":\"15:00\"},{\"opens\":\"14:00\",\"closes\":\"22:00\"}]" REST, /* over each other */
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        OWNED(json_tree) json_t *tree = NULL;
        struct hours hours;
        assert_int_equal(json_in(str_span(str_c(CASES[i])), &tree), 0);
        if (hours_json_get(tree, &hours) >= 0) fail_msg("%s was taken", CASES[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hours_come_back_as_they_were_given),
        cmocka_unit_test(what_cannot_be_hours_is_refused),
    };
    return cmocka_run_group_tests_name("api/hours_json", tests, NULL, NULL);
}
