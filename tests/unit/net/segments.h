/* tests/unit/net/segments.h: how many segments with data a TCP socket has sent: with TCP_NODELAY, how many writes.
 *
 * Owns    nothing.
 * Thread  any.
 * Bounds  none.
 * Errors  aborts where the kernel does not tell.
 * Tests   conn_test.c */
#pragma once
#include <stdint.h>

uint32_t segments_sent(int fd);
