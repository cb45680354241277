/* store/users.h: who may sign in, over sql.h. What a user may do is auth/role.h's.
 *
 * Owns    nothing: texts of a row read lie in the caller's arena.
 * Thread  the connection's.
 * Bounds  USERS_LIST_MAX rows of a list; the names' characters.
 * Errors  as sql.h; ERR_EXISTS: the email is taken; ERR_NOT_FOUND; ERR_RANGE: a name or email that nobody has.
 * Tests   tests/unit/store/users_test.c */
#pragma once
#include "store/sql.h"

#define USERS_LIST_MAX 1000
#define USER_NAME_CHARACTERS_MAX 100
#define USER_EMAIL_CHARACTERS_MAX 254

struct user_row {
    int64_t id;
    struct str email;
    struct str name;
    struct str role;            /* auth/role.h */
    struct str locations;       /* slugs with commas, or "*" */
    struct str password_hash;   /* at NULL: cannot sign in by password */
    struct wall_ms disabled_at; /* WALL_NONE: may sign in */
    int64_t version;
    struct wall_ms created_at;
};

MUST_USE int user_create(struct sql *sql, const struct user_row *row, struct wall_ms now, int64_t *ret_id);
MUST_USE int user_read(struct sql *sql, int64_t id, struct arena *arena, struct user_row *ret_row);
/* Whatever the letter case. */
MUST_USE int user_by_email(struct sql *sql, struct str email, struct arena *arena, struct user_row *ret_row);
MUST_USE int user_list(struct sql *sql, struct arena *arena, struct user_row **ret_rows, size_t *ret_count);
/* Both end all sessions of the user: what was signed in before is signed out. */
MUST_USE int user_set_password(struct sql *sql, int64_t id, struct str password_hash, struct wall_ms now);
MUST_USE int user_set_disabled(struct sql *sql, int64_t id, bool disabled, struct wall_ms now);
