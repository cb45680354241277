#include "cli/commands.h"

#include "auth/password.h"
#include "base/log.h"
#include "base/secret.h"
#include "cli/demo_data.h"
#include "cli/demo_traffic.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define PASSWORD_FILE "owner-password"

struct demo {
    const char *data, *listen, *members, *locations, *traffic;
    bool clean;
    char password[64];
    int64_t traffic_per_minute;
    struct demo_size size;
    struct demo_traffic *running; /* NULL: none */
};

/* The owner's password: made at the first start, kept in the folder, so that each start can print it. */
static int owner_password(const char *data, char ret_password[64], struct err_detail *reterr)
{
    char path[PATH_MAX + 32];
    snprintf(path, sizeof path, "%s/" PASSWORD_FILE, data);
    OWNED(buf) struct buf text = buf_of(64);
    int rc = config_read_file(path, 60, &text, NULL, reterr);
    if (rc == 0) {
        struct str trimmed = str_trim(buf_str(&text));
        snprintf(ret_password, 64, "%.*s", STR_ARG(trimmed));
        return 0;
    }
    if (rc != ERR_NOT_FOUND) return rc;
    uint8_t random[9];
    if (random_bytes(random, sizeof random) < 0) {
        return fail(reterr, ERR_INTERNAL, "this machine gives no random bytes");
    }
    buf_clear(&text);
    TRY(base64url_put(&text, span_of(random, sizeof random)));
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 && errno == EEXIST) {
        return owner_password(data, ret_password, reterr); /* another node was first */
    }
    bool written = fd >= 0 && write(fd, text.at, text.len) == (ssize_t)text.len;
    int why = errno;
    if (fd >= 0) close(fd);
    if (!written) return fail(reterr, ERR_IO, "%s cannot be written: %s", path, strerror(why));
    snprintf(ret_password, 64, "%.*s", (int)text.len, (const char *)text.at);
    return 0;
}

static void start_traffic(struct demo *demo, const struct home *home, const char *url)
{
    struct demo_traffic_options options = {
        .home = home,
        .url = url,
        .per_minute = demo->traffic_per_minute,
        .members = demo->size.members,
        .locations = demo->size.locations,
    };
    struct err_detail detail = {0};
    if (options.per_minute == 0 || options.members == 0) return;
    int rc = demo_traffic_start(&options, &demo->running, &detail);
    if (rc < 0) log_error("there is no made-up traffic", F_ERR(rc), F_STR("detail", str_c(detail.text)));
}

static void on_ready(const struct home *home, const char *url, void *ctx)
{
    struct demo *demo = ctx;
    printf("ready %s\n", url);
    printf("owner %s password %s\n", DEMO_OWNER_EMAIL, demo->password);
    printf("data %s\n", home->data_dir);
    fflush(stdout);
    start_traffic(demo, home, url);
}

static int prepare(struct demo *demo, struct home *home, const struct demo_options *options,
                   struct err_detail *reterr)
{
    struct demo_options all = *options;
    char hash[PASSWORD_HASH_BYTES];
    TRY(owner_password(home->data_dir, demo->password, reterr));
    if (password_hash(str_c(demo->password), hash) < 0) {
        return fail(reterr, ERR_NOMEM, "no memory for the owner's password");
    }
    all.password_hash = str_c(hash);
    return demo_fill(home->store, &all, &demo->size, reterr);
}

int demo_command(int argc, char **argv)
{
    struct demo demo = {.data = "./demo-data",
                        .listen = "127.0.0.1:8000",
                        .members = "1000",
                        .locations = "2",
                        .traffic = "0"};
    const struct arg flags[] = {
        {.name = "listen",
         .value_name = "HOST:PORT",
         .value = &demo.listen,
         .help = "default 127.0.0.1:8000"},
        {.name = "data",
         .value_name = "DIR",
         .value = &demo.data,
         .help = "default ./demo-data; started again on it, it goes on where it was"},
        {.name = "members",
         .value_name = "N",
         .value = &demo.members,
         .help = "made-up members, 1 to N; default 1000"},
        {.name = "locations",
         .value_name = "N",
         .value = &demo.locations,
         .help = "default 2: main and north"},
        {.name = "traffic",
         .value_name = "PER_MINUTE",
         .value = &demo.traffic,
         .help = "made-up check-ins a minute; default 0"},
        {.name = "clean",
         .set = &demo.clean,
         .help = "everyone may come in at any hour, and no limits: for load tests"},
    };
    struct args args = {
        .usage =
            "footfall demo [--listen HOST:PORT] [--data DIR] [--members N] [--locations N] [--traffic PER_MINUTE] [--clean]",
        .about =
            "Runs a gym with made-up members: some expired, frozen, banned, in debt, as a desk meets them.",
        .flags = flags,
        .flag_count = COUNT_OF(flags),
        .takes_config = true,
    };
    int status;
    if (args_parse(&args, argc, argv, &status) != 0) return status;
    struct demo_options options = {.clean = demo.clean};
    bool numbers =
        args_number(&args, "members", demo.members, 0, DEMO_MEMBERS_MAX, &options.members) &&
        args_number(&args, "locations", demo.locations, 1, DEMO_LOCATIONS_MAX, &options.locations) &&
        args_number(&args, "traffic", demo.traffic, 0, 1000000, &demo.traffic_per_minute);
    if (!numbers) return CLI_USAGE;
    char listen[300];
    if (args.config_count == ARGS_CONFIG_MAX) return args_wrong(&args, "too many configuration flags");
    snprintf(listen, sizeof listen, "--server.listen=%s", demo.listen);
    memmove(args.config + 1, args.config,
            args.config_count * sizeof args.config[0]); /* first, so that --server.listen may still win */
    args.config[0] = listen;
    args.config_count++;

    OWNED(home) struct home home = {0};
    struct err_detail detail = {0};
    int rc = home_open(&home, HOME_CREATE, demo.data, NULL, &args, demo.clean, &detail);
    if (rc == 0) rc = prepare(&demo, &home, &options, &detail);
    detail.code = rc;
    if (rc < 0) return say_failed(&detail);
    status = run_server(&home, on_ready, &demo);
    demo_traffic_stop(demo.running);
    return status;
}
