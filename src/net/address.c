#include "net/address.h"

#include "base/num.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>

uint16_t address_port(const struct address *address)
{
    return ntohs(address->any.sa_family == AF_INET6 ? address->v6.sin6_port : address->v4.sin_port);
}

void address_set_port(struct address *address, uint16_t port)
{
    if (address->any.sa_family == AF_INET6) address->v6.sin6_port = htons(port);
    else address->v4.sin_port = htons(port);
}

socklen_t address_bytes(const struct address *address)
{
    return address->any.sa_family == AF_INET6 ? sizeof address->v6 : sizeof address->v4;
}

struct str address_text(const struct address *address, char ret_text[ADDRESS_TEXT_BYTES])
{
    char ip[INET6_ADDRSTRLEN] = "?";
    bool v6 = address->any.sa_family == AF_INET6;
    const void *raw = v6 ? (const void *)&address->v6.sin6_addr : (const void *)&address->v4.sin_addr;
    check(inet_ntop(address->any.sa_family, raw, ip, sizeof ip) != NULL);
    snprintf(ret_text, ADDRESS_TEXT_BYTES, v6 ? "[%s]:%u" : "%s:%u", ip, (unsigned)address_port(address));
    return str_c(ret_text);
}

/* Splits at the last colon; a host with colons must stand in brackets, or nobody could say where it ends. */
static int split(struct str text, struct str *ret_host, struct str *ret_port)
{
    if (text.len > 0 && text.at[0] == '[') {
        const char *end = memchr(text.at, ']', text.len);
        if (end == NULL || end + 1 == text.at + text.len || end[1] != ':') return ERR_SYNTAX;
        *ret_host = (struct str){text.at + 1, (size_t)(end - text.at) - 1};
        *ret_port = (struct str){end + 2, text.len - ret_host->len - 3};
        return ret_host->len > 0 ? 0 : ERR_SYNTAX;
    }
    const char *colon = text.len > 0 ? memchr(text.at, ':', text.len) : NULL;
    if (colon == NULL) return ERR_SYNTAX;
    *ret_host = (struct str){text.at, (size_t)(colon - text.at)};
    *ret_port = (struct str){colon + 1, text.len - ret_host->len - 1};
    return memchr(ret_port->at, ':', ret_port->len) == NULL ? 0 : ERR_SYNTAX;
}

static int resolve(const char *host, struct address *ret_address)
{
    /* RFC 6761 6.3: the name is the loopback address, also on a machine that has no hosts file or asks a name server for everything. */
    if (str_eq_nocase_ascii(str_c(host), STR("localhost"))) host = "127.0.0.1";
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    struct addrinfo *found = NULL;
    if (getaddrinfo(host, NULL, &hints, &found) != 0 || found == NULL) return ERR_NOT_FOUND;
    /* IPv4 where a name has both: what people who write a name into a browser's line always reach. */
    const struct addrinfo *best = found;
    for (const struct addrinfo *info = found; info != NULL; info = info->ai_next) {
        if (info->ai_family == AF_INET && best->ai_family != AF_INET) best = info;
    }
    bool fits = best->ai_family == AF_INET || best->ai_family == AF_INET6;
    if (fits) memcpy(ret_address, best->ai_addr, best->ai_addrlen);
    freeaddrinfo(found);
    return fits ? 0 : ERR_NOT_FOUND;
}

int address_parse(struct str text, struct address *ret_address, struct err_detail *reterr)
{
    struct str host, port_text;
    int64_t port;
    if (split(text, &host, &port_text) < 0) {
        return fail(reterr, ERR_SYNTAX, "\"%.*s\" is not HOST:PORT (as 127.0.0.1:8000, [::1]:8000 or :8000)",
                    STR_ARG(text));
    }
    if (num_i64(port_text, 0, UINT16_MAX, &port) < 0) {
        return fail(reterr, ERR_SYNTAX, "\"%.*s\" is not a port: a number from 0 to 65535",
                    STR_ARG(port_text));
    }
    struct address address = {.v6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_ANY_INIT}};
    if (host.len > 0 && !str_eq_c(host, "*")) {
        OWNED(mem) char *name = str_dup_c(host);
        if (name == NULL) return fail(reterr, ERR_NOMEM, "no memory for the address");
        if (resolve(name, &address) < 0) {
            return fail(reterr, ERR_NOT_FOUND,
                        "there is no host \"%s\": use an address of this machine, or 0.0.0.0 for all", name);
        }
    }
    address_set_port(&address, (uint16_t)port);
    *ret_address = address;
    return 0;
}

static const uint8_t V4_MAPPED[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

struct peer peer_of(const struct sockaddr *from)
{
    struct peer peer = {.port = 0};
    if (from->sa_family == AF_INET6) {
        struct sockaddr_in6 v6;
        memcpy(&v6, from, sizeof v6);
        memcpy(peer.ip, &v6.sin6_addr, sizeof peer.ip);
        peer.port = ntohs(v6.sin6_port);
    } else if (from->sa_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, from, sizeof v4);
        memcpy(peer.ip, V4_MAPPED, sizeof V4_MAPPED);
        memcpy(peer.ip + sizeof V4_MAPPED, &v4.sin_addr, sizeof v4.sin_addr);
        peer.port = ntohs(v4.sin_port);
    }
    return peer;
}

struct str peer_text(const struct peer *peer, char ret_text[ADDRESS_TEXT_BYTES])
{
    bool v4 = memcmp(peer->ip, V4_MAPPED, sizeof V4_MAPPED) == 0;
    const uint8_t *raw = v4 ? peer->ip + sizeof V4_MAPPED : peer->ip;
    check(inet_ntop(v4 ? AF_INET : AF_INET6, raw, ret_text, ADDRESS_TEXT_BYTES) != NULL);
    return str_c(ret_text);
}
