/* jobs/csv.h: member lists as programs write them: RFC 4180 and what is usual beside it. Pure: bytes in, cells out.
 *
 * Owns    nothing; cells are views into the decoded text, or copies in the caller's arena where quotes were doubled.
 * Thread  any.
 * Bounds  CSV_BYTES_MAX of text, CSV_COLUMNS_MAX cells a row, CSV_CELL_BYTES_MAX a cell.
 * Errors  ERR_SYNTAX: a quote that is not closed (the row's line says where it began); ERR_TOO_BIG; ERR_NOMEM.
 * Tests   tests/unit/jobs/import_test.c, tests/fuzz/jobs_csv.c */
#pragma once
#include "base/arena.h"

#define CSV_BYTES_MAX ((size_t)64 * 1024 * 1024)
#define CSV_COLUMNS_MAX 200
#define CSV_CELL_BYTES_MAX ((size_t)64 * 1024)

/* Into UTF-8: by a byte order mark, else UTF-8 where it is that, else windows-1252. ret_encoding: "utf-8", "utf-16", "windows-1252". */
MUST_USE int csv_decode(struct span bytes, struct buf *out, const char **ret_encoding);
/* Which of , ; tab | the first line has most of outside quotes. */
char csv_separator(struct str text);

struct csv_row {
    size_t line;       /* of the file, where the row begins; the first is 1 */
    struct str *cells; /* trimmed */
    size_t count;
};

struct csv_reader {
    struct str rest;
    size_t line; /* that rest begins in */
    char separator;
};
static inline struct csv_reader csv_reader_of(struct str text, char separator)
{
    return (struct csv_reader){text, 1, separator};
}
/* 1: a row. 0: the end. Rows without any content are passed over. */
MUST_USE int csv_next(struct csv_reader *reader, struct arena *arena, struct csv_row *ret_row);
