/* store/members.h: members, their cards and memberships, as people see and edit them, over sql.h.
 *
 * Owns    nothing: texts of a row read lie in the caller's arena.
 * Thread  the connection's.
 * Bounds  MEMBERS_PAGE_MAX rows of a page; MEMBER_CODES_MAX cards, MEMBERSHIPS_MAX memberships of one member.
 * Errors  as sql.h; ERR_EXISTS: the number or the card is somebody else's; ERR_NOT_FOUND; ERR_CONFLICT: the version is stale.
 * Tests   tests/unit/store/members_test.c */
#pragma once
#include "domain/member.h"
#include "store/sql.h"

#define MEMBERS_PAGE_MAX 200
#define MEMBER_CODES_MAX 20

struct code_row {
    struct str code;          /* as it was given */
    struct str kind;          /* card or qr */
};

struct membership_row {
    int64_t id;
    int64_t plan_id;          /* 0: none */
    struct str plan;          /* its name */
    enum membership_state state;
    struct day starts;
    struct day ends;          /* DAY_NONE: open end */
    struct day frozen_from;
    struct day frozen_until;
    struct day cancelled_on;
    int32_t visits_left;      /* -1: not counted */
};

struct member_row {
    struct member_id id;
    struct str number;        /* at NULL in member_create: the next one is given */
    struct str first_name;
    struct str last_name;
    struct str email;         /* at NULL: none; so the next ones */
    struct str phone;
    struct str notes;
    struct str photo;         /* its version */
    struct day born;
    bool banned;
    int64_t balance_minor;
    struct str currency;
    int64_t visits_total;
    struct wall_ms last_visit_at;
    struct wall_ms created_at;
    struct wall_ms updated_at;
    int64_t version;
    /* Read with it: */
    struct code_row *codes;
    size_t code_count;
    struct membership_row *memberships; /* the latest end first */
    size_t membership_count;
    int64_t open_visit;       /* 0: not inside */
    int64_t open_location;
    struct wall_ms open_since;
};

/* id 0: the next free one. Codes and memberships are added by themselves. */
MUST_USE int member_create(struct sql *sql, const struct member_row *row, struct wall_ms now, struct member_id *ret_id);
/* All but codes, memberships and photo, where the stored version is still row->version. */
MUST_USE int member_update(struct sql *sql, const struct member_row *row, struct wall_ms now);
MUST_USE int member_read(struct sql *sql, struct member_id id, struct arena *arena, struct member_row *ret_row);
MUST_USE int member_by_number(struct sql *sql, struct str number, struct member_id *ret_id);
/* Whom this code names, as a scan would find it. */
MUST_USE int member_by_code(struct sql *sql, struct str code, struct member_id *ret_id);
/* at NULL: none any more. */
MUST_USE int member_set_photo(struct sql *sql, struct member_id id, struct str photo, struct wall_ms now);

/* ERR_EXISTS: it names another member; the same member's own is fine. */
MUST_USE int member_code_add(struct sql *sql, struct member_id member, struct str kind, struct str code);
MUST_USE int member_codes_clear(struct sql *sql, struct member_id member);

/* A page: what was typed (empty: all), after a position (empty: the first page). */
struct member_page {
    struct str query;
    struct str after_name;    /* of the last row of the page before; at NULL: the first page */
    int64_t after_id;
    size_t limit;
    struct member_row *rows;
    size_t count;
    struct str last_name_key; /* for the next page; at NULL: this was the last */
    int64_t last_id;
};
MUST_USE int member_find(struct sql *sql, struct arena *arena, struct member_page *page);

/* Where a photo of this version is had. */
MUST_USE int member_photo_url(struct member_id id, struct str version, struct buf *out);
/* Reads the memberships of a row that has an id. */
MUST_USE int member_memberships(struct sql *sql, struct arena *arena, struct member_row *row);
MUST_USE int membership_add(struct sql *sql, struct member_id member, const struct membership_row *row, int64_t *ret_id);
MUST_USE int membership_update(struct sql *sql, struct member_id member, const struct membership_row *row);
/* As the rules see them: in the arena. */
MUST_USE int memberships_for_rules(const struct member_row *row, struct arena *arena, struct membership **ret_memberships);

struct plan_row {
    int64_t id;
    struct str name;
    int32_t months, days, visits; /* 0: none */
    struct str locations;     /* slugs with commas; at NULL: everywhere */
};
MUST_USE int plan_list(struct sql *sql, struct arena *arena, struct plan_row **ret_rows, size_t *ret_count);
/* By its name, made where it is not there yet. */
MUST_USE int plan_ensure(struct sql *sql, const struct plan_row *row, int64_t *ret_id);
