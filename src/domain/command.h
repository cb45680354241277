/* domain/command.h: what somebody asks for, checked for form but not yet judged.
 *
 * Owns    nothing: texts belong to whoever keeps the command until its decision came.
 * Thread  any.
 * Bounds  notes 500 characters, reason 200, a guest's name 100, code 128 bytes, request id 64 bytes; checked where the message is read.
 * Errors  none: a value.
 * Tests   tests/unit/domain/decide_test.c */
#pragma once
#include "domain/event.h"

#define NOTES_CHARACTERS_MAX 500
#define REASON_CHARACTERS_MAX 200
#define GUEST_CHARACTERS_MAX 100
#define CODE_BYTES_MAX 128
#define REQUEST_ID_BYTES_MAX 64
#define FINGERPRINT_BYTES 16

enum command_kind { COMMAND_CHECK_IN = 1, COMMAND_CHECK_OUT = 2, COMMAND_UNDO = 3, COMMAND_EDIT = 4 };

/* Who asks, as far as the rules need to know. */
struct actor {
    struct str key;  /* the token's sub: request ids are one space for each */
    struct str name; /* shown as «by» */
    enum source source;
    bool may_override;     /* staff and above */
    bool may_override_ban; /* owner, manager */
};

struct command {
    enum command_kind kind;
    struct actor actor;
    struct str request_id; /* len 0: none */
    uint8_t
        fingerprint[FINGERPRINT_BYTES]; /* of type and payload: the same id with another one is id_reused */
    struct member_id member;            /* 0 where code names the member */
    struct str code;                    /* len 0: none */
    struct str guest;            /* of a check-in: who comes with that member; len 0: the member comes */
    struct location_id location; /* of a check-in; 0 for others */
    struct str notes;            /* at NULL: none; for an edit: leave as they are */
    struct str override_reason;  /* len 0: no override */
    struct wall_ms occurred_at;  /* WALL_NONE: now */
    struct visit_id visit;       /* of an undo or an edit */
    struct wall_ms new_checked_out_at; /* of an edit; WALL_NONE: leave */
    int64_t if_version; /* of an edit: only where the visit is still of this version; 0: of any */
};
