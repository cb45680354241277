/* net/process.h: what a process with many sockets sets once, at its start.
 *
 * Owns    nothing.
 * Thread  before others start.
 * Bounds  the hard limit.
 * Errors  ERR_FORBIDDEN: the limit stays as it was.
 * Tests   tests/unit/net/process_test.c */
#pragma once
#include "base/err.h"

/* Raises the limit of open files to the hard one; *ret_count_max is what holds then, also on failure. */
MUST_USE int net_raise_file_limit(uint64_t *ret_count_max);
