/* domain/member.h: a member as the rules see one: who, which memberships, which open visit.
 *
 * Owns    nothing: rows live in the batch's arena.
 * Thread  any.
 * Bounds  MEMBERSHIPS_MAX memberships are loaded (the newest); texts are bounded where they come in.
 * Errors  none: these are values.
 * Tests   tests/unit/domain/decide_test.c; contract 1.3 «Which membership» */
#pragma once
#include "base/zone.h"
#include "domain/code.h"
#include "domain/ids.h"

#define MEMBERSHIPS_MAX 32

enum membership_state { MEMBERSHIP_ACTIVE, MEMBERSHIP_FROZEN, MEMBERSHIP_CANCELLED };

struct membership {
    int64_t id;
    struct str plan; /* its name */
    enum membership_state state;
    struct day starts; /* the first day */
    struct day ends;   /* the last day, which counts to its end in the location's zone; DAY_NONE: open end */
    struct day
        frozen_from; /* with state active too: a freeze that begins and ends by itself; DAY_NONE: none */
    struct day frozen_until; /* its last day; DAY_NONE: until somebody ends it */
    int32_t visits_left;     /* of a punch card; -1: not counted */
};

struct visit {
    struct visit_id id;
    struct member_id member;
    struct location_id location;
    struct wall_ms checked_in_at;
    struct wall_ms checked_out_at; /* WALL_NONE while open */
    struct wall_ms auto_end_at;    /* when it ends by itself */
    struct seq in_seq;             /* the number of its member_checked_in in its location's log */
    struct seq out_seq;            /* of the event that ended it; 0 while open */
    int64_t membership;            /* whose punch it took; 0: none */
    bool automatic;                /* ended by itself */
    bool undone;
};
static inline bool visit_is_open(const struct visit *visit)
{
    return !wall_is(visit->checked_out_at) && !visit->undone;
}

/* Another one after each change that an edit may overwrite; never 0. For ETags: a visit has no version of its own. */
int64_t visit_version(const struct visit *visit, struct str notes);

struct member {
    struct member_id id;
    struct str first_name;
    struct str name;      /* first and last, as shown to staff */
    struct str photo_url; /* at NULL: none */
    struct day born;      /* DAY_NONE: unknown */
    bool banned;
    bool deleted;                 /* anonymised: nobody may come in as this member */
    bool guest;                   /* of somebody who is a member: needs no membership while there is none */
    int64_t balance_minor;        /* below 0: owes */
    int64_t visits_total;         /* before this batch's */
    struct wall_ms last_visit_at; /* WALL_NONE: never */
    struct membership *memberships;
    size_t membership_count;
    struct visit *open; /* the one open visit (contract 1.3 «One visit»), or NULL */
};

/* CODE_OK with the membership that lets in on that day (of several the one that ends first), or the reason a member can act on:
 * frozen before expired before used up before not started before cancelled; CODE_NO_MEMBERSHIP where there is none at all. */
enum code membership_find(const struct membership *memberships, size_t count, struct day today,
                          const struct membership **ret_found);
/* The word that screens show: active, expired, frozen, not_started, cancelled, used_up, banned, guest, none. */
const char *member_status(const struct member *member, struct day today);
