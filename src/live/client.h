/* live/client.h: one accepted connection: first HTTP requests, one after the other; after an upgrade a socket session.
 *
 * Owns    the connection, the reader of the request being read, the exchange or session that has it.
 * Thread  its loop.
 * Bounds  CLIENT_PENDING_BYTES of further requests while one is answered.
 * Errors  none to callers: a connection that cannot go on is answered and closed.
 * Tests   tests/integration/handshake.test.ts */
#pragma once
#include "live/worker.h"

#define CLIENT_PENDING_BYTES ((size_t)64 * 1024)

struct session;

struct client {
    struct conn conn;
    struct worker *worker;
    struct http_reader *reader; /* NULL while an exchange has it, and after the upgrade */
    struct exchange *exchange;
    struct session *session;
    struct buf pending; /* bytes behind the request that is being answered */
    struct timer timer;
    struct peer peer;
    struct http_match match;
    enum http_found found;
};

int client_accept(struct loop *loop, int fd, const struct peer *peer, void *ctx);
/* The answer is on its way: goes on with the next request, or closes. */
ON_LOOP void client_answered(struct client *client, struct http_reader *reader, struct frame *frame,
                             bool keep_alive);
/* Hands the whole request to a handler, once its token and role are found good. */
ON_LOOP void exchange_begin(struct client *client, const struct endpoint *endpoint);
ON_LOOP void exchange_begin_with(struct client *client, const struct endpoint *endpoint,
                                 exchange_handler *handle);
ON_LOOP void client_close(struct client *client, int why);
