/* protocol/out.h: every other message of the server, as JSON (contract section 1, «Server → client»).
 *
 * Owns    nothing; writes into the caller's buf.
 * Thread  any.
 * Bounds  OUT_BYTES_MAX; initial_stats grows with the locations followed.
 * Errors  ERR_NOMEM, ERR_TOO_BIG.
 * Tests   tests/integration/, where each message is held against docs/api/asyncapi.yaml */
#pragma once
#include "domain/stats.h"
#include "protocol/codes.h"
#include "protocol/event_json.h"

#define OUT_BYTES_MAX ((size_t)16 * 1024 * 1024)

/* A location's slug with a number or a refusal. */
struct head {
    struct str slug;
    struct seq seq;
};

/* {"type":…,"id":…,"payload":{ … then out_end. The caller writes the payload's members between them. */
struct json out_begin(struct buf *buf, const char *type, struct str id);
MUST_USE int out_end(struct json *json);

/* "heads": {"<slug>": seq, …} */
void out_heads(struct json *json, const char *key, const struct head *heads, size_t count);

struct out_error {
    enum code code;
    struct str sentence;    /* at NULL: the code's own */
    struct str request;     /* the type that was asked; at NULL: none */
    int64_t retry_after_ms; /* 0: not said */
};
MUST_USE int out_error(struct buf *buf, struct str id, const struct out_error *error);

struct out_user {
    struct str sub; /* digits are given as a number */
    struct str name;
    const char *role;
};
void out_user(struct json *json, const char *key, const struct out_user *user);

/* The members of a stats object (contract 1.2), into an open object. */
void out_stats(struct json *json, const struct location *location, const struct stats *stats);
/* "totals" over several. */
struct totals {
    int64_t currently_in, check_ins, check_outs, denied;
};
void totals_add(struct totals *totals, const struct stats *stats);
void out_totals(struct json *json, const char *key, const struct totals *totals);

MUST_USE int out_stats_update(struct buf *buf, const struct location *location, const struct stats *stats);
MUST_USE int out_resync(struct buf *buf, struct str slug, struct seq head);
