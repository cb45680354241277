#include "store/users.h"

#include "base/text.h"
#include "store/list.h"
#include "store/sessions.h"

/* The form in which emails are compared: letter case does not matter (ASCII: the part that providers fold). */
static int email_key(struct str email, struct buf *out)
{
    for (size_t i = 0; i < email.len; i++) {
        uint8_t c = (uint8_t)email.at[i];
        TRY(buf_put_byte(out, c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c));
    }
    return 0;
}

static int on_id(void *ctx, const struct sql_row *row)
{
    *(int64_t *)ctx = row_int(row, 0);
    return 0;
}

int user_create(struct sql *sql, const struct user_row *row, struct wall_ms now, int64_t *ret_id)
{
    bool fits = str_trim(row->name).len > 0 && text_fits(row->name, USER_NAME_CHARACTERS_MAX) &&
                memchr(row->email.at, '@', row->email.len) != NULL &&
                text_fits(row->email, USER_EMAIL_CHARACTERS_MAX);
    if (!fits) return ERR_RANGE;
    OWNED(buf) struct buf key = buf_of(1024);
    TRY(email_key(row->email, &key));
    return sql_run(
        sql,
        "INSERT INTO users (email, email_key, name, role, locations, password_hash, created_at, updated_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id",
        SQL_VALUES(sql_text(row->email), sql_text(buf_str(&key)), sql_text(row->name), sql_text(row->role),
                   sql_text(row->locations), sql_text(row->password_hash), sql_wall(now), sql_wall(now)),
        on_id, ret_id);
}

#define COLUMNS "id, email, name, role, locations, password_hash, disabled_at, version, created_at"

static int read_row(struct arena *arena, const struct sql_row *row, struct user_row *user)
{
    user->id = row_int(row, 0);
    TRY(row_copy(row, 1, arena, &user->email));
    TRY(row_copy(row, 2, arena, &user->name));
    TRY(row_copy(row, 3, arena, &user->role));
    TRY(row_copy(row, 4, arena, &user->locations));
    TRY(row_copy(row, 5, arena, &user->password_hash));
    user->disabled_at = row_wall(row, 6);
    user->version = row_int(row, 7);
    user->created_at = row_wall(row, 8);
    return 0;
}

struct one {
    struct arena *arena;
    struct user_row *row;
    bool found;
};

static int on_one(void *ctx, const struct sql_row *row)
{
    struct one *one = ctx;
    one->found = true;
    return read_row(one->arena, row, one->row);
}

int user_read(struct sql *sql, int64_t id, struct arena *arena, struct user_row *ret_row)
{
    struct one one = {arena, ret_row, false};
    TRY(sql_run(sql, "SELECT " COLUMNS " FROM users WHERE id = $1", SQL_VALUES(sql_int(id)), on_one, &one));
    return one.found ? 0 : ERR_NOT_FOUND;
}

int user_by_email(struct sql *sql, struct str email, struct arena *arena, struct user_row *ret_row)
{
    OWNED(buf) struct buf key = buf_of(1024);
    TRY(email_key(email, &key));
    struct one one = {arena, ret_row, false};
    TRY(sql_run(sql, "SELECT " COLUMNS " FROM users WHERE email_key = $1",
                SQL_VALUES(sql_text(buf_str(&key))), on_one, &one));
    return one.found ? 0 : ERR_NOT_FOUND;
}

static int on_listed(void *ctx, const struct sql_row *row)
{
    struct list *list = ctx;
    struct user_row *user = list_add(list);
    return user == NULL ? ERR_NOMEM : read_row(list->arena, row, user);
}

int user_list(struct sql *sql, struct arena *arena, struct user_row **ret_rows, size_t *ret_count)
{
    struct list list = LIST_OF(arena, struct user_row);
    TRY(sql_run(sql, "SELECT " COLUMNS " FROM users ORDER BY id LIMIT $1",
                SQL_VALUES(sql_int(USERS_LIST_MAX)), on_listed, &list));
    *ret_rows = list.items;
    *ret_count = list.count;
    return 0;
}

int user_set_password(struct sql *sql, int64_t id, struct str password_hash, struct wall_ms now)
{
    TRY(sql_run(sql,
                "UPDATE users SET password_hash = $1, updated_at = $2, version = version + 1 WHERE id = $3",
                SQL_VALUES(sql_text(password_hash), sql_wall(now), sql_int(id)), NULL, NULL));
    if (sql_changes(sql) == 0) return ERR_NOT_FOUND;
    return session_revoke_all(sql, id, now);
}

int user_set_disabled(struct sql *sql, int64_t id, bool disabled, struct wall_ms now)
{
    TRY(sql_run(sql,
                "UPDATE users SET disabled_at = $1, updated_at = $2, version = version + 1 WHERE id = $3",
                SQL_VALUES(disabled ? sql_wall(now) : sql_null(), sql_wall(now), sql_int(id)), NULL, NULL));
    if (sql_changes(sql) == 0) return ERR_NOT_FOUND;
    return disabled ? session_revoke_all(sql, id, now) : 0;
}
