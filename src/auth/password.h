/* auth/password.h: passwords as argon2id hashes (RFC 9106), by libsodium.
 *
 * Owns    nothing.
 * Thread  any but a loop: each call takes 64 MiB and some 50 to 100 ms; the readers' pool bounds how many run at once.
 * Bounds  PASSWORD_BYTES_MAX, so that nobody makes us hash megabytes; PASSWORD_CHARACTERS_MIN for a new one.
 * Errors  ERR_NOMEM: no 64 MiB just now, which is no wrong password; ERR_CORRUPT: the stored text is no hash.
 * Tests   tests/unit/auth/password_test.c */
#pragma once
#include "base/bytes.h"

#define PASSWORD_BYTES_MAX 1024
#define PASSWORD_CHARACTERS_MIN 8
#define PASSWORD_HASH_BYTES 128

/* May somebody choose this one? ERR_RANGE with a sentence: too short or too long. Says nothing about its strength. */
MUST_USE int password_acceptable(struct str password, struct err_detail *reterr);
/* The text to store, NUL-terminated. ERR_TOO_BIG over PASSWORD_BYTES_MAX. */
MUST_USE int password_hash(struct str password, char ret_hash[PASSWORD_HASH_BYTES]);
/* 1: it is the one. 0: it is not. hash.len 0, for a user who is not there or cannot sign in, is 0 after the same work, so that the time
 * does not tell who has an account; so is a password that is too long for anybody. */
MUST_USE int password_verify(struct str hash, struct str password);
/* Made with other limits than today's: hash it anew when it was just found right. */
bool password_is_outdated(struct str hash);
