#include "cli/commands.h"

#include "base/clock.h"
#include "jobs/import.h"
#include "store/audit.h"
#include "store/plans.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct member_flags {
    const char *data, *config, *first, *last, *email, *phone, *number, *card, *plan, *limit;
    struct arg_list maps;
    bool dry_run, skip_bad, as_json;
};

#define HOME_FLAGS(f)                                                                                        \
    {.name = "data", .value_name = "DIR", .value = &(f).data, .help = "the data folder of a demo"},          \
    {                                                                                                        \
        .name = "config", .value_name = "FILE", .value = &(f).config,                                        \
        .help = "the configuration of a server"                                                              \
    }

/* --- Import --- */

struct importing {
    struct import import;
    const struct member_flags *flags;
    bool written;
};

static void show_progress(size_t done, size_t all)
{
    if (isatty(STDERR_FILENO)) fprintf(stderr, "\r%zu of %zu", done, all);
}

/* Bad lines keep everything out, unless they may be skipped; a dry run is a run that is rolled back. */
static int write_all(struct sql *sql, void *ctx)
{
    struct importing *importing = ctx;
    TRY(import_write(&importing->import, sql, STR("cli"), clock_wall(), show_progress));
    bool keep =
        !importing->flags->dry_run && (importing->import.problem_count == 0 || importing->flags->skip_bad);
    importing->written = keep;
    return keep ? 0 : ERR_CLOSED; /* rolls back */
}

static void print_report(const struct import *import, bool dry_run, bool written)
{
    printf("%zu rows, %s, separator %s, dates %s\n", import->row_count, import->encoding,
           import->separator == '\t' ? "tab" : (char[]){import->separator, 0},
           import->date_order == NULL ? "none" : import->date_order);
    for (size_t i = 0; i < import->column_count; i++) {
        const struct import_column *column = &import->columns[i];
        printf("  %-28.*s %s\n", STR_ARG(column->heading),
               column->field == FIELD_NONE ? "(left out; --map settles it)"
                                           : import_field_name(column->field));
    }
    size_t shown = import->problem_count < IMPORT_PROBLEMS_MAX ? import->problem_count : IMPORT_PROBLEMS_MAX;
    for (size_t i = 0; i < shown; i++) {
        printf("line %zu: %.*s\n", import->problems[i].line, STR_ARG(import->problems[i].reason));
    }
    if (import->problem_count > shown) printf("… and %zu more\n", import->problem_count - shown);
    printf("%s%zu new, %zu changed, %zu problems\n",
           dry_run   ? "would be: "
           : written ? ""
                     : "nothing was imported; it would have been ",
           import->created, import->updated, import->problem_count);
    if (!written && !dry_run) printf("mend the lines above, or leave them out with --skip-bad\n");
}

static int report(const struct importing *importing)
{
    const struct import *import = &importing->import;
    bool dry = importing->flags->dry_run;
    if (importing->flags->as_json) {
        OWNED(buf) struct buf text = buf_of((size_t)16 * 1024 * 1024);
        struct json json = jw_to(&text);
        jw_object(&json, NULL);
        import_report(import, dry, &json);
        jw_object_end(&json);
        if (jw_end_all(&json) < 0) return CLI_FAILED;
        printf("%.*s\n", (int)text.len, (const char *)text.at);
    } else {
        print_report(import, dry, importing->written);
    }
    return importing->written || (dry && import->problem_count == 0) ? CLI_FINE : CLI_FAILED;
}

static int run_import(struct importing *importing, const struct args *args, struct err_detail *detail)
{
    const struct member_flags *f = importing->flags;
    OWNED(home) struct home home = {0};
    OWNED(buf) struct buf file = buf_of(CSV_BYTES_MAX + 1);
    TRY(home_open(&home, HOME_STORE, f->data, f->config, args, false, detail));
    TRY(config_read_file(args->words[0], CSV_BYTES_MAX, &file, NULL, detail));
    struct day today = {(int32_t)(clock_wall().ms / 86400000)};
    TRY(import_read(&importing->import, buf_span(&file), f->maps.at, f->maps.count, today, detail));
    int rc = home_write(&home, write_all, importing, detail);
    return rc == ERR_CLOSED && !importing->written ? 0 : rc;
}

static int member_import(int argc, char **argv)
{
    struct member_flags f = {0};
    const struct arg flags[] = {
        HOME_FLAGS(f),
        {.name = "dry-run", .set = &f.dry_run, .help = "say what would be, change nothing"},
        {.name = "map",
         .value_name = "COLUMN=FIELD",
         .list = &f.maps,
         .help = "what a column is; may be given more than once"},
        {.name = "skip-bad", .set = &f.skip_bad, .help = "import the good lines although there are bad ones"},
        {.name = "json", .set = &f.as_json, .help = "the report as JSON"},
    };
    struct args args = {
        .words_max = 1,
        .usage =
            "footfall member import FILE [--dry-run] [--map COLUMN=FIELD …] [--skip-bad] --data DIR|--config FILE",
        .about = "Takes a member list (CSV of any common program) into the database, all of it or nothing.",
        .flags = flags,
        .flag_count = COUNT_OF(flags),
        .takes_config = true};
    int status;
    if (args_parse(&args, argc, argv, &status) != 0) return status;
    if (args.word_count != 1) return args_wrong(&args, "give one file");
    OWNED(mem) struct importing *importing = calloc(1, sizeof *importing);
    struct err_detail detail = {0};
    if (importing == NULL) return CLI_FAILED;
    importing->flags = &f;
    detail.code = run_import(importing, &args, &detail);
    status = detail.code < 0 ? say_failed(&detail) : report(importing);
    import_done(&importing->import);
    return status;
}

/* --- Add --- */

struct addition {
    const struct member_flags *flags;
    struct member_id id;
    const char *wrong, *why; /* a field that may not be kept */
};

static int add(struct sql *sql, void *ctx)
{
    struct addition *addition = ctx;
    const struct member_flags *f = addition->flags;
    struct member_row row = {
        .first_name = f->first == NULL ? STR("") : str_c(f->first),
        .last_name = f->last == NULL ? STR("") : str_c(f->last),
        .number = f->number == NULL ? (struct str){0} : str_c(f->number),
        .email = f->email == NULL ? (struct str){0} : str_c(f->email),
        .phone = f->phone == NULL ? (struct str){0} : str_c(f->phone),
        .born = DAY_NONE,
        .currency = STR("EUR"),
    };
    addition->wrong = member_row_wrong(&row, &addition->why);
    if (addition->wrong == NULL && f->card != NULL && !member_code_fits(str_c(f->card))) {
        addition->wrong = "card";
    }
    if (addition->wrong == NULL && f->plan != NULL && !plan_name_fits(str_c(f->plan))) {
        addition->wrong = "plan";
    }
    if (addition->wrong != NULL) return ERR_RANGE;
    struct wall_ms now = clock_wall();
    TRY(member_create(sql, &row, now, &addition->id));
    TRY(audit_note(sql, now, STR("cli"), "create_member", "member", addition->id.n, (struct str){0}));
    if (f->card != NULL) TRY(member_code_add(sql, addition->id, STR("card"), str_c(f->card)));
    if (f->plan == NULL) return 0;
    struct plan_row plan = {.name = str_c(f->plan)};
    struct membership_row membership = {.plan = plan.name,
                                        .starts = {(int32_t)(now.ms / 86400000)},
                                        .ends = DAY_NONE,
                                        .frozen_from = DAY_NONE,
                                        .frozen_until = DAY_NONE,
                                        .cancelled_on = DAY_NONE,
                                        .visits_left = -1};
    TRY(plan_ensure(sql, &plan, &membership.plan_id));
    return membership_add(sql, addition->id, &membership, &membership.id);
}

static int member_add(int argc, char **argv)
{
    struct member_flags f = {0};
    const struct arg flags[] = {
        HOME_FLAGS(f),
        {.name = "first-name", .value_name = "NAME", .value = &f.first, .help = ""},
        {.name = "last-name", .value_name = "NAME", .value = &f.last, .help = ""},
        {.name = "number", .value_name = "TEXT", .value = &f.number, .help = "default the next one"},
        {.name = "email", .value_name = "EMAIL", .value = &f.email, .help = ""},
        {.name = "phone", .value_name = "PHONE", .value = &f.phone, .help = ""},
        {.name = "card", .value_name = "CODE", .value = &f.card, .help = "what their card reads"},
        {.name = "plan",
         .value_name = "NAME",
         .value = &f.plan,
         .help = "an open-ended membership from today on"},
    };
    struct args args = {
        .usage =
            "footfall member add --first-name NAME --last-name NAME [--card CODE] [--plan NAME] --data DIR|--config FILE",
        .about = "Adds a member.",
        .flags = flags,
        .flag_count = COUNT_OF(flags),
        .takes_config = true};
    int status;
    if (args_parse(&args, argc, argv, &status) != 0) return status;
    if (f.first == NULL && f.last == NULL) return args_wrong(&args, "member add needs a name");
    OWNED(home) struct home home = {0};
    struct err_detail detail = {0};
    struct addition addition = {.flags = &f};
    int rc = home_open(&home, HOME_STORE, f.data, f.config, &args, false, &detail);
    if (rc == 0) rc = home_write(&home, add, &addition, &detail);
    if (rc == ERR_EXISTS) fail(&detail, rc, "another member has this number or card");
    if (addition.wrong != NULL) fail(&detail, rc, "%s %s", addition.wrong, addition.why);
    detail.code = rc;
    if (rc < 0) return say_failed(&detail);
    printf("member %lld added\n", (long long)addition.id.n);
    return CLI_FINE;
}

/* --- Find, export --- */

static void print_member(const struct member_row *row, bool as_json)
{
    OWNED(buf) struct buf line = buf_of(65536);
    struct json json = jw_to(&line);
    jw_object(&json, NULL);
    jw_i64(&json, "id", row->id.n);
    jw_str_or_null(&json, "number", row->number);
    jw_str(&json, "first_name", row->first_name);
    jw_str(&json, "last_name", row->last_name);
    jw_str_or_null(&json, "email", row->email);
    jw_str_or_null(&json, "phone", row->phone);
    jw_bool(&json, "banned", row->banned);
    jw_i64(&json, "balance_minor", row->balance_minor);
    jw_array(&json, "codes");
    for (size_t i = 0; i < row->code_count; i++) jw_str(&json, NULL, row->codes[i].code);
    jw_array_end(&json);
    jw_object_end(&json);
    if (as_json && jw_end_all(&json) == 0) printf("%.*s\n", (int)line.len, (const char *)line.at);
    if (as_json) return;
    printf("%8lld  %-12.*s %.*s %.*s%s%.*s%s\n", (long long)row->id.n, STR_ARG(row->number),
           STR_ARG(row->first_name), STR_ARG(row->last_name), row->email.at == NULL ? "" : "  ",
           STR_ARG(row->email), row->banned ? "  banned" : "");
}

static int find_members(struct home *home, const char *query, size_t limit, bool as_json,
                        struct err_detail *reterr)
{
    struct store_reader *reader;
    OWNED(arena) struct arena arena = arena_of((size_t)64 * 1024 * 1024);
    TRY(store_reader_open(home->store, &reader, reterr));
    struct member_page page = {.query = str_c(query), .limit = limit};
    int rc = member_find(store_reader_sql(reader), &arena, &page);
    for (size_t i = 0; rc == 0 && i < page.count; i++) print_member(&page.rows[i], as_json);
    store_reader_close(reader);
    if (rc == 0 && page.count == 0) return fail(reterr, ERR_NOT_FOUND, "nobody was found");
    return rc;
}

static int member_find_some(int argc, char **argv)
{
    struct member_flags f = {.limit = "20"};
    const struct arg flags[] = {
        HOME_FLAGS(f),
        {.name = "limit", .value_name = "N", .value = &f.limit, .help = "at most so many; default 20"},
        {.name = "json", .set = &f.as_json, .help = "one JSON object a line"}};
    struct args args = {.words_max = 1,
                        .usage = "footfall member find TEXT [--limit N] [--json] --data DIR|--config FILE",
                        .about = "Finds members as a desk does: by name, number, phone, email or card.",
                        .flags = flags,
                        .flag_count = COUNT_OF(flags),
                        .takes_config = true};
    int status;
    int64_t limit;
    if (args_parse(&args, argc, argv, &status) != 0) return status;
    if (args.word_count != 1) return args_wrong(&args, "give one text to look for");
    if (!args_number(&args, "limit", f.limit, 1, MEMBERS_PAGE_MAX, &limit)) return CLI_USAGE;
    OWNED(home) struct home home = {0};
    struct err_detail detail = {0};
    int rc = home_open(&home, HOME_STORE, f.data, f.config, &args, false, &detail);
    if (rc == 0) rc = find_members(&home, args.words[0], (size_t)limit, f.as_json, &detail);
    detail.code = rc;
    return rc < 0 ? say_failed(&detail) : CLI_FINE;
}

static void print_cell(struct str text, const char *end)
{
    putchar('"');
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] == '"') putchar('"');
        putchar(text.at[i]);
    }
    printf("\"%s", end);
}

static void export_member(const struct member_row *row)
{
    char born[DAY_TEXT_BYTES];
    print_cell(row->number, ",");
    print_cell(row->first_name, ",");
    print_cell(row->last_name, ",");
    print_cell(row->email, ",");
    print_cell(row->phone, ",");
    print_cell(day_is(row->born) ? day_text(row->born, born) : STR(""), ",");
    print_cell(row->code_count > 0 ? row->codes[0].code : STR(""), ",");
    int64_t owed = row->balance_minor < 0 ? -row->balance_minor : row->balance_minor;
    printf("%s%lld.%02lld,", row->balance_minor < 0 ? "-" : "", (long long)owed / 100, (long long)owed % 100);
    print_cell(row->notes, "\r\n");
}

/* Page by page: a short read each, so that a writer never waits for a long one. */
static int export_all(struct home *home, struct err_detail *reterr)
{
    struct store_reader *reader;
    TRY(store_reader_open(home->store, &reader, reterr));
    OWNED(arena) struct arena arena = arena_of((size_t)64 * 1024 * 1024);
    OWNED(buf) struct buf after = buf_of(MEMBER_POSITION_BYTES_MAX);
    printf("number,first_name,last_name,email,phone,born,card,balance,notes\r\n");
    struct member_page page = {.query = STR(""), .limit = MEMBERS_PAGE_MAX};
    int rc;
    do {
        arena_clear(&arena);
        rc = member_find(store_reader_sql(reader), &arena, &page);
        for (size_t i = 0; rc == 0 && i < page.count; i++) export_member(&page.rows[i]);
        buf_clear(&after);
        if (rc == 0 && page.next.at != NULL) rc = buf_put_str(&after, page.next);
        page.after = buf_str(&after);
    } while (rc == 0 && page.next.at != NULL);
    store_reader_close(reader);
    return rc;
}

static int member_export(int argc, char **argv)
{
    struct member_flags f = {0};
    const struct arg flags[] = {HOME_FLAGS(f)};
    struct args args = {.usage = "footfall member export --data DIR|--config FILE > members.csv",
                        .about = "Writes all members as CSV, as `member import` takes it.",
                        .flags = flags,
                        .flag_count = COUNT_OF(flags),
                        .takes_config = true};
    int status;
    if (args_parse(&args, argc, argv, &status) != 0) return status;
    OWNED(home) struct home home = {0};
    struct err_detail detail = {0};
    int rc = home_open(&home, HOME_STORE, f.data, f.config, &args, false, &detail);
    if (rc == 0) rc = export_all(&home, &detail);
    detail.code = rc;
    return rc < 0 ? say_failed(&detail) : CLI_FINE;
}

int member_command(int argc, char **argv)
{
    static const struct subcommand ALL[] = {
        {"add", member_add, "add one"},
        {"find", member_find_some, "find some"},
        {"import", member_import, "take a list from another program"},
        {"export", member_export, "write all as CSV"},
    };
    return run_subcommand("footfall member", ALL, COUNT_OF(ALL), argc, argv);
}
