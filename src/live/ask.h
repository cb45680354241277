/* live/ask.h: what a loop asks of the writer, and gets back on its own thread.
 *
 * Owns    an ask is its maker's until ask_send; then the writer's; then on_done's, which frees it (ask_free).
 * Thread  made and answered on one loop; judged on the writer.
 * Bounds  the writer's queue: over it ask_send is ERR_OVERLOADED and the ask stays the caller's.
 * Errors  a failure of the store comes back as code CODE_UNAVAILABLE; nothing was done then.
 * Tests   tests/integration/ */
#pragma once
#include "auth/principal.h"
#include "net/loop.h"
#include "protocol/message.h"
#include "protocol/reply_json.h"
#include "store/store.h"

struct writer;
struct ask;
typedef void ask_done(struct ask *ask);

enum ask_kind { ASK_COMMAND, ASK_WORK };

struct ask {
    struct queue_node node;
    enum ask_kind kind;
    struct loop *loop; /* where on_done runs */
    ask_done *on_done; /* exactly once, never from inside ask_send */
    void *ctx;         /* the asker's; may be cleared by it while the ask is away */
    /* ASK_COMMAND: */
    struct command command; /* texts live in `keeps` and in `who` */
    enum audience audience; /* of the reply */
    struct principal *who;  /* a reference */
    struct message keeps;   /* holds the parsed tree */
    char *texts;            /* further texts of the command, malloc'ed; NULL */
    enum code code;
    bool replayed;
    struct buf reply; /* the kept form (protocol/reply_json.h); empty where code tells all */
    /* ASK_WORK: any other change, in a transaction of its own; a negative result rolls back. */
    int (*work)(struct sql *sql, struct ask *ask); /* on the writer */
    bool changes_locations; /* once done, everybody reads the directory anew, before the answer */
    int result;
};

MUST_USE int ask_create(enum ask_kind kind, struct loop *loop, ask_done *on_done, void *ctx,
                        struct ask **ret_ask);
void ask_free(struct ask *ask);
/* Hands it to the writer. Negative: it is still the caller's. */
MUST_USE int ask_send(struct writer *writer, struct ask *ask);
