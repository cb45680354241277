/* The table keeps one number for each key: the moment at which its bucket will be full again (GCRA: the «theoretical arrival time»).
 * Each take moves it one interval on; a take that would move it further than a whole bucket ahead of now is refused. A key that is not in
 * the table has a full bucket, so entries whose moment has passed are free room, and nothing has to be swept.
 * Keys are hashed with a random key (SipHash), so that nobody can choose keys that fall into one set. */
#include "auth/rate.h"

#include "base/secret.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>

#define WAYS 8

struct entry {
    uint8_t key[16];    /* of the key's hash: 128 bits are nobody else's */
    int64_t full_at_us; /* monotonic; 0: never used */
};

struct rate {
    pthread_mutex_t lock;
    int64_t interval_us; /* one take; 0: no limit */
    int64_t bucket_us;   /* a whole bucket */
    bool refills;        /* else time stands still at 0, and full_at_us counts what is held */
    int64_t latest_us;   /* the loops' clocks are a little apart: nobody's now is before another's */
    uint8_t hash_key[crypto_shorthash_siphashx24_KEYBYTES];
    size_t set_count;       /* a power of two */
    struct entry entries[]; /* set_count * WAYS */
};

static size_t sets_for(size_t keys_max)
{
    size_t sets = 1;
    while (sets * WAYS < keys_max) sets *= 2;
    return sets;
}

int rate_create(struct rate_limit limit, size_t keys_max, struct rate **ret_rate)
{
    check(limit.count >= 0 && limit.burst >= 0 && keys_max > 0 && keys_max <= (size_t)1 << 28);
    check(limit.count == 0 || (limit.period_ms >= 0 && limit.period_ms < INT64_MAX / 1000000));
    size_t sets = limit.count == 0 ? 0 : sets_for(keys_max);
    struct rate *rate = calloc(1, sizeof *rate + sets * WAYS * sizeof(struct entry));
    if (rate == NULL) return ERR_NOMEM;
    rate->set_count = sets;
    rate->refills = limit.period_ms > 0;
    if (limit.count > 0) {
        int64_t interval = limit.period_ms * 1000 / limit.count;
        rate->interval_us = interval > 0 ? interval : 1;
        if (__builtin_mul_overflow(rate->interval_us, limit.burst > 0 ? limit.burst : limit.count,
                                   &rate->bucket_us)) {
            rate->bucket_us = INT64_MAX / 4;
        }
    }
    int rc = random_bytes(rate->hash_key, sizeof rate->hash_key);
    if (rc == 0 && pthread_mutex_init(&rate->lock, NULL) != 0) rc = ERR_NOMEM;
    if (rc < 0) {
        free(rate);
        return rc;
    }
    *ret_rate = rate;
    return 0;
}

void rate_free(struct rate *rate)
{
    if (rate == NULL) return;
    pthread_mutex_destroy(&rate->lock);
    free(rate);
}

/* The key's entry; or, with it not there, the place of the fullest bucket in its set, made into the key's; NULL with may_evict false. */
static struct entry *find(struct rate *rate, struct span key, bool may_evict)
{
    uint8_t hash[16];
    static_assert(crypto_shorthash_siphashx24_BYTES == sizeof hash, "128 bits");
    crypto_shorthash_siphashx24(hash, key.at, key.len, rate->hash_key);
    size_t set = get_be64(hash) & (rate->set_count - 1);
    struct entry *ways = &rate->entries[set * WAYS], *fullest = ways;
    for (size_t i = 0; i < WAYS; i++) {
        if (ways[i].full_at_us != 0 && memcmp(ways[i].key, hash, sizeof hash) == 0) return &ways[i];
        if (ways[i].full_at_us < fullest->full_at_us) fullest = &ways[i];
    }
    if (!may_evict) return NULL;
    memcpy(fullest->key, hash, sizeof hash);
    fullest->full_at_us = 0;
    return fullest;
}

static int64_t time_for(struct rate *rate, struct mono_ms now)
{
    if (!rate->refills) return 0;
    if (rate->latest_us < now.ms * 1000) rate->latest_us = now.ms * 1000;
    return rate->latest_us;
}

bool rate_take(struct rate *rate, struct span key, struct mono_ms now, int64_t *ret_retry_after_ms)
{
    if (rate->interval_us == 0) return true;
    pthread_mutex_lock(&rate->lock);
    int64_t now_us = time_for(rate, now);
    struct entry *entry = find(rate, key, true);
    int64_t from = entry->full_at_us > now_us ? entry->full_at_us : now_us;
    int64_t after = from + rate->interval_us;
    int64_t over = after - (now_us + rate->bucket_us);
    if (over <= 0) entry->full_at_us = after;
    pthread_mutex_unlock(&rate->lock);
    if (over > 0) *ret_retry_after_ms = (over + 999) / 1000;
    return over <= 0;
}

void rate_give_back(struct rate *rate, struct span key, struct mono_ms now)
{
    if (rate->interval_us == 0) return;
    pthread_mutex_lock(&rate->lock);
    struct entry *entry = find(rate, key, false);
    if (entry != NULL && entry->full_at_us > time_for(rate, now)) entry->full_at_us -= rate->interval_us;
    pthread_mutex_unlock(&rate->lock);
}

struct span rate_address(struct str address, uint8_t ret_key[RATE_ADDRESS_BYTES])
{
    static const uint8_t MAPPED[12] = {[10] = 0xff, [11] = 0xff};
    char text[INET6_ADDRSTRLEN] = "";
    memset(ret_key, 0, RATE_ADDRESS_BYTES);
    if (address.len < sizeof text && address.len > 0) memcpy(text, address.at, address.len);
    if (inet_pton(AF_INET, text, ret_key) == 1) return span_of(ret_key, 4);
    uint8_t ip[16];
    if (inet_pton(AF_INET6, text, ip) == 1) {
        bool is_v4 = memcmp(ip, MAPPED, sizeof MAPPED) == 0;
        memcpy(ret_key, is_v4 ? ip + 12 : ip, is_v4 ? 4 : 8);
        return span_of(ret_key, is_v4 ? 4 : 8);
    }
    size_t len = address.len < RATE_ADDRESS_BYTES ? address.len : RATE_ADDRESS_BYTES;
    if (len > 0) memcpy(ret_key, address.at, len);
    return span_of(ret_key, len);
}
