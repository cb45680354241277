/* domain/rules.h: what is let in, warned about or refused: the policy, and the windows of time.
 *
 * Owns    nothing: plain values, made from the configuration at start.
 * Thread  any; immutable.
 * Bounds  none.
 * Errors  none.
 * Tests   tests/unit/domain/decide_test.c; contract 1.3 */
#pragma once
#include "domain/code.h"
#include <stdint.h>

enum policy_action { POLICY_IGNORE, POLICY_WARN, POLICY_BLOCK };

enum problem {
    PROBLEM_EXPIRED,
    PROBLEM_FROZEN,
    PROBLEM_CANCELLED,
    PROBLEM_NOT_STARTED,
    PROBLEM_EXHAUSTED,
    PROBLEM_NO_MEMBERSHIP,
    PROBLEM_HOURS,
    PROBLEM_CAPACITY,
    PROBLEM_BALANCE,
    PROBLEM_WAIVER,
    PROBLEM_NO_PHOTO,
    PROBLEM_COUNT
};

struct rules {
    enum policy_action desk[PROBLEM_COUNT];
    enum policy_action kiosk[PROBLEM_COUNT]; /* and turnstiles */
    int64_t balance_warn_minor;              /* owing more than this warns … */
    int64_t balance_block_minor;             /* … and more than this is PROBLEM_BALANCE; -1: no limit */
    int64_t repeat_window_ms;                /* 60 s */
    int64_t max_stay_ms;                     /* 16 h */
    int64_t denial_line_ms;                  /* 5 min: refusals within it are one line */
    int64_t late_max_ms;                     /* 72 h */
    int64_t late_after_ms;                   /* 2 s: what happened longer ago is a late entry */
    int64_t skew_max_ms;                     /* 2 min */
    int64_t long_away_ms;                    /* 30 days: «back after long» */
};

/* What the contract says where nothing is configured. */
struct rules rules_default(void);
