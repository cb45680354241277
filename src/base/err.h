/* base/err.h: how a function says that the world failed; and how words about it reach a person.
 *
 * Owns    nothing; struct err_detail is the caller's and holds its text by value.
 * Thread  any.
 * Bounds  a detail's text is at most ERR_TEXT_BYTES, cut at the end.
 * Errors  this is where they are named: by kind, not by module.
 * Tests   tests/unit/base/err_test.c */
#pragma once
#include "base/check.h"

#define MUST_USE __attribute__((warn_unused_result))
#define PRINTF_LIKE(text, first) __attribute__((format(printf, text, first)))

/* An int result below zero is one of these. 0 and 1 are said by each header («nothing yet», «here it is»). */
enum err {
    ERR_NOMEM = -1,    /* an allocation failed, ours or a library's */
    ERR_TOO_BIG = -2,  /* over a bound that was known beforehand */
    ERR_PROTOCOL = -3, /* a peer broke the protocol it speaks */
    ERR_TEXT = -4,     /* bytes that should be UTF-8 are not */
    ERR_SYNTAX = -5,   /* text that does not parse: JSON, a number, a date, a token */
    ERR_RANGE = -6,    /* parses, but lies outside what is allowed */
    ERR_NOT_FOUND = -7,
    ERR_EXISTS = -8,   /* already there: a unique value is taken */
    ERR_CONFLICT = -9, /* somebody changed it meanwhile */
    ERR_FORBIDDEN = -10,
    ERR_UNAUTHENTICATED = -11, /* no or bad credentials */
    ERR_EXPIRED = -12,         /* was good, its time is over */
    ERR_BUSY = -13,            /* held by another process; later may work */
    ERR_IO = -14,              /* disk or socket */
    ERR_FULL = -15,            /* no room on the disk */
    ERR_DATABASE = -16,        /* the database said no, for another reason than the ones here */
    ERR_CORRUPT = -17,         /* stored data that cannot be as it is */
    ERR_CLOSED = -18,          /* the other end is gone, or we are closing */
    ERR_LIMIT = -19,           /* too many or too often */
    ERR_OVERLOADED = -20,      /* a queue of ours is full */
    ERR_UNSUPPORTED = -21,
    ERR_RACED = -23, /* another process was faster; nothing was done, and the same again may work at once */
    ERR_INTERNAL = -22, /* a library failed in a way that has no name here */
};

/* The word for a code: "too big"; for logs and messages. */
const char *err_word(int code);

#define ERR_TEXT_BYTES 240

/* Words for a person, where a person reads: configuration, start-up, migration, import, command line. */
struct err_detail {
    int code;
    int line;
    const char *file;          /* where in our source; a literal */
    char text[ERR_TEXT_BYTES]; /* what happened and what to do next; NUL-terminated UTF-8 */
};

/* Fills *reterr (may be NULL) and returns code, so that `return fail(reterr, ERR_IO, "…")` reads well. */
#define fail(reterr, code, ...) err_fill(reterr, code, __FILE__, __LINE__, __VA_ARGS__)
int err_fill(struct err_detail *reterr, int code, const char *file, int line, const char *format, ...)
    PRINTF_LIKE(5, 6);

/* Returns a negative result to the caller. The only macro of ours that hides a return. */
#define TRY(call)                                                                                            \
    do {                                                                                                     \
        int try_result_ = (call);                                                                            \
        if (try_result_ < 0) return try_result_;                                                             \
    } while (0)

/* Says that a result is left alone on purpose, and why. */
#define ignore(result, why)                                                                                  \
    do {                                                                                                     \
        __typeof__(result) ignored_ = (result); /* gcc: a cast to void does not silence MUST_USE */          \
        (void)ignored_;                                                                                      \
        (void)sizeof("" why);                                                                                \
    } while (0)
