#include "store/member_codes.h"

#include "base/text.h"
#include "domain/batch.h"

bool member_code_fits(struct str code)
{
    return code.len <= CODE_BYTES_MAX && str_trim(code).len > 0 && text_fits(code, CODE_BYTES_MAX);
}

int member_code_add(struct sql *sql, struct member_id member, struct str kind, struct str code)
{
    OWNED(buf) struct buf key = buf_of(CODE_KEY_BYTES_MAX);
    TRY(code_key(code, &key));
    int64_t owner;
    /* Of two QR tokens letter case counts; where one of the two is a card it does not. */
    int taken = sql_number(
        sql,
        "SELECT member_id FROM codes WHERE key = $1 AND (kind = 'card' OR $2 = 'card' OR code = $3) AND member_id <> $4",
        SQL_VALUES(sql_text(buf_str(&key)), sql_text(kind), sql_text(code), sql_int(member.n)), &owner);
    TRY(taken);
    if (taken == 1) return ERR_EXISTS;
    TRY(sql_run(
        sql, "INSERT INTO codes (key, member_id, kind, code) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        SQL_VALUES(sql_text(buf_str(&key)), sql_int(member.n), sql_text(kind), sql_text(code)), NULL, NULL));
    if (sql_changes(sql) == 1) return 0;
    /* It was there: this member's own, or one that another node gave somebody else just now. */
    int own = sql_number(sql, "SELECT member_id FROM codes WHERE key = $1 AND member_id = $2",
                         SQL_VALUES(sql_text(buf_str(&key)), sql_int(member.n)), &owner);
    return own < 0 ? own : own == 1 ? 0 : ERR_EXISTS;
}

int member_code_remove(struct sql *sql, struct member_id member, struct str code)
{
    OWNED(buf) struct buf key = buf_of(CODE_KEY_BYTES_MAX);
    TRY(code_key(code, &key));
    TRY(sql_run(sql, "DELETE FROM codes WHERE key = $1 AND member_id = $2",
                SQL_VALUES(sql_text(buf_str(&key)), sql_int(member.n)), NULL, NULL));
    return sql_changes(sql) == 0 ? ERR_NOT_FOUND : 0;
}

int member_codes_clear(struct sql *sql, struct member_id member)
{
    return sql_run(sql, "DELETE FROM codes WHERE member_id = $1", SQL_VALUES(sql_int(member.n)), NULL, NULL);
}

int member_by_code(struct sql *sql, struct str code, struct member_id *ret_id)
{
    if (code.len > CODE_BYTES_MAX) return ERR_NOT_FOUND;
    OWNED(buf) struct buf key = buf_of(CODE_KEY_BYTES_MAX);
    TRY(code_key(code, &key));
    int found = sql_number(
        sql,
        "SELECT member_id FROM codes WHERE key = $1 AND (kind = 'card' OR code = $2) ORDER BY kind DESC LIMIT 1",
        SQL_VALUES(sql_text(buf_str(&key)), sql_text(code)), &ret_id->n);
    return found == 0 ? ERR_NOT_FOUND : found < 0 ? found : 0;
}
