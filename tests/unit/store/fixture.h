/* A fresh database for each test of the store: a SQLite file in a folder of its own, or, where TEST_POSTGRES is set (tools/with-postgres), a
 * database of that server. */
#pragma once
#include "store/store.h"
#include "../testing.h"

struct fixture {
    char folder[64];
    char path[96];
    char url[128];
    struct store *store;
    struct store_writer *writer;
    struct store_reader *reader;
    struct sql *sql;          /* the writer's */
    struct sql *read;         /* the reader's */
};

/* For cmocka: an empty, migrated database with a writer and a reader. */
int fixture_setup(void **state);
int fixture_teardown(void **state);
/* A folder and a path only. */
int fixture_setup_bare(void **state);

MUST_USE int fixture_open(struct fixture *fixture, bool create, struct err_detail *reterr);
void fixture_close(struct fixture *fixture);
/* Closes and opens again, as a restart does. */
void fixture_reopen(struct fixture *fixture);
/* One statement that must go well. */
void fixture_sql(struct fixture *fixture, const char *text);
int64_t fixture_number(struct fixture *fixture, const char *text);
bool fixture_is_postgres(void);
/* For what is SQLite's alone. */
#define SQLITE_ONLY() if (fixture_is_postgres()) return
