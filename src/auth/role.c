#include "auth/role.h"

#define STAFF_AND_ABOVE (1u << ROLE_OWNER | 1u << ROLE_MANAGER | 1u << ROLE_STAFF)
#define MANAGERS (1u << ROLE_OWNER | 1u << ROLE_MANAGER)
#define DEVICES (1u << ROLE_KIOSK | 1u << ROLE_TURNSTILE)

static const char *const NAMES[ROLE_COUNT] = {"owner",     "manager", "staff", "kiosk",
                                              "turnstile", "viewer",  "member"};

static const unsigned ALLOWED[MAY_COUNT] = {
    [MAY_FOLLOW] = STAFF_AND_ABOVE | DEVICES | 1u << ROLE_VIEWER,
    [MAY_CHECK_IN] = STAFF_AND_ABOVE | DEVICES,
    [MAY_OVERRIDE] = STAFF_AND_ABOVE,
    [MAY_OVERRIDE_BAN] = MANAGERS,
    [MAY_CORRECT] = STAFF_AND_ABOVE,
    [MAY_SEE_ALL] = STAFF_AND_ABOVE,
    [MAY_READ_MEMBERS] = STAFF_AND_ABOVE,
    [MAY_WRITE_MEMBERS] = STAFF_AND_ABOVE,
    [MAY_IMPORT] = MANAGERS,
    [MAY_READ_VISITS] = STAFF_AND_ABOVE,
    [MAY_WRITE_LOCATIONS] = MANAGERS,
    [MAY_OPEN_LOCATIONS] = 1u << ROLE_OWNER,
    [MAY_WRITE_USERS] = MANAGERS,
    [MAY_READ_AUDIT] = MANAGERS,
};

bool role_may(enum role role, enum action action)
{
    check((unsigned)role < ROLE_COUNT && (unsigned)action < MAY_COUNT);
    return (ALLOWED[action] >> role & 1u) != 0;
}

const char *role_name(enum role role)
{
    check((unsigned)role < ROLE_COUNT);
    return NAMES[role];
}

int role_of(struct str name, enum role *ret_role)
{
    for (unsigned i = 0; i < ROLE_COUNT; i++) {
        if (!str_eq_c(name, NAMES[i])) continue;
        *ret_role = (enum role)i;
        return 0;
    }
    return ERR_NOT_FOUND;
}

bool role_may_appoint(enum role role, enum role other)
{
    if (!role_may(role, MAY_WRITE_USERS)) return false;
    return role == ROLE_OWNER || other > ROLE_MANAGER;
}
