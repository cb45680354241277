#include "http/origin.h"
#include "base/num.h"
#include "http/chars.h"

static bool is_name(struct str host)
{
    for (size_t i = 0; i < host.len; i++) {
        char c = host.at[i];
        if (!is_alpha(c) && !is_digit(c) && c != '-' && c != '.' && c != '_') return false;
    }
    return host.len > 0;
}

/* The characters of an IPv6 address in brackets; whether it is one, nobody here asks: it is only ever compared. */
static bool is_ipv6(struct str host)
{
    if (host.len < 4 || host.at[0] != '[' || host.at[host.len - 1] != ']') return false;
    for (size_t i = 1; i < host.len - 1; i++) {
        if (hex_digit(host.at[i]) < 0 && host.at[i] != ':' && host.at[i] != '.') return false;
    }
    return true;
}

int http_host_parse(struct str host_and_port, bool is_https, struct http_origin *ret_origin)
{
    if (host_and_port.len == 0 || host_and_port.len > HTTP_HOST_BYTES_MAX) return ERR_SYNTAX;
    struct str rest = host_and_port;
    struct str host;
    if (rest.at[0] == '[') {
        host = cut_at(&rest, ']');
        if (host.len == host_and_port.len) return ERR_SYNTAX;
        host.len++; /* with its bracket */
        if (rest.len > 0 && rest.at[0] != ':') return ERR_SYNTAX;
        if (!is_ipv6(host)) return ERR_SYNTAX;
        if (rest.len > 0) rest = (struct str){rest.at + 1, rest.len - 1};
    } else {
        host = cut_at(&rest, ':');
        if (!is_name(host)) return ERR_SYNTAX;
    }
    int64_t port = is_https ? 443 : 80;
    bool colon = host.len < host_and_port.len;
    /* A colon without a port is allowed by RFC 3986 and written by nobody. */
    if (colon && num_i64(rest, 1, 65535, &port) < 0) return ERR_SYNTAX;
    *ret_origin = (struct http_origin){.is_https = is_https, .host = host, .port = (uint16_t)port};
    return 0;
}

int http_origin_parse(struct str origin, struct http_origin *ret_origin)
{
    struct str rest = origin;
    struct str scheme = cut_at(&rest, ':');
    bool is_https = str_eq_nocase_ascii(scheme, STR("https"));
    if (!is_https && !str_eq_nocase_ascii(scheme, STR("http"))) return ERR_SYNTAX;
    if (!str_starts(rest, STR("//"))) return ERR_SYNTAX;
    return http_host_parse((struct str){rest.at + 2, rest.len - 2}, is_https, ret_origin);
}

bool http_origin_same_host(const struct http_origin *a, const struct http_origin *b)
{
    return a->port == b->port && str_eq_nocase_ascii(a->host, b->host);
}

bool http_origin_eq(const struct http_origin *a, const struct http_origin *b)
{
    return a->is_https == b->is_https && http_origin_same_host(a, b);
}
