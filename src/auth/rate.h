/* auth/rate.h: how often somebody may: token buckets for addresses, users and emails, in a table that never grows.
 *
 * Owns    its table.
 * Thread  any: one lock, held for a look at eight entries; all loops share one table, so that N loops are not N times the limit.
 * Bounds  keys_max entries of 24 bytes. When a key comes for which there is no room the fullest bucket near it is forgotten: the one that
 *         had the most left, so that nobody is freed of a limit by others' traffic while there are milder cases.
 * Errors  ERR_NOMEM.
 * Tests   tests/unit/auth/rate_test.c */
#pragma once
#include "base/time.h"

/* count at once, and then one each period_ms / count. count 0: no limit. */
struct rate_limit {
    int64_t count;
    int64_t period_ms; /* 0: none comes back by itself, only by rate_give_back: so many are held at once */
    int64_t burst;     /* 0: as count */
};

struct rate;
MUST_USE int rate_create(struct rate_limit limit, size_t keys_max, struct rate **ret_rate);
void rate_free(struct rate *rate);
static inline void rate_owned(struct rate **rate) { rate_free(*rate); }

/* Takes one. False: none left; the next one comes after *ret_retry_after_ms (≥ 1). */
bool rate_take(struct rate *rate, struct span key, struct mono_ms now, int64_t *ret_retry_after_ms);
/* Puts one back: a sign-in that was right does not count among the tries. */
void rate_give_back(struct rate *rate, struct span key, struct mono_ms now);

/* What to limit an address by: an IPv4 address, or an IPv6 network of 64 bits, since one customer has that many; from text as the
 * log has it ("192.0.2.7", "2001:db8::1", "::ffff:192.0.2.7"). Other text is its own key, cut at 16 bytes. */
#define RATE_ADDRESS_BYTES 16
struct span rate_address(struct str address, uint8_t ret_key[RATE_ADDRESS_BYTES]);
