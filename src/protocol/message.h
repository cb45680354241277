/* protocol/message.h: what a client may say on the socket: JSON to a struct (contract section 1, «Client → server»).
 *
 * Owns    the parsed tree; every text in the message is a view into it, until message_done.
 * Thread  any.
 * Bounds  LOCATIONS_NAMED_MAX locations in one message; texts as the contract says.
 * Errors  none as results of ours: a message that is wrong is a code and a sentence, and is answered.
 * Tests   tests/unit/protocol/message_test.c, tests/fuzz/protocol_message.c */
#pragma once
#include "domain/command.h"
#include "protocol/json_in.h"

#define LOCATIONS_NAMED_MAX 1000
#define HEARTBEAT_BYTES_MAX 256
#define TOKEN_BYTES_MAX 8192

enum message_type {
    MESSAGE_NONE,
    MESSAGE_AUTHENTICATE,
    MESSAGE_CHECK_IN,
    MESSAGE_CHECK_OUT,
    MESSAGE_SUBSCRIBE,
    MESSAGE_UNSUBSCRIBE,
    MESSAGE_GET_STATS,
    MESSAGE_HEARTBEAT,
};

/* A location as somebody named it: by slug, or by id where slug.at is NULL. Both none: not said. */
struct location_ref {
    struct str slug;
    struct location_id id;
};
static inline bool location_ref_is(const struct location_ref *ref)
{
    return ref->slug.at != NULL || ref->id.n != 0;
}

/* {"epoch": "…", "after": {"<location>": <last seq seen>}} */
struct resume {
    bool given;
    struct str epoch;    /* len 0: not said */
    const json_t *after; /* an object whose values are seqs, or NULL */
};

struct message {
    enum message_type type;
    struct str type_name; /* as sent, for the error's `request`; at NULL where unreadable */
    struct str id;        /* len 0: none */
    json_t *tree;
    struct str token;        /* authenticate; at NULL: none */
    bool all_locations;      /* "*", or left out in authenticate */
    const json_t *locations; /* an array of location names, or NULL */
    struct resume resume;
    struct location_ref location;
    const json_t *payload;
    /* check_in and check_out: kind, member or code, notes, override, occurred_at, request id and fingerprint; the session adds
     * the actor and the location. */
    struct command command;
};

/* CODE_OK, or what is wrong; *ret_sentence then says it for people (a literal). The message must be done in either case. */
MUST_USE enum code message_parse(struct span text, struct message *ret_message, const char **ret_sentence);
void message_done(struct message *message);
static inline void message_owned(struct message *message) { message_done(message); }

/* The payload of check_in or check_out, REST's bodies too; fills command and location. */
MUST_USE enum code command_parse(enum command_kind kind, const json_t *payload, struct command *command,
                                 struct location_ref *ret_location, const char **ret_sentence);
/* A slug or an id, as a JSON value. */
MUST_USE int location_ref_parse(const json_t *value, struct location_ref *ret_ref);
/* 1: resume.after has that location, by slug or id, with *ret_after; 0: left out. */
MUST_USE int resume_after(const struct resume *resume, const struct location *location,
                          struct seq *ret_after);
