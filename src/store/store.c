/* Which database a URL names, and what is alike for all of them. */
#include "store/store_impl.h"

static const struct store_ops *const STORES[] = {&SQLITE_STORE, &POSTGRES_STORE};

int store_open(const struct store_options *options, struct store **ret_store, struct err_detail *reterr)
{
    for (size_t i = 0; i < COUNT_OF(STORES); i++) {
        if (str_starts(options->url, str_c(STORES[i]->url_prefix))) {
            return STORES[i]->open(options, ret_store, reterr);
        }
    }
    /* The URL itself may hold a password. */
    return fail(reterr, ERR_UNSUPPORTED,
                "the database's URL should be sqlite:PATH or postgres://USER@HOST/NAME");
}

void store_close(struct store *store)
{
    if (store != NULL) store->ops->close(store);
}

static int take_epoch(void *ctx, const struct sql_row *row)
{
    struct str epoch = row_text(row, 0);
    if (epoch.len == 0 || epoch.len > EPOCH_BYTES_MAX) return ERR_CORRUPT;
    char *ret_epoch = ctx;
    memcpy(ret_epoch, epoch.at, epoch.len);
    ret_epoch[epoch.len] = '\0';
    return 1;
}

int store_epoch(struct store *store, char ret_epoch[EPOCH_BYTES_MAX + 1], struct err_detail *reterr)
{
    int rc = sql_run(store->ops->sql(store), "SELECT epoch FROM meta", SQL_NO_VALUES, take_epoch, ret_epoch);
    if (rc == 1) return 0;
    return store->ops->explain(store, rc == 0 ? ERR_CORRUPT : rc, reterr);
}

int store_writer_open(struct store *store, struct store_writer **ret_writer, struct err_detail *reterr)
{
    return store->ops->writer_open(store, ret_writer, reterr);
}

void store_writer_close(struct store_writer *writer)
{
    if (writer != NULL) writer->ops->writer_close(writer);
}

struct sql *store_writer_sql(struct store_writer *writer) { return writer->sql; }

int store_load(struct store_writer *writer, struct batch *batch)
{
    int rc = writer->ops->load(writer, batch);
    if (rc < 0) sql_rollback(writer->sql);
    return rc;
}

int store_save(struct store_writer *writer, struct batch *batch)
{
    int rc = writer->ops->save(writer, batch);
    if (rc < 0) {
        sql_rollback(writer->sql);
        return rc;
    }
    return sql_commit(writer->sql);
}

void store_rollback(struct store_writer *writer) { sql_rollback(writer->sql); }

int store_next_due(struct store_writer *writer, struct wall_ms *ret_at)
{
    int64_t at = WALL_NONE.ms;
    TRY(sql_number(
        writer->sql,
        "SELECT auto_end_at FROM visits WHERE checked_out_at IS NULL AND undone = 0 ORDER BY auto_end_at LIMIT 1",
        SQL_NO_VALUES, &at));
    *ret_at = (struct wall_ms){at};
    return 0;
}

int store_changed_outside(struct store_writer *writer) { return writer->ops->changed_outside(writer); }

int store_reader_open(struct store *store, struct store_reader **ret_reader, struct err_detail *reterr)
{
    return store->ops->reader_open(store, ret_reader, reterr);
}

void store_reader_close(struct store_reader *reader)
{
    if (reader != NULL) reader->ops->reader_close(reader);
}

struct sql *store_reader_sql(struct store_reader *reader) { return reader->sql; }
