#include "cli/commands.h"
#include "net/address.h"

#include <stdio.h>

static int print_all(int (*print)(struct buf *out))
{
    OWNED(buf) struct buf text = buf_of((size_t)256 * 1024);
    if (print(&text) < 0) return CLI_FAILED;
    printf("%.*s", (int)text.len, (const char *)text.at);
    return CLI_FINE;
}

static int report(const struct config *config)
{
    struct config_advice advice[CONFIG_ADVICE_MAX];
    size_t count = config_check(config, advice);
    bool faults = false;
    struct address address;
    struct err_detail detail = {0};
    if (address_parse(config->server.listen, &address, &detail) < 0) {
        fprintf(stderr, "fault: [server] listen: %s\n", detail.text);
        faults = true;
    }
    for (size_t i = 0; i < count; i++) {
        fprintf(advice[i].is_fault ? stderr : stdout, "%s: %s\n", advice[i].is_fault ? "fault" : "advice",
                advice[i].text);
        faults = faults || advice[i].is_fault;
    }
    if (count == 0 && !faults) printf("the configuration is good\n");
    return faults ? CLI_FAILED : CLI_FINE;
}

int check_config_command(int argc, char **argv)
{
    const char *data = NULL, *config = NULL;
    bool keys = false, markdown = false;
    const struct arg flags[] = {
        {.name = "config",
         .value_name = "FILE",
         .value = &config,
         .help = "default ./footfall.conf, then /etc/footfall/footfall.conf"},
        {.name = "data", .value_name = "DIR", .value = &data, .help = "the data folder of a demo"},
        {.name = "keys", .set = &keys, .help = "list every key with its help and default instead"},
        {.name = "markdown", .set = &markdown, .help = "the same as tables"},
    };
    struct args args = {
        .usage = "footfall check-config [--config FILE|--data DIR] [--keys] [--SECTION.KEY=VALUE …]",
        .about = "Reads the configuration as serve would, and says what is wrong or unwise.",
        .flags = flags,
        .flag_count = COUNT_OF(flags),
        .takes_config = true};
    int status;
    if (args_parse(&args, argc, argv, &status) != 0) return status;
    if (markdown) return print_all(config_print_markdown);
    if (keys) return print_all(config_print_defaults);
    OWNED(home) struct home home = {0};
    struct err_detail detail = {0};
    detail.code = home_open(&home, HOME_CONFIG, data, config, &args, false, &detail);
    return detail.code < 0 ? say_failed(&detail) : report(&home.config);
}
