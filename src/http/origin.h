/* http/origin.h: hosts and origins: "scheme://host:port" (RFC 6454), and "host:port" as in Host (RFC 9110 7.2).
 *
 * Owns    nothing; the host is a view into the text.
 * Thread  any.
 * Bounds  HTTP_HOST_BYTES_MAX.
 * Errors  ERR_SYNTAX.
 * Tests   tests/unit/http/origin_test.c */
#pragma once
#include "base/bytes.h"

#define HTTP_HOST_BYTES_MAX 255

struct http_origin {
    bool is_https;
    struct str host; /* a name, an IPv4 address, or an IPv6 address in brackets; letter case as sent */
    uint16_t port;   /* the scheme's own where none was named */
};

/* Only letters, digits, - . _ or an IPv6 address in [ ]: nothing that could leave a header, a URL or a policy. */
MUST_USE int http_host_parse(struct str host_and_port, bool is_https, struct http_origin *ret_origin);
/* `http://` or `https://`, a host, perhaps a port; no path. "null" is ERR_SYNTAX. */
MUST_USE int http_origin_parse(struct str origin, struct http_origin *ret_origin);
/* Exactly the same scheme, host (any case) and port. */
bool http_origin_eq(const struct http_origin *a, const struct http_origin *b);
/* The same host and port, whatever the scheme. */
bool http_origin_same_host(const struct http_origin *a, const struct http_origin *b);
