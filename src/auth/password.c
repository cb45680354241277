/* libsodium's «interactive» limits: 64 MiB and two passes. They are written here once more as a hash that nobody's password has: who is not
 * there is compared with it (a test holds its limits against libsodium's). */
#include "auth/password.h"

#include "base/utf8.h"

#include <errno.h>
#include <sodium.h>

static_assert(PASSWORD_HASH_BYTES >= crypto_pwhash_STRBYTES, "a hash and its NUL fit");

static const char NOBODY[crypto_pwhash_STRBYTES] =
    "$argon2id$v=19$m=65536,t=2,p=1$UkPiUSkGqSo3y5+rX0gXVQ$qmSTuvMuCcC1BHVJ6g3gNjlf0ZE3LwQjLaKkZT6R1H0";

int password_acceptable(struct str password, struct err_detail *reterr)
{
    if (password.len > PASSWORD_BYTES_MAX) {
        return fail(reterr, ERR_RANGE, "a password has at most %d bytes", PASSWORD_BYTES_MAX);
    }
    if (utf8_count(password) < PASSWORD_CHARACTERS_MIN) {
        return fail(reterr, ERR_RANGE, "a password needs at least %d characters", PASSWORD_CHARACTERS_MIN);
    }
    return 0;
}

int password_hash(struct str password, char ret_hash[PASSWORD_HASH_BYTES])
{
    if (password.len > PASSWORD_BYTES_MAX) return ERR_TOO_BIG;
    if (sodium_init() < 0) return ERR_INTERNAL;
    char hash[crypto_pwhash_STRBYTES];
    if (crypto_pwhash_str_alg(hash, password.at, password.len, crypto_pwhash_OPSLIMIT_INTERACTIVE,
                              crypto_pwhash_MEMLIMIT_INTERACTIVE, crypto_pwhash_ALG_ARGON2ID13) != 0) {
        return ERR_NOMEM;
    }
    memcpy(ret_hash, hash, sizeof hash);
    return 0;
}

/* libsodium says -1 for a wrong password and for missing memory alike; errno tells them apart. */
static int verify(const char *hash, struct str password)
{
    errno = 0;
    if (crypto_pwhash_str_verify(hash, password.at, password.len) == 0) return 1;
    return errno == EINVAL ? 0 : ERR_NOMEM;
}

int password_verify(struct str hash, struct str password)
{
    if (sodium_init() < 0) return ERR_INTERNAL;
    if (hash.len == 0 || password.len > PASSWORD_BYTES_MAX) {
        struct str cut = {password.at, password.len > PASSWORD_BYTES_MAX ? PASSWORD_BYTES_MAX : password.len};
        int rc = verify(NOBODY, cut);
        return rc < 0 ? rc : 0;
    }
    char text[crypto_pwhash_STRBYTES] = "";
    if (hash.len >= sizeof text || !str_starts(hash, str_c(crypto_pwhash_argon2id_STRPREFIX))) {
        return ERR_CORRUPT;
    }
    memcpy(text, hash.at, hash.len);
    /* Asked first, since a hash that cannot be read would look like missing memory. */
    if (crypto_pwhash_str_needs_rehash(text, crypto_pwhash_OPSLIMIT_INTERACTIVE,
                                       crypto_pwhash_MEMLIMIT_INTERACTIVE) < 0) {
        return ERR_CORRUPT;
    }
    return verify(text, password);
}

bool password_is_outdated(struct str hash)
{
    char text[crypto_pwhash_STRBYTES] = "";
    if (hash.len >= sizeof text) return true;
    if (hash.len > 0) memcpy(text, hash.at, hash.len);
    return crypto_pwhash_str_needs_rehash(text, crypto_pwhash_OPSLIMIT_INTERACTIVE,
                                          crypto_pwhash_MEMLIMIT_INTERACTIVE) != 0;
}
