/* ws/handshake.h: judges the opening handshake (RFC 6455 section 4) and agrees on compression (RFC 7692 section 7.1).
 *
 * Owns    nothing; struct ws_answer holds its text by value.
 * Thread  any; no globals, no clock, no randomness.
 * Bounds  constant memory; one pass over each value.
 * Errors  a refusal is no error but an answer with a status. ERR_INTERNAL where the machine cannot hash.
 * Tests   tests/unit/ws/handshake_test.c, tests/fuzz/ws_handshake.c */
#pragma once
#include "base/bytes.h"

/* Header values of a GET, all lines of one name joined by ", "; .at NULL where there is none. Their names, Host and Origin
 * have been looked at by http/. */
struct ws_request {
    struct str upgrade;
    struct str connection;
    struct str key;        /* Sec-WebSocket-Key */
    struct str version;    /* Sec-WebSocket-Version */
    struct str protocol;   /* Sec-WebSocket-Protocol: checked, none of them is ever chosen */
    struct str extensions; /* Sec-WebSocket-Extensions */
};

#define WS_VERSION "13"
#define WS_ACCEPT_BYTES 29 /* 28 and a NUL */
#define WS_EXTENSIONS_BYTES 112

struct ws_answer {
    int status; /* 101; 400: broken; 426: also send `Sec-WebSocket-Version: 13` and `Upgrade: websocket` */
    const char *reason;                   /* of a refusal, for people; a literal */
    char accept[WS_ACCEPT_BYTES];         /* Sec-WebSocket-Accept */
    char extensions[WS_EXTENSIONS_BYTES]; /* Sec-WebSocket-Extensions; empty: leave the header out */
    unsigned window_bits; /* 0: no compression; else compress with at most this window (ws_deflate) */
};

/* may_compress: false declines every offer. */
MUST_USE int ws_handshake(const struct ws_request *request, bool may_compress, struct ws_answer *ret_answer);

/* RFC 6455 4.2.2 step 5.4: what a server answers to a key; a client compares. */
MUST_USE int ws_accept_key(struct str key, char ret_accept[WS_ACCEPT_BYTES]);
/* A client's key from 16 random bytes (4.1). */
#define WS_KEY_BYTES 25 /* 24 and a NUL */
void ws_client_key(const uint8_t random[16], char ret_key[WS_KEY_BYTES]);
