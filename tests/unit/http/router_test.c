#include "http/router.h"
#include "testing.h"

static const struct http_route ROUTES[] = {
    {VERB_GET, "/", "root", 0, 0, false},
    {VERB_GET, "/ws/checkins", "socket", 0, 0, true},
    {VERB_GET, "/api/v1/members", "list", 0, 0, false},
    {VERB_POST, "/api/v1/members", "create", 65536, 1, false},
    {VERB_POST, "/api/v1/members/import", "import", 1000000, 2, false},
    {VERB_GET, "/api/v1/members/{id}", "read", 0, 0, false},
    {VERB_PATCH, "/api/v1/members/{id}", "edit", 65536, 0, false},
    {VERB_DELETE, "/api/v1/members/{id}", "delete", 0, 0, false},
    {VERB_GET, "/api/v1/locations/{slug}/events/{seq}", "event", 0, 0, false},
};
static const struct http_router ROUTER = {ROUTES, COUNT_OF(ROUTES)};

static void a_path_finds_its_route(void **state)
{
    (void)state;
    static const struct { enum http_verb verb; const char *path; enum http_found found; const char *handler; } CASES[] = {
        {VERB_GET, "/", HTTP_FOUND, "root"},
        {VERB_HEAD, "/", HTTP_FOUND, "root"},
        {VERB_POST, "/", HTTP_NO_VERB, NULL},
        {VERB_GET, "/ws/checkins", HTTP_FOUND, "socket"},
        {VERB_GET, "/ws/checkins/", HTTP_FOUND, "socket"},
        {VERB_GET, "/ws/checkins//", HTTP_NO_PATH, NULL},
        {VERB_GET, "/ws", HTTP_NO_PATH, NULL},
        {VERB_GET, "/api/v1/members", HTTP_FOUND, "list"},
        {VERB_GET, "/api/v1/members/", HTTP_NO_PATH, NULL},
        {VERB_GET, "/api/v1/member", HTTP_NO_PATH, NULL},
        {VERB_GET, "/api/v1/membersx", HTTP_NO_PATH, NULL},
        {VERB_GET, "/API/v1/members", HTTP_NO_PATH, NULL},
        {VERB_POST, "/api/v1/members", HTTP_FOUND, "create"},
        {VERB_POST, "/api/v1/members/import", HTTP_FOUND, "import"},
        {VERB_GET, "/api/v1/members/import", HTTP_FOUND, "read"},
        {VERB_GET, "/api/v1/members/17", HTTP_FOUND, "read"},
        {VERB_HEAD, "/api/v1/members/17", HTTP_FOUND, "read"},
        {VERB_PATCH, "/api/v1/members/17", HTTP_FOUND, "edit"},
        {VERB_POST, "/api/v1/members/17", HTTP_NO_VERB, NULL},
        {VERB_OPTIONS, "/api/v1/members/17", HTTP_NO_VERB, NULL},
        {VERB_OTHER, "/api/v1/members/17", HTTP_NO_VERB, NULL},
        {VERB_GET, "/api/v1/members/17/", HTTP_NO_PATH, NULL},
        {VERB_GET, "/api/v1/members/17/x", HTTP_NO_PATH, NULL},
        {VERB_GET, "/api/v1/locations/main/events/9", HTTP_FOUND, "event"},
        {VERB_GET, "/api/v1/locations//events/9", HTTP_NO_PATH, NULL},
        {VERB_GET, "", HTTP_NO_PATH, NULL},
        {VERB_OPTIONS, "*", HTTP_NO_PATH, NULL},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct http_match match;
        enum http_found found = http_router_match(&ROUTER, CASES[i].verb, str_c(CASES[i].path), &match);
        if (found != CASES[i].found) fail_msg("%s: %u, not %u", CASES[i].path, found, CASES[i].found);
        if (found == HTTP_FOUND) assert_string_equal(match.route->handler, CASES[i].handler);
        else assert_null(match.route);
    }
}

static void parameters_are_given_by_name(void **state)
{
    (void)state;
    struct http_match match;
    assert_int_equal(http_router_match(&ROUTER, VERB_GET, STR("/api/v1/locations/main/events/9"), &match), HTTP_FOUND);
    assert_str(http_param(&match, "slug"), "main");
    assert_str(http_param(&match, "seq"), "9");
    assert_int_equal(http_router_match(&ROUTER, VERB_PATCH, STR("/api/v1/members/m\xc3\xbc"), &match), HTTP_FOUND);
    assert_str(http_param(&match, "id"), "m\xc3\xbc");
    assert_int_equal(match.route->body_bytes_max, 65536);
}

static void a_405_names_what_is_allowed(void **state)
{
    (void)state;
    static const struct { const char *path, *allow; } CASES[] = {
        {"/", "GET, HEAD, OPTIONS"},
        {"/api/v1/members", "GET, HEAD, POST, OPTIONS"},
        {"/api/v1/members/17", "GET, HEAD, PATCH, DELETE, OPTIONS"},
        {"/api/v1/members/import", "GET, HEAD, POST, PATCH, DELETE, OPTIONS"},
        {"/none", "OPTIONS"},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct http_match match;
        char text[HTTP_ALLOW_BYTES];
        (void)http_router_match(&ROUTER, VERB_OTHER, str_c(CASES[i].path), &match);
        assert_str(http_allow(match.verbs, text), CASES[i].allow);
    }
    char text[HTTP_ALLOW_BYTES];
    assert_str(http_allow(UINT32_MAX, text), "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
}

static void a_table_is_checked(void **state)
{
    (void)state;
    struct err_detail detail;
    assert_int_equal(http_router_check(&ROUTER, &detail), 0);
    static const struct { const char *first, *second; enum http_verb verb; bool slash; int rc; } CASES[] = {
        {"/a", "/b", VERB_GET, false, 0},
        {"/a", "/a", VERB_POST, false, 0},
        {"/a", "/a", VERB_GET, false, ERR_EXISTS},
        {"/a", "/a", VERB_HEAD, false, ERR_EXISTS}, /* GET answers it */
        {"/{x}", "/{y}", VERB_GET, false, ERR_EXISTS},
        {"/{x}", "/a", VERB_GET, false, ERR_EXISTS},
        {"/a", "/{x}", VERB_GET, false, 0},
        {"/a/{x}", "/a/b/{x}", VERB_GET, false, 0},
        {"/{x}/b", "/a/{x}", VERB_GET, false, 0},
        {"/a", "b", VERB_GET, false, ERR_SYNTAX},
        {"/a", "", VERB_GET, false, ERR_SYNTAX},
        {"/a", "/b/", VERB_GET, false, ERR_SYNTAX},
        {"/a", "//b", VERB_GET, false, ERR_SYNTAX},
        {"/a", "/{}", VERB_GET, false, ERR_SYNTAX},
        {"/a", "/{x", VERB_GET, false, ERR_SYNTAX},
        {"/a", "/x}", VERB_GET, false, ERR_SYNTAX},
        {"/a", "/{x}.json", VERB_GET, false, ERR_SYNTAX},
        {"/a", "/{a}/{b}/{c}/{d}/{e}", VERB_GET, false, ERR_SYNTAX},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct http_route routes[] = {{VERB_GET, CASES[i].first, NULL, 0, 0, CASES[i].slash},
                                      {CASES[i].verb, CASES[i].second, NULL, 0, 0, false}};
        struct http_router router = {routes, 2};
        if (http_router_check(&router, &detail) != CASES[i].rc) fail_msg("%s and %s", CASES[i].first, CASES[i].second);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_path_finds_its_route),
        cmocka_unit_test(parameters_are_given_by_name),
        cmocka_unit_test(a_405_names_what_is_allowed),
        cmocka_unit_test(a_table_is_checked),
    };
    return cmocka_run_group_tests_name("http/router", tests, NULL, NULL);
}
