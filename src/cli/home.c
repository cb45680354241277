#include "cli/home.h"

#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEY_BYTES 32

extern char **environ;

static int make_folder(const char *path, struct err_detail *reterr)
{
    if (mkdir(path, 0700) == 0 || errno == EEXIST) return 0;
    return fail(reterr, ERR_IO, "the folder %s cannot be made: %s", path, strerror(errno));
}

/* A new key, in a file that only its owner reads. Two nodes that start at once agree on the one that was first. */
int home_make_key(const char *path, struct err_detail *reterr)
{
    uint8_t key[KEY_BYTES];
    if (random_bytes(key, sizeof key) < 0) {
        return fail(reterr, ERR_INTERNAL, "this machine gives no random bytes");
    }
    OWNED(buf) struct buf text = buf_of(256);
    TRY(hex_put(&text, span_of(key, sizeof key)));
    TRY(buf_put_byte(&text, '\n'));
    char fresh[PATH_MAX + 64];
    if (snprintf(fresh, sizeof fresh, "%s.%ld", path, (long)getpid()) >= (int)sizeof fresh) {
        return fail(reterr, ERR_TOO_BIG, "the folder's name is too long");
    }
    int fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) return fail(reterr, ERR_IO, "%s cannot be written: %s", fresh, strerror(errno));
    bool written = write(fd, text.at, text.len) == (ssize_t)text.len && fsync(fd) == 0;
    close(fd);
    bool linked = written && (link(fresh, path) == 0 || errno == EEXIST);
    int why = errno;
    unlink(fresh);
    secret_wipe(key, sizeof key);
    secret_wipe(text.at, text.len);
    return linked ? 0 : fail(reterr, ERR_IO, "%s cannot be written: %s", path, strerror(why));
}

/* What --data DIR means, as a configuration. */
static int data_defaults(struct home *home, bool create, struct err_detail *reterr)
{
    char key_path[PATH_MAX + 16];
    snprintf(key_path, sizeof key_path, "%s/secret.key", home->data_dir);
    if (create) TRY(make_folder(home->data_dir, reterr));
    if (create && access(key_path, F_OK) != 0) TRY(home_make_key(key_path, reterr));
    if (access(key_path, R_OK) != 0) {
        return fail(reterr, ERR_NOT_FOUND,
                    "%s holds no gym (there is no secret.key); start `footfall demo --data %s` first",
                    home->data_dir, home->data_dir);
    }
    OWNED(buf) struct buf text = buf_of(32768);
    TRY(buf_printf(
        &text, "[server]\ndata_dir = %s\n[auth]\nsecret_file = %s\n[database]\nurl = sqlite:%s/footfall.db\n",
        home->data_dir, key_path, home->data_dir));
    return config_read_text(&home->config, buf_span(&text), "--data", reterr);
}

static const char *usual_config(void)
{
    if (access("./footfall.conf", F_OK) == 0) return "./footfall.conf";
    if (access("/etc/footfall/footfall.conf", F_OK) == 0) return "/etc/footfall/footfall.conf";
    return NULL;
}

static int read_config(struct home *home, enum home_want want, const char *data, const char *config_path,
                       const struct args *args, struct err_detail *reterr)
{
    if (data != NULL && strlen(data) >= sizeof home->data_dir) {
        return fail(reterr, ERR_TOO_BIG, "the folder's name is too long");
    }
    if (data != NULL) {
        snprintf(home->data_dir, sizeof home->data_dir, "%s", data);
        TRY(data_defaults(home, want == HOME_CREATE, reterr));
    } else if (config_path == NULL && (config_path = usual_config()) == NULL) {
        return fail(
            reterr, ERR_NOT_FOUND,
            "there is no configuration: give --config FILE or --data DIR, or make one with `footfall init`");
    }
    TRY(config_load(&home->config, config_path, environ, args->config, args->config_count, reterr));
    struct str dir = home->config.server.data_dir;
    if (data == NULL && dir.len < sizeof home->data_dir) {
        snprintf(home->data_dir, sizeof home->data_dir, "%.*s", STR_ARG(dir));
    }
    return 0;
}

static int open_store(struct home *home, bool create, struct err_detail *reterr)
{
    struct store_options options = {.url = config_text(&home->config.database.url),
                                    .busy_ms = 10000,
                                    .pooler = home->config.database.pooler,
                                    .create = create};
    TRY(store_open(&options, &home->store, reterr));
    int applied;
    if (create) TRY(store_migrate(home->store, &applied, reterr));
    return store_check_version(home->store, reterr);
}

int home_open(struct home *home, enum home_want want, const char *data, const char *config_path,
              const struct args *args, bool limits_off, struct err_detail *reterr)
{
    *home = (struct home){0};
    TRY(config_init(&home->config));
    if (limits_off) config_limits_off(&home->config);
    TRY(read_config(home, want, data, config_path, args, reterr));
    if (want >= HOME_KEYS) TRY(jwt_keys_from_config(&home->config, &home->keys, reterr));
    if (want >= HOME_STORE) TRY(open_store(home, want == HOME_CREATE, reterr));
    return 0;
}

void home_close(struct home *home)
{
    store_close(home->store);
    jwt_keys_unref(home->keys);
    config_done(&home->config);
}

static void map_policies(const struct config_policies *from, enum policy_action to[PROBLEM_COUNT])
{
    static_assert((int)CONFIG_IGNORE == (int)POLICY_IGNORE && (int)CONFIG_WARN == (int)POLICY_WARN &&
                      (int)CONFIG_BLOCK == (int)POLICY_BLOCK,
                  "the configuration's words are the rules'");
    to[PROBLEM_EXPIRED] = (enum policy_action)from->expired;
    to[PROBLEM_FROZEN] = (enum policy_action)from->frozen;
    to[PROBLEM_CANCELLED] = (enum policy_action)from->cancelled;
    to[PROBLEM_NOT_STARTED] = (enum policy_action)from->not_started;
    to[PROBLEM_EXHAUSTED] = (enum policy_action)from->exhausted;
    to[PROBLEM_NO_MEMBERSHIP] = (enum policy_action)from->no_membership;
    to[PROBLEM_HOURS] = (enum policy_action)from->hours;
    to[PROBLEM_CAPACITY] = (enum policy_action)from->capacity;
    to[PROBLEM_BALANCE] = (enum policy_action)from->balance;
    to[PROBLEM_WAIVER] = (enum policy_action)from->waiver;
    to[PROBLEM_NO_PHOTO] = (enum policy_action)from->no_photo;
}

struct rules home_rules(const struct config *config)
{
    struct rules rules = rules_default();
    map_policies(&config->policy.desk, rules.desk);
    map_policies(&config->policy.kiosk, rules.kiosk);
    rules.balance_warn_minor = config->policy.balance_warn;
    rules.balance_block_minor = config->policy.balance_block;
    rules.repeat_window_ms = config->checkin.repeat_window_ms;
    rules.max_stay_ms = config->checkin.max_stay_ms;
    return rules;
}
