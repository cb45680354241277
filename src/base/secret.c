#include "base/secret.h"

#include <sodium.h>
#include <stdlib.h>

int secret_set(struct secret *secret, struct span bytes)
{
    if (bytes.len > SECRET_BYTES_MAX) return ERR_TOO_BIG;
    uint8_t *copy = malloc(bytes.len == 0 ? 1 : bytes.len);
    if (copy == NULL) return ERR_NOMEM;
    if (bytes.len > 0) memcpy(copy, bytes.at, bytes.len);
    secret_done(secret);
    secret->at = copy;
    secret->len = bytes.len;
    return 0;
}

void secret_done(struct secret *secret)
{
    if (secret->at != NULL) sodium_memzero(secret->at, secret->len);
    free(secret->at);
    *secret = (struct secret){0};
}

bool secret_eq(struct span a, struct span b)
{
    if (a.len != b.len) return false;
    return a.len == 0 || sodium_memcmp(a.at, b.at, a.len) == 0;
}

void secret_wipe(void *at, size_t len) { sodium_memzero(at, len); }

int random_bytes(uint8_t *ret_bytes, size_t count)
{
    /* Safe to call again and from any thread; negative only where the system has no randomness. */
    if (sodium_init() < 0) return ERR_INTERNAL;
    randombytes_buf(ret_bytes, count);
    return 0;
}

int sha256(struct span bytes, uint8_t ret_digest[SHA256_BYTES])
{
    static_assert(crypto_hash_sha256_BYTES == SHA256_BYTES, "libsodium's SHA-256 is SHA-256");
    return crypto_hash_sha256(ret_digest, bytes.at, bytes.len) == 0 ? 0 : ERR_INTERNAL;
}

int base64url_put(struct buf *out, struct span bytes)
{
    size_t need = sodium_base64_encoded_len(bytes.len, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    TRY(buf_reserve(out, need));
    sodium_bin2base64((char *)out->at + out->len, need, bytes.at, bytes.len,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    out->len += need - 1; /* need counts a NUL */
    return 0;
}

int base64url_get(struct str text, struct buf *out)
{
    if (text.len == 0) return 0;
    /* libsodium takes the byte 0xff for «_»: so a token could be written in two ways. */
    if (!str_is_ascii(text)) return ERR_SYNTAX;
    TRY(buf_reserve(out, text.len / 4 * 3 + 3));
    size_t room = out->cap - out->len;
    size_t written = 0;
    const char *end = NULL;
    if (sodium_base642bin(out->at + out->len, room, text.at, text.len, NULL, &written, &end,
                          sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0) {
        return ERR_SYNTAX;
    }
    if (end != text.at + text.len) return ERR_SYNTAX;
    out->len += written;
    return 0;
}

int hex_put(struct buf *out, struct span bytes)
{
    static const char DIGITS[] = "0123456789abcdef";
    size_t need;
    TRY(size_mul(bytes.len, 2, &need));
    TRY(buf_reserve(out, need));
    for (size_t i = 0; i < bytes.len; i++) {
        out->at[out->len++] = (uint8_t)DIGITS[bytes.at[i] >> 4];
        out->at[out->len++] = (uint8_t)DIGITS[bytes.at[i] & 15u];
    }
    return 0;
}
