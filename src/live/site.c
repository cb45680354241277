#include "live/site.h"

#include "base/num.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <unistd.h>

/* The next word of a list; len 0 at the end. */
static struct str next_word(struct str *list)
{
    const char *separators = ", \t\n";
    while (list->len > 0 && strchr(separators, list->at[0]) != NULL) {
        list->at++;
        list->len--;
    }
    size_t len = 0;
    while (len < list->len && strchr(separators, list->at[len]) == NULL) len++;
    struct str word = {list->at, len};
    list->at += len;
    list->len -= len;
    return word;
}

static int add_host(struct site *site, struct str host)
{
    for (size_t i = 0; i < site->host_count; i++) {
        if (str_eq_nocase_ascii(site->hosts[i], host)) return 0;
    }
    if (site->host_count == SITE_NAMES_MAX) return ERR_TOO_BIG;
    TRY(arena_str(&site->texts, host, &site->hosts[site->host_count]));
    site->host_count++;
    return 0;
}

static int add_origin(struct site *site, struct str text, struct http_origin *ret_origin, const char *key,
                      struct err_detail *reterr)
{
    struct str kept;
    TRY(arena_str(&site->texts, text, &kept));
    if (kept.len > 0 && kept.at[kept.len - 1] == '/') kept.len--;
    int rc = http_origin_parse(kept, ret_origin);
    if (rc == 0) return 0;
    return fail(
        reterr, rc,
        "[server] %s: \"%.*s\" must be like https://gym.example or http://192.168.1.5:8000, without a path",
        key, STR_ARG(text));
}

static int parse_network(struct str text, struct site_network *ret_network)
{
    char address[ADDRESS_TEXT_BYTES];
    const char *slash = memchr(text.at, '/', text.len);
    size_t len = slash == NULL ? text.len : (size_t)(slash - text.at);
    if (len == 0 || len >= sizeof address) return ERR_SYNTAX;
    memcpy(address, text.at, len);
    address[len] = '\0';
    static const uint8_t MAPPED[12] = {[10] = 0xff, [11] = 0xff};
    bool v4 = inet_pton(AF_INET, address, ret_network->ip + 12) == 1;
    if (v4) memcpy(ret_network->ip, MAPPED, sizeof MAPPED);
    else if (inet_pton(AF_INET6, address, ret_network->ip) != 1) return ERR_SYNTAX;
    int64_t bits = v4 ? 32 : 128;
    if (slash != NULL) TRY(num_i64((struct str){slash + 1, text.len - len - 1}, 0, bits, &bits));
    ret_network->bits = (unsigned)bits + (v4 ? 96u : 0u);
    return 0;
}

static bool in_network(const struct site_network *network, const uint8_t ip[16])
{
    unsigned whole = network->bits / 8, rest = network->bits % 8;
    if (memcmp(network->ip, ip, whole) != 0) return false;
    if (rest == 0) return true;
    unsigned mask = 0xffu << (8 - rest) & 0xffu;
    return (network->ip[whole] & mask) == (ip[whole] & mask);
}

/* This machine's names and addresses: so the LAN's address works out of the box, and a rebound name does not. */
static int add_own_hosts(struct site *site)
{
    char name[256] = "";
    if (gethostname(name, sizeof name - 1) == 0 && name[0] != '\0') TRY(add_host(site, str_c(name)));
    struct ifaddrs *all = NULL;
    if (getifaddrs(&all) != 0) return 0; /* the names must do */
    int rc = 0;
    for (const struct ifaddrs *one = all; one != NULL && rc == 0; one = one->ifa_next) {
        if (one->ifa_addr == NULL) continue;
        char text[ADDRESS_TEXT_BYTES] = "";
        if (one->ifa_addr->sa_family == AF_INET) {
            const struct sockaddr_in *v4 = (const void *)one->ifa_addr;
            if (inet_ntop(AF_INET, &v4->sin_addr, text, sizeof text) == NULL) continue;
        } else if (one->ifa_addr->sa_family == AF_INET6) {
            const struct sockaddr_in6 *v6 = (const void *)one->ifa_addr;
            text[0] = '[';
            if (inet_ntop(AF_INET6, &v6->sin6_addr, text + 1, sizeof text - 2) == NULL) continue;
            strcat(text, "]");
        } else {
            continue;
        }
        rc = add_host(site, str_c(text));
        if (rc == ERR_TOO_BIG) rc = 0; /* a machine with very many addresses: name the hosts */
        if (site->host_count == SITE_NAMES_MAX) break;
    }
    freeifaddrs(all);
    return rc;
}

static int default_hosts(struct site *site, const struct site_options *options)
{
    TRY(add_host(site, STR("localhost")));
    TRY(add_host(site, STR("127.0.0.1")));
    TRY(add_host(site, STR("[::1]")));
    if (options->listen_host.len > 0) TRY(add_host(site, options->listen_host));
    if (site->has_public_url) TRY(add_host(site, site->public_url.host));
    return add_own_hosts(site);
}

static int read_lists(struct site *site, const struct site_options *options, struct err_detail *reterr)
{
    struct str list = options->allowed_origins, word;
    while ((word = next_word(&list)).len > 0) {
        if (site->origin_count == SITE_NAMES_MAX) {
            return fail(reterr, ERR_TOO_BIG, "[server] allowed_origins: at most %d", SITE_NAMES_MAX);
        }
        TRY(add_origin(site, word, &site->origins[site->origin_count], "allowed_origins", reterr));
        site->origin_count++;
    }
    list = options->trusted_proxies;
    while ((word = next_word(&list)).len > 0) {
        if (site->proxy_count == SITE_NAMES_MAX) {
            return fail(reterr, ERR_TOO_BIG, "[server] trusted_proxies: at most %d", SITE_NAMES_MAX);
        }
        int rc = parse_network(word, &site->proxies[site->proxy_count]);
        if (rc < 0) {
            return fail(reterr, rc,
                        "[server] trusted_proxies: \"%.*s\" must be an address or a network like 10.0.0.0/8",
                        STR_ARG(word));
        }
        site->proxy_count++;
    }
    list = options->hosts;
    while ((word = next_word(&list)).len > 0) {
        struct http_origin host;
        if (http_host_parse(word, false, &host) < 0 || add_host(site, word) < 0) {
            return fail(reterr, ERR_SYNTAX,
                        "[server] hosts: \"%.*s\" must be a name or an address, at most %d of them",
                        STR_ARG(word), SITE_NAMES_MAX);
        }
    }
    return 0;
}

int site_init(struct site *site, const struct site_options *options, struct err_detail *reterr)
{
    *site = (struct site){.texts = arena_of((size_t)1024 * 1024)};
    if (options->public_url.len > 0) {
        TRY(add_origin(site, options->public_url, &site->public_url, "public_url", reterr));
        site->has_public_url = true;
    }
    TRY(read_lists(site, options, reterr));
    if (site->host_count > 0) return 0;
    int rc = default_hosts(site, options);
    return rc < 0
               ? fail(reterr, rc, "this machine's names and addresses cannot be listed; set [server] hosts")
               : 0;
}

void site_done(struct site *site) { arena_done(&site->texts); }

bool site_knows_host(const struct site *site, struct str host_and_port)
{
    struct http_origin asked;
    if (http_host_parse(host_and_port, false, &asked) < 0) return false;
    for (size_t i = 0; i < site->host_count; i++) {
        if (str_eq_nocase_ascii(site->hosts[i], host_and_port) ||
            str_eq_nocase_ascii(site->hosts[i], asked.host)) {
            return true;
        }
    }
    return false;
}

bool site_allows_origin(const struct site *site, const struct http_request *request)
{
    struct str text = http_header(request, "Origin");
    if (text.at == NULL) return true;
    if (http_header_count(request, "Origin") > 1) return false;
    struct http_origin origin, host;
    if (http_origin_parse(text, &origin) < 0) return false;
    for (size_t i = 0; i < site->origin_count; i++) {
        if (http_origin_eq(&origin, &site->origins[i])) return true;
    }
    if (site->has_public_url) return http_origin_eq(&origin, &site->public_url);
    /* Unset: the page's host and port are those of a host we answer to; its scheme may be a proxy's. */
    if (http_host_parse(request->host, origin.is_https, &host) < 0) return false;
    return host.port == origin.port && site_knows_host(site, origin.host);
}

static bool is_trusted(const struct site *site, const uint8_t ip[16])
{
    for (size_t i = 0; i < site->proxy_count; i++) {
        if (in_network(&site->proxies[i], ip)) return true;
    }
    return false;
}

/* From the right: the last address that is not a trusted proxy's is the client. */
static void forwarded_peer(const struct site *site, struct str list, uint8_t ip[16])
{
    while (list.len > 0) {
        size_t from = list.len;
        while (from > 0 && list.at[from - 1] != ',') from--;
        struct str word = str_trim((struct str){list.at + from, list.len - from});
        list.len = from > 0 ? from - 1 : 0;
        if (word.len > 1 && word.at[0] == '[' && word.at[word.len - 1] == ']') {
            word = (struct str){word.at + 1, word.len - 2};
        }
        struct site_network address;
        if (memchr(word.at, '/', word.len) != NULL || parse_network(word, &address) < 0) return;
        memcpy(ip, address.ip, 16);
        if (!is_trusted(site, ip)) return;
    }
}

void site_view(const struct site *site, const struct http_request *request, const struct peer *peer,
               bool is_tls, struct site_view *ret_view)
{
    struct peer client = *peer;
    ret_view->is_https = is_tls || (site->has_public_url && site->public_url.is_https);
    if (is_trusted(site, peer->ip)) {
        OWNED(buf) struct buf list = buf_of(4096);
        if (http_header_joined(request, "X-Forwarded-For", &list) == 1) {
            forwarded_peer(site, buf_str(&list), client.ip);
        }
        struct str scheme = http_header(request, "X-Forwarded-Proto");
        if (scheme.at != NULL) ret_view->is_https = str_eq_nocase_ascii(scheme, STR("https"));
    }
    peer_text(&client, ret_view->peer);
}
