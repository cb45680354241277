#include "cli/commands.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "store/audit.h"
#include "store/locations.h"

#include <stdio.h>

struct location_flags {
    const char *data, *config, *slug, *name, *zone, *capacity, *exits, *hours, *stay;
    bool as_json, hard;
};

#define HOME_FLAGS(f)                                                                                        \
    {.name = "data", .value_name = "DIR", .value = &(f).data, .help = "the data folder of a demo"},          \
    {                                                                                                        \
        .name = "config", .value_name = "FILE", .value = &(f).config,                                        \
        .help = "the configuration of a server"                                                              \
    }
#define EDIT_FLAGS(f)                                                                                        \
    {.name = "name", .value_name = "NAME", .value = &(f).name, .help = "as people call it"},                 \
        {.name = "zone",                                                                                     \
         .value_name = "ZONE",                                                                               \
         .value = &(f).zone,                                                                                 \
         .help = "an IANA time zone, like Europe/Berlin"},                                                   \
        {.name = "capacity",                                                                                 \
         .value_name = "N|none",                                                                             \
         .value = &(f).capacity,                                                                             \
         .help = "how many people may be inside"},                                                           \
        {.name = "hard", .set = &(f).hard, .help = "no override passes the capacity"},                       \
        {.name = "exits",                                                                                    \
         .value_name = "recorded|assumed",                                                                   \
         .value = &(f).exits,                                                                                \
         .help = "whether members check out"},                                                               \
        {.name = "hours",                                                                                    \
         .value_name = "TEXT|always",                                                                        \
         .value = &(f).hours,                                                                                \
         .help = "like \"0 06:00-22:00;5 08:00-20:00\", 0 is Monday"},                                       \
    {                                                                                                        \
        .name = "stay", .value_name = "MINUTES", .value = &(f).stay, .help = "assumed stay, 1 to 960"        \
    }

/* Into the row; CLI_FINE, or CLI_USAGE and said. */
static int take_flags(const struct args *args, const struct location_flags *f, struct location_row *row)
{
    struct location *location = &row->location;
    int64_t number;
    if (f->name != NULL) location->name = str_c(f->name);
    if (f->name != NULL &&
        (location->name.len == 0 || !text_fits(location->name, LOCATION_NAME_CHARACTERS_MAX))) {
        return args_wrong(args, "--name has 1 to 100 characters");
    }
    if (f->zone != NULL) {
        OWNED(zone) struct zone *zone = NULL;
        if (zone_open(str_c(f->zone), &zone) < 0) {
            return args_wrong(args, "there is no time zone \"%s\" on this machine", f->zone);
        }
        row->timezone = str_c(f->zone);
    }
    if (f->capacity != NULL && strcmp(f->capacity, "none") == 0) {
        location->capacity = CAPACITY_NONE;
    } else if (f->capacity != NULL) {
        if (!args_number(args, "capacity", f->capacity, 1, 1000000, &number)) return CLI_USAGE;
        location->capacity = (int32_t)number;
    }
    if (f->hard) location->hard_capacity = true;
    if (f->exits != NULL) {
        bool recorded = strcmp(f->exits, "recorded") == 0;
        if (!recorded && strcmp(f->exits, "assumed") != 0) {
            return args_wrong(args, "--exits is recorded or assumed");
        }
        location->exits = recorded ? EXITS_RECORDED : EXITS_ASSUMED;
    }
    if (f->hours != NULL && strcmp(f->hours, "always") == 0) {
        location->hours = (struct hours){0};
    } else if (f->hours != NULL && hours_text_parse(str_c(f->hours), &location->hours) < 0) {
        return args_wrong(
            args, "--hours is like \"0 06:00-22:00;5 18:00-26:00\": weekday (0 is Monday), opens, closes");
    }
    if (f->stay != NULL) {
        if (!args_number(args, "stay", f->stay, 1, 960, &number)) return CLI_USAGE;
        location->assumed_stay_minutes = (int32_t)number;
    }
    return CLI_FINE;
}

struct edit {
    const struct args *args;
    const struct location_flags *flags;
    struct location_row row;
    struct location_id id;
    int status;
};

static int add(struct sql *sql, void *ctx)
{
    struct edit *edit = ctx;
    struct wall_ms now = clock_wall();
    TRY(location_create(sql, &edit->row, now, &edit->id));
    return audit_note(sql, now, STR("cli"), "create_location", "location", edit->id.n, (struct str){0});
}

static int change(struct sql *sql, void *ctx)
{
    struct edit *edit = ctx;
    OWNED(arena) struct arena arena = arena_of((size_t)1024 * 1024);
    TRY(location_read_by_slug(sql, str_c(edit->flags->slug), &arena, &edit->row));
    edit->status = take_flags(edit->args, edit->flags, &edit->row);
    if (edit->status != CLI_FINE) return ERR_SYNTAX;
    struct wall_ms now = clock_wall();
    TRY(location_update(sql, &edit->row, now));
    return audit_note(sql, now, STR("cli"), "edit_location", "location", edit->row.location.id.n,
                      (struct str){0});
}

static int write_edit(struct edit *edit, home_work *work, const char *done)
{
    OWNED(home) struct home home = {0};
    struct err_detail detail = {0};
    int rc = home_open(&home, HOME_STORE, edit->flags->data, edit->flags->config, edit->args, false, &detail);
    if (rc == 0) rc = home_write(&home, work, edit, &detail);
    if (edit->status == CLI_USAGE) return CLI_USAGE;
    if (rc == ERR_EXISTS) fail(&detail, rc, "there is a location %s", edit->flags->slug);
    if (rc == ERR_NOT_FOUND && home.store != NULL) {
        fail(&detail, rc, "there is no location %s", edit->flags->slug);
    }
    detail.code = rc;
    if (rc < 0) return say_failed(&detail);
    printf("location %s %s\n", edit->flags->slug, done);
    return CLI_FINE;
}

static int location_add(int argc, char **argv)
{
    struct location_flags f = {0};
    const struct arg flags[] = {HOME_FLAGS(f), EDIT_FLAGS(f)};
    struct args args = {
        .words_max = 1,
        .usage = "footfall location add SLUG --name NAME --zone ZONE [flags] --data DIR|--config FILE",
        .about = "Opens a location. A running server has it within a second.",
        .flags = flags,
        .flag_count = COUNT_OF(flags),
        .takes_config = true};
    int status;
    if (args_parse(&args, argc, argv, &status) != 0) return status;
    if (args.word_count != 1 || slug_check(str_c(args.words[0])) < 0) {
        return args_wrong(&args, "give a slug: 1 to 40 of a-z 0-9 and -, not digits alone");
    }
    if (f.name == NULL || f.zone == NULL) return args_wrong(&args, "location add needs --name and --zone");
    f.slug = args.words[0];
    struct edit edit = {.args = &args,
                        .flags = &f,
                        .row.location = {.slug = str_c(f.slug),
                                         .capacity = CAPACITY_NONE,
                                         .assumed_stay_minutes = 120}};
    status = take_flags(&args, &f, &edit.row);
    return status != CLI_FINE ? status : write_edit(&edit, add, "added");
}

static int location_edit(int argc, char **argv)
{
    struct location_flags f = {0};
    const struct arg flags[] = {HOME_FLAGS(f), EDIT_FLAGS(f)};
    struct args args = {.words_max = 1,
                        .usage = "footfall location edit SLUG [flags] --data DIR|--config FILE",
                        .about = "Changes a location. A running server goes by it within a second.",
                        .flags = flags,
                        .flag_count = COUNT_OF(flags),
                        .takes_config = true};
    int status;
    if (args_parse(&args, argc, argv, &status) != 0) return status;
    if (args.word_count != 1) return args_wrong(&args, "give the location's slug");
    f.slug = args.words[0];
    struct edit edit = {.args = &args, .flags = &f};
    return write_edit(&edit, change, "changed");
}

static void print_location(const struct location_row *row, bool as_json)
{
    const struct location *location = &row->location;
    OWNED(buf) struct buf line = buf_of(8192);
    struct json json = jw_to(&line);
    jw_object(&json, NULL);
    jw_i64(&json, "id", location->id.n);
    jw_str(&json, "slug", location->slug);
    jw_str(&json, "name", location->name);
    jw_str(&json, "timezone", row->timezone);
    if (location->capacity == CAPACITY_NONE) jw_null(&json, "capacity");
    else jw_i64(&json, "capacity", location->capacity);
    jw_object_end(&json);
    if (as_json && jw_end_all(&json) == 0) printf("%.*s\n", (int)line.len, (const char *)line.at);
    if (as_json) return;
    printf("%6lld  %-16.*s %-28.*s %-20.*s ", (long long)location->id.n, STR_ARG(location->slug),
           STR_ARG(location->name), STR_ARG(row->timezone));
    if (location->capacity == CAPACITY_NONE) printf("any number of people\n");
    else printf("at most %d people%s\n", location->capacity, location->hard_capacity ? ", hard" : "");
}

static int location_list(int argc, char **argv)
{
    struct location_flags f = {0};
    const struct arg flags[] = {HOME_FLAGS(f),
                                {.name = "json", .set = &f.as_json, .help = "one JSON object a line"}};
    struct args args = {.usage = "footfall location list [--json] --data DIR|--config FILE",
                        .about = "Lists the locations.",
                        .flags = flags,
                        .flag_count = COUNT_OF(flags),
                        .takes_config = true};
    int status;
    if (args_parse(&args, argc, argv, &status) != 0) return status;
    OWNED(home) struct home home = {0};
    OWNED(arena) struct arena arena = arena_of((size_t)64 * 1024 * 1024);
    struct err_detail detail = {0};
    struct store_reader *reader = NULL;
    struct location_row *rows;
    size_t count = 0;
    int rc = home_open(&home, HOME_STORE, f.data, f.config, &args, false, &detail);
    if (rc == 0) rc = store_reader_open(home.store, &reader, &detail);
    if (rc == 0) rc = location_read_all(store_reader_sql(reader), &arena, &rows, &count);
    for (size_t i = 0; i < count && rc == 0; i++) print_location(&rows[i], f.as_json);
    if (reader != NULL) store_reader_close(reader);
    detail.code = rc;
    return rc < 0 ? say_failed(&detail) : CLI_FINE;
}

int location_command(int argc, char **argv)
{
    static const struct subcommand ALL[] = {
        {"add", location_add, "open a location"},
        {"list", location_list, "list them"},
        {"edit", location_edit, "change one"},
    };
    return run_subcommand("footfall location", ALL, COUNT_OF(ALL), argc, argv);
}
