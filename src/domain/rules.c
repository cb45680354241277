#include "domain/rules.h"

#include <string.h>

/* What desks and kiosks alike do, unless the configuration says otherwise. */
static const enum policy_action ACTIONS[PROBLEM_COUNT] = {
    [PROBLEM_EXPIRED] = POLICY_BLOCK,   [PROBLEM_FROZEN] = POLICY_BLOCK,
    [PROBLEM_CANCELLED] = POLICY_BLOCK, [PROBLEM_NOT_STARTED] = POLICY_BLOCK,
    [PROBLEM_EXHAUSTED] = POLICY_BLOCK, [PROBLEM_NO_MEMBERSHIP] = POLICY_WARN,
    [PROBLEM_HOURS] = POLICY_BLOCK,     [PROBLEM_CAPACITY] = POLICY_BLOCK,
    [PROBLEM_BALANCE] = POLICY_WARN,    [PROBLEM_WAIVER] = POLICY_WARN,
    [PROBLEM_NO_PHOTO] = POLICY_IGNORE,
};

struct rules rules_default(void)
{
    struct rules rules = {
        .balance_warn_minor = 0,
        .balance_block_minor = -1,
        .repeat_window_ms = 60 * 1000,
        .max_stay_ms = INT64_C(16) * 3600 * 1000,
        .denial_line_ms = 5 * 60 * 1000,
        .late_max_ms = INT64_C(72) * 3600 * 1000,
        .late_after_ms = 2000,
        .skew_max_ms = 2 * 60 * 1000,
        .long_away_ms = INT64_C(30) * 24 * 3600 * 1000,
    };
    memcpy(rules.desk, ACTIONS, sizeof ACTIONS);
    memcpy(rules.kiosk, ACTIONS, sizeof ACTIONS);
    return rules;
}
