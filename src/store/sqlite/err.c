#include "store/sqlite/err.h"

#include <errno.h>

static int constraint_err(int extended)
{
    if (extended == SQLITE_CONSTRAINT_UNIQUE || extended == SQLITE_CONSTRAINT_PRIMARYKEY) return ERR_EXISTS;
    return ERR_DATABASE;
}

/* A failed fsync is ERR_IO whatever the reason: what was written may be there after a crash or may not. */
static int io_err(sqlite3 *db, int extended)
{
    if (extended == SQLITE_IOERR_NOMEM) return ERR_NOMEM;
    bool is_fsync = extended == SQLITE_IOERR_FSYNC || extended == SQLITE_IOERR_DIR_FSYNC;
    if (!is_fsync && db != NULL && sqlite3_system_errno(db) == ENOSPC) return ERR_FULL;
    return ERR_IO;
}

int sqlite_err(sqlite3 *db, int rc)
{
    switch (rc & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE: return 0;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return ERR_BUSY;
    case SQLITE_NOMEM: return ERR_NOMEM;
    case SQLITE_FULL: return ERR_FULL;
    case SQLITE_IOERR: return io_err(db, rc);
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH: return ERR_IO;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return ERR_CORRUPT;
    case SQLITE_TOOBIG: return ERR_TOO_BIG;
    case SQLITE_CONSTRAINT: return constraint_err(rc);
    default: return ERR_DATABASE;
    }
}

int sqlite_explain(struct err_detail *reterr, int code, const char *path, sqlite3 *db)
{
    switch (code) {
    case ERR_BUSY:
        return fail(reterr, code,
                    "another program holds the database %s locked; end it or wait, then try again", path);
    case ERR_FULL:
        return fail(reterr, code,
                    "there is no room left on the disk of the database %s; make room and try again", path);
    case ERR_CORRUPT:
        return fail(reterr, code, "%s is damaged or no database; restore it from a backup", path);
    case ERR_NOMEM: return fail(reterr, code, "out of memory while reading the database %s", path);
    default:
        return fail(reterr, code, "the database %s failed: %s", path,
                    db == NULL ? err_word(code) : sqlite3_errmsg(db));
    }
}
