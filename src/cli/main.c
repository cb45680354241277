/* footfall: the one program. */
#include "cli/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static const struct subcommand COMMANDS[] = {
    {"serve", serve_command, "run the server"},
    {"init", init_command, "write a configuration, make the database, add the first owner"},
    {"check-config", check_config_command, "read the configuration, say what is wrong or unwise"},
    {"migrate", migrate_command, "bring the database's tables to this version"},
    {"user", user_command, "add, list, disable users; set passwords"},
    {"location", location_command, "add, list, edit locations"},
    {"member", member_command, "add, find, import, export members"},
    {"token", token_command, "mint or inspect a token"},
    {"demo", demo_command, "run a gym with made-up members"},
    {"bench", bench_command, "load a server of yours, count what is lost"},
    {"verify", verify_command, "test a running server from end to end"},
    {"version", version_command, "say which version this is"},
};

static void list_commands(const char *of, const struct subcommand *all, size_t count)
{
    printf("usage: %s COMMAND …\n\n", of);
    for (size_t i = 0; i < count; i++) printf("  %-14s %s\n", all[i].name, all[i].help);
    printf("\n`%s COMMAND --help` tells more.\n", of);
}

int run_subcommand(const char *of, const struct subcommand *all, size_t count, int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "--help";
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
        list_commands(of, all, count);
        return argc > 1 ? CLI_FINE : CLI_USAGE;
    }
    for (size_t i = 0; i < count; i++) {
        if (strcmp(name, all[i].name) == 0) return all[i].run(argc - 1, argv + 1);
    }
    fprintf(stderr, "footfall: there is no command \"%s\"; `%s --help` lists them\n", name, of);
    return CLI_USAGE;
}

int say_failed(const struct err_detail *detail)
{
    fprintf(stderr, "footfall: %s\n", detail->text[0] != '\0' ? detail->text : err_word(detail->code));
    return CLI_FAILED;
}

int version_command(int argc, char **argv)
{
    bool as_json = false;
    const struct arg flags[] = {{.name = "json", .set = &as_json, .help = "as JSON"}};
    struct args args = {.usage = "footfall version [--json]",
                        .about = "Says which version this is.",
                        .flags = flags,
                        .flag_count = COUNT_OF(flags)};
    int status;
    if (args_parse(&args, argc, argv, &status) != 0) return status;
    printf(as_json ? "{\"version\":\"%s\"}\n" : "footfall %s\n", FOOTFALL_VERSION);
    return CLI_FINE;
}

int main(int argc, char **argv)
{
    umask(077); /* keys, database and photos are for their owner's eyes only */
    if (argc > 1 && strcmp(argv[1], "--version") == 0) argv[1] = (char[]){"version"};
    return run_subcommand("footfall", COMMANDS, COUNT_OF(COMMANDS), argc, argv);
}
