/* live/exchange.h: one HTTP request from its head to its answer. What api/ is written against.
 *
 * Owns    an exchange owns its request, its arena and the principal's reference; exchange_respond ends it. It outlives its
 *         connection: if that goes first, the answer goes nowhere and everything is freed as usual.
 * Thread  its loop, but for what runs as exchange_read (a reader) or exchange_write (the writer).
 * Bounds  EXCHANGE_BYTES_MAX in the arena; one exchange a connection at a time, the next request waits.
 * Errors  what a handler cannot do it answers: exchange_fail.
 * Tests   tests/integration/ */
#pragma once
#include "http/response.h"
#include "http/router.h"
#include "live/ask.h"
#include "live/readers.h"
#include "live/site.h"

#define EXCHANGE_BYTES_MAX ((size_t)64 * 1024 * 1024)

struct server;
struct client;
struct exchange;
typedef void exchange_handler(struct exchange *exchange);

/* What a route's `handler` points to. */
struct endpoint {
    exchange_handler *handle; /* on the loop; must lead to exactly one exchange_respond, now or later */
    bool is_open;             /* no sign-in needed; else a bearer token, checked before handle */
    enum action action;       /* what the role must allow (with !is_open); MAY_COUNT: any role */
};

/* A route's flag: it takes a file, bounded by [limits] max_upload_bytes instead of max_body_bytes. */
#define ROUTE_UPLOAD 1u

struct exchange {
    struct client *client; /* NULL once the connection is gone */
    struct server *server;
    struct loop *loop;
    const struct http_request *request; /* valid until the exchange ends */
    struct http_match match;
    struct principal *who; /* NULL where the endpoint is open and no token was given */
    struct site_view view;
    const char *peer_address; /* as text, after trusted proxies; for limits and audit */
    bool is_https;            /* as the browser sees it */
    struct arena arena;
    void *state;                               /* the handler's, in the arena */
    void *once;                                /* api_make's, beside it */
    void (*on_end)(struct exchange *exchange); /* frees what state owns beyond the arena; NULL: nothing */
    json_t *body; /* the parsed body, if a handler read one; freed with the exchange */
    struct directory *held_directory;
    int result; /* of the last read or write */
    /* The exchange's own: */
    struct http_reader *reader;
    struct reading reading;
    struct ask *ask;
    int (*run)(struct sql *sql, struct exchange *exchange);
    void (*then)(struct exchange *exchange);
    void (*then_command)(struct exchange *exchange, const struct ask *ask);
};

/* Ends it. The response is taken over and done with. */
ON_LOOP void exchange_respond(struct exchange *exchange, struct http_response *response);
/* Ends it unanswered: its connection became something else. */
ON_LOOP void exchange_taken_over(struct exchange *exchange);
/* A problem document with the code's name, status and sentence; detail.at NULL: the sentence. */
ON_LOOP void exchange_fail(struct exchange *exchange, enum code code, struct str detail);
/* JSON body, no store. */
ON_LOOP void exchange_respond_json(struct exchange *exchange, int status, const struct buf *json);

/* run on a reader thread with a read-only connection; then on the loop, with exchange->result. run may use the arena and state
 * (nobody else does meanwhile). Overload is answered here: then `then` does not come. */
ON_LOOP void exchange_read(struct exchange *exchange, int (*run)(struct sql *sql, struct exchange *exchange),
                           void (*then)(struct exchange *exchange));
/* The same on the writer, in a transaction of its own; a negative result rolls back. */
ON_LOOP void exchange_write(struct exchange *exchange, int (*run)(struct sql *sql, struct exchange *exchange),
                            void (*then)(struct exchange *exchange));
/* A check-in, check-out, undo or edit: the same rules as the socket. command's texts must live in the exchange. then gets the
 * answered ask: code, reply (kept form), replayed. The actor is filled in here. */
ON_LOOP void exchange_command(struct exchange *exchange, const struct command *command,
                              void (*then)(struct exchange *exchange, const struct ask *ask));

/* --- What a handler may ask of the server --- */
const struct config *exchange_config(const struct exchange *exchange);
/* The directory as this loop has it; valid until the handler returns to the loop: take a reference to keep it. */
struct directory *exchange_directory(const struct exchange *exchange);
/* The same, held until the exchange ends: for what is read on another thread. */
struct directory *exchange_hold_directory(struct exchange *exchange);
/* This loop's head and statistics of a location, as one moment. False: no such location. */
bool exchange_stats(const struct exchange *exchange, struct location_id location, struct seq *ret_head,
                    struct stats *ret_stats);
/* The location that somebody may act at: by slug or id, or, where none is named, the token's only one. CODE_OK, or why not. */
enum code location_for(const struct directory *directory, const struct principal *who,
                       const struct location_ref *ref, const struct location **ret_location);
/* Is the page that asks one of ours (struct site)? Without an Origin it is no page. */
bool exchange_allows_origin(const struct exchange *exchange);
/* The server stops: it answers what it has and takes nothing new. */
bool exchange_is_draining(const struct exchange *exchange);
struct str exchange_epoch(const struct exchange *exchange);
/* The same for a change of locations: once it is done all loops and the writer read the directory anew, before `then`. */
ON_LOOP void exchange_write_locations(struct exchange *exchange,
                                      int (*run)(struct sql *sql, struct exchange *exchange),
                                      void (*then)(struct exchange *exchange));
/* After a log-out, a disabled user, a changed password: every connection of that session is closed with 4401 (on this node within
 * 1 s), and its access tokens are refused from now on. */
ON_LOOP void exchange_session_revoked(struct exchange *exchange, struct str session);
/* The upgrade to a socket is no exchange: live/client.c. */
