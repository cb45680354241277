#include "cli/auth_port.h"

#include "auth/claims.h"
#include "auth/ticket.h"
#include "base/clock.h"
#include "cli/home.h"

#include <stdio.h>

int auth_port_check_token(const void *ctx, struct str token, struct wall_ms now,
                          struct principal **ret_principal)
{
    const struct home *home = ctx;
    return jwt_verify(home->keys, token, JWT_BEARER, now, ret_principal, NULL);
}

static int on_claims(void *ctx, const struct sql_row *row) { return claims_kept(row_text(row, 0), ctx); }

int auth_port_take_ticket(const void *ctx, struct sql *sql, struct str ticket, struct wall_ms now,
                          struct principal **ret_principal)
{
    (void)ctx;
    uint8_t hash[SHA256_BYTES];
    if (ticket_parse(ticket, hash) < 0) return ERR_UNAUTHENTICATED;
    struct principal *who = NULL;
    /* Who deletes it has it: once, on whichever node. */
    TRY(sql_run(sql, "DELETE FROM tickets WHERE hash = $1 AND expires_at > $2 RETURNING claims",
                SQL_VALUES(sql_blob(span_of(hash, sizeof hash)), sql_int(now.ms)), on_claims, &who));
    if (who == NULL) return ERR_UNAUTHENTICATED;
    *ret_principal = who;
    return 0;
}

struct revoked_list {
    void (*each)(void *list, struct str session);
    void *list;
};

static int on_session(void *ctx, const struct sql_row *row)
{
    const struct revoked_list *revoked = ctx;
    char id[24];
    int len = snprintf(id, sizeof id, "%lld", (long long)row_int(row, 0));
    revoked->each(revoked->list, (struct str){id, (size_t)len});
    return 0;
}

static int on_token(void *ctx, const struct sql_row *row)
{
    const struct revoked_list *revoked = ctx;
    revoked->each(revoked->list, row_text(row, 0));
    return 0;
}

int auth_port_list_revoked(const void *ctx, struct sql *sql, struct wall_ms since,
                           void (*each)(void *list, struct str session), void *list)
{
    const struct home *home = ctx;
    struct revoked_list revoked = {each, list};
    /* At the start: a session's tokens live access_ttl, those without one as long as they were made for. */
    struct wall_ms sessions = since, tokens = since;
    if (!wall_is(since)) {
        sessions.ms = clock_wall().ms - home->config.auth.access_ttl_ms;
        tokens.ms = 0;
    }
    TRY(sql_run(sql, "SELECT id FROM sessions WHERE revoked_at >= $1", SQL_VALUES(sql_int(sessions.ms)),
                on_session, &revoked));
    return sql_run(sql, "SELECT id FROM revoked_tokens WHERE revoked_at >= $1",
                   SQL_VALUES(sql_int(tokens.ms)), on_token, &revoked);
}
