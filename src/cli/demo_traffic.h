/* cli/demo_traffic.h: made-up people who come and go in `footfall demo --traffic`: a turnstile's client on the server's own socket, so
 * that what a screen shows took the whole way of a check-in.
 *
 * Owns    its thread and connection.
 * Thread  start and stop on main.
 * Bounds  GUESTS_MAX people are remembered as inside; over it, or over a fifth of the members, who came first leaves.
 * Errors  a connection that is cut is opened again after a second; the log says why.
 * Tests   tests/integration/demo.test.ts */
#pragma once
#include "cli/home.h"

struct demo_traffic_options {
    const struct home *home; /* whose key signs the turnstile's token; outlives the traffic */
    const char *url;         /* of the server */
    int64_t per_minute;
    int64_t members, locations; /* ids 1 to these */
};

struct demo_traffic;
MUST_USE int demo_traffic_start(const struct demo_traffic_options *options, struct demo_traffic **ret_traffic,
                                struct err_detail *reterr);
/* Ends its thread. NULL is fine. */
void demo_traffic_stop(struct demo_traffic *traffic);
