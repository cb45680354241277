/* protocol/codes.h: the one table of codes: name, sentence, HTTP status, and what a client does.
 *
 * Owns    nothing: constants.
 * Thread  any.
 * Bounds  CODE_COUNT rows, CLOSE_COUNT rows.
 * Errors  none.
 * Tests   tests/unit/protocol/codes_test.c */
#pragma once
#include "base/bytes.h"
#include "domain/code.h"

const char *code_name(enum code code);
/* For people: what is the matter and, where it helps, what to do. */
const char *code_sentence(enum code code);
int code_http_status(enum code code);
/* What an err means to whoever asked: what the store or its disk cannot do now is unavailable, a full queue is overloaded, and what is
 * nobody's doing is internal. */
enum code code_of_err(int err);

/* Contract section 1, «Close codes». */
enum close_code {
    CLOSE_DONE = 1000,
    CLOSE_GONE = 1001,
    CLOSE_PROTOCOL = 1002,
    CLOSE_UNACCEPTABLE = 1003,
    CLOSE_BAD_TEXT = 1007,
    CLOSE_POLICY = 1008,
    CLOSE_TOO_BIG = 1009,
    CLOSE_FAULT = 1011,
    CLOSE_RESTART = 1012,
    CLOSE_TOO_MANY = 1013,
    CLOSE_UNAUTHENTICATED = 4401,
    CLOSE_FORBIDDEN = 4403,
    CLOSE_APP_TOO_OLD = 4406,
    CLOSE_SILENT = 4408,
    CLOSE_TOO_SLOW = 4413,
    CLOSE_RATE_LIMITED = 4429,
};
/* The reason text: an error code's name where there is one. */
const char *close_reason(enum close_code code);
