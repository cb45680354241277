/* auth/ticket.h: one-time tickets for a socket's address: 256 random bits; the database holds their hash and whose they are.
 *
 * Owns    nothing.
 * Thread  any.
 * Bounds  TICKET_TEXT_LEN characters.
 * Errors  ERR_SYNTAX: no ticket; ERR_INTERNAL: no random bytes.
 * Tests   tests/unit/auth/ticket_test.c; contract «Getting in»
 *
 * Life: ticket_make, INSERT (hash, claims by claims_keep, expires_at); then ticket_parse and one DELETE … WHERE hash = ? AND expires_at > ?
 * that gives the claims back: who deletes it has it. A hash may be looked up by an index: 256 random bits tell nothing by their order. */
#pragma once
#include "base/secret.h"

#define TICKET_TEXT_LEN 43
#define TICKET_TEXT_BYTES (TICKET_TEXT_LEN + 1)

MUST_USE int ticket_make(char ret_text[TICKET_TEXT_BYTES], uint8_t ret_hash[SHA256_BYTES]);
MUST_USE int ticket_parse(struct str text, uint8_t ret_hash[SHA256_BYTES]);
