/* base/num.h: text to numbers, the one place where that is done.
 *
 * Owns    nothing.
 * Thread  any.
 * Bounds  whole text must be the number: no blanks, no sign for unsigned, no leading zeros where said.
 * Errors  ERR_SYNTAX where it is no number, ERR_RANGE where it is one but not allowed.
 * Tests   tests/unit/base/num_test.c */
#pragma once
#include "base/bytes.h"

/* Ids and seqs lie below this (contract section 1), so that every JSON reader holds them exactly. */
#define ID_LIMIT (INT64_C(1) << 53)

/* Decimal digits only; min and max inclusive. */
MUST_USE int num_i64(struct str text, int64_t min, int64_t max, int64_t *ret_value);
/* ^[1-9][0-9]{0,15}$ and below 2^53 (contract section 1). */
MUST_USE int num_id(struct str text, int64_t *ret_id);
/* "500ms" "30s" "15m" "2h" "7d" or plain seconds, to milliseconds. */
MUST_USE int num_duration_ms(struct str text, int64_t *ret_ms);
/* "65536" "16KiB" "4MiB" "1GiB", to bytes. */
MUST_USE int num_bytes(struct str text, int64_t *ret_bytes);
