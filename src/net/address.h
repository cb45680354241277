/* net/address.h: HOST:PORT as people write it, and where a peer comes from.
 *
 * Owns    nothing; both structs are values.
 * Thread  any. address_parse may ask the resolver and block: start-up only.
 * Bounds  text of ADDRESS_TEXT_BYTES.
 * Errors  ERR_SYNTAX, ERR_NOT_FOUND (no such host here), each with a sentence.
 * Tests   tests/unit/net/address_test.c */
#pragma once
#include <netinet/in.h>
#include <sys/socket.h>
#include "base/bytes.h"

#define ADDRESS_TEXT_BYTES 64

struct address {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    };
};

/* "127.0.0.1:8000" "[::1]:8000" "localhost:8000" "0.0.0.0:8000" "[::]:8000" (IPv4 as well) ":8000" (all), port 0: any free. */
MUST_USE int address_parse(struct str text, struct address *ret_address, struct err_detail *reterr);
uint16_t address_port(const struct address *address);
void address_set_port(struct address *address, uint16_t port);
socklen_t address_bytes(const struct address *address);
/* "127.0.0.1:8000", "[::1]:8000" */
struct str address_text(const struct address *address, char ret_text[ADDRESS_TEXT_BYTES]);

/* Who is at the other end; IPv4 as ::ffff:a.b.c.d (RFC 4291 2.5.5.2), so that one compare serves both. */
struct peer {
    uint8_t ip[16];
    uint16_t port;
};
struct peer peer_of(const struct sockaddr *from);
/* The address alone, without port: "192.0.2.7", "2001:db8::1". */
struct str peer_text(const struct peer *peer, char ret_text[ADDRESS_TEXT_BYTES]);
