#include "api/assets_load.h"
#include "../testing.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];

static const char *in_folder(const char *name)
{
    static char path[256];
    int len = snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_true(len > 0 && (size_t)len < sizeof path);
    return path;
}

static void put_file(const char *name, const char *text)
{
    FILE *file = fopen(in_folder(name), "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
}

static int make_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/assets-test-XXXXXX");
    if (mkdtemp(folder) == NULL) return -1;
    put_file("index.html", "page");
    put_file(".built", "not for others");
    assert_int_equal(mkdir(in_folder("assets"), 0700), 0);
    put_file("assets/a.js", "script");
    put_file("assets/empty.css", "");
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    char command[128];
    (void)snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

static struct http_response ask_for(const struct assets *assets, const char *path)
{
    struct http_request req = {.verb = VERB_GET, .path = str_c(path)};
    struct assets_ask ask = {.host = STR("h"), .nonce = STR("n")};
    struct http_response res = http_response_of(404);
    assert_true(assets_answer(assets, &req, &ask, &res) >= 0);
    return res;
}

static void a_folder_is_read_with_all_below_it(void **state)
{
    (void)state;
    OWNED(assets) struct assets *assets = NULL;
    struct err_detail detail;
    assert_int_equal(assets_load(folder, &assets, &detail), 0);
    assert_int_equal(assets_count(assets), 3);
    OWNED(http_response) struct http_response script = ask_for(assets, "/assets/a.js");
    assert_int_equal(script.status, 200);
    assert_true(span_eq(script.shared_body, str_span(STR("script"))));
    OWNED(http_response) struct http_response page = ask_for(assets, "/");
    assert_true(span_eq(buf_span(&page.body), str_span(STR("page"))));
    OWNED(http_response) struct http_response hidden = ask_for(assets, "/.built");
    assert_int_equal(hidden.status, 404);
}

static void a_link_is_refused_by_name(void **state)
{
    (void)state;
    static const char *const TARGETS[] = {"/etc/passwd", "index.html", "/", "no-such-file"};
    for (size_t i = 0; i < COUNT_OF(TARGETS); i++) {
        struct assets *assets = NULL;
        struct err_detail detail;
        assert_int_equal(symlink(TARGETS[i], in_folder("assets/link")), 0);
        assert_int_equal(assets_load(folder, &assets, &detail), ERR_FORBIDDEN);
        assert_non_null(strstr(detail.text, "/assets/link"));
        assert_null(assets);
        assert_int_equal(unlink(in_folder("assets/link")), 0);
    }
}

static void a_folder_that_is_not_there_is_named(void **state)
{
    (void)state;
    static const char *const NAMES[] = {"none", "index.html"};
    for (size_t i = 0; i < 2; i++) {
        struct assets *assets = NULL;
        struct err_detail detail;
        assert_int_equal(assets_load(in_folder(NAMES[i]), &assets, &detail), ERR_NOT_FOUND);
        assert_non_null(strstr(detail.text, NAMES[i]));
    }
}

static void too_much_is_refused(void **state)
{
    (void)state;
    put_file("big.bin", "x");
    assert_int_equal(truncate(in_folder("big.bin"), (off_t)ASSETS_BYTES_MAX + 1), 0);
    struct assets *assets = NULL;
    struct err_detail detail;
    assert_int_equal(assets_load(folder, &assets, &detail), ERR_TOO_BIG);
    assert_non_null(strstr(detail.text, "/big.bin"));
    assert_int_equal(unlink(in_folder("big.bin")), 0);

    char path[256];
    strcpy(path, "d");
    for (int depth = 0; depth <= ASSETS_DEPTH_MAX; depth++) {
        assert_int_equal(mkdir(in_folder(path), 0700), 0);
        strcat(path, "/d");
    }
    assert_int_equal(assets_load(folder, &assets, &detail), ERR_TOO_BIG);
    assert_null(assets);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_folder_is_read_with_all_below_it, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(a_link_is_refused_by_name, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(a_folder_that_is_not_there_is_named, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(too_much_is_refused, make_folder, remove_folder),
    };
    return cmocka_run_group_tests_name("api/assets_load", tests, NULL, NULL);
}
