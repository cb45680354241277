#include "../testing.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void every_code_has_a_word_of_its_own(void **state)
{
    (void)state;
    for (int a = ERR_RACED; a <= ERR_NOMEM; a++) {
        assert_true(strlen(err_word(a)) > 2);
        for (int b = a + 1; b <= ERR_NOMEM; b++) assert_string_not_equal(err_word(a), err_word(b));
    }
}

static void a_detail_is_filled_cut_and_may_be_left_out(void **state)
{
    (void)state;
    struct err_detail detail;
    char long_text[2 * ERR_TEXT_BYTES];
    memset(long_text, 'x', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    assert_int_equal(err_fill(&detail, ERR_IO, __FILE__, __LINE__, "%s: %d", "file", 7), ERR_IO);
    assert_string_equal(detail.text, "file: 7");
    assert_int_equal(detail.code, ERR_IO);
    assert_contains(detail.file, "err_test.c");
    assert_int_equal(err_fill(&detail, ERR_FULL, __FILE__, __LINE__, "%s", long_text), ERR_FULL);
    assert_int_equal(strlen(detail.text), ERR_TEXT_BYTES - 1);
    assert_int_equal(err_fill(NULL, ERR_FULL, __FILE__, __LINE__, "nobody listens"), ERR_FULL);
}

static int twice(int result)
{
    TRY(result);
    return 2 * result;
}

static void try_hands_a_failure_on_and_nothing_else(void **state)
{
    (void)state;
    assert_int_equal(twice(0), 0);
    assert_int_equal(twice(1), 2);
    assert_int_equal(twice(ERR_BUSY), ERR_BUSY);
}

static void a_failed_check_stops_the_program(void **state)
{
    (void)state;
    int said[2];
    assert_int_equal(pipe(said), 0);
    pid_t child = fork();
    if (child == 0) {
        dup2(said[1], STDERR_FILENO);
        check(1 + 1 == 3);
        _exit(0);
    }
    int status;
    char text[500] = "";
    close(said[1]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(read(said[0], text, sizeof text - 1) > 0);
    close(said[0]);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    assert_contains(text, "1 + 1 == 3");
    assert_contains(text, "err_test.c");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_has_a_word_of_its_own),
        cmocka_unit_test(a_detail_is_filled_cut_and_may_be_left_out),
        cmocka_unit_test(try_hands_a_failure_on_and_nothing_else),
        cmocka_unit_test(a_failed_check_stops_the_program),
    };
    return cmocka_run_group_tests_name("base/err", tests, NULL, NULL);
}
