/* jobs/import.h: a member list from another program: read, understood, checked; then written whole or not at all.
 *
 * Owns    struct import owns its text and everything in it.
 * Thread  import_read on any (a reader, the command line); import_write where the connection is.
 * Bounds  CSV_BYTES_MAX; IMPORT_PROBLEMS_MAX problems are kept, all are counted.
 * Errors  what is wrong with a row is a problem with its line and reason; ERR_SYNTAX: no list at all, with a sentence; ERR_NOMEM.
 * Tests   tests/unit/jobs/import_test.c (the lists of tests/data/), tests/fuzz/jobs_csv.c */
#pragma once
#include "jobs/csv.h"
#include "base/json.h"
#include "store/members.h"

#define IMPORT_PROBLEMS_MAX 1000
#define IMPORT_BYTES_MAX ((size_t)1024 * 1024 * 1024)

enum import_field {
    FIELD_NONE,
    FIELD_NUMBER,
    FIELD_NAME,
    FIELD_FIRST_NAME,
    FIELD_LAST_NAME,
    FIELD_EMAIL,
    FIELD_PHONE,
    FIELD_BORN,
    FIELD_PLAN,
    FIELD_STATUS,
    FIELD_STARTS,
    FIELD_ENDS,
    FIELD_CARD,
    FIELD_BALANCE,
    FIELD_NOTES,
    FIELD_COUNT
};
const char *import_field_name(enum import_field field);

struct import_problem {
    size_t line;
    struct str reason;
};

struct import_column {
    struct str heading;
    enum import_field field;
};

/* A good row, ready to write. */
struct import_row {
    size_t line;
    struct member_row member;
    struct membership_row membership;
    bool has_membership;
    bool has_balance; /* said, be it 0 */
    struct str card;  /* at NULL: none */
};

struct import {
    struct arena arena;
    struct buf text;
    struct day today;
    const char *encoding;
    char separator;
    const char *date_order; /* "year first", "month first", "day first"; NULL: no dates */
    struct import_column *columns;
    size_t column_count;
    size_t row_count;        /* with content, without the headings */
    struct import_row *rows; /* the good ones */
    size_t good_count;
    struct import_problem problems[IMPORT_PROBLEMS_MAX];
    size_t problem_count;    /* also those beyond what is kept */
    size_t created, updated; /* by import_write */
};

/* maps: "COLUMN=FIELD" (or with a colon), which beat what is recognised; "COLUMN=-" leaves a column out. */
MUST_USE int import_read(struct import *import, struct span bytes, const char *const *maps, size_t map_count,
                         struct day today, struct err_detail *reterr);
void import_done(struct import *import);
static inline void import_owned(struct import *import) { import_done(import); }
/* Writes the good rows, and who did it into the audit. What the database says no to (a card that another member has) becomes a
 * problem, and its row is left out. progress may be NULL: called each thousand rows. */
MUST_USE int import_write(struct import *import, struct sql *sql, struct str actor, struct wall_ms now,
                          void (*progress)(size_t done, size_t all));
/* What import_write found, to keep; and taken back into a list that was read again. */
MUST_USE int import_counts_put(const struct import *import, struct buf *out);
MUST_USE int import_counts_parse(struct import *import, struct str counts);
/* docs/api/openapi.yaml, ImportReport, as the members of an open object. */
void import_report(const struct import *import, bool dry_run, struct json *json);
