/* store/store_impl.h: what a database gives so that store.h works over it. For sqlite/ and postgres/ only.
 *
 * Owns    nothing: a table of functions; an implementation's structs begin with those below.
 * Thread  as store.h.
 * Bounds  as store.h.
 * Errors  as store.h.
 * Tests   tests/unit/store/ */
#pragma once
#include "store/sql_impl.h"
#include "store/store.h"

struct store_ops {
    const char *url_prefix;
    int (*open)(const struct store_options *options, struct store **ret_store, struct err_detail *reterr);
    void (*close)(struct store *store);
    /* A connection for the store's own questions: migrations, version, epoch. */
    struct sql *(*sql)(struct store *store);
    /* A sentence for a negative result of that connection. */
    int (*explain)(struct store *store, int code, struct err_detail *reterr);
    /* In the transaction of a migration: waits until no other process is at one. */
    int (*lock_tables)(struct sql *sql);
    int (*writer_open)(struct store *store, struct store_writer **ret_writer, struct err_detail *reterr);
    void (*writer_close)(struct store_writer *writer);
    int (*load)(struct store_writer *writer, struct batch *batch);
    int (*save)(struct store_writer *writer, struct batch *batch);
    int (*changed_outside)(struct store_writer *writer);
    int (*reader_open)(struct store *store, struct store_reader **ret_reader, struct err_detail *reterr);
    void (*reader_close)(struct store_reader *reader);
};

struct store {
    const struct store_ops *ops;
};
struct store_writer {
    const struct store_ops *ops;
    struct sql *sql;
};
struct store_reader {
    const struct store_ops *ops;
    struct sql *sql;
};

extern const struct store_ops SQLITE_STORE, POSTGRES_STORE;
