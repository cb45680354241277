/* What a request's headers say: the second half of http/request.h. */
#include "http/request.h"
#include "http/chars.h"

/* --- Looking up ------------------------------------------------------------------------------------------------------- */

/* The next header of that name from *i on; moves *i behind it. NULL: no more. */
static const struct http_pair *next_header(const struct http_request *req, const char *name, size_t *i)
{
    while (*i < req->header_count) {
        const struct http_pair *header = &req->headers[(*i)++];
        if (str_eq_nocase_ascii(header->name, str_c(name))) return header;
    }
    return NULL;
}

struct str http_header(const struct http_request *req, const char *name)
{
    size_t i = 0;
    const struct http_pair *header = next_header(req, name, &i);
    return header == NULL ? (struct str){NULL, 0} : header->value;
}

size_t http_header_count(const struct http_request *req, const char *name)
{
    size_t count = 0;
    for (size_t i = 0; next_header(req, name, &i) != NULL;) count++;
    return count;
}

bool http_header_lists(const struct http_request *req, const char *name, const char *token)
{
    const struct http_pair *header;
    for (size_t i = 0; (header = next_header(req, name, &i)) != NULL;) {
        struct str rest = header->value;
        while (rest.len > 0) {
            if (str_eq_nocase_ascii(str_trim(cut_at(&rest, ',')), str_c(token))) return true;
        }
    }
    return false;
}

int http_header_joined(const struct http_request *req, const char *name, struct buf *out)
{
    int found = 0;
    const struct http_pair *header;
    for (size_t i = 0; (header = next_header(req, name, &i)) != NULL;) {
        if (found > 0) TRY(buf_put_str(out, STR(", ")));
        TRY(buf_put_str(out, header->value));
        found = 1;
    }
    return found;
}

int http_query(const struct http_request *req, const char *name, struct str *ret_value)
{
    const struct http_pair *found = NULL;
    for (size_t i = 0; i < req->query_count; i++) {
        if (!str_eq_c(req->query[i].name, name)) continue;
        if (found != NULL) return ERR_EXISTS;
        found = &req->query[i];
    }
    if (found == NULL) return 0;
    *ret_value = found->value;
    return 1;
}

/* RFC 6265 4.1.1: a value may stand in quotes. */
static struct str unquoted(struct str value)
{
    bool quoted = value.len >= 2 && value.at[0] == '"' && value.at[value.len - 1] == '"';
    return quoted ? (struct str){value.at + 1, value.len - 2} : value;
}

int http_cookie(const struct http_request *req, const char *name, struct str *ret_value)
{
    struct str found = {NULL, 0};
    const struct http_pair *header;
    for (size_t i = 0; (header = next_header(req, "Cookie", &i)) != NULL;) {
        struct str rest = header->value;
        while (rest.len > 0) {
            struct str value = str_trim(cut_at(&rest, ';'));
            size_t whole = value.len;
            struct str cookie_name = cut_at(&value, '=');
            if (cookie_name.len == whole || !str_eq_c(cookie_name, name)) continue;
            /* Two of one name: another host of the same site may have planted one. */
            if (found.at != NULL) return ERR_EXISTS;
            found = unquoted(value);
        }
    }
    if (found.at == NULL) return 0;
    *ret_value = found;
    return 1;
}

/* RFC 9110 11.2: letters, digits and -._~+/ and then "=". */
static bool is_token68(struct str text)
{
    size_t i = 0;
    while (i < text.len &&
           (is_alpha(text.at[i]) || is_digit(text.at[i]) || is_one_of(text.at[i], "-._~+/"))) {
        i++;
    }
    if (i == 0) return false;
    while (i < text.len && text.at[i] == '=') i++;
    return i == text.len;
}

int http_bearer(const struct http_request *req, struct str *ret_token)
{
    size_t count = http_header_count(req, "Authorization");
    if (count == 0) return 0;
    if (count > 1) return ERR_SYNTAX;
    struct str token = http_header(req, "Authorization");
    struct str scheme = cut_at(&token, ' ');
    token = str_trim(token);
    if (!str_eq_nocase_ascii(scheme, STR("Bearer")) || !is_token68(token)) return ERR_SYNTAX;
    *ret_token = token;
    return 1;
}

/* --- Conditions (RFC 9110 section 13) ---------------------------------------------------------------------------------- */

struct etag {
    bool is_weak;
    struct str quoted;
};

/* The next entity-tag of a list. 1, 0: the end, or what is no tag. */
static int next_etag(struct str *rest, struct etag *ret_etag)
{
    while (rest->len > 0 && is_one_of(rest->at[0], " \t,")) *rest = (struct str){rest->at + 1, rest->len - 1};
    struct etag etag = {.is_weak = str_starts(*rest, STR("W/"))};
    if (etag.is_weak) *rest = (struct str){rest->at + 2, rest->len - 2};
    if (rest->len < 2 || rest->at[0] != '"') return 0;
    const char *end = memchr(rest->at + 1, '"', rest->len - 1);
    if (end == NULL) return 0;
    etag.quoted = (struct str){rest->at, (size_t)(end - rest->at) + 1};
    *rest = (struct str){end + 1, rest->len - etag.quoted.len};
    *ret_etag = etag;
    return 1;
}

/* 1: a tag of that header matches, or "*". 0: none does. ERR_NOT_FOUND: no such header. */
static int matches(const struct http_request *req, const char *name, struct str etag, bool strongly)
{
    struct etag ours;
    struct str one = etag;
    bool known = next_etag(&one, &ours) == 1;
    check(known);
    int found = ERR_NOT_FOUND;
    const struct http_pair *header;
    for (size_t i = 0; (header = next_header(req, name, &i)) != NULL;) {
        found = found < 0 ? 0 : found;
        if (str_eq_c(header->value, "*")) found = 1;
        struct str rest = header->value;
        struct etag theirs;
        while (next_etag(&rest, &theirs) == 1) {
            /* RFC 9110 8.8.3.2: strongly only where neither is weak. */
            if (str_eq(theirs.quoted, ours.quoted) && !(strongly && (theirs.is_weak || ours.is_weak))) {
                found = 1;
            }
        }
    }
    return found;
}

bool http_if_none_match(const struct http_request *req, struct str etag)
{
    return matches(req, "If-None-Match", etag, false) == 1;
}

int http_if_match(const struct http_request *req, struct str etag)
{
    int rc = matches(req, "If-Match", etag, true);
    if (rc == ERR_NOT_FOUND) return 0;
    return rc == 1 ? 1 : ERR_CONFLICT;
}

/* --- Accept-Encoding (RFC 9110 12.5.3) --------------------------------------------------------------------------------- */

/* "q=0.5" in thousandths; 0 for what is no weight. */
static int weight(struct str text)
{
    struct str name = cut_at(&text, '=');
    if (!str_eq_nocase_ascii(str_trim(name), STR("q"))) return 0;
    text = str_trim(text);
    if (text.len == 0 || text.len > 5 || (text.at[0] != '0' && text.at[0] != '1')) return 0;
    if (text.len > 1 && text.at[1] != '.') return 0;
    int thousandths = (text.at[0] - '0') * 1000;
    int worth = 100;
    for (size_t i = 2; i < text.len; i++, worth /= 10) {
        if (!is_digit(text.at[i])) return 0;
        thousandths += (text.at[i] - '0') * worth;
    }
    return thousandths <= 1000 ? thousandths : 0;
}

bool http_accepts_gzip(const struct http_request *req)
{
    int gzip = -1, any = 0, identity = 0;
    const struct http_pair *header;
    for (size_t i = 0; (header = next_header(req, "Accept-Encoding", &i)) != NULL;) {
        struct str rest = header->value;
        while (rest.len > 0) {
            struct str q = cut_at(&rest, ',');
            struct str coding = str_trim(cut_at(&q, ';'));
            int thousandths = q.len == 0 ? 1000 : weight(q);
            if (str_eq_nocase_ascii(coding, STR("gzip")) || str_eq_nocase_ascii(coding, STR("x-gzip"))) {
                gzip = thousandths;
            }
            if (str_eq_c(coding, "*")) any = thousandths;
            if (str_eq_nocase_ascii(coding, STR("identity"))) identity = thousandths;
        }
    }
    int chosen = gzip >= 0 ? gzip : any;
    return chosen > 0 && chosen >= identity;
}
