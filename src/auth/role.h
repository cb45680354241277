/* auth/role.h: who may do what, in one table (contract section 4). REST, socket and command line ask here and nowhere else.
 *
 * Owns    nothing: constants.
 * Thread  any.
 * Bounds  ROLE_COUNT roles, MAY_COUNT actions.
 * Errors  ERR_NOT_FOUND: no role of that name.
 * Tests   tests/unit/auth/role_test.c: the whole table, written out */
#pragma once
#include "base/bytes.h"

enum role {
    ROLE_OWNER,
    ROLE_MANAGER,
    ROLE_STAFF,
    ROLE_KIOSK,
    ROLE_TURNSTILE,
    ROLE_VIEWER,
    ROLE_MEMBER,
    ROLE_COUNT
};

enum action {
    MAY_FOLLOW,   /* a location's events and statistics */
    MAY_CHECK_IN, /* and out, of any member, by id or code */
    MAY_OVERRIDE, /* pass a policy's block, with a reason */
    MAY_OVERRIDE_BAN,
    MAY_CORRECT, /* undo and edit visits, enter them later */
    MAY_SEE_ALL, /* whole names, notes, warnings, refusals */
    MAY_READ_MEMBERS,
    MAY_WRITE_MEMBERS,
    MAY_IMPORT,
    MAY_READ_VISITS,
    MAY_WRITE_LOCATIONS,
    MAY_OPEN_LOCATIONS,
    MAY_WRITE_USERS,
    MAY_READ_AUDIT,
    MAY_COUNT
};

bool role_may(enum role role, enum action action);
const char *role_name(enum role role);
MUST_USE int role_of(struct str name, enum role *ret_role);
/* Beyond this one no role may appoint others: a manager makes no owner. */
bool role_may_appoint(enum role role, enum role other);
