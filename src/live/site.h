/* live/site.h: which hosts we answer to, and which pages may open a socket or use a cookie (contract, «Getting in»).
 *
 * Owns    its lists; filled at start, then immutable.
 * Thread  read from any.
 * Bounds  SITE_NAMES_MAX of each list.
 * Errors  ERR_SYNTAX with a sentence for an origin or a host that is none; ERR_TOO_BIG.
 * Tests   tests/unit/live/site_test.c */
#pragma once
#include "base/arena.h"
#include "http/origin.h"
#include "http/request.h"
#include "net/address.h"

#define SITE_NAMES_MAX 64

struct site_network {
    uint8_t ip[16]; /* IPv4 mapped, as struct peer */
    unsigned bits;  /* of 128 */
};

struct site {
    bool has_public_url;
    struct http_origin public_url;
    size_t origin_count;
    struct http_origin origins[SITE_NAMES_MAX];
    size_t host_count;
    struct str hosts[SITE_NAMES_MAX]; /* a name or address, with a port or without */
    size_t proxy_count;
    struct site_network proxies[SITE_NAMES_MAX];
    struct arena texts;
};

struct site_options {
    struct str public_url;      /* empty: not set */
    struct str allowed_origins; /* separated by commas or blanks, as the next two */
    struct str hosts; /* empty: loopback, the listen address, this machine's own names and addresses */
    struct str trusted_proxies; /* addresses or networks: 10.0.0.0/8, ::1 */
    struct str listen_host;     /* without port */
    bool any_host;              /* listens on all addresses: the machine's own count too */
};

/* site_done is due whether or not it succeeds. */
MUST_USE int site_init(struct site *site, const struct site_options *options, struct err_detail *reterr);
void site_done(struct site *site);

/* How a request came, as the browser sees it. */
struct site_view {
    bool is_https;
    char peer
        [ADDRESS_TEXT_BYTES]; /* the client's address, behind trusted proxies alone from X-Forwarded-For */
};
void site_view(const struct site *site, const struct http_request *request, const struct peer *peer,
               bool is_tls, struct site_view *ret_view);
bool site_knows_host(const struct site *site, struct str host_and_port);
/* Of a request that carries an Origin; without one it is no browser's cross-site request and passes. */
bool site_allows_origin(const struct site *site, const struct http_request *request);
