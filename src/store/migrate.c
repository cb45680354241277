/* Migrations: all missing steps in one transaction under the writers' lock, so that of two processes that start at once the
 * second finds them done, and one that is killed leaves the tables as they were. */
#include "base/secret.h"
#include "store/migrations/migrations.h"
#include "store/store_impl.h"

#define EPOCH_RANDOM_BYTES 8

/* 0: no tables yet. */
static int read_version(struct sql *sql, int64_t *ret_version)
{
    *ret_version = 0;
    int has = sql->ops->has_table(sql, "meta");
    if (has <= 0) return has;
    return sql_number(sql, "SELECT version FROM meta", SQL_NO_VALUES, ret_version);
}

static int begin_history(struct sql *sql)
{
    uint8_t random[EPOCH_RANDOM_BYTES];
    TRY(random_bytes(random, sizeof random));
    OWNED(buf) struct buf epoch = buf_of(EPOCH_BYTES_MAX);
    TRY(hex_put(&epoch, span_of(random, sizeof random)));
    return sql_run(sql, "INSERT INTO meta (id, version, epoch) VALUES (1, 0, $1)",
                   SQL_VALUES(sql_text(buf_str(&epoch))), NULL, NULL);
}

static int do_steps(struct sql *sql, int (*lock)(struct sql *sql), bool is_postgres, int *ret_applied)
{
    int64_t version;
    TRY(lock(sql));
    TRY(read_version(sql, &version));
    *ret_applied = 0;
    for (int64_t step = version; step < MIGRATION_COUNT; step++) {
        const struct migration *migration = &MIGRATIONS[step];
        TRY(sql->ops->script(sql, is_postgres ? migration->postgres : migration->sqlite));
        if (step == 0) TRY(begin_history(sql));
        (*ret_applied)++;
    }
    if (*ret_applied == 0) return 0;
    return sql_run(sql, "UPDATE meta SET version = $1", SQL_VALUES(sql_int(MIGRATION_COUNT)), NULL, NULL);
}

int store_migrate(struct store *store, int *ret_applied, struct err_detail *reterr)
{
    struct sql *sql = store->ops->sql(store);
    int rc = sql_begin(sql);
    if (rc < 0) return store->ops->explain(store, rc, reterr);
    rc = do_steps(sql, store->ops->lock_tables, store->ops == &POSTGRES_STORE, ret_applied);
    if (rc < 0) {
        rc = store->ops->explain(store, rc, reterr);
        sql_rollback(sql);
        return rc;
    }
    rc = sql_commit(sql);
    return rc < 0 ? store->ops->explain(store, rc, reterr) : 0;
}

int store_check_version(struct store *store, struct err_detail *reterr)
{
    int64_t version;
    int rc = read_version(store->ops->sql(store), &version);
    if (rc < 0) return store->ops->explain(store, rc, reterr);
    if (version == 0) {
        return fail(reterr, ERR_UNSUPPORTED,
                    "the database holds no tables yet; «footfall init» or «footfall migrate» makes them");
    }
    if (version < MIGRATION_COUNT) {
        return fail(
            reterr, ERR_UNSUPPORTED,
            "the database's tables are of version %lld and this program needs %d; run «footfall migrate»",
            (long long)version, MIGRATION_COUNT);
    }
    if (version > MIGRATION_COUNT) {
        return fail(
            reterr, ERR_UNSUPPORTED,
            "the database's tables are of version %lld, newer than this program's %d; install the newer program",
            (long long)version, MIGRATION_COUNT);
    }
    return 0;
}
