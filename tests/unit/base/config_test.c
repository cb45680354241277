#include "base/config.h"
#include "base/config_keys.h"
#include "base/log.h"
#include "../testing.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define NEW_CONFIG(name) \
    OWNED(config) struct config name = {0}; \
    assert_int_equal(config_init(&name), 0)

static int read_text(struct config *config, const char *text, struct err_detail *why)
{
    return config_read_text(config, str_span(str_c(text)), "gym.conf", why);
}

static void every_key_has_its_documented_default(void **state)
{
    (void)state;
    NEW_CONFIG(config);
    assert_str(config.server.listen, "127.0.0.1:8000");
    assert_str(config_text(&config.database.url), "sqlite:./footfall.db");
    assert_true(config.auth.url_token);
    assert_int_equal(config.auth.access_ttl_ms, 15 * 60 * 1000);
    assert_int_equal(config.auth.refresh_ttl_ms, INT64_C(30) * 86400 * 1000);
    assert_int_equal(config.auth.ticket_ttl_ms, 30000);
    assert_str(config.auth.claim_user, "sub");
    assert_int_equal(config.limits.max_message_bytes, 16384);
    assert_int_equal(config.limits.max_queue_bytes, 256 * 1024);
    assert_int_equal(config.limits.auth_timeout_ms, 10000);
    assert_int_equal(config.live.heartbeat_interval_ms, 25000);
    assert_int_equal(config.live.max_resume_events, 10000);
    assert_int_equal(config.checkin.max_stay_ms, INT64_C(16) * 3600 * 1000);
    assert_int_equal(config.server.log_level, LOG_INFO);
    assert_int_equal(config.policy.desk.expired, CONFIG_BLOCK);
    assert_int_equal(config.policy.kiosk.no_photo, CONFIG_IGNORE);
    assert_int_equal(config.policy.balance_block, -1);
}

static void the_later_of_file_environment_and_flag_wins(void **state)
{
    (void)state;
    NEW_CONFIG(config);
    assert_int_equal(read_text(&config, "[limits]\nauth_timeout = 1s\nwrite_timeout = 1s\nclose_timeout = 1s\n", NULL), 0);
    char *environment[] = {"PATH=/bin", "FOOTFALL_LIMITS_WRITE_TIMEOUT=2s", "FOOTFALL_LIMITS_CLOSE_TIMEOUT=2s", NULL};
    assert_int_equal(config_read_environment(&config, environment, NULL), 0);
    assert_int_equal(config_read_flag(&config, STR("--limits.close_timeout=3s"), NULL), 1);
    assert_int_equal(config.limits.auth_timeout_ms, 1000);
    assert_int_equal(config.limits.write_timeout_ms, 2000);
    assert_int_equal(config.limits.close_timeout_ms, 3000);
    assert_int_equal(config_read_flag(&config, STR("--limits.close_timeout=4s"), NULL), 1); /* of two flags the later */
    assert_int_equal(config.limits.close_timeout_ms, 4000);
}

static void each_type_is_read_in_each_of_its_forms(void **state)
{
    (void)state;
    NEW_CONFIG(config);
    struct err_detail why = {0};
    int rc = read_text(&config,
                       "\xef\xbb\xbf# a comment\r\n; another\r\n\r\n[server]\r\n  listen = [::1]:80  \r\nlog_level=warn\nlog_json = yes\n"
                       "loops=3\nhosts = a.example, b.example  c.example\n[auth]\nurl_token = off\naccess_ttl = 90\n"
                       "foreign_secret = django-insecure-#1;x\ndefault_role = staff\n[policy]\nkiosk_expired = ignore\nbalance_block = 5000\n"
                       "[limits]\nmax_message_bytes = 65536\nmax_queue_bytes = 1MiB\n[server]\npublic_url = https://gym.example",
                       &why);
    assert_string_equal(why.text, "");
    assert_int_equal(rc, 0);
    assert_str(config.server.listen, "[::1]:80");
    assert_int_equal(config.server.log_level, LOG_WARN);
    assert_true(config.server.log_json);
    assert_int_equal(config.server.loops, 3);
    assert_false(config.auth.url_token);
    assert_int_equal(config.auth.access_ttl_ms, 90000);
    assert_str(config_text(&config.auth.foreign_secret), "django-insecure-#1;x");
    assert_str(config.auth.default_role, "staff");
    assert_int_equal(config.policy.kiosk.expired, CONFIG_IGNORE);
    assert_int_equal(config.policy.desk.expired, CONFIG_BLOCK);
    assert_int_equal(config.policy.balance_block, 5000);
    assert_int_equal(config.limits.max_message_bytes, 65536);
    assert_int_equal(config.limits.max_queue_bytes, 1024 * 1024);
    assert_str(config.server.public_url, "https://gym.example");
    struct str rest = config.server.hosts, word;
    static const char *const HOSTS[] = {"a.example", "b.example", "c.example"};
    for (size_t i = 0; i < COUNT_OF(HOSTS); i++) {
        assert_true(config_list_next(&rest, &word));
        assert_str(word, HOSTS[i]);
    }
    assert_false(config_list_next(&rest, &word));
}

static void what_is_wrong_is_said_with_file_line_key_and_what_is_allowed(void **state)
{
    (void)state;
    static const struct { const char *text; int code; const char *words; } CASES[] = {
        {"[limits]\n\nauth_timeut = 5s", ERR_NOT_FOUND, "gym.conf:3: [limits] auth_timeut is no key; did you mean [limits] auth_timeout?"},
        {"[server]\nauth_timeout = 5s", ERR_NOT_FOUND, "gym.conf:2: [server] auth_timeout is no key; did you mean [limits] auth_timeout?"},
        {"[servre]\nlisten = x", ERR_NOT_FOUND, "gym.conf:2: [servre] listen is no key; did you mean [server] listen?"},
        {"listen = x", ERR_NOT_FOUND, "gym.conf:1: [] listen is no key; did you mean [server] listen?"},
        {"[server]\ntls_key_file = x", ERR_NOT_FOUND, "gym.conf:2: [server] tls_key_file is no key; did you mean [server] tls_key?"},
        {"[limits]\nauth_timeout = 10x", ERR_SYNTAX,
         "gym.conf:2: [limits] auth_timeout is \"10x\"; it must be a time from 100ms to 5m, like 500ms, 30s, 15m, 2h or 7d"},
        {"[limits]\nauth_timeout = 1h", ERR_RANGE, "gym.conf:2: [limits] auth_timeout is \"1h\"; it must be a time from 100ms to 5m"},
        {"[limits]\nauth_timeout =", ERR_SYNTAX, "gym.conf:2: [limits] auth_timeout is \"\"; it must be a time"},
        {"[limits]\nmax_message_bytes = 16KB", ERR_SYNTAX, "it must be a size from 1KiB to 16MiB, like 65536, 16KiB or 4MiB"},
        {"[server]\nloops = -1", ERR_RANGE, "[server] loops is \"-1\"; it must be a number from 0 to 64"},
        {"[server]\nloops = 99999999999999999999", ERR_RANGE, "it must be a number from 0 to 64"},
        {"[server]\nlog_json = maybe", ERR_SYNTAX, "gym.conf:2: [server] log_json is \"maybe\"; it must be true or false"},
        {"[server]\nlog_level = loud", ERR_SYNTAX, "it must be debug, info, warn or error"},
        {"[policy]\ndesk_expired = deny", ERR_SYNTAX, "[policy] desk_expired is \"deny\"; it must be ignore, warn or block"},
        {"[auth]\ndefault_role = boss", ERR_SYNTAX, "it must be owner, manager, staff, kiosk, turnstile, viewer or member"},
        {"[server]\nlisten = a\n# x\nlisten = b", ERR_EXISTS, "gym.conf:4: [server] listen was already set in line 2"},
        {"[auth]\nsecret = a\nsecret_file = b", ERR_EXISTS, "gym.conf:3: [auth] secret was already set in line 2"},
        {"[server]\nlisten", ERR_SYNTAX, "gym.conf:2: must be [section], key = value, or a comment"},
        {"[server\nlisten = x", ERR_SYNTAX, "gym.conf:1: must be [section], key = value, or a comment"},
        {"[server] listen = x", ERR_SYNTAX, "gym.conf:1: nothing may stand behind [section] in its line"},
        {"[server]\nlisten = x ; where", ERR_SYNTAX, "gym.conf:2: [server] listen has a comment behind its value"},
        {"[server]\nlisten = x # where", ERR_SYNTAX, "comments stand on lines of their own"},
        {"[server]\nlisten = \x01", ERR_TEXT, "gym.conf:2: [server] listen holds control characters or is not UTF-8"},
        {"[server]\nlisten = \xff", ERR_TEXT, "gym.conf: is not UTF-8"},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        NEW_CONFIG(config);
        struct err_detail why = {0};
        int rc = read_text(&config, CASES[i].text, &why);
        if (rc != CASES[i].code) fail_msg("«%s» gave %d: %s", CASES[i].text, rc, why.text);
        assert_contains(why.text, CASES[i].words);
    }
}

static void a_secret_is_never_repeated_in_a_sentence(void **state)
{
    (void)state;
    NEW_CONFIG(config);
    struct err_detail why = {0};
    char text[SECRET_BYTES_MAX + 64] = "[auth]\nsecret = ";
    memset(text + strlen(text), 's', SECRET_BYTES_MAX + 1 > CONFIG_VALUE_BYTES_MAX - 20 ? CONFIG_VALUE_BYTES_MAX - 20 : SECRET_BYTES_MAX + 1);
    assert_int_equal(read_text(&config, text, &why), 0); /* 4,076 bytes are a secret */
    char flag[SECRET_BYTES_MAX + 64] = "--auth.secret=";
    memset(flag + strlen(flag), 's', SECRET_BYTES_MAX + 1);
    assert_int_equal(config_read_flag(&config, str_c(flag), &why), ERR_TOO_BIG);
    assert_string_equal(why.text, "--auth.secret must be text of at most 4096 bytes");
}

static void a_line_or_file_that_is_too_long_is_refused_not_cut(void **state)
{
    (void)state;
    NEW_CONFIG(config);
    struct err_detail why = {0};
    OWNED(buf) struct buf text = buf_of((size_t)1024 * 1024);
    assert_int_equal(buf_printf(&text, "[server]\npublic_url = https://%03000d\n", 7), 0);
    assert_int_equal(config_read_text(&config, buf_span(&text), "gym.conf", &why), 0);
    assert_int_equal(config.server.public_url.len, 3008);
    assert_int_equal(buf_printf(&text, "# %05000d\n", 7), 0);
    assert_int_equal(config_read_text(&config, buf_span(&text), "gym.conf", &why), ERR_EXISTS);
    assert_int_equal(config_read_text(&config, span_of(text.at + 3031, text.len - 3031), "gym.conf", &why), ERR_TOO_BIG);
    assert_contains(why.text, "this line is too long");
    /* A value with as much room as there is can be printed and read again, however it was set out. */
    buf_clear(&text);
    assert_int_equal(buf_printf(&text, "[server]\npublic_url=https://%0*d\n", CONFIG_VALUE_BYTES_MAX - 8 + 1, 7), 0);
    assert_int_equal(config_read_text(&config, buf_span(&text), "gym.conf", &why), ERR_TOO_BIG);
    assert_contains(why.text, "public_url");
    buf_clear(&text);
    while (text.len <= CONFIG_FILE_BYTES_MAX) assert_int_equal(buf_put_str(&text, STR("# comment\n")), 0);
    assert_int_equal(config_read_text(&config, buf_span(&text), "gym.conf", &why), ERR_TOO_BIG);
    assert_int_equal(config_read_text(&config, span_of("[server]\0x", 10), "gym.conf", &why), ERR_TEXT);
    assert_string_equal(why.text, "gym.conf: is no text file");
}

static void only_variables_of_our_sections_are_ours(void **state)
{
    (void)state;
    NEW_CONFIG(config);
    struct err_detail why = {0};
    char *others[] = {"FOOTFALL=build/footfall", "FOOTFALL_PORT=tcp://10.0.0.1:80", "FOOTFALL_SERVICE_HOST=10.0.0.1", "FOOTFALL_",
                      "FOOTFALL_X", "SERVER_LISTEN=x", "FOOTFALL_SERVER", "", NULL};
    assert_int_equal(config_read_environment(&config, others, &why), 0);
    char *wrong[] = {"FOOTFALL_SERVER_LISTN=x", NULL};
    assert_int_equal(config_read_environment(&config, wrong, &why), ERR_NOT_FOUND);
    assert_string_equal(why.text, "FOOTFALL_SERVER_LISTN is no key; did you mean [server] listen?");
    char *bad[] = {"FOOTFALL_SERVER_LOOPS=many", NULL};
    assert_int_equal(config_read_environment(&config, bad, &why), ERR_SYNTAX);
    assert_string_equal(why.text, "FOOTFALL_SERVER_LOOPS is \"many\"; it must be a number from 0 to 64");
    char *twins[] = {"FOOTFALL_AUTH_SECRET=x", "FOOTFALL_AUTH_SECRET_FILE=y", NULL};
    assert_int_equal(config_read_environment(&config, twins, &why), ERR_EXISTS);
    assert_contains(why.text, "FOOTFALL_AUTH_SECRET_FILE and its twin");
}

static void flags_of_another_form_are_left_to_others(void **state)
{
    (void)state;
    NEW_CONFIG(config);
    struct err_detail why = {0};
    static const char *const OTHERS[] = {"--listen", "--listen=127.0.0.1:1", "serve", "-v", "a.b=c", "--", "", "--data"};
    for (size_t i = 0; i < COUNT_OF(OTHERS); i++) assert_int_equal(config_read_flag(&config, str_c(OTHERS[i]), &why), 0);
    assert_int_equal(config_read_flag(&config, STR("--server.listen"), &why), ERR_SYNTAX);
    assert_string_equal(why.text, "--server.listen needs a value: --section.key=value");
    assert_int_equal(config_read_flag(&config, STR("--server.lissten=x"), &why), ERR_NOT_FOUND);
    assert_string_equal(why.text, "--server.lissten is no key; did you mean [server] listen?");
    assert_int_equal(config_read_flag(&config, STR("--database.url=postgres://u:p=w@h/d?a=b"), &why), 1);
    assert_str(config_text(&config.database.url), "postgres://u:p=w@h/d?a=b");
    assert_int_equal(config_read_flag(&config, STR("--cluster.redis_url="), &why), 1);
}

static void clean_takes_away_the_limits_of_users_and_addresses_alone(void **state)
{
    (void)state;
    NEW_CONFIG(config);
    config_limits_off(&config);
    assert_int_equal(config.limits.connections_per_address, 0);
    assert_int_equal(config.limits.messages_per_second_per_user, 0);
    assert_int_equal(config.limits.login_tries, 0);
    assert_int_equal(config.limits.admission_rate, 0);
    assert_int_equal(config.limits.max_message_bytes, 16384);
    assert_int_equal(config.limits.auth_timeout_ms, 10000);
    assert_int_equal(config_read_flag(&config, STR("--limits.login_tries=3"), NULL), 1);
    assert_int_equal(config.limits.login_tries, 3);
}

static void what_is_printed_reads_back_the_same(void **state)
{
    (void)state;
    NEW_CONFIG(config);
    OWNED(buf) struct buf defaults = buf_of(CONFIG_FILE_BYTES_MAX), first = buf_of(CONFIG_FILE_BYTES_MAX), second = buf_of(CONFIG_FILE_BYTES_MAX);
    assert_int_equal(config_print_defaults(&defaults), 0);
    assert_int_equal(config_read_text(&config, buf_span(&defaults), "defaults", NULL), 0);
    for (size_t i = 0; i < CONFIG_KEY_COUNT; i++) assert_int_equal(config.set[i].source, 0);

    static const char *const FLAGS[] = {"--server.listen=0.0.0.0:80", "--limits.auth_timeout=1500ms", "--limits.max_message_bytes=17KiB",
                                        "--auth.secret_file=/etc/footfall/secret", "--policy.desk_capacity=ignore",
                                        "--policy.balance_block=-1", "--auth.url_token=no", "--checkin.repeat_window=0",
                                        "--database.url=postgres://u:p@h/d", "--auth.default_role=viewer", "--server.hosts="};
    for (size_t i = 0; i < COUNT_OF(FLAGS); i++) assert_int_equal(config_read_flag(&config, str_c(FLAGS[i]), NULL), 1);
    assert_int_equal(config_print(&config, &first), 0);
    assert_int_equal(buf_terminate(&first), 0);
    assert_contains((char *)first.at, "\nlisten = 0.0.0.0:80\n");
    assert_contains((char *)first.at, "\nauth_timeout = 1500ms\n");
    assert_contains((char *)first.at, "\nrepeat_window = 0s\n");
    assert_contains((char *)first.at, "\nsecret_file = /etc/footfall/secret\n");
    assert_contains((char *)first.at, "\n# log_level = info\n");

    NEW_CONFIG(again);
    struct err_detail why = {0};
    if (config_read_text(&again, buf_span(&first), "printed", &why) != 0) fail_msg("%s", why.text);
    assert_int_equal(config_print(&again, &second), 0);
    assert_true(span_eq(buf_span(&first), buf_span(&second)));
    assert_int_equal(again.limits.auth_timeout_ms, 1500);
}

static void every_key_says_what_it_does(void **state)
{
    (void)state;
    OWNED(buf) struct buf page = buf_of(CONFIG_FILE_BYTES_MAX);
    assert_int_equal(config_print_markdown(&page), 0);
    assert_int_equal(buf_terminate(&page), 0);
    for (size_t i = 0; i < CONFIG_KEY_COUNT; i++) {
        const struct config_key *key = &CONFIG_KEYS[i];
        assert_true(strlen(key->help) > 3);
        assert_contains((char *)page.at, key->name);
        bool is_file;
        assert_int_equal(config_key_find(str_c(key->section), str_c(key->name), &is_file), i); /* once in the table */
        assert_ptr_equal(config_key_nearest(str_c(key->section), str_c(key->name)), key);
    }
    assert_contains((char *)page.at, "| `secret` or `…_file` |");
}

/* --- Files --- */

static char g_folder[] = "/tmp/footfall-config-XXXXXX";

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(g_folder) == NULL ? -1 : 0;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(g_folder);
}

/* A path in the folder with this content and mode; unlinked by the test. */
static void write_file(char path[64], const char *name, struct span content, mode_t mode)
{
    snprintf(path, 64, "%s/%s", g_folder, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, content.at, content.len), (ssize_t)content.len);
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
}

static void a_secret_comes_from_its_file_without_the_line_break(void **state)
{
    (void)state;
    static const struct { const char *in, *out; } CASES[] = {{"s3cret\n", "s3cret"}, {"s3cret", "s3cret"}, {"s3cret\r\n", "s3cret"}, {"a\nb\n\n", "a\nb\n"}};
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        NEW_CONFIG(config);
        struct err_detail why = {0};
        char path[64], flag[128];
        write_file(path, "secret", str_span(str_c(CASES[i].in)), 0600);
        snprintf(flag, sizeof flag, "--auth.foreign_secret_file=%s", path);
        assert_int_equal(config_read_flag(&config, STR("--auth.foreign_secret=other"), NULL), 1);
        assert_int_equal(config_read_flag(&config, str_c(flag), NULL), 1); /* the later of the twins wins */
        assert_int_equal(config_read_secrets(&config, &why), 0);
        assert_str(config_text(&config.auth.foreign_secret), CASES[i].out);
        assert_false(config.auth.foreign_secret.world_readable);
        assert_int_equal(config_read_flag(&config, STR("--auth.foreign_secret=third"), NULL), 1);
        assert_int_equal(config_read_secrets(&config, &why), 0);
        assert_str(config_text(&config.auth.foreign_secret), "third");
        unlink(path);
    }
}

static void a_secret_file_that_cannot_serve_is_named(void **state)
{
    (void)state;
    static uint8_t big[SECRET_BYTES_MAX + 1];
    memset(big, 'x', sizeof big);
    const struct { struct span content; mode_t mode; int code; const char *words; } CASES[] = {
        {str_span(STR("")), 0600, ERR_RANGE, "is empty"},
        {str_span(STR("\n")), 0600, ERR_RANGE, "is empty"},
        {span_of(big, sizeof big), 0600, ERR_TOO_BIG, "over 4096 bytes"},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        NEW_CONFIG(config);
        struct err_detail why = {0};
        char path[64], flag[128];
        write_file(path, "secret", CASES[i].content, CASES[i].mode);
        snprintf(flag, sizeof flag, "--auth.secret_file=%s", path);
        assert_int_equal(config_read_flag(&config, str_c(flag), NULL), 1);
        assert_int_equal(config_read_secrets(&config, &why), CASES[i].code);
        assert_contains(why.text, "[auth] secret_file: ");
        assert_contains(why.text, CASES[i].words);
        unlink(path);
    }
    NEW_CONFIG(config);
    struct err_detail why = {0};
    assert_int_equal(config_read_flag(&config, STR("--auth.secret_file=/nowhere/secret"), NULL), 1);
    assert_int_equal(config_read_secrets(&config, &why), ERR_NOT_FOUND);
    assert_string_equal(why.text, "[auth] secret_file: /nowhere/secret: cannot be read: No such file or directory");
    assert_int_equal(config_read_flag(&config, STR("--auth.secret_file=/"), NULL), 1);
    assert_int_equal(config_read_secrets(&config, &why), ERR_IO);
    assert_contains(why.text, "is a folder");
}

static void loading_takes_all_sources_in_order_and_fails_on_a_fault(void **state)
{
    (void)state;
    char path[64];
    struct err_detail why = {0};
    write_file(path, "gym.conf", str_span(STR("[server]\nlisten = 127.0.0.1:1\nloops = 1\n[live]\nstats_rate = 2\n")), 0644);
    char *environment[] = {"FOOTFALL_SERVER_LOOPS=2", "FOOTFALL_LIVE_STATS_RATE=3", NULL};
    const char *const flags[] = {"--config", path, "--live.stats_rate=5"};
    NEW_CONFIG(config);
    assert_int_equal(config_load(&config, path, environment, flags, COUNT_OF(flags), &why), 0);
    assert_str(config.server.listen, "127.0.0.1:1");
    assert_int_equal(config.server.loops, 2);
    assert_int_equal(config.live.stats_rate, 5);
    const char *const contradiction[] = {"--server.tls_cert=/etc/cert.pem"};
    assert_int_equal(config_load(&config, NULL, NULL, contradiction, 1, &why), ERR_CONFLICT);
    assert_contains(why.text, "tls_cert is set without tls_key");
    unlink(path);
    NEW_CONFIG(other);
    assert_int_equal(config_load(&other, path, NULL, NULL, 0, &why), ERR_NOT_FOUND);
    assert_contains(why.text, path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_has_its_documented_default),
        cmocka_unit_test(the_later_of_file_environment_and_flag_wins),
        cmocka_unit_test(each_type_is_read_in_each_of_its_forms),
        cmocka_unit_test(what_is_wrong_is_said_with_file_line_key_and_what_is_allowed),
        cmocka_unit_test(a_secret_is_never_repeated_in_a_sentence),
        cmocka_unit_test(a_line_or_file_that_is_too_long_is_refused_not_cut),
        cmocka_unit_test(only_variables_of_our_sections_are_ours),
        cmocka_unit_test(flags_of_another_form_are_left_to_others),
        cmocka_unit_test(clean_takes_away_the_limits_of_users_and_addresses_alone),
        cmocka_unit_test(what_is_printed_reads_back_the_same),
        cmocka_unit_test(every_key_says_what_it_does),
        cmocka_unit_test(a_secret_comes_from_its_file_without_the_line_break),
        cmocka_unit_test(a_secret_file_that_cannot_serve_is_named),
        cmocka_unit_test(loading_takes_all_sources_in_order_and_fails_on_a_fault),
    };
    return cmocka_run_group_tests_name("base/config", tests, make_folder, remove_folder);
}
