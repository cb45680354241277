#include "auth/ticket.h"

#define TICKET_BYTES 32

int ticket_make(char ret_text[TICKET_TEXT_BYTES], uint8_t ret_hash[SHA256_BYTES])
{
    uint8_t bytes[TICKET_BYTES];
    TRY(random_bytes(bytes, sizeof bytes));
    OWNED(buf) struct buf text = buf_of(64);
    int rc = base64url_put(&text, span_of(bytes, sizeof bytes));
    if (rc == 0) rc = sha256(span_of(bytes, sizeof bytes), ret_hash);
    secret_wipe(bytes, sizeof bytes);
    TRY(rc);
    check(text.len == TICKET_TEXT_LEN);
    memcpy(ret_text, text.at, text.len);
    ret_text[text.len] = '\0';
    secret_wipe(text.at, text.cap);
    return 0;
}

int ticket_parse(struct str text, uint8_t ret_hash[SHA256_BYTES])
{
    if (text.len != TICKET_TEXT_LEN) return ERR_SYNTAX;
    OWNED(buf) struct buf bytes = buf_of(64);
    TRY(base64url_get(text, &bytes));
    if (bytes.len != TICKET_BYTES) return ERR_SYNTAX;
    return sha256(buf_span(&bytes), ret_hash);
}
