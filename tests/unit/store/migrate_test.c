#include "fixture.h"
#include "store/migrations/migrations.h"

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static void an_empty_file_gets_all_tables_once(void **state)
{
    struct fixture *f = *state;
    struct store_options options = {.url = str_c(f->url), .busy_ms = 1000, .create = true};
    struct err_detail err;
    assert_int_equal(store_open(&options, &f->store, &err), 0);
    assert_int_equal(store_check_version(f->store, &err), ERR_UNSUPPORTED);
    int applied;
    assert_int_equal(store_migrate(f->store, &applied, &err), 0);
    assert_int_equal(applied, MIGRATION_COUNT);
    assert_int_equal(store_migrate(f->store, &applied, &err), 0);
    assert_int_equal(applied, 0);
    assert_int_equal(store_check_version(f->store, &err), 0);
}

static void the_epoch_stays_over_a_restart_and_is_each_database_its_own(void **state)
{
    struct fixture *f = *state;
    struct err_detail err;
    char first[EPOCH_BYTES_MAX + 1], again[EPOCH_BYTES_MAX + 1], other[EPOCH_BYTES_MAX + 1];
    assert_int_equal(fixture_open(f, true, &err), 0);
    assert_int_equal(store_epoch(f->store, first, &err), 0);
    fixture_reopen(f);
    assert_int_equal(store_epoch(f->store, again, &err), 0);
    assert_string_equal(first, again);

    void *second;
    assert_int_equal(fixture_setup(&second), 0);
    assert_int_equal(store_epoch(((struct fixture *)second)->store, other, &err), 0);
    assert_string_not_equal(first, other);
    assert_int_equal(fixture_teardown(&second), 0);
}

/* Exit status: the steps that this process did; 100: it failed. */
static void migrate_in_child(struct fixture *f, int go)
{
    char byte;
    if (read(go, &byte, 1) < 0) _exit(100);
    struct store_options options = {.url = str_c(f->url), .busy_ms = 10000, .create = true};
    struct err_detail err;
    int applied;
    struct store *store;
    if (store_open(&options, &store, &err) < 0 || store_migrate(store, &applied, &err) < 0) {
        fprintf(stderr, "%s\n", err.text);
        _exit(100);
    }
    store_close(store);
    _exit(applied);
}

#define PROCESSES 6

static void of_processes_that_start_at_once_one_migrates(void **state)
{
    struct fixture *f = *state;
    int gate[2];
    assert_int_equal(pipe(gate), 0);
    pid_t children[PROCESSES];
    for (int i = 0; i < PROCESSES; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] == 0) {
            close(gate[1]);
            migrate_in_child(f, gate[0]);
        }
    }
    close(gate[0]);
    close(gate[1]); /* all go at once */
    int did = 0;
    for (int i = 0; i < PROCESSES; i++) {
        int status;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_true(WIFEXITED(status));
        assert_int_not_equal(WEXITSTATUS(status), 100);
        did += WEXITSTATUS(status);
    }
    assert_int_equal(did, MIGRATION_COUNT);
}

static void tables_newer_than_the_program_are_left_alone(void **state)
{
    struct fixture *f = *state;
    struct err_detail err;
    assert_int_equal(fixture_open(f, true, &err), 0);
    fixture_sql(f, "UPDATE meta SET version = 999");
    int applied;
    assert_int_equal(store_migrate(f->store, &applied, &err), 0);
    assert_int_equal(applied, 0);
    assert_int_equal(store_check_version(f->store, &err), ERR_UNSUPPORTED);
    assert_non_null(strstr(err.text, "newer"));
    assert_int_equal(fixture_number(f, "SELECT version FROM meta"), 999);
}

static void another_programs_database_is_left_alone(void **state)
{
    struct fixture *f = *state;
    struct err_detail err;
    assert_int_equal(fixture_open(f, true, &err), 0);
    fixture_sql(f, "ALTER TABLE meta RENAME TO other_meta");
    fixture_close(f);
    assert_int_equal(fixture_open(f, true, &err), ERR_UNSUPPORTED);
    assert_non_null(strstr(err.text, "another program"));
}

static void a_missing_file_is_made_only_when_asked(void **state)
{
    SQLITE_ONLY();
    struct fixture *f = *state;
    struct err_detail err;
    assert_int_equal(fixture_open(f, false, &err), ERR_NOT_FOUND);
    assert_non_null(strstr(err.text, f->path));
    assert_int_not_equal(access(f->path, F_OK), 0);
}

static void an_unknown_url_is_refused_without_repeating_it(void **state)
{
    ignore(state, "no database is needed");
    struct store_options options = {.url = STR("mysql://user:secret@host/db")};
    struct store *store;
    struct err_detail err;
    assert_int_equal(store_open(&options, &store, &err), ERR_UNSUPPORTED);
    assert_null(strstr(err.text, "secret"));
    options.url = STR("sqlite:");
    assert_int_equal(store_open(&options, &store, &err), ERR_SYNTAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_empty_file_gets_all_tables_once, fixture_setup_bare, fixture_teardown),
        cmocka_unit_test_setup_teardown(the_epoch_stays_over_a_restart_and_is_each_database_its_own, fixture_setup_bare, fixture_teardown),
        cmocka_unit_test_setup_teardown(of_processes_that_start_at_once_one_migrates, fixture_setup_bare, fixture_teardown),
        cmocka_unit_test_setup_teardown(tables_newer_than_the_program_are_left_alone, fixture_setup_bare, fixture_teardown),
        cmocka_unit_test_setup_teardown(another_programs_database_is_left_alone, fixture_setup_bare, fixture_teardown),
        cmocka_unit_test_setup_teardown(a_missing_file_is_made_only_when_asked, fixture_setup_bare, fixture_teardown),
        cmocka_unit_test(an_unknown_url_is_refused_without_repeating_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
