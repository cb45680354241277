#include "cli/demo_traffic.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/secret.h"
#include "cli/wire.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#define GUESTS_MAX 1024
#define TOKEN_MS (INT64_C(86400) * 1000)
#define RETRY_MS 1000
#define TURN_MS 200  /* longest wait for the server's word, so that a stop is noticed */
#define BURST_MAX 64 /* commands, before answers are read again */

struct demo_traffic {
    struct demo_traffic_options options;
    struct url url;
    int64_t due_us; /* the next command, on the monotonic clock: there may be many within its milliseconds */
    uint64_t dice;  /* never 0 */
    int64_t guests[GUESTS_MAX]; /* a ring: who came first leaves first */
    size_t guest_first, guest_count;
    atomic_bool stopping;
    pthread_t thread;
};

/* xorshift64: whom chance sends to the door is no secret. */
static int64_t roll(struct demo_traffic *traffic, int64_t sides)
{
    uint64_t x = traffic->dice;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    traffic->dice = x;
    return (int64_t)(x % (uint64_t)sides);
}

static int send_command(struct wire *wire, const char *type, int64_t member, int64_t location,
                        struct err_detail *reterr)
{
    char text[160];
    int len =
        snprintf(text, sizeof text, "{\"type\":\"%s\",\"payload\":{\"member_id\":%lld,\"location\":%lld}}",
                 type, (long long)member, (long long)location);
    return wire_send(wire, WS_TEXT, (struct str){text, (size_t)len}, reterr);
}

/* Somebody comes, or who has been there longest goes. A guest who was refused at the door is remembered all the same: his check-out is
 * an error that nobody sees. */
static int send_somebody(struct demo_traffic *traffic, struct wire *wire, struct err_detail *reterr)
{
    int64_t share = traffic->options.members / 5 + 1, fifth = share < GUESTS_MAX ? share : GUESTS_MAX;
    bool leaves =
        traffic->guest_count > 0 && ((int64_t)traffic->guest_count >= fifth || roll(traffic, 5) < 2);
    if (leaves) {
        int64_t guest = traffic->guests[traffic->guest_first];
        traffic->guest_first = (traffic->guest_first + 1) % GUESTS_MAX;
        traffic->guest_count--;
        return send_command(wire, "check_out", guest, 1, reterr);
    }
    int64_t guest = 1 + roll(traffic, traffic->options.members);
    traffic->guests[(traffic->guest_first + traffic->guest_count++) % GUESTS_MAX] = guest;
    /* The first is the main house. */
    int64_t location = roll(traffic, 3) < 2 ? 1 : 1 + roll(traffic, traffic->options.locations);
    return send_command(wire, "check_in", guest, location, reterr);
}

static int send_due(struct demo_traffic *traffic, struct wire *wire, struct err_detail *reterr)
{
    int64_t gap_us = INT64_C(60000000) / traffic->options.per_minute;
    for (int sent = 0; sent < BURST_MAX && traffic->due_us / 1000 <= clock_mono().ms; sent++) {
        TRY(send_somebody(traffic, wire, reterr));
        traffic->due_us += 1 + roll(traffic, 2 * gap_us + 1);
    }
    return 0;
}

/* Takes what the server says, for as long as nothing is due. Negative: the connection is over. */
static int listen_until_due(struct demo_traffic *traffic, struct wire *wire, struct err_detail *reterr)
{
    for (;;) {
        int64_t wait_ms = traffic->due_us / 1000 - clock_mono().ms;
        struct ws_message message;
        int rc = wire_next(wire, wait_ms < 0 ? 0 : wait_ms > TURN_MS ? TURN_MS : wait_ms, &message, reterr);
        if (rc == ERR_EXPIRED) return 0;
        TRY(rc);
        if (message.kind == WS_CLOSE && message.close_code == WS_CLOSE_RESTART) {
            atomic_store(&traffic->stopping, true);
        }
        if (message.kind == WS_CLOSE) {
            return fail(reterr, ERR_CLOSED, "closed with %u %.*s", message.close_code,
                        STR_ARG(message.close_reason));
        }
        if (message.kind == WS_PING) {
            TRY(wire_send(wire, WS_PONG, (struct str){(const char *)message.payload.at, message.payload.len},
                          reterr));
        }
    }
}

static int open_door(struct demo_traffic *traffic, struct wire **ret_wire, struct err_detail *reterr)
{
    struct jwt_claims claims = {.kind = JWT_DEVICE,
                                .sub = STR("demo-door"),
                                .name = STR("Turnstile"),
                                .role = ROLE_TURNSTILE,
                                .all_locations = true,
                                .issued_at = clock_wall()};
    claims.expires_at.ms = claims.issued_at.ms + TOKEN_MS;
    OWNED(buf) struct buf token = buf_of(JWT_BYTES_MAX);
    char bearer[WIRE_BEARER_BYTES];
    TRY(jwt_mint(traffic->options.home->keys, &claims, &token));
    TRY(wire_bearer(buf_str(&token), bearer, reterr));
    return wire_connect(&traffic->url, "", bearer, ret_wire, reterr);
}

static int run_door(struct demo_traffic *traffic, struct err_detail *reterr)
{
    OWNED(wire) struct wire *wire = NULL;
    TRY(open_door(traffic, &wire, reterr));
    traffic->due_us = clock_mono().ms * 1000;
    while (!atomic_load(&traffic->stopping)) {
        TRY(send_due(traffic, wire, reterr));
        TRY(listen_until_due(traffic, wire, reterr));
    }
    return 0;
}

static void *run_traffic(void *ctx)
{
    struct demo_traffic *traffic = ctx;
    while (!atomic_load(&traffic->stopping)) {
        struct err_detail why = {0};
        int rc = run_door(traffic, &why);
        if (rc == 0 || atomic_load(&traffic->stopping)) break;
        log_warn("made-up traffic was cut off and tries again", F_ERR(rc), F_STR("detail", str_c(why.text)));
        for (int waited_ms = 0; waited_ms < RETRY_MS && !atomic_load(&traffic->stopping);
             waited_ms += TURN_MS) {
            nanosleep(&(struct timespec){.tv_nsec = TURN_MS * 1000000L}, NULL);
        }
    }
    return NULL;
}

int demo_traffic_start(const struct demo_traffic_options *options, struct demo_traffic **ret_traffic,
                       struct err_detail *reterr)
{
    check(options->per_minute > 0 && options->members > 0 && options->locations > 0);
    OWNED(mem) struct demo_traffic *traffic = calloc(1, sizeof *traffic);
    if (traffic == NULL) return fail(reterr, ERR_NOMEM, "no memory for made-up traffic");
    traffic->options = *options;
    TRY(url_parse(options->url, &traffic->url, reterr));
    if (random_bytes((uint8_t *)&traffic->dice, sizeof traffic->dice) < 0) {
        return fail(reterr, ERR_INTERNAL, "this machine gives no random bytes");
    }
    traffic->dice |= 1;
    int rc = pthread_create(&traffic->thread, NULL, run_traffic, traffic);
    if (rc != 0) return fail(reterr, ERR_NOMEM, "no thread for made-up traffic: %s", strerror(rc));
    *ret_traffic = take(traffic);
    return 0;
}

void demo_traffic_stop(struct demo_traffic *traffic)
{
    if (traffic == NULL) return;
    atomic_store(&traffic->stopping, true);
    pthread_join(traffic->thread, NULL);
    free(traffic);
}
