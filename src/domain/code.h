/* domain/code.h: what a rule or a request can be answered with (contract section 1, «Error codes»). Their names, sentences,
 * HTTP statuses and close codes stand in one table, protocol/codes.c.
 *
 * Owns    nothing.
 * Thread  any.
 * Bounds  CODE_COUNT.
 * Errors  these are answers, not failures of ours: base/err.h has those.
 * Tests   tests/unit/protocol/codes_test.c */
#pragma once

enum code {
    CODE_OK,
    CODE_BAD_JSON,
    CODE_BAD_MESSAGE,
    CODE_UNKNOWN_TYPE,
    CODE_ID_REUSED,
    CODE_UNAUTHENTICATED,
    CODE_FORBIDDEN,
    CODE_LOCATION_REQUIRED,
    CODE_LOCATION_NOT_FOUND,
    CODE_MEMBER_NOT_FOUND,
    CODE_ALREADY_CHECKED_IN,
    CODE_NOT_CHECKED_IN,
    CODE_MEMBERSHIP_EXPIRED,
    CODE_MEMBERSHIP_NOT_STARTED,
    CODE_MEMBERSHIP_FROZEN,
    CODE_MEMBERSHIP_CANCELLED,
    CODE_MEMBER_BANNED,
    CODE_VISITS_EXHAUSTED,
    CODE_WRONG_LOCATION,
    CODE_OUTSIDE_HOURS,
    CODE_CAPACITY_REACHED,
    CODE_WAIVER_MISSING,
    CODE_BALANCE_DUE,
    CODE_TOO_OLD,
    CODE_RATE_LIMITED,
    CODE_OVERLOADED,
    CODE_UNAVAILABLE,
    CODE_INTERNAL,
    /* Answers of REST alone: */
    CODE_NOT_FOUND, /* a visit, a user, a page */
    CODE_CONFLICT,  /* changed meanwhile (ETag), or taken (a card, a number, a slug) */
    CODE_TOO_BIG,
    /* Warnings only: */
    CODE_NO_MEMBERSHIP,
    CODE_NO_PHOTO,
    CODE_CLOCK_SKEW,
    /* Greetings only: */
    CODE_BIRTHDAY,
    CODE_FIRST_VISIT,
    CODE_ROUND_VISIT, /* the 100th, 200th, … */
    CODE_BACK_AFTER_LONG,
    CODE_COUNT
};

/* Some of them, at most this many for one decision. */
#define NOTES_MAX 12
struct code_list {
    unsigned count;
    enum code at[NOTES_MAX];
};
