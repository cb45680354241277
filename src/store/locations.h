/* store/locations.h: the locations as people edit them, over sql.h; what the rules see of them is the directory (store.h).
 *
 * Owns    nothing: texts of a row read lie in the caller's arena.
 * Thread  the connection's.
 * Bounds  LOCATIONS_MAX rows.
 * Errors  as sql.h; ERR_EXISTS: the slug is taken; ERR_NOT_FOUND; ERR_CONFLICT: the version is not the one that was read.
 * Tests   tests/unit/store/users_test.c
 *
 * Opening hours are kept as text: spans with semicolons between, each a weekday (0 Monday) and wall-clock times, closes beyond 24:00
 * where it lies in the next day: «0 06:00-22:00;5 18:00-26:00». No text: open at all hours; «never»: closed all week. */
#pragma once
#include "domain/location.h"
#include "store/sql.h"

#define LOCATION_NAME_CHARACTERS_MAX 100
#define HOURS_TEXT_BYTES_MAX (HOURS_SPANS_MAX * 14)

struct location_row {
    struct location location; /* its zone is NULL */
    struct str timezone;      /* an IANA name */
    int64_t version;          /* of the row, for ETags */
    struct wall_ms created_at;
    struct wall_ms updated_at;
};

/* With the id it names, or the next free one where that is 0. */
MUST_USE int location_create(struct sql *sql, const struct location_row *row, struct wall_ms now,
                             struct location_id *ret_id);
/* All but the slug, where the stored version is still row->version. */
MUST_USE int location_update(struct sql *sql, const struct location_row *row, struct wall_ms now);
MUST_USE int location_read(struct sql *sql, struct location_id id, struct arena *arena,
                           struct location_row *ret_row);
MUST_USE int location_read_by_slug(struct sql *sql, struct str slug, struct arena *arena,
                                   struct location_row *ret_row);
/* By id. */
MUST_USE int location_read_all(struct sql *sql, struct arena *arena, struct location_row **ret_rows,
                               size_t *ret_count);

MUST_USE int hours_text_put(struct buf *out, const struct hours *hours);
/* ERR_SYNTAX, ERR_RANGE. */
MUST_USE int hours_text_parse(struct str text, struct hours *ret_hours);
