#include "protocol/codes.h"

#include "base/err.h"

struct row {
    const char *name;
    int http;
    const char *sentence;
};

static const struct row ROWS[CODE_COUNT] = {
    [CODE_OK] = {"ok", 200, "Done"},
    [CODE_BAD_JSON] = {"bad_json", 400, "The message is not valid JSON"},
    [CODE_BAD_MESSAGE] = {"bad_message", 400, "The message does not have the form that is expected"},
    [CODE_UNKNOWN_TYPE] = {"unknown_type", 400, "There is no message of this type"},
    [CODE_ID_REUSED] = {"id_reused", 409,
                        "This request id was used before for something else; use a new one"},
    [CODE_UNAUTHENTICATED] = {"unauthenticated", 401,
                              "Not signed in, or the sign-in is no longer valid; sign in again"},
    [CODE_FORBIDDEN] = {"forbidden", 403, "Your role does not allow this"},
    [CODE_LOCATION_REQUIRED] = {"location_required", 400, "Say at which location"},
    [CODE_LOCATION_NOT_FOUND] = {"location_not_found", 404, "Location not found"},
    [CODE_MEMBER_NOT_FOUND] = {"member_not_found", 404, "Member not found"},
    [CODE_ALREADY_CHECKED_IN] = {"already_checked_in", 409, "Already checked in"},
    [CODE_NOT_CHECKED_IN] = {"not_checked_in", 409, "Not checked in"},
    [CODE_MEMBERSHIP_EXPIRED] = {"membership_expired", 403, "The membership has expired"},
    [CODE_MEMBERSHIP_NOT_STARTED] = {"membership_not_started", 403, "The membership has not started yet"},
    [CODE_MEMBERSHIP_FROZEN] = {"membership_frozen", 403, "The membership is frozen"},
    [CODE_MEMBERSHIP_CANCELLED] = {"membership_cancelled", 403, "The membership was cancelled"},
    [CODE_MEMBER_BANNED] = {"member_banned", 403, "This member is banned"},
    [CODE_VISITS_EXHAUSTED] = {"visits_exhausted", 403, "All visits of this card are used up"},
    [CODE_WRONG_LOCATION] = {"wrong_location", 403, "The membership is not valid at this location"},
    [CODE_OUTSIDE_HOURS] = {"outside_hours", 403, "The location is closed at this hour"},
    [CODE_CAPACITY_REACHED] = {"capacity_reached", 403, "The location is full"},
    [CODE_WAIVER_MISSING] = {"waiver_missing", 403, "The waiver is not signed"},
    [CODE_BALANCE_DUE] = {"balance_due", 403, "There is an open balance"},
    [CODE_TOO_OLD] = {"too_old", 422,
                      "This happened more than 72 hours ago; staff can enter the visit by hand"},
    [CODE_RATE_LIMITED] = {"rate_limited", 429, "Too many requests; wait a moment and try again"},
    [CODE_OVERLOADED] = {"overloaded", 503, "The server is busy; try again in a moment"},
    [CODE_UNAVAILABLE] = {"unavailable", 503,
                          "It cannot be recorded right now; send the same request again in a moment"},
    [CODE_INTERNAL] = {"internal", 500, "Something went wrong in the server; it was logged"},
    [CODE_NOT_FOUND] = {"not_found", 404, "There is no such thing here"},
    [CODE_CONFLICT] = {"conflict", 409, "Somebody else has this value, or changed it meanwhile"},
    [CODE_TOO_BIG] = {"too_large", 413, "This is larger than allowed"},
    [CODE_NO_MEMBERSHIP] = {"no_membership", 200, "No membership on record"},
    [CODE_NO_PHOTO] = {"no_photo", 200, "No photo on record"},
    [CODE_CLOCK_SKEW] = {"clock_skew", 200, "The device's clock is ahead; its time was taken as now"},
    [CODE_BIRTHDAY] = {"birthday", 200, "Happy birthday!"},
    [CODE_FIRST_VISIT] = {"first_visit", 200, "Welcome to the first visit!"},
    [CODE_ROUND_VISIT] = {"round_visit", 200, "A round number of visits today!"},
    [CODE_BACK_AFTER_LONG] = {"back_after_long", 200, "Welcome back, it has been a while!"},
};

static const struct row *row_of(enum code code)
{
    check((unsigned)code < CODE_COUNT && ROWS[code].name != NULL);
    return &ROWS[code];
}

const char *code_name(enum code code) { return row_of(code)->name; }
const char *code_sentence(enum code code) { return row_of(code)->sentence; }
int code_http_status(enum code code) { return row_of(code)->http; }

enum code code_of_err(int err)
{
    switch (err) {
    case ERR_BUSY:
    case ERR_RACED:
    case ERR_FULL:
    case ERR_IO:
    case ERR_DATABASE:
    case ERR_CORRUPT:
    case ERR_CLOSED: return CODE_UNAVAILABLE;
    case ERR_OVERLOADED: return CODE_OVERLOADED;
    case ERR_NOT_FOUND: return CODE_NOT_FOUND;
    case ERR_EXISTS:
    case ERR_CONFLICT: return CODE_CONFLICT;
    case ERR_TOO_BIG: return CODE_TOO_BIG;
    case ERR_LIMIT: return CODE_RATE_LIMITED;
    case ERR_FORBIDDEN: return CODE_FORBIDDEN;
    case ERR_UNAUTHENTICATED:
    case ERR_EXPIRED: return CODE_UNAUTHENTICATED;
    default: return CODE_INTERNAL;
    }
}

const char *close_reason(enum close_code code)
{
    switch (code) {
    case CLOSE_DONE: return "";
    case CLOSE_GONE: return "gone";
    case CLOSE_PROTOCOL: return "protocol";
    case CLOSE_UNACCEPTABLE: return "text_only";
    case CLOSE_BAD_TEXT: return "bad_text";
    case CLOSE_POLICY: return "forbidden";
    case CLOSE_TOO_BIG: return "too_large";
    case CLOSE_FAULT: return "internal";
    case CLOSE_RESTART: return "restart";
    case CLOSE_TOO_MANY: return "overloaded";
    case CLOSE_UNAUTHENTICATED: return "unauthenticated";
    case CLOSE_FORBIDDEN: return "forbidden";
    case CLOSE_APP_TOO_OLD: return "app_too_old";
    case CLOSE_SILENT: return "no_sign_of_life";
    case CLOSE_TOO_SLOW: return "too_slow";
    case CLOSE_RATE_LIMITED: return "rate_limited";
    }
    return "";
}
