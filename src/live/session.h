/* live/session.h: one WebSocket connection, from its upgrade to its end: who it is, what it follows, what it asked.
 *
 *     upgrade -> JOINING -- token, ticket --> IN -- our Close, theirs --> CLOSING -> gone
 *
 * Owns    its decoder, its principal, its followers. It outlives its connection while asks or a page are under way.
 * Thread  its loop.
 * Bounds  server_limits: message size, queue, commands in flight, time without sign-in, time without a sign of life.
 * Errors  told to the client: `error` with a code, or a close code (protocol/codes.h).
 * Tests   tests/integration/ */
#pragma once
#include "auth/rate.h"
#include "live/client.h"
#include "protocol/message.h"
#include "ws/frame.h"

enum session_state { SESSION_JOINING, SESSION_IN, SESSION_CLOSING, SESSION_GONE };

struct session {
    struct subscriber subscriber; /* first: the hub's callbacks find the session by it */
    struct client *client;        /* NULL: the connection is gone */
    struct worker *worker;
    struct principal *who;
    struct ws_decoder decoder;
    struct timer timer; /* sign-in, signs of life, the Close's answer */
    struct timer token_timer;
    unsigned in_flight; /* asks and readings whose callbacks will come */
    uint8_t silent_intervals;
    uint8_t address[RATE_ADDRESS_BYTES]; /* as counted in sockets_by_address */
    uint8_t address_len;
    struct look *look; /* a resume beyond what this node knows waits for the log; NULL: none */
    uint8_t limited;   /* messages over the limit, one after the other */
    enum session_state state : 8;
    bool said_something : 1; /* since the last interval */
    bool warned_expiry : 1;
    bool paused : 1;
    bool ticket_pending : 1;
    bool looked_again : 1; /* the log, for the message that is being carried out */
    bool is_stream : 1;    /* live/stream.h: no frames either way, and nothing to hear from it */
};

/* How somebody came in; one of them, or none for a first message. */
struct session_entry {
    struct principal *who; /* handed over; from ?token= or Authorization */
    bool follow_all;       /* ?token= */
    bool as_stream;        /* live/stream.h; with who. An `authenticate` comes right after. */
    bool bad_token;        /* ?token= that was no good: say so and close with 4401 */
    struct str ticket;     /* len 0: none */
    struct span address;   /* counted in sockets_by_address; len 0: not */
    enum code
        refused; /* CODE_OVERLOADED, CODE_RATE_LIMITED: told so in a way that a browser can read, and closed */
    int64_t retry_after_ms; /* with refused */
};

/* After the 101 was queued. window_bits: 0 without compression. Negative: the caller closes. */
MUST_USE ON_LOOP int session_start(struct client *client, const struct session_entry *entry,
                                   unsigned window_bits);
ON_LOOP void session_bytes(struct session *session, struct mspan bytes);
ON_LOOP void session_gone(struct session *session);
ON_LOOP void session_drained(struct session *session);
ON_LOOP void session_stalled(struct session *session);
ON_LOOP void session_eof(struct session *session);
/* Says why and ends (contract, «Close codes»). Not from inside the hub. */
ON_LOOP void session_close(struct session *session, enum close_code code);
/* A stream, from inside the hub: ends in the next turn. */
ON_LOOP void session_end_soon(struct session *session);
/* Its login was revoked: 4401. */
ON_LOOP void session_revoked(struct session *session, struct str login);
ON_LOOP void session_drain(struct session *session, int64_t reconnect_after_ms);

/* What of an event somebody of this role may see, and how somebody stands in a command; REST asks too. */
enum audience session_audience(enum role role);
struct actor session_actor(const struct principal *who);

/* --- For commands.c and follow.c --- */
/* Puts it on the way as the connection takes it. */
MUST_USE ON_LOOP int session_put(struct session *session, struct frame *frame);
ON_LOOP int session_send(struct session *session, const struct buf *json);
ON_LOOP void session_error(struct session *session, const struct message *message, enum code code,
                           const char *sentence);
ON_LOOP void session_error_until(struct session *session, const struct message *message, enum code code,
                                 const char *sentence, int64_t retry_after_ms);
ON_LOOP void session_answered(
    struct session *session); /* one of in_flight came back; the session may be freed by it */
ON_LOOP void session_set_principal(struct session *session, struct principal *who); /* takes the reference */

/* commands.c: check_in, check_out, get_stats, heartbeat */
ON_LOOP void session_command(struct session *session, struct message *message);
ON_LOOP void session_get_stats(struct session *session, const struct message *message);
ON_LOOP void session_heartbeat(struct session *session, const struct message *message);
/* A location that a message names, or the token's only one. CODE_OK, or why not. */
ON_LOOP enum code session_location(const struct session *session, const struct location_ref *ref,
                                   const struct location **ret_location);
ON_LOOP void session_put_heads(const struct session *session, struct json *json);

/* follow.c: authenticate, subscribe, unsubscribe, and what a subscriber does for the hub */
extern const struct subscriber_handler SESSION_SUBSCRIBER;
/* Whether it resumes from beyond what this node has heard of: at another one the client may have seen more. */
ON_LOOP bool session_is_ahead(const struct session *session, const struct message *message);
ON_LOOP void session_authenticate(struct session *session, const struct message *message);
ON_LOOP void session_subscribe(struct session *session, const struct message *message);
ON_LOOP void session_unsubscribe(struct session *session, const struct message *message);
/* authentication_success for a ticket, a header or ?token=; the last follows all that it may. */
ON_LOOP void session_welcome(struct session *session, bool follow_all);
