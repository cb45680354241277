/* store/member_codes.h: cards and QR tokens, and whom they name (contract 1.3, «Codes»), over sql.h.
 *
 * Owns    nothing.
 * Thread  the connection's.
 * Bounds  CODE_BYTES_MAX of a code.
 * Errors  as sql.h; ERR_EXISTS: it names another member; ERR_NOT_FOUND: nobody.
 * Tests   tests/unit/store/members_test.c */
#pragma once
#include "domain/ids.h"
#include "store/sql.h"

bool member_code_fits(struct str code);
/* Whom this code names, as a scan would find it. */
MUST_USE int member_by_code(struct sql *sql, struct str code, struct member_id *ret_id);
/* ERR_EXISTS: it names another member; the same member's own is fine. */
MUST_USE int member_code_add(struct sql *sql, struct member_id member, struct str kind, struct str code);
/* ERR_NOT_FOUND: it is not this member's. */
MUST_USE int member_code_remove(struct sql *sql, struct member_id member, struct str code);
MUST_USE int member_codes_clear(struct sql *sql, struct member_id member);
