#include "net/process.h"
#include "../testing.h"

#include <sys/resource.h>

static void the_file_limit_becomes_the_hard_one(void **state)
{
    (void)state;
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    rlim_t hard = limit.rlim_max;
    limit.rlim_cur = hard / 2;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    uint64_t count_max = 0;
    assert_int_equal(net_raise_file_limit(&count_max), 0);
    assert_int_equal(count_max, hard);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_int_equal(limit.rlim_cur, hard);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_file_limit_becomes_the_hard_one)};
    return cmocka_run_group_tests_name("net/process", tests, NULL, NULL);
}
