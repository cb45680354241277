#include "cli/commands.h"

#include <stdio.h>

static void on_ready(const struct home *home, const char *url, void *ctx)
{
    (void)home;
    (void)ctx;
    printf("ready %s\n", url);
    fflush(stdout);
}

int serve_command(int argc, char **argv)
{
    const char *config = NULL;
    const struct arg flags[] = {{.name = "config",
                                 .value_name = "FILE",
                                 .value = &config,
                                 .help = "default ./footfall.conf, then /etc/footfall/footfall.conf"}};
    struct args args = {
        .usage = "footfall serve [--config FILE] [--SECTION.KEY=VALUE …]",
        .about = "Runs the server until it is told to stop (SIGTERM). Prints `ready URL` once it accepts.",
        .flags = flags,
        .flag_count = 1,
        .takes_config = true,
    };
    int status;
    if (args_parse(&args, argc, argv, &status) != 0) return status;
    OWNED(home) struct home home = {0};
    struct err_detail detail = {0};
    int rc = home_open(&home, HOME_CREATE, NULL, config, &args, false, &detail);
    detail.code = rc;
    return rc < 0 ? say_failed(&detail) : run_server(&home, on_ready, NULL);
}
