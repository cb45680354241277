/* net/listener.h: a listening socket for one loop; each loop has its own of the same port (SO_REUSEPORT).
 *
 * Owns    the socket; accepted ones belong to the callback.
 * Thread  listener_open before its loop starts, or on it; everything else on the loop.
 * Bounds  LISTENER_BACKLOG waiting (the kernel's somaxconn may say less); LISTENER_TURN_MAX accepted in one turn.
 * Errors  ERR_EXISTS (port in use), ERR_FORBIDDEN, ERR_NOT_FOUND (no such address here), ERR_IO, ERR_NOMEM, with a sentence.
 * Tests   tests/unit/net/listener_test.c
 *
 * Out of file descriptors it pauses for LISTENER_PAUSE_MS and says so once; who waits is served later, not reset. */
#pragma once
#include "net/address.h"
#include "net/loop.h"

#define LISTENER_BACKLOG 4096
#define LISTENER_TURN_MAX 128
#define LISTENER_PAUSE_MS 250

struct listener;

/* fd is a connected, non-blocking socket (TCP_NODELAY, keepalive): hand it to conn_open, or return negative and it is closed. */
typedef int listener_on_accept(struct loop *loop, int fd, const struct peer *peer, void *ctx);

/* Port 0 is replaced in *address by the one found: open the first, then the others with the same struct. `first` makes sure
 * that nobody else listens there, which SO_REUSEPORT alone would allow a second process of the same user. */
MUST_USE int listener_open(struct loop *loop, struct address *address, bool first,
                           listener_on_accept *on_accept, void *ctx, struct listener **ret_listener,
                           struct err_detail *reterr);
/* No new connections, none of those begun lost: new SYNs are ignored (the client repeats them, and finds our successor), while
 * for wait_ms what has begun is accepted as ever; then it closes. on_drained once, on the loop; the listener is gone then. */
ON_LOOP void listener_drain(struct listener *listener, int64_t wait_ms, void (*on_drained)(void *ctx),
                            void *ctx);
/* At once; who waits is reset. The loop's end does this by itself. */
ON_LOOP void listener_close(struct listener *listener);
