/* domain/event.h: what happened at a location, in its log's order. Everything that screens, statistics and replays need.
 *
 * Owns    nothing: lives in a batch's arena, together with what it points to.
 * Thread  any.
 * Bounds  one batch's.
 * Errors  none: a value.
 * Tests   tests/unit/domain/decide_test.c */
#pragma once
#include "domain/location.h"
#include "domain/member.h"

enum event_kind { EVENT_CHECKED_IN = 1, EVENT_CHECKED_OUT = 2, EVENT_DENIED = 3, EVENT_CORRECTED = 4 };

/* Where a command came from: the desk's policy or the kiosks' applies, and a line of refusals is kept apart by it. */
enum source { SOURCE_DESK, SOURCE_KIOSK, SOURCE_TURNSTILE, SOURCE_API, SOURCE_SYSTEM };

enum correction { CORRECTION_UNDONE, CORRECTION_EDITED };

struct event {
    enum event_kind kind;
    const struct location *location;
    struct seq seq;
    struct wall_ms at;            /* when it happened; for a late entry not when it was written */
    struct visit_id visit;        /* 0 for a denial */
    struct wall_ms checked_in_at; /* of its visit */
    const struct member *member;  /* NULL: an unknown code */
    const char *member_status;
    enum source source;
    struct str by;    /* who did it: a user's name, a device's; empty: by itself */
    struct str notes; /* at NULL: none */
    struct code_list warnings;
    int32_t currently_in;     /* after it */
    int64_t duration_seconds; /* of a visit that ended */
    bool automatic;
    bool late;
    enum code code;       /* of a denial */
    struct str code_tail; /* an unknown code's last 4 characters */
    int32_t repeats;      /* of a denial: how many before it in its line */
    enum correction correction;
    struct wall_ms checked_out_at; /* of a corrected visit; WALL_NONE: open */
    /* For the statistics, not shown: */
    bool first_today;       /* the member's first check-in at this location on its day */
    bool counts_in_average; /* a visit that somebody or the assumed stay ended */
    bool counts_as_denied;  /* the first of its line, and no «already in», and no late fact */
    /* The whole message as staff receive it, made by protocol/event_json.c between decide and save; stored as it is. */
    struct str json;
};
