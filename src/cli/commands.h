/* cli/commands.h: the commands of the one program; each a file of its name.
 *
 * Owns    nothing.
 * Thread  main.
 * Bounds  none.
 * Errors  each returns the exit status: CLI_FINE, CLI_FAILED (with a sentence on standard error), CLI_USAGE.
 * Tests   tests/integration/cli.test.ts */
#pragma once
#include "cli/args.h"
#include "cli/home.h"

int serve_command(int argc, char **argv);
int demo_command(int argc, char **argv);
int init_command(int argc, char **argv);
int check_config_command(int argc, char **argv);
int migrate_command(int argc, char **argv);
int user_command(int argc, char **argv);
int location_command(int argc, char **argv);
int member_command(int argc, char **argv);
int token_command(int argc, char **argv);
int bench_command(int argc, char **argv);
int verify_command(int argc, char **argv);
int version_command(int argc, char **argv);

/* Several words below one command: `footfall user add …`. */
struct subcommand {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
};
int run_subcommand(const char *of, const struct subcommand *all, size_t count, int argc, char **argv);
/* Prints what went wrong; returns CLI_FAILED. */
int say_failed(const struct err_detail *detail);
