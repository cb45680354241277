#include "cli/args.h"

#include "base/num.h"

#include <stdio.h>

static void show_help(const struct args *args)
{
    printf("%s\n\nusage: %s\n", args->about, args->usage);
    if (args->flag_count > 0) printf("\n");
    for (size_t i = 0; i < args->flag_count; i++) {
        const struct arg *flag = &args->flags[i];
        char left[64];
        snprintf(left, sizeof left, "--%s%s%s", flag->name, flag->value_name == NULL ? "" : " ",
                 flag->value_name == NULL ? "" : flag->value_name);
        printf("  %-26s %s\n", left, flag->help);
    }
    if (args->takes_config) {
        printf("  %-26s %s\n", "--SECTION.KEY=VALUE",
               "any key of the configuration; `footfall check-config --help` tells how to list them");
    }
}

int args_wrong(const struct args *args, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    fprintf(stderr, "footfall: ");
    vfprintf(stderr, format, list);
    fprintf(stderr, "\nusage: %s\n", args->usage);
    va_end(list);
    return CLI_USAGE;
}

static const struct arg *find(const struct args *args, struct str name)
{
    for (size_t i = 0; i < args->flag_count; i++) {
        if (str_eq_c(name, args->flags[i].name)) return &args->flags[i];
    }
    return NULL;
}

/* 0, or CLI_USAGE. *at moves on where the value is the next word. */
static int take_flag(struct args *args, int argc, char **argv, int *at)
{
    const char *text = argv[*at] + 2;
    const char *equals = strchr(text, '=');
    struct str name = equals == NULL ? str_c(text) : (struct str){text, (size_t)(equals - text)};
    const struct arg *flag = find(args, name);
    bool is_config =
        flag == NULL && args->takes_config && memchr(name.at, '.', name.len) != NULL && equals != NULL;
    if (is_config) {
        if (args->config_count == ARGS_CONFIG_MAX) return args_wrong(args, "too many configuration flags");
        args->config[args->config_count++] = argv[*at];
        return 0;
    }
    if (flag == NULL) return args_wrong(args, "there is no flag --%.*s", STR_ARG(name));
    if (flag->value_name == NULL) {
        if (equals != NULL) return args_wrong(args, "--%s takes no value", flag->name);
        *flag->set = true;
        return 0;
    }
    if (equals == NULL && *at + 1 >= argc) {
        return args_wrong(args, "--%s needs a value: %s", flag->name, flag->value_name);
    }
    const char *value = equals != NULL ? equals + 1 : argv[++*at];
    if (flag->list == NULL) {
        *flag->value = value;
        return 0;
    }
    if (flag->list->count == ARGS_LIST_MAX) return args_wrong(args, "--%s is given too often", flag->name);
    flag->list->at[flag->list->count++] = value;
    return 0;
}

int args_parse(struct args *args, int argc, char **argv, int *ret_status)
{
    check(args->words_max <= ARGS_WORDS_MAX);
    for (int at = 1; at < argc; at++) {
        if (strcmp(argv[at], "--help") == 0 || strcmp(argv[at], "-h") == 0) {
            show_help(args);
            *ret_status = CLI_FINE;
            return 1;
        }
    }
    for (int at = 1; at < argc; at++) {
        int status = 0;
        if (strncmp(argv[at], "--", 2) == 0 && argv[at][2] != '\0') {
            status = take_flag(args, argc, argv, &at);
        } else if (args->word_count == args->words_max) {
            status = args_wrong(args, "\"%s\" is too much: %s", argv[at],
                                args->words_max == 0 ? "it takes no words" : "one word is enough");
        } else {
            args->words[args->word_count++] = argv[at];
        }
        if (status == 0) continue;
        *ret_status = status;
        return 1;
    }
    return 0;
}

bool args_number(const struct args *args, const char *name, const char *text, int64_t min, int64_t max,
                 int64_t *ret_value)
{
    if (num_i64(str_c(text), min, max, ret_value) == 0) return true;
    args_wrong(args, "--%s must be a whole number from %lld to %lld", name, (long long)min, (long long)max);
    return false;
}
