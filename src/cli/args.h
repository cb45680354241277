/* cli/args.h: a command's flags and words, as a table; its help is made from it.
 *
 * Owns    nothing: values point into argv.
 * Thread  main, before others start.
 * Bounds  ARGS_WORDS_MAX words, ARGS_CONFIG_MAX configuration flags.
 * Errors  CLI_USAGE with a sentence on standard error.
 * Tests   tests/integration/cli.test.ts */
#pragma once
#include "base/bytes.h"

#define ARGS_WORDS_MAX 16
#define ARGS_CONFIG_MAX 64
#define ARGS_LIST_MAX 64

/* Exit statuses (contract section 3). */
enum { CLI_FINE = 0, CLI_FAILED = 1, CLI_USAGE = 2 };

struct arg_list {
    const char *at[ARGS_LIST_MAX];
    size_t count;
};

/* One flag: of value, set and list exactly one is given. --name=VALUE and --name VALUE are the same. */
struct arg {
    const char *name;       /* without the dashes */
    const char *value_name; /* for the help; NULL for a switch */
    const char **value;
    bool *set;
    struct arg_list *list; /* may be given more than once */
    const char *help;
};

struct args {
    const char *usage; /* "footfall token --sub ID …" */
    const char *about; /* what it does, in a sentence or two */
    const struct arg *flags;
    size_t flag_count;
    bool takes_config; /* --section.key=value are collected in config */
    size_t words_max;  /* 0: it takes none */
    /* Filled: */
    const char *words[ARGS_WORDS_MAX];
    size_t word_count;
    const char *config[ARGS_CONFIG_MAX];
    size_t config_count;
};

/* argv[0] is the command's name. 0: go on. Else exit with *ret_status: help was shown (CLI_FINE), or the usage is wrong. */
MUST_USE int args_parse(struct args *args, int argc, char **argv, int *ret_status);
/* A wrong use that only the command can see. Returns CLI_USAGE. */
int args_wrong(const struct args *args, const char *format, ...) PRINTF_LIKE(2, 3);
/* A whole number of a flag; false: said already. */
bool args_number(const struct args *args, const char *name, const char *text, int64_t min, int64_t max,
                 int64_t *ret_value);
