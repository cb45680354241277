/* store/members.h: members and their cards as people see and edit them, over sql.h.
 *
 * Owns    nothing: texts of a row read lie in the caller's arena.
 * Thread  the connection's.
 * Bounds  MEMBERS_PAGE_MAX rows of a page; MEMBER_CODES_MAX cards, MEMBERSHIPS_MAX memberships of one member.
 * Errors  as sql.h; ERR_EXISTS: the number or the card is somebody else's; ERR_NOT_FOUND, also of a deleted member;
 *         ERR_CONFLICT: the version is stale; ERR_SYNTAX: a page's position that this program never gave.
 * Tests   tests/unit/store/members_test.c, tests/unit/store/member_find_test.c */
#pragma once
#include "store/member_codes.h"
#include "store/memberships.h"

#define MEMBERS_PAGE_MAX 200
#define MEMBER_CODES_MAX 20

struct code_row {
    struct str code; /* as it was given */
    struct str kind; /* card or qr */
};

struct member_row {
    struct member_id id;
    struct str number; /* at NULL in member_create: the next one is given */
    struct str first_name;
    struct str last_name;
    struct str email; /* at NULL: none; so the next ones */
    struct str phone;
    struct str notes;
    struct str photo; /* its version */
    struct day born;
    bool banned;
    int64_t balance_minor;
    struct str currency;
    int64_t guest_of; /* who brings them; 0: a member */
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
    int64_t open_visit; /* 0: not inside */
    int64_t open_location;
    struct wall_ms open_since;
};

#define MEMBER_NUMBER_CHARACTERS_MAX 64
#define MEMBER_NAME_CHARACTERS_MAX 100
#define MEMBER_EMAIL_CHARACTERS_MAX 254
#define MEMBER_PHONE_CHARACTERS_MAX 40
#define MEMBER_NOTES_CHARACTERS_MAX 2000
#define MEMBER_BALANCE_MAX INT64_C(100000000000)

/* The first field whose value may not be kept, and why; NULL: none. For all ways in: REST, lists, the command line. */
const char *member_row_wrong(const struct member_row *row, const char **ret_why);

/* id 0: the next free one. Codes and memberships are added by themselves. */
MUST_USE int member_create(struct sql *sql, const struct member_row *row, struct wall_ms now,
                           struct member_id *ret_id);
/* «Ana Maria Costa»: the last word is the last name. The name is trimmed. */
void member_split_name(struct str name, struct member_row *row);
/* The guest of that name whom this member brings: found, or kept from now on. */
MUST_USE int member_guest(struct sql *sql, struct member_id host, struct str name, struct wall_ms now,
                          struct member_id *ret_id);
/* All but codes, memberships, photo and guest_of, where the stored version is still row->version. */
MUST_USE int member_update(struct sql *sql, const struct member_row *row, struct wall_ms now);
MUST_USE int member_read(struct sql *sql, struct member_id id, struct arena *arena,
                         struct member_row *ret_row);
/* In the order of the ids, each once; deleted ones are left out. */
MUST_USE int members_read(struct sql *sql, const int64_t *ids, size_t count, struct arena *arena,
                          struct member_row **ret_rows, size_t *ret_count);
MUST_USE int member_by_number(struct sql *sql, struct str number, struct member_id *ret_id);
/* at NULL: none any more. */
MUST_USE int member_set_photo(struct sql *sql, struct member_id id, struct str photo, struct wall_ms now);
/* Where a photo of this version is had. */
MUST_USE int member_photo_url(struct member_id id, struct str version, struct buf *out);

/* A page. With something typed: whom this number or code names exactly, then the others, the best match first; without: by name. */
struct member_page {
    struct str query;
    struct str
        after; /* next of the page before, opaque, at most MEMBER_POSITION_BYTES_MAX; at NULL: the first page */
    size_t limit;
    struct member_row *rows;
    size_t count;
    struct str next; /* at NULL: this was the last */
};
#define MEMBER_POSITION_BYTES_MAX 300
MUST_USE int member_find(struct sql *sql, struct arena *arena, struct member_page *page);
