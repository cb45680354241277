/* auth/session.h: a sign-in's life: refresh tokens that are good once, and the theft that using one twice betrays.
 *
 * Owns    nothing: values in, values out; the caller stores struct session_state in one transaction with its decision.
 * Thread  any.
 * Bounds  texts of REFRESH_TEXT_BYTES.
 * Errors  ERR_SYNTAX: no refresh token; ERR_INTERNAL: no random bytes.
 * Tests   tests/unit/auth/session_test.c
 *
 * The database holds hashes of the newest token and of the one before. A successor is not drawn but derived: HMAC(server's key, the
 * token before it). So whoever presents the same token again within REFRESH_GRACE_MS (two tabs that race with one cookie, an answer that was
 * lost) gets the *same* successor, and whichever answer a browser keeps, it keeps the good one. Nothing is rotated by such a repeat, and
 * nobody can compute a successor without the server's key.
 * After the grace, or once the successor was used, a token seen again means that two hold it: theft, and the session ends for both.
 * Tokens older than the last two are known by the tag that each carries (HMAC again): only we make it, so that a stranger who guesses
 * session ids is refused and cannot sign anybody out. */
#pragma once
#include "base/time.h"
#include "base/secret.h"

#define REFRESH_GRACE_MS 10000
#define REFRESH_KEY_BYTES 32
#define REFRESH_KEY_PURPOSE "refresh tokens" /* jwt_keys_derive */
#define REFRESH_SECRET_BYTES 32
#define REFRESH_TAG_BYTES 16
#define REFRESH_TEXT_LEN 75
#define REFRESH_TEXT_BYTES (REFRESH_TEXT_LEN + 1)

struct refresh_token {
    int64_t session; /* its id in the database */
    uint8_t secret[REFRESH_SECRET_BYTES];
    uint8_t tag[REFRESH_TAG_BYTES];
};
MUST_USE int refresh_parse(struct str text, struct refresh_token *ret_token);
/* NUL-terminated base64url. */
void refresh_text(const struct refresh_token *token, char ret_text[REFRESH_TEXT_BYTES]);

/* A row of `sessions`. */
struct session_state {
    int64_t id;                     /* above 0 */
    uint8_t current[SHA256_BYTES];  /* hash of the newest token */
    uint8_t previous[SHA256_BYTES]; /* of the one before; all 0: none */
    bool has_previous;
    struct wall_ms rotated_at; /* when the newest came; WALL_NONE with has_previous false */
    struct wall_ms expires_at; /* moves on with each renewal */
    struct wall_ms revoked_at; /* WALL_NONE: it stands */
};

/* A new session: its first token, random. */
MUST_USE int session_begin(const uint8_t key[REFRESH_KEY_BYTES], int64_t id, struct wall_ms now,
                           int64_t ttl_ms, struct session_state *ret_state, struct refresh_token *ret_first);

enum session_verdict {
    SESSION_RENEWED,  /* store *ret_after, hand *ret_next out */
    SESSION_REPEATED, /* the same *ret_next once more; nothing to store */
    SESSION_STOLEN,   /* store *ret_after (revoked), close its sockets, write it to the audit; 401 */
    SESSION_OVER,     /* expired, or revoked before; 401 */
    SESSION_UNKNOWN,  /* not a token of this session; 401 and nothing else */
};
/* Judges a presented token against the session that it names. *ret_after and *ret_next are written where the verdict says so. */
enum session_verdict session_renew(const uint8_t key[REFRESH_KEY_BYTES], const struct session_state *state,
                                   const struct refresh_token *presented, struct wall_ms now, int64_t ttl_ms,
                                   struct session_state *ret_after, struct refresh_token *ret_next);
/* Does this token speak for the session, for a log-out? Its newest or the one before. */
bool session_knows(const struct session_state *state, const struct refresh_token *presented);
