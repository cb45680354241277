/* store/migrations/migrations.h: the steps that bring a database's tables to this program's version; made from NNNN_name.sql.
 *
 * Owns    nothing: constants.
 * Thread  any.
 * Bounds  none.
 * Errors  none.
 * Tests   tests/unit/store/migrate_test.c */
#pragma once

struct migration {
    const char *name;
    const char *sqlite; /* several statements */
    const char *postgres;
};

/* The step at index n brings version n to n + 1. */
extern const struct migration MIGRATIONS[];
extern const int MIGRATION_COUNT;
