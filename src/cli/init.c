#include "cli/commands.h"

#include "auth/password.h"
#include "base/clock.h"
#include "store/users.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

struct init {
    const char *config, *email, *name, *password_file;
};

/* The configuration that is there already is kept; a new one is written beside its key and database, readable by its owner alone. */
static int write_config(const char *path, const struct args *args, struct err_detail *reterr)
{
    if (access(path, F_OK) == 0) return 0;
    OWNED(config) struct config config;
    TRY(config_init(&config));
    char folder[PATH_MAX], line[PATH_MAX + 64];
    const char *slash = strrchr(path, '/');
    snprintf(folder, sizeof folder, "%.*s",
             slash == NULL   ? 1
             : slash == path ? 1
                             : (int)(slash - path),
             slash == NULL ? "." : path);
    if (snprintf(line, sizeof line, "[server]\ndata_dir = %s\n", folder) >= (int)sizeof line) {
        return fail(reterr, ERR_TOO_BIG, "the path is too long");
    }
    OWNED(buf) struct buf text = buf_of((size_t)256 * 1024);
    TRY(buf_printf(&text,
                   "%s[auth]\nsecret_file = %s/footfall.key\n[database]\nurl = sqlite:%s/footfall.db\n", line,
                   folder, folder));
    TRY(config_read_text(&config, buf_span(&text), "init", reterr));
    for (size_t i = 0; i < args->config_count; i++) {
        TRY(config_read_flag(&config, str_c(args->config[i]), reterr));
    }
    char key[PATH_MAX + 16];
    snprintf(key, sizeof key, "%s/footfall.key", folder);
    if (access(key, F_OK) != 0) TRY(home_make_key(key, reterr));
    buf_clear(&text);
    TRY(config_print(&config, &text));
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool written = fd >= 0 && write(fd, text.at, text.len) == (ssize_t)text.len && fsync(fd) == 0;
    int why = errno;
    if (fd >= 0) close(fd);
    if (!written) return fail(reterr, ERR_IO, "%s cannot be written: %s", path, strerror(why));
    printf("wrote %s and %s\n", path, key);
    return 0;
}

static int add_owner(struct sql *sql, void *ctx)
{
    int64_t id;
    return user_create(sql, ctx, clock_wall(), &id);
}

static int ask(const char *prompt, char *text, size_t bytes)
{
    fprintf(stderr, "%s", prompt);
    if (fgets(text, (int)bytes, stdin) == NULL) return ERR_CLOSED;
    text[strcspn(text, "\r\n")] = '\0';
    return text[0] == '\0' ? ERR_SYNTAX : 0;
}

static int run(const struct init *init, const struct args *args, struct err_detail *reterr)
{
    OWNED(home) struct home home = {0};
    OWNED(secret) struct secret password = {0};
    char hash[PASSWORD_HASH_BYTES], email[256];
    if (init->email != NULL && strchr(init->email, '@') == NULL) {
        return fail(reterr, ERR_RANGE, "--owner-email needs an @");
    }
    TRY(write_config(init->config, args, reterr));
    TRY(home_open(&home, HOME_CREATE, NULL, init->config, args, false, reterr));
    snprintf(email, sizeof email, "%s", init->email == NULL ? "" : init->email);
    if (init->email == NULL && ask("The owner's email: ", email, sizeof email) < 0) {
        return fail(reterr, ERR_CLOSED, "no email was given; use --owner-email where there is no terminal");
    }
    TRY(read_new_password(init->password_file, &password, reterr));
    TRY(password_hash((struct str){(const char *)password.at, password.len}, hash));
    struct user_row owner = {.email = str_c(email),
                             .name = str_c(init->name),
                             .role = STR("owner"),
                             .locations = STR("*"),
                             .password_hash = str_c(hash)};
    int rc = home_write(&home, add_owner, &owner, reterr);
    if (rc == ERR_EXISTS) return fail(reterr, rc, "there is a user with the email %s already", email);
    if (rc == ERR_RANGE) return fail(reterr, rc, "the email needs an @, the name 1 to 100 characters");
    TRY(rc);
    printf(
        "the owner is %s\nnext: footfall location add main --name 'Main Street' --zone Europe/Berlin --config %s\n"
        "      footfall serve --config %s\n",
        email, init->config, init->config);
    return 0;
}

int init_command(int argc, char **argv)
{
    struct init init = {.config = "./footfall.conf", .name = "Owner"};
    const struct arg flags[] = {
        {.name = "config",
         .value_name = "FILE",
         .value = &init.config,
         .help = "where to write it; default ./footfall.conf"},
        {.name = "owner-email",
         .value_name = "E",
         .value = &init.email,
         .help = "the first owner; else it is asked for"},
        {.name = "owner-name", .value_name = "NAME", .value = &init.name, .help = "shown on screens"},
        {.name = "owner-password-file",
         .value_name = "P",
         .value = &init.password_file,
         .help = "else it is asked for"},
    };
    struct args args = {
        .usage = "footfall init --config FILE --owner-email E --owner-password-file P [--database.url=… …]",
        .about = "Writes a configuration with a key of its own, makes the database, adds the first owner.",
        .flags = flags,
        .flag_count = COUNT_OF(flags),
        .takes_config = true};
    int status;
    if (args_parse(&args, argc, argv, &status) != 0) return status;
    struct err_detail detail = {0};
    detail.code = run(&init, &args, &detail);
    return detail.code < 0 ? say_failed(&detail) : CLI_FINE;
}
