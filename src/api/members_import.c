/* POST /members/import: a CSV's bytes in, a report out. Read on a reader, written in one transaction, or not at all. */
#include "api/api.h"

#include "base/clock.h"
#include "base/secret.h"
#include "jobs/import.h"

#include <stdlib.h>

#define MAPS_MAX 64

struct importing {
    struct import import;
    const char *maps[MAPS_MAX];
    size_t map_count;
    bool dry_run, skip_bad, written;
    struct err_detail detail;
    struct request request;
    bool reused; /* the key, for another list */
};

static int read_list(struct sql *sql, struct exchange *exchange)
{
    (void)sql;
    struct importing *importing = exchange->state;
    struct day today = {(int32_t)(clock_wall().ms / 86400000)};
    return import_read(&importing->import, exchange->request->body, importing->maps, importing->map_count,
                       today, &importing->detail);
}

/* What is not to be kept is rolled back by a negative result; the report tells what would have been. */
static int write_list(struct sql *sql, struct exchange *exchange)
{
    struct importing *importing = exchange->state;
    struct str kept;
    int rc = api_find_kept(sql, exchange, &importing->request, &importing->reused, &kept);
    TRY(rc);
    importing->written = rc == 1;
    if (rc == 1) return import_counts_parse(&importing->import, kept);
    TRY(import_write(&importing->import, sql, exchange->who->sub, clock_wall(), NULL));
    importing->written = !importing->dry_run && (importing->import.problem_count == 0 || importing->skip_bad);
    if (!importing->written) return ERR_CONFLICT;
    OWNED(buf) struct buf counts = buf_of(128);
    TRY(import_counts_put(&importing->import, &counts));
    return api_keep(sql, &importing->request, buf_str(&counts));
}

static void put_report(struct json *json, const struct importing *importing, const char *key)
{
    jw_object(json, key);
    import_report(&importing->import, importing->dry_run, json);
    jw_object_end(json);
}

ON_LOOP static void refuse(struct exchange *exchange, const struct importing *importing)
{
    struct http_response response = http_response_of(422);
    struct json json = http_problem_begin(&response, 422, "import_problems",
                                          STR("Some lines cannot be imported; nothing was written"));
    put_report(&json, importing, "report");
    http_problem_end(&response, &json);
    exchange_respond(exchange, &response);
}

/* A type is named: it must be CSV's, or say nothing about it. */
static bool is_csv(struct str type)
{
    return type.at == NULL || api_is_type(type, STR("text/csv")) || api_is_type(type, STR("text/plain")) ||
           api_is_type(type, STR("application/octet-stream"));
}

ON_LOOP static void written(struct exchange *exchange)
{
    struct importing *importing = exchange->state;
    bool undone = exchange->result == ERR_CONFLICT && !importing->written;
    if (importing->reused) {
        exchange_fail(exchange, CODE_ID_REUSED, (struct str){0});
    } else if (exchange->result < 0 && !undone) {
        api_fail_result(exchange);
    } else if (undone && !importing->dry_run) {
        importing->import.created = importing->import.updated = 0;
        refuse(exchange, importing);
    } else {
        OWNED(buf) struct buf body = buf_of(API_JSON_BYTES_MAX);
        struct json json = jw_to(&body);
        put_report(&json, importing, NULL);
        api_respond_built(exchange, 200, &json, &body);
    }
}

ON_LOOP static void list_read(struct exchange *exchange)
{
    struct importing *importing = exchange->state;
    if (exchange->result < 0) {
        if (exchange->result == ERR_NOMEM) {
            exchange_fail(exchange, CODE_OVERLOADED, (struct str){0});
        } else {
            api_refuse(exchange, exchange->result == ERR_TOO_BIG ? CODE_TOO_BIG : CODE_BAD_MESSAGE, NULL,
                       importing->detail.text);
        }
        return;
    }
    exchange_write(exchange, write_list, written);
}

/* ?dry_run=true. Negative: neither true nor false. */
static int take_switch(const struct exchange *exchange, const char *name, bool *ret_on)
{
    struct str text;
    *ret_on = false;
    int rc = http_query(exchange->request, name, &text);
    if (rc <= 0) return rc;
    *ret_on = str_eq_c(text, "true");
    return *ret_on || str_eq_c(text, "false") ? 0 : ERR_SYNTAX;
}

/* ?map=COLUMN:FIELD, as often as it is given. */
static int take_maps(struct exchange *exchange, struct importing *importing)
{
    for (size_t i = 0; i < exchange->request->query_count; i++) {
        const struct http_pair *pair = &exchange->request->query[i];
        if (!str_eq_c(pair->name, "map")) continue;
        if (importing->map_count == MAPS_MAX) return ERR_TOO_BIG;
        struct str copy;
        TRY(arena_str(&exchange->arena, pair->value, &copy));
        importing->maps[importing->map_count++] = copy.at;
    }
    return 0;
}

/* The list and how it is to be read are what the key stands for. False: answered already. */
ON_LOOP static bool take_key(struct exchange *exchange, struct importing *importing)
{
    if (importing->dry_run) return true;
    uint8_t digest[SHA256_BYTES];
    OWNED(buf) struct buf type = buf_of((size_t)64 * 1024);
    int rc = sha256(exchange->request->body, digest);
    if (rc == 0) rc = buf_printf(&type, "import %d ", importing->skip_bad);
    if (rc == 0) rc = hex_put(&type, span_of(digest, sizeof digest));
    for (size_t i = 0; i < importing->map_count && rc == 0; i++) {
        rc = buf_printf(&type, " %s", importing->maps[i]);
    }
    if (rc == 0) rc = buf_put_byte(&type, 0);
    if (rc == 0) return api_take_key(exchange, (const char *)type.at, &importing->request);
    exchange_fail(exchange, CODE_OVERLOADED, (struct str){0});
    return false;
}

static void free_import(struct exchange *exchange)
{
    struct importing *importing = exchange->state;
    import_done(&importing->import);
}

ON_LOOP void members_import_post(struct exchange *exchange)
{
    struct importing *importing = api_state(exchange, struct importing);
    if (importing == NULL) return;
    exchange->on_end = free_import;
    const char *wrong = NULL;
    if (!is_csv(http_header(exchange->request, "Content-Type"))) {
        api_wrong_type(exchange, "The list must be text/csv");
        return;
    }
    if (take_switch(exchange, "dry_run", &importing->dry_run) < 0) wrong = "dry_run";
    else if (take_switch(exchange, "skip_bad", &importing->skip_bad) < 0) wrong = "skip_bad";
    else if (take_maps(exchange, importing) < 0) wrong = "map";
    if (wrong != NULL) api_refuse(exchange, CODE_BAD_MESSAGE, wrong, "This has a value that cannot be");
    else if (take_key(exchange, importing)) exchange_read(exchange, read_list, list_read);
}
