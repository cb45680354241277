/* domain/batch.h: many commands decided together: a store loads the rows they name, decide() judges in order, each seeing the
 * ones before it, and the store saves all in one transaction. The rules exist once, for every store.
 *
 * Owns    everything in it, through its arena, until batch_clear; commands are the caller's and outlive the batch.
 * Thread  the writer.
 * Bounds  BATCH_COMMANDS_MAX commands, BATCH_DUE_MAX visits that end by themselves, BATCH_BYTES_MAX in all.
 * Errors  ERR_NOMEM, ERR_TOO_BIG: the whole batch is off, nothing was done; the caller rolls back.
 * Tests   tests/unit/domain/decide_test.c; tests/unit/store/ runs it through real stores */
#pragma once
#define HASH_NONFATAL_OOM 1
#include <uthash.h>
#include "base/arena.h"
#include "domain/command.h"
#include "domain/rules.h"
#include "domain/stats.h"

#define BATCH_COMMANDS_MAX 1024
#define BATCH_DUE_MAX 1024
#define BATCH_RECENT_MAX 256
#define BATCH_BYTES_MAX ((size_t)64 * 1024 * 1024)
#define CODE_KEY_BYTES_MAX (CODE_BYTES_MAX * 2) /* a small letter may be longer than its capital */

/* --- What a store loads --- */

/* A location's row, held under lock until the commit. */
struct location_state {
    const struct location *location;
    struct seq head;    /* the last seq given out; decide moves it */
    struct stats stats; /* as of head; decide moves it */
    bool changed;       /* events were added */
    bool refold;        /* the day must be re-folded from the visits: save does, after writing them */
    UT_hash_handle hh;
};

struct batch_member {
    struct member member;
    struct batch_visit *made; /* visits begun in this batch, newest first, by next_of_member */
    struct visit *
        *recent; /* loaded only where a command tells of the past (occurred_at): the member's visits since */
    size_t
        recent_count; /* late_max_ms and max_stay_ms ago, oldest first, at most BATCH_RECENT_MAX of the newest */
    bool changed;     /* visits_total or last_visit_at */
    UT_hash_handle hh;
};

/* A request answered before (contract 1.1, point 3), or in this batch. */
struct batch_request {
    struct str key; /* actor key, 0x1f, request id */
    uint8_t fingerprint[FINGERPRINT_BYTES];
    struct str reply;     /* what protocol/reply_json.c made of the decision, opaque to stores */
    size_t command_index; /* of this batch's command; SIZE_MAX for a loaded one */
    UT_hash_handle hh;
};

/* The open line of refusals of one member (or unknown code) at one location and source. */
struct batch_denial {
    struct str key; /* denial_key() */
    struct wall_ms first_at;
    int32_t repeats;
    bool changed;
    UT_hash_handle hh;
};

/* --- What decide makes --- */

struct decision {
    enum code code; /* CODE_OK: carried out (or repeated, or replayed) */
    bool replayed;
    bool repeated;
    bool can_override;
    const struct member *member; /* NULL where nobody is known */
    const char *member_status;
    const struct location *location; /* of the visit */
    struct visit visit;              /* as it is after the command */
    struct seq seq;                  /* of the event; 0: none */
    int32_t currently_in;
    int64_t duration_seconds;
    struct code_list warnings;
    struct code_list greetings;
    struct batch_request
        *request; /* replayed: the one answered before; new: keep it, since it made an event; else NULL */
};

/* Save takes a new visit's punch (visit.membership: visits_left less one) and gives an undone one's back. */
struct batch_visit {
    struct visit visit;
    struct str notes; /* at NULL: none, or as they are */
    struct str checked_in_by;
    struct str checked_out_by;
    enum source source;
    bool is_new;
    bool is_changed;    /* of a loaded one */
    bool is_undone_now; /* undone in this batch: give the punch back */
    struct batch_visit *next_of_member;
    UT_hash_handle hh;
};

/* Something for the audit: who overrode, undid or edited what and why. */
struct batch_audit {
    struct str actor;
    const char *action; /* "override", "undo", "edit_visit" */
    struct visit_id visit;
    struct member_id member;
    struct location_id location;
    struct str reason;
    struct wall_ms at;
};

struct batch {
    struct arena arena;
    const struct rules *rules;
    const struct directory *directory;
    struct wall_ms now;
    const struct command *const *commands;
    size_t command_count;
    struct member_id
        *named; /* load: for each command, whom it names; 0: nobody. For undo and edit: the visit's member */
    bool *
        visited_today; /* load: for each check-in, whether the member was let in at that location on its local day before */
    struct visit_id next_visit;       /* load: the next free number; decide moves it */
    struct location_state *locations; /* hashes */
    struct batch_member *members;
    struct batch_request *requests;
    struct batch_denial *denials;
    struct batch_visit *visits; /* every visit loaded or made */
    struct visit **due;         /* load: open visits whose auto_end_at is at or before now, oldest first */
    size_t due_count;
    bool more_due;              /* more than BATCH_DUE_MAX: run again at once */
    struct decision *decisions; /* decide: one for each command */
    struct event *events;       /* decide: in order; seq rises within each location */
    size_t event_count;
    size_t event_cap;
    struct batch_audit *audits;
    size_t audit_count;
    size_t audit_cap;
};

/* An empty batch; rules and directory outlive it. */
void batch_init(struct batch *batch, const struct rules *rules);
void batch_done(struct batch *batch);
/* Begins anew with these commands at this moment. */
MUST_USE int batch_begin(struct batch *batch, const struct directory *directory,
                         const struct command *const *commands, size_t count, struct wall_ms now);

/* For stores, while loading. Each returns what is there already, or puts a zeroed one in and sets *ret_new. */
MUST_USE int batch_put_location(struct batch *batch, struct location_id id, struct location_state **ret_state,
                                bool *ret_new);
MUST_USE int batch_put_member(struct batch *batch, struct member_id id, struct batch_member **ret_member,
                              bool *ret_new);
MUST_USE int batch_put_request(struct batch *batch, struct str key, struct batch_request **ret_request,
                               bool *ret_new);
MUST_USE int batch_put_denial(struct batch *batch, struct str key, struct batch_denial **ret_denial,
                              bool *ret_new);
MUST_USE int batch_put_visit(struct batch *batch, struct visit_id id, struct batch_visit **ret_visit,
                             bool *ret_new);
struct location_state *batch_location(const struct batch *batch, struct location_id id);
struct batch_member *batch_member(const struct batch *batch, struct member_id id);
struct batch_visit *batch_visit(const struct batch *batch, struct visit_id id);

/* The keys that commands name rows by; in the batch's arena. */
/* Who asks, and by which id: what the same request is known by. */
MUST_USE int request_key_put(struct buf *out, struct str actor_key, struct str request_id);
MUST_USE int request_key(struct batch *batch, const struct command *command, struct str *ret_key);
MUST_USE int denial_key(struct batch *batch, const struct command *command, struct member_id member,
                        struct str *ret_key);
/* What a scanned code is looked up by: without outer blanks and letter case, whatever its kind. A QR token must be
 * met exactly besides. */
MUST_USE int code_key(struct str code, struct buf *out);

/* Judges all commands in order; first ends the visits that are due. Fills decisions and events, changes the loaded rows. */
MUST_USE int decide(struct batch *batch);
