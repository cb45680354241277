#include "store/sessions.h"

static int on_id(void *ctx, const struct sql_row *row)
{
    *(int64_t *)ctx = row_int(row, 0);
    return 0;
}

int session_open(struct sql *sql, int64_t user, struct str device, struct wall_ms now,
                 struct wall_ms expires_at, int64_t *ret_id)
{
    return sql_run(
        sql,
        "INSERT INTO sessions (user_id, device, refresh_hash, created_at, last_seen_at, expires_at)"
        " VALUES ($1, $2, $3, $4, $5, $6) RETURNING id",
        SQL_VALUES(sql_int(user), sql_text(device), sql_blob(span_of("", 0)), sql_wall(now), sql_wall(now),
                   sql_wall(expires_at)),
        on_id, ret_id);
}

struct one {
    struct session_row *row;
    bool found;
};

static int take_hash(const struct sql_row *row, int column, uint8_t hash[SHA256_BYTES])
{
    struct span bytes = row_blob(row, column);
    if (bytes.len != SHA256_BYTES) return ERR_CORRUPT;
    memcpy(hash, bytes.at, SHA256_BYTES);
    return 0;
}

static int on_session(void *ctx, const struct sql_row *row)
{
    struct one *one = ctx;
    struct session_row *session = one->row;
    one->found = true;
    *session = (struct session_row){.id = row_int(row, 0),
                                    .user = row_int(row, 1),
                                    .has_previous = !row_is_null(row, 3)};
    TRY(take_hash(row, 2, session->current));
    if (session->has_previous) TRY(take_hash(row, 3, session->previous));
    session->rotated_at = row_wall(row, 4);
    session->expires_at = row_wall(row, 5);
    session->revoked_at = row_wall(row, 6);
    return 0;
}

int session_read(struct sql *sql, int64_t id, struct session_row *ret_row)
{
    struct one one = {ret_row, false};
    TRY(sql_run(
        sql,
        "SELECT id, user_id, refresh_hash, previous_hash, rotated_at, expires_at, revoked_at FROM sessions WHERE id = $1",
        SQL_VALUES(sql_int(id)), on_session, &one));
    return one.found ? 0 : ERR_NOT_FOUND;
}

int session_store(struct sql *sql, const struct session_row *row, struct wall_ms now)
{
    struct sql_value previous =
        row->has_previous ? sql_blob(span_of(row->previous, SHA256_BYTES)) : sql_null();
    return sql_run(
        sql,
        "UPDATE sessions SET refresh_hash = $1, previous_hash = $2, rotated_at = $3, expires_at = $4, revoked_at = $5,"
        " last_seen_at = $6 WHERE id = $7",
        SQL_VALUES(sql_blob(span_of(row->current, SHA256_BYTES)), previous, sql_wall(row->rotated_at),
                   sql_wall(row->expires_at), sql_wall(row->revoked_at), sql_wall(now), sql_int(row->id)),
        NULL, NULL);
}

int session_revoke(struct sql *sql, int64_t id, struct wall_ms now)
{
    return sql_run(sql, "UPDATE sessions SET revoked_at = $1 WHERE id = $2 AND revoked_at IS NULL",
                   SQL_VALUES(sql_wall(now), sql_int(id)), NULL, NULL);
}

int session_revoke_all(struct sql *sql, int64_t user, struct wall_ms now)
{
    return sql_run(sql, "UPDATE sessions SET revoked_at = $1 WHERE user_id = $2 AND revoked_at IS NULL",
                   SQL_VALUES(sql_wall(now), sql_int(user)), NULL, NULL);
}

int token_revoke(struct sql *sql, struct str id, struct wall_ms now, struct wall_ms expires_at)
{
    return sql_run(
        sql,
        "INSERT INTO revoked_tokens (id, revoked_at, expires_at) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING",
        SQL_VALUES(sql_text(id), sql_wall(now), sql_wall(expires_at)), NULL, NULL);
}

int session_prune(struct sql *sql, struct wall_ms before)
{
    TRY(sql_run(sql, "DELETE FROM revoked_tokens WHERE expires_at < $1", SQL_VALUES(sql_wall(before)), NULL,
                NULL));
    TRY(sql_run(sql, "DELETE FROM tickets WHERE expires_at < $1", SQL_VALUES(sql_wall(before)), NULL, NULL));
    return sql_run(sql, "DELETE FROM sessions WHERE expires_at < $1", SQL_VALUES(sql_wall(before)), NULL,
                   NULL);
}

int ticket_store(struct sql *sql, const uint8_t hash[SHA256_BYTES], int64_t session, struct str claims,
                 struct wall_ms expires_at)
{
    return sql_run(sql, "INSERT INTO tickets (hash, session_id, claims, expires_at) VALUES ($1, $2, $3, $4)",
                   SQL_VALUES(sql_blob(span_of(hash, SHA256_BYTES)),
                              session == 0 ? sql_null() : sql_int(session), sql_text(claims),
                              sql_wall(expires_at)),
                   NULL, NULL);
}
