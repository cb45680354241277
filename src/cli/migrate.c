#include "cli/commands.h"

#include <stdio.h>

int migrate_command(int argc, char **argv)
{
    const char *data = NULL, *config = NULL;
    const struct arg flags[] = {
        {.name = "config", .value_name = "FILE", .value = &config, .help = "the configuration of a server"},
        {.name = "data", .value_name = "DIR", .value = &data, .help = "the data folder of a demo"},
    };
    struct args args = {.usage = "footfall migrate --config FILE|--data DIR",
                        .about = "Brings the database's tables to this program's version.",
                        .flags = flags,
                        .flag_count = COUNT_OF(flags),
                        .takes_config = true};
    int status;
    if (args_parse(&args, argc, argv, &status) != 0) return status;
    OWNED(home) struct home home = {0};
    struct err_detail detail = {0};
    int applied = 0;
    int rc = home_open(&home, HOME_KEYS, data, config, &args, false, &detail);
    struct store_options options = {.url = config_text(&home.config.database.url),
                                    .busy_ms = 10000,
                                    .pooler = home.config.database.pooler,
                                    .create = true};
    if (rc == 0) rc = store_open(&options, &home.store, &detail);
    if (rc == 0) rc = store_migrate(home.store, &applied, &detail);
    detail.code = rc;
    if (rc < 0) return say_failed(&detail);
    if (applied == 0) printf("nothing to do: the tables are of this version\n");
    else printf("%d step%s done\n", applied, applied == 1 ? "" : "s");
    return CLI_FINE;
}
