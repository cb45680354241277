/* store/sql_impl.h: what a database gives so that sql.h works over it. For sqlite/ and postgres/ only.
 *
 * Owns    nothing: a table of functions; an implementation's connection begins with a struct sql.
 * Thread  as sql.h.
 * Bounds  as sql.h.
 * Errors  as sql.h.
 * Tests   tests/unit/store/sql_test.c */
#pragma once
#include "store/sql.h"

struct sql_ops {
    int (*run)(struct sql *sql, const char *text, const struct sql_value *values, size_t count,
               sql_on_row *on_row, void *ctx);
    /* Several statements without parameters: a migration. */
    int (*script)(struct sql *sql, const char *text);
    /* 1 where there is such a table, else 0. */
    int (*has_table)(struct sql *sql, const char *name);
    int64_t (*changes)(const struct sql *sql);
    int (*begin)(struct sql *sql);
    int (*commit)(struct sql *sql);
    void (*rollback)(struct sql *sql);
    int (*ids_given)(struct sql *sql, const char *table);
    bool (*is_null)(const struct sql_row *row, int column);
    int64_t (*number)(const struct sql_row *row, int column);
    struct span (*bytes)(const struct sql_row *row, int column); /* at NULL where NULL */
};

struct sql {
    const struct sql_ops *ops;
};

struct sql_row {
    const struct sql_ops *ops;
    void *native;
    bool *damaged; /* a column held what it cannot: sql_run is ERR_CORRUPT once the callback is back */
};
