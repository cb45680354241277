/* cli/auth_port.h: how live/ asks about tokens, tickets and revoked sessions: auth/ and store/ joined.
 *
 * Owns    nothing; ctx is the struct home.
 * Thread  check_token on any loop; the others on the writer.
 * Bounds  as theirs.
 * Errors  ERR_UNAUTHENTICATED, ERR_EXPIRED, and the store's.
 * Tests   tests/integration/ */
#pragma once
#include "auth/principal.h"
#include "store/sql.h"

int auth_port_check_token(const void *ctx, struct str token, struct wall_ms now,
                          struct principal **ret_principal);
int auth_port_take_ticket(const void *ctx, struct sql *sql, struct str ticket, struct wall_ms now,
                          struct principal **ret_principal);
int auth_port_list_revoked(const void *ctx, struct sql *sql, struct wall_ms since,
                           void (*each)(void *list, struct str session), void *list);
