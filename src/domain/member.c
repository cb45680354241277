#include "domain/member.h"

static bool is_frozen(const struct membership *membership, struct day today)
{
    if (membership->state == MEMBERSHIP_FROZEN) return true;
    if (!day_is(membership->frozen_from) || today.number < membership->frozen_from.number) return false;
    return !day_is(membership->frozen_until) || today.number <= membership->frozen_until.number;
}

static enum code judge(const struct membership *membership, struct day today)
{
    if (membership->state == MEMBERSHIP_CANCELLED) return CODE_MEMBERSHIP_CANCELLED;
    if (day_is(membership->ends) && today.number > membership->ends.number) return CODE_MEMBERSHIP_EXPIRED;
    if (today.number < membership->starts.number) return CODE_MEMBERSHIP_NOT_STARTED;
    if (is_frozen(membership, today)) return CODE_MEMBERSHIP_FROZEN;
    if (membership->visits_left == 0) return CODE_VISITS_EXHAUSTED;
    return CODE_OK;
}

/* Contract 1.3: the reason a member can act on comes first. */
static int rank(enum code code)
{
    static const enum code ORDER[] = {CODE_MEMBERSHIP_FROZEN, CODE_MEMBERSHIP_EXPIRED, CODE_VISITS_EXHAUSTED,
                                      CODE_MEMBERSHIP_NOT_STARTED, CODE_MEMBERSHIP_CANCELLED};
    int place = 0;
    while (place < (int)(COUNT_OF(ORDER)) && ORDER[place] != code) place++;
    return place;
}

static bool ends_before(const struct membership *a, const struct membership *b)
{
    if (!day_is(a->ends)) return false;
    return !day_is(b->ends) || a->ends.number < b->ends.number;
}

enum code membership_find(const struct membership *memberships, size_t count, struct day today,
                          const struct membership **ret_found)
{
    const struct membership *best = NULL;
    enum code reason = CODE_NO_MEMBERSHIP;
    for (size_t i = 0; i < count; i++) {
        enum code code = judge(&memberships[i], today);
        if (code == CODE_OK && (best == NULL || ends_before(&memberships[i], best))) best = &memberships[i];
        if (code != CODE_OK && (reason == CODE_NO_MEMBERSHIP || rank(code) < rank(reason))) reason = code;
    }
    *ret_found = best;
    return best != NULL ? CODE_OK : reason;
}

const char *member_status(const struct member *member, struct day today)
{
    if (member->banned) return "banned";
    const struct membership *found;
    switch (membership_find(member->memberships, member->membership_count, today, &found)) {
    case CODE_OK: return "active";
    case CODE_MEMBERSHIP_FROZEN: return "frozen";
    case CODE_MEMBERSHIP_EXPIRED: return "expired";
    case CODE_VISITS_EXHAUSTED: return "used_up";
    case CODE_MEMBERSHIP_NOT_STARTED: return "not_started";
    case CODE_MEMBERSHIP_CANCELLED: return "cancelled";
    default: return member->guest ? "guest" : "none";
    }
}

/* FNV-1a, 64 bits: nobody gains by making two of them meet. */
static void digest(uint64_t *hash, const void *at, size_t len)
{
    for (size_t i = 0; i < len; i++) *hash = (*hash ^ ((const uint8_t *)at)[i]) * UINT64_C(0x100000001b3);
}

int64_t visit_version(const struct visit *visit, struct str notes)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    digest(&hash, &visit->checked_out_at.ms, sizeof visit->checked_out_at.ms);
    digest(&hash, &visit->out_seq.n, sizeof visit->out_seq.n);
    digest(&hash, &visit->automatic, sizeof visit->automatic);
    digest(&hash, notes.at, notes.len);
    return (int64_t)(hash & INT64_MAX) | 1;
}
