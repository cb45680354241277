#include "fixture.h"

#include <ftw.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define BUSY_MS 2000

static const char *postgres(void) { return getenv("TEST_POSTGRES"); }

bool fixture_is_postgres(void) { return postgres() != NULL; }

/* On the server's own database: «CREATE DATABASE name». */
static int run_on_server(const char *words, const char *name, const char *more)
{
    char url[128], text[256];
    snprintf(url, sizeof url, "%s/postgres", postgres());
    snprintf(text, sizeof text, "%s %s %s", words, name, more);
    PGconn *pg = PQconnectdb(url);
    PGresult *result = PQexec(pg, text);
    int rc = PQresultStatus(result) == PGRES_COMMAND_OK ? 0 : -1;
    if (rc < 0) fprintf(stderr, "%s: %s\n", text, PQerrorMessage(pg));
    PQclear(result);
    PQfinish(pg);
    return rc;
}

/* Its name is the folder's, which is unique. */
static void database_name(const struct fixture *fixture, char name[32])
{
    snprintf(name, 32, "t%s", strrchr(fixture->folder, '-') + 1);
    for (char *at = name; *at != '\0'; at++) *at = (char)(*at >= 'A' && *at <= 'Z' ? *at + 32 : *at);
}

int fixture_setup_bare(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    if (fixture == NULL) return -1;
    strcpy(fixture->folder, "/tmp/footfall-store-XXXXXX");
    if (mkdtemp(fixture->folder) == NULL) return -1;
    snprintf(fixture->path, sizeof fixture->path, "%s/footfall.db", fixture->folder);
    snprintf(fixture->url, sizeof fixture->url, "sqlite:%s", fixture->path);
    if (postgres() != NULL) {
        char name[32];
        database_name(fixture, name);
        if (run_on_server("CREATE DATABASE", name, "TEMPLATE template0") < 0) return -1;
        snprintf(fixture->url, sizeof fixture->url, "%s/%s", postgres(), name);
    }
    *state = fixture;
    return 0;
}

int fixture_open(struct fixture *fixture, bool create, struct err_detail *reterr)
{
    struct store_options options = {.url = str_c(fixture->url), .busy_ms = BUSY_MS, .create = create};
    TRY(store_open(&options, &fixture->store, reterr));
    int applied;
    TRY(store_migrate(fixture->store, &applied, reterr));
    TRY(store_check_version(fixture->store, reterr));
    TRY(store_writer_open(fixture->store, &fixture->writer, reterr));
    TRY(store_reader_open(fixture->store, &fixture->reader, reterr));
    in_writer();
    fixture->sql = store_writer_sql(fixture->writer);
    fixture->read = store_reader_sql(fixture->reader);
    return 0;
}

void fixture_close(struct fixture *fixture)
{
    store_reader_close(fixture->reader);
    store_writer_close(fixture->writer);
    store_close(fixture->store);
    fixture->reader = NULL;
    fixture->writer = NULL;
    fixture->store = NULL;
}

int fixture_setup(void **state)
{
    if (fixture_setup_bare(state) != 0) return -1;
    struct err_detail err;
    if (fixture_open(*state, true, &err) == 0) return 0;
    fprintf(stderr, "%s\n", err.text);
    return -1;
}

void fixture_reopen(struct fixture *fixture)
{
    fixture_close(fixture);
    struct err_detail err;
    assert_int_equal(fixture_open(fixture, false, &err), 0);
}

static int remove_one(const char *path, const struct stat *what, int type, struct FTW *where)
{
    ignore(what, "files and folders alike");
    ignore(type, "files and folders alike");
    ignore(where, "depth first");
    return remove(path);
}

int fixture_teardown(void **state)
{
    struct fixture *fixture = *state;
    fixture_close(fixture);
    if (postgres() != NULL) {
        char name[32];
        database_name(fixture, name);
        if (run_on_server("DROP DATABASE", name, "WITH (FORCE)") < 0) return -1;
    }
    int rc = nftw(fixture->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(fixture);
    return rc;
}

void fixture_sql(struct fixture *fixture, const char *text)
{
    assert_int_equal(sql_run(fixture->sql, text, SQL_NO_VALUES, NULL, NULL), 0);
}

int64_t fixture_number(struct fixture *fixture, const char *text)
{
    int64_t number;
    assert_int_equal(sql_number(fixture->sql, text, SQL_NO_VALUES, &number), 1);
    return number;
}
