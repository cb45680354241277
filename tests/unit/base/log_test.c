/* What is logged is read back from standard error, which is a pipe here. */
#include "base/log.h"
#include "../testing.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char g_said[512 * 1024];

/* Runs log lines with standard error turned into a file, and reads that. */
static const char *said_by(void (*run)(void), bool as_json, enum log_level least)
{
    FILE *file = tmpfile();
    assert_non_null(file);
    int before = dup(STDERR_FILENO);
    dup2(fileno(file), STDERR_FILENO);
    int rc = log_start(least, as_json);
    run();
    log_stop();
    dup2(before, STDERR_FILENO);
    close(before);
    assert_int_equal(rc, 0);
    rewind(file);
    g_said[fread(g_said, 1, sizeof g_said - 1, file)] = '\0';
    fclose(file);
    return g_said;
}

static void some_lines(void)
{
    log_debug("too small a thing");
    log_info("stopping");
    log_warn("a client was cut off", F_INT("bytes", 42), F_STR("why", STR("two\nlines \"quoted\"")), F_ERR(ERR_IO));
}

static size_t count_of(const char *text, const char *part)
{
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, part)) != NULL; at++) count++;
    return count;
}

static void a_line_is_a_sentence_with_fields(void **state)
{
    (void)state;
    const char *said = said_by(some_lines, false, LOG_INFO);
    assert_contains(said, " info stopping\n");
    assert_contains(said, " warn a client was cut off bytes=42 why=");
    assert_null(strstr(said, "too small"));
    assert_int_equal(count_of(said, "\n"), 2); /* a line break in a value makes no line: nobody forges one */
}

static void as_json_it_is_one_object_a_line(void **state)
{
    (void)state;
    const char *said = said_by(some_lines, true, LOG_DEBUG);
    assert_int_equal(count_of(said, "\n"), 3);
    assert_contains(said, "\"bytes\":42");
    assert_contains(said, "two\\nlines \\\"quoted\\\"");
    assert_int_equal(said[0], '{');
}

static void log_often(void)
{
    for (int i = 0; i < 10000; i++) log_warn("again and again");
}

static void one_place_floods_nothing(void **state)
{
    (void)state;
    const char *said = said_by(log_often, false, LOG_INFO);
    assert_in_range(count_of(said, "again and again"), 1, 20 * LOG_SITE_LINES);
}

static void log_a_long_one(void)
{
    static char text[10 * LOG_LINE_BYTES];
    memset(text, 'x', sizeof text);
    log_warn("long", F_STR("text", ((struct str){text, sizeof text})));
}

static void of_a_line_that_is_too_long_the_sentence_stays(void **state)
{
    (void)state;
    assert_contains(said_by(log_a_long_one, false, LOG_INFO), " warn long fields=");
    const char *said = said_by(log_a_long_one, true, LOG_INFO);
    assert_int_equal(said[0], '{');
    assert_contains(said, "too long\"}\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_a_sentence_with_fields),
        cmocka_unit_test(as_json_it_is_one_object_a_line),
        cmocka_unit_test(one_place_floods_nothing),
        cmocka_unit_test(of_a_line_that_is_too_long_the_sentence_stays),
    };
    return cmocka_run_group_tests_name("base/log", tests, NULL, NULL);
}
