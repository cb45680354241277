#include "auth/session.h"

#include <sodium.h>

static_assert(REFRESH_KEY_BYTES == crypto_auth_hmacsha256_KEYBYTES &&
                  REFRESH_SECRET_BYTES == crypto_auth_hmacsha256_BYTES,
              "tokens are made by HMAC-SHA-256");

#define RAW_BYTES (8 + REFRESH_SECRET_BYTES + REFRESH_TAG_BYTES)
static_assert((RAW_BYTES * 4 + 2) / 3 == REFRESH_TEXT_LEN, "base64url without padding");

int refresh_parse(struct str text, struct refresh_token *ret_token)
{
    if (text.len != REFRESH_TEXT_LEN) return ERR_SYNTAX;
    OWNED(buf) struct buf raw = buf_of(128);
    TRY(base64url_get(text, &raw));
    if (raw.len != RAW_BYTES) return ERR_SYNTAX;
    uint64_t session = get_be64(raw.at);
    if (session == 0 || session > INT64_MAX) return ERR_SYNTAX;
    ret_token->session = (int64_t)session;
    memcpy(ret_token->secret, raw.at + 8, REFRESH_SECRET_BYTES);
    memcpy(ret_token->tag, raw.at + 8 + REFRESH_SECRET_BYTES, REFRESH_TAG_BYTES);
    return 0;
}

void refresh_text(const struct refresh_token *token, char ret_text[REFRESH_TEXT_BYTES])
{
    uint8_t raw[RAW_BYTES];
    put_be64(raw, (uint64_t)token->session);
    memcpy(raw + 8, token->secret, REFRESH_SECRET_BYTES);
    memcpy(raw + 8 + REFRESH_SECRET_BYTES, token->tag, REFRESH_TAG_BYTES);
    sodium_bin2base64(ret_text, REFRESH_TEXT_BYTES, raw, sizeof raw,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    secret_wipe(raw, sizeof raw);
}

/* HMAC(key, purpose | session | secret). The purpose keeps tags and successors apart. */
static void derive(const uint8_t key[REFRESH_KEY_BYTES], uint8_t purpose, const struct refresh_token *token,
                   uint8_t ret[REFRESH_SECRET_BYTES])
{
    uint8_t text[1 + 8 + REFRESH_SECRET_BYTES] = {purpose};
    put_be64(text + 1, (uint64_t)token->session);
    memcpy(text + 9, token->secret, REFRESH_SECRET_BYTES);
    crypto_auth_hmacsha256(ret, text, sizeof text, key);
    secret_wipe(text, sizeof text);
}

static void tag_of(const uint8_t key[REFRESH_KEY_BYTES], const struct refresh_token *token,
                   uint8_t ret_tag[REFRESH_TAG_BYTES])
{
    uint8_t whole[REFRESH_SECRET_BYTES];
    derive(key, 't', token, whole);
    memcpy(ret_tag, whole, REFRESH_TAG_BYTES);
    secret_wipe(whole, sizeof whole);
}

static struct refresh_token successor(const uint8_t key[REFRESH_KEY_BYTES], const struct refresh_token *token)
{
    struct refresh_token next = {.session = token->session};
    derive(key, 'n', token, next.secret);
    tag_of(key, &next, next.tag);
    return next;
}

/* The secret has 256 random bits, so that a plain hash is enough: nobody can guess through it. */
static void hash_of(const struct refresh_token *token, uint8_t ret_hash[SHA256_BYTES])
{
    crypto_hash_sha256(ret_hash, token->secret, REFRESH_SECRET_BYTES);
}

static bool is_hash(const uint8_t a[SHA256_BYTES], const uint8_t b[SHA256_BYTES])
{
    return secret_eq(span_of(a, SHA256_BYTES), span_of(b, SHA256_BYTES));
}

int session_begin(const uint8_t key[REFRESH_KEY_BYTES], int64_t id, struct wall_ms now, int64_t ttl_ms,
                  struct session_state *ret_state, struct refresh_token *ret_first)
{
    check(id > 0 && ttl_ms > 0);
    struct refresh_token first = {.session = id};
    TRY(random_bytes(first.secret, sizeof first.secret));
    tag_of(key, &first, first.tag);
    *ret_state = (struct session_state){.id = id,
                                        .rotated_at = WALL_NONE,
                                        .expires_at = {now.ms + ttl_ms},
                                        .revoked_at = WALL_NONE};
    hash_of(&first, ret_state->current);
    *ret_first = first;
    return 0;
}

/* Which of the session's tokens is this? */
enum token_age { TOKEN_NEWEST, TOKEN_PREVIOUS, TOKEN_OLD, TOKEN_STRANGE };

static enum token_age age_of(const uint8_t key[REFRESH_KEY_BYTES], const struct session_state *state,
                             const struct refresh_token *presented)
{
    if (presented->session != state->id) return TOKEN_STRANGE;
    uint8_t hash[SHA256_BYTES], tag[REFRESH_TAG_BYTES];
    hash_of(presented, hash);
    if (is_hash(hash, state->current)) return TOKEN_NEWEST;
    if (state->has_previous && is_hash(hash, state->previous)) return TOKEN_PREVIOUS;
    tag_of(key, presented, tag);
    return secret_eq(span_of(tag, sizeof tag), span_of(presented->tag, sizeof tag)) ? TOKEN_OLD
                                                                                    : TOKEN_STRANGE;
}

static enum session_verdict rotate(const uint8_t key[REFRESH_KEY_BYTES], const struct session_state *state,
                                   const struct refresh_token *presented, struct wall_ms now, int64_t ttl_ms,
                                   struct session_state *ret_after, struct refresh_token *ret_next)
{
    *ret_next = successor(key, presented);
    *ret_after = *state;
    memcpy(ret_after->previous, state->current, SHA256_BYTES);
    hash_of(ret_next, ret_after->current);
    ret_after->has_previous = true;
    ret_after->rotated_at = now;
    ret_after->expires_at.ms = now.ms + ttl_ms;
    return SESSION_RENEWED;
}

/* The one before the newest: a race within the grace, and theft after it. */
static enum session_verdict repeat(const uint8_t key[REFRESH_KEY_BYTES], const struct session_state *state,
                                   const struct refresh_token *presented, struct wall_ms now,
                                   struct session_state *ret_after, struct refresh_token *ret_next)
{
    /* A clock that was set back makes the age negative: then it is a moment ago, too. */
    bool in_grace = now.ms - state->rotated_at.ms <= REFRESH_GRACE_MS;
    struct refresh_token next = successor(key, presented);
    uint8_t hash[SHA256_BYTES];
    hash_of(&next, hash);
    /* Not its successor: the server's key was changed in between, and this answer can not be given again. */
    if (in_grace && !is_hash(hash, state->current)) return SESSION_UNKNOWN;
    if (in_grace) {
        *ret_next = next;
        return SESSION_REPEATED;
    }
    *ret_after = *state;
    ret_after->revoked_at = now;
    return SESSION_STOLEN;
}

enum session_verdict session_renew(const uint8_t key[REFRESH_KEY_BYTES], const struct session_state *state,
                                   const struct refresh_token *presented, struct wall_ms now, int64_t ttl_ms,
                                   struct session_state *ret_after, struct refresh_token *ret_next)
{
    check(ttl_ms > 0);
    enum token_age age = age_of(key, state, presented);
    if (age == TOKEN_STRANGE) return SESSION_UNKNOWN;
    if (wall_is(state->revoked_at) || now.ms >= state->expires_at.ms) return SESSION_OVER;
    switch (age) {
    case TOKEN_NEWEST: return rotate(key, state, presented, now, ttl_ms, ret_after, ret_next);
    case TOKEN_PREVIOUS: return repeat(key, state, presented, now, ret_after, ret_next);
    case TOKEN_OLD:
        *ret_after = *state;
        ret_after->revoked_at = now;
        return SESSION_STOLEN;
    case TOKEN_STRANGE: break;
    }
    return SESSION_UNKNOWN;
}

bool session_knows(const struct session_state *state, const struct refresh_token *presented)
{
    if (presented->session != state->id) return false;
    uint8_t hash[SHA256_BYTES];
    hash_of(presented, hash);
    return is_hash(hash, state->current) || (state->has_previous && is_hash(hash, state->previous));
}
