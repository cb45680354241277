#include "cli/commands.h"

#include "auth/password.h"
#include "auth/role.h"
#include "base/clock.h"
#include "base/json.h"
#include "store/audit.h"
#include "store/users.h"

#include <stdio.h>

struct user_flags {
    const char *data, *config, *email, *name, *role, *locations, *password_file;
    bool as_json;
};

#define USER_FLAGS(f)                                                                                        \
    {.name = "data", .value_name = "DIR", .value = &(f).data, .help = "the data folder of a demo"},          \
    {                                                                                                        \
        .name = "config", .value_name = "FILE", .value = &(f).config,                                        \
        .help = "the configuration of a server"                                                              \
    }

struct addition {
    struct user_row row;
    int64_t id;
};

static int add(struct sql *sql, void *ctx)
{
    struct addition *addition = ctx;
    struct wall_ms now = clock_wall();
    TRY(user_create(sql, &addition->row, now, &addition->id));
    return audit_note(sql, now, STR("cli"), "add_user", "user", addition->id, (struct str){0});
}

static int user_add(int argc, char **argv)
{
    struct user_flags f = {.role = "staff", .locations = "*"};
    const struct arg flags[] = {
        USER_FLAGS(f),
        {.name = "email", .value_name = "EMAIL", .value = &f.email, .help = "to sign in with"},
        {.name = "name", .value_name = "NAME", .value = &f.name, .help = "shown on screens"},
        {.name = "role",
         .value_name = "ROLE",
         .value = &f.role,
         .help = "owner, manager, staff (default) or viewer"},
        {.name = "loc",
         .value_name = "SLUG,SLUG|*",
         .value = &f.locations,
         .help = "where; default everywhere"},
        {.name = "password-file",
         .value_name = "FILE",
         .value = &f.password_file,
         .help = "else it is asked for"},
    };
    struct args args = {
        .usage =
            "footfall user add --email EMAIL --name NAME [--role ROLE] [--loc SLUG,SLUG|'*'] [--password-file FILE] --data DIR|--config FILE",
        .about = "Adds somebody who may sign in.",
        .flags = flags,
        .flag_count = COUNT_OF(flags),
        .takes_config = true};
    int status;
    if (args_parse(&args, argc, argv, &status) != 0) return status;
    enum role role;
    if (f.email == NULL || f.name == NULL) return args_wrong(&args, "user add needs --email and --name");
    if (role_of(str_c(f.role), &role) < 0) return args_wrong(&args, "there is no role \"%s\"", f.role);
    OWNED(home) struct home home = {0};
    OWNED(secret) struct secret password = {0};
    struct err_detail detail = {0};
    char hash[PASSWORD_HASH_BYTES];
    int rc = home_open(&home, HOME_STORE, f.data, f.config, &args, false, &detail);
    if (rc == 0) rc = read_new_password(f.password_file, &password, &detail);
    if (rc == 0) rc = password_hash((struct str){(const char *)password.at, password.len}, hash);
    struct addition addition = {.row = {.email = str_c(f.email),
                                        .name = str_c(f.name),
                                        .role = str_c(f.role),
                                        .locations = str_c(f.locations),
                                        .password_hash = str_c(hash)}};
    if (rc == 0) rc = home_write(&home, add, &addition, &detail);
    if (rc == ERR_EXISTS) fail(&detail, rc, "there is a user with the email %s", f.email);
    if (rc == ERR_RANGE) fail(&detail, rc, "the email needs an @, the name 1 to 100 characters");
    detail.code = rc;
    if (rc < 0) return say_failed(&detail);
    printf("user %lld added: %s, %s\n", (long long)addition.id, f.email, f.role);
    return CLI_FINE;
}

static void print_user(const struct user_row *user, bool as_json)
{
    OWNED(buf) struct buf line = buf_of(8192);
    struct json json = jw_to(&line);
    jw_object(&json, NULL);
    jw_i64(&json, "id", user->id);
    jw_str(&json, "email", user->email);
    jw_str(&json, "name", user->name);
    jw_str(&json, "role", user->role);
    jw_str(&json, "locations", user->locations);
    jw_bool(&json, "disabled", wall_is(user->disabled_at));
    jw_object_end(&json);
    if (as_json && jw_end_all(&json) == 0) printf("%.*s\n", (int)line.len, (const char *)line.at);
    if (as_json) return;
    printf("%6lld  %-32.*s %-24.*s %-10.*s %.*s%s\n", (long long)user->id, STR_ARG(user->email),
           STR_ARG(user->name), STR_ARG(user->role), STR_ARG(user->locations),
           wall_is(user->disabled_at) ? "  disabled" : "");
}

static int user_list_all(int argc, char **argv)
{
    struct user_flags f = {0};
    const struct arg flags[] = {USER_FLAGS(f),
                                {.name = "json", .set = &f.as_json, .help = "one JSON object a line"}};
    struct args args = {.usage = "footfall user list [--json] --data DIR|--config FILE",
                        .about = "Lists who may sign in.",
                        .flags = flags,
                        .flag_count = COUNT_OF(flags),
                        .takes_config = true};
    int status;
    if (args_parse(&args, argc, argv, &status) != 0) return status;
    OWNED(home) struct home home = {0};
    OWNED(arena) struct arena arena = arena_of((size_t)16 * 1024 * 1024);
    struct err_detail detail = {0};
    struct store_reader *reader = NULL;
    struct user_row *users;
    size_t count = 0;
    int rc = home_open(&home, HOME_STORE, f.data, f.config, &args, false, &detail);
    if (rc == 0) rc = store_reader_open(home.store, &reader, &detail);
    if (rc == 0) rc = user_list(store_reader_sql(reader), &arena, &users, &count);
    for (size_t i = 0; i < count && rc == 0; i++) print_user(&users[i], f.as_json);
    if (reader != NULL) store_reader_close(reader);
    detail.code = rc;
    return rc < 0 ? say_failed(&detail) : CLI_FINE;
}

struct change {
    const char *email;
    const char *hash; /* a new password; NULL: disable or enable */
    bool disabled;
};

static int change(struct sql *sql, void *ctx)
{
    const struct change *change = ctx;
    OWNED(arena) struct arena arena = arena_of((size_t)1024 * 1024);
    struct user_row user;
    TRY(user_by_email(sql, str_c(change->email), &arena, &user));
    struct wall_ms now = clock_wall();
    if (change->hash != NULL) TRY(user_set_password(sql, user.id, str_c(change->hash), now));
    else TRY(user_set_disabled(sql, user.id, change->disabled, now));
    const char *action = change->hash != NULL ? "set_password"
                         : change->disabled   ? "disable_user"
                                              : "enable_user";
    return audit_note(sql, now, STR("cli"), action, "user", user.id, (struct str){0});
}

static int change_user(struct args *args, const struct user_flags *f, struct change *what, const char *done)
{
    OWNED(home) struct home home = {0};
    OWNED(secret) struct secret password = {0};
    struct err_detail detail = {0};
    char hash[PASSWORD_HASH_BYTES];
    bool new_password = what->hash != NULL;
    int rc = home_open(&home, HOME_STORE, f->data, f->config, args, false, &detail);
    if (rc == 0 && new_password) rc = read_new_password(f->password_file, &password, &detail);
    if (rc == 0 && new_password) {
        rc = password_hash((struct str){(const char *)password.at, password.len}, hash);
    }
    if (new_password) what->hash = hash;
    if (rc == 0) rc = home_write(&home, change, what, &detail);
    if (rc == ERR_NOT_FOUND) fail(&detail, rc, "there is no user with the email %s", what->email);
    detail.code = rc;
    if (rc < 0) return say_failed(&detail);
    printf("%s %s\n", what->email, done);
    return CLI_FINE;
}

static int user_passwd(int argc, char **argv)
{
    struct user_flags f = {0};
    const struct arg flags[] = {USER_FLAGS(f),
                                {.name = "password-file",
                                 .value_name = "FILE",
                                 .value = &f.password_file,
                                 .help = "else it is asked for"}};
    struct args args = {.words_max = 1,
                        .usage = "footfall user passwd EMAIL [--password-file FILE] --data DIR|--config FILE",
                        .about = "Sets a new password; all that was signed in by the old one is signed out.",
                        .flags = flags,
                        .flag_count = COUNT_OF(flags),
                        .takes_config = true};
    int status;
    if (args_parse(&args, argc, argv, &status) != 0) return status;
    if (args.word_count != 1) return args_wrong(&args, "give the user's email");
    struct change what = {.email = args.words[0], .hash = ""};
    return change_user(&args, &f, &what, "has a new password; old sign-ins end within 2 seconds");
}

static int user_disable(int argc, char **argv)
{
    struct user_flags f = {0};
    bool undo = false;
    const struct arg flags[] = {USER_FLAGS(f),
                                {.name = "undo", .set = &undo, .help = "let them sign in again"}};
    struct args args = {.words_max = 1,
                        .usage = "footfall user disable EMAIL [--undo] --data DIR|--config FILE",
                        .about = "Ends a user's sign-ins and lets no new one in.",
                        .flags = flags,
                        .flag_count = COUNT_OF(flags),
                        .takes_config = true};
    int status;
    if (args_parse(&args, argc, argv, &status) != 0) return status;
    if (args.word_count != 1) return args_wrong(&args, "give the user's email");
    struct change what = {.email = args.words[0], .disabled = !undo};
    return change_user(&args, &f, &what, undo ? "may sign in again" : "is signed out and may not sign in");
}

int user_command(int argc, char **argv)
{
    static const struct subcommand ALL[] = {
        {"add", user_add, "add somebody who may sign in"},
        {"list", user_list_all, "list them"},
        {"passwd", user_passwd, "set a new password"},
        {"disable", user_disable, "sign somebody out for good"},
    };
    return run_subcommand("footfall user", ALL, COUNT_OF(ALL), argc, argv);
}
