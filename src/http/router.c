#include "http/router.h"

/* A table of some sixty routes is walked from the top: a microsecond, and its order is the rule. */

static bool is_param(struct str segment) { return segment.len > 0 && segment.at[0] == '{'; }

/* What stands between the slash that *rest begins with and the next one; *rest then begins with that, or is empty. */
static struct str take_segment(struct str *rest)
{
    check(rest->len > 0 && rest->at[0] == '/');
    const char *end = memchr(rest->at + 1, '/', rest->len - 1);
    struct str segment = {rest->at + 1, end == NULL ? rest->len - 1 : (size_t)(end - rest->at) - 1};
    *rest = (struct str){segment.at + segment.len, rest->len - 1 - segment.len};
    return segment;
}

/* ret_params may be NULL. */
static bool pattern_matches(const struct http_route *route, struct str path, struct str *ret_params)
{
    if (path.len == 0 || path.at[0] != '/') return false;
    if (route->slash_optional && path.len > 1 && path.at[path.len - 1] == '/') path.len--;
    struct str pattern = str_c(route->pattern);
    size_t params = 0;
    while (pattern.len > 0 && path.len > 0) {
        struct str wanted = take_segment(&pattern);
        struct str given = take_segment(&path);
        if (!is_param(wanted)) {
            if (!str_eq(wanted, given)) return false;
            continue;
        }
        if (given.len == 0) return false;
        check(params < HTTP_PARAMS_MAX);
        if (ret_params != NULL) ret_params[params] = given;
        params++;
    }
    return pattern.len == 0 && path.len == 0;
}

static uint32_t verb_bit(enum http_verb verb) { return UINT32_C(1) << (unsigned)verb; }

static bool answers(const struct http_route *route, enum http_verb verb)
{
    return route->verb == verb || (route->verb == VERB_GET && verb == VERB_HEAD);
}

enum http_found http_router_match(const struct http_router *router, enum http_verb verb, struct str path,
                                  struct http_match *ret_match)
{
    struct http_match match = {.route = NULL};
    for (size_t i = 0; i < router->count; i++) {
        const struct http_route *route = &router->routes[i];
        bool wanted = match.route == NULL && answers(route, verb);
        if (!pattern_matches(route, path, wanted ? match.params : NULL)) continue;
        match.verbs |= verb_bit(route->verb);
        if (wanted) match.route = route;
    }
    *ret_match = match;
    if (match.route != NULL) return HTTP_FOUND;
    return match.verbs == 0 ? HTTP_NO_PATH : HTTP_NO_VERB;
}

struct str http_param(const struct http_match *match, const char *name)
{
    check(match->route != NULL);
    struct str pattern = str_c(match->route->pattern);
    struct str wanted = str_c(name);
    size_t params = 0;
    while (pattern.len > 0) {
        struct str segment = take_segment(&pattern);
        if (!is_param(segment)) continue;
        if (str_eq((struct str){segment.at + 1, segment.len - 2}, wanted)) return match->params[params];
        params++;
    }
    check(false); /* the pattern has no such parameter */
    return STR("");
}

struct str http_allow(uint32_t verbs, char ret_text[HTTP_ALLOW_BYTES])
{
    static const struct {
        enum http_verb verb;
        struct str name;
    } NAMES[] = {
        {VERB_GET, STR("GET, HEAD, ")}, {VERB_POST, STR("POST, ")},     {VERB_PUT, STR("PUT, ")},
        {VERB_PATCH, STR("PATCH, ")},   {VERB_DELETE, STR("DELETE, ")},
    };
    size_t len = 0;
    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        if ((verbs & verb_bit(NAMES[i].verb)) == 0) continue;
        memcpy(ret_text + len, NAMES[i].name.at, NAMES[i].name.len);
        len += NAMES[i].name.len;
    }
    memcpy(ret_text + len, "OPTIONS", 8);
    static_assert(sizeof "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS" <= HTTP_ALLOW_BYTES,
                  "all of them fit");
    return (struct str){ret_text, len + 7};
}

/* "/", or segments that are plain text or {name}. */
static bool is_pattern(const char *pattern)
{
    struct str rest = str_c(pattern);
    if (rest.len == 0 || rest.at[0] != '/') return false;
    if (rest.len == 1) return true;
    size_t params = 0;
    while (rest.len > 0) {
        struct str segment = take_segment(&rest);
        if (segment.len == 0) return false;
        bool has_brace =
            memchr(segment.at, '{', segment.len) != NULL || memchr(segment.at, '}', segment.len) != NULL;
        if (!has_brace) continue;
        if (segment.len < 3 || segment.at[0] != '{' || segment.at[segment.len - 1] != '}') return false;
        if (++params > HTTP_PARAMS_MAX) return false;
    }
    return true;
}

/* Would `earlier` take every path that `later` is for? A parameter's own text is a path that only parameters take. */
static bool hides(const struct http_route *earlier, const struct http_route *later)
{
    return answers(earlier, later->verb) && pattern_matches(earlier, str_c(later->pattern), NULL);
}

int http_router_check(const struct http_router *router, struct err_detail *reterr)
{
    for (size_t i = 0; i < router->count; i++) {
        const struct http_route *route = &router->routes[i];
        if (!is_pattern(route->pattern)) return fail(reterr, ERR_SYNTAX, "%s is no pattern", route->pattern);
        for (size_t j = 0; j < i; j++) {
            if (!hides(&router->routes[j], route)) continue;
            return fail(reterr, ERR_EXISTS, "%s is hidden by %s before it", route->pattern,
                        router->routes[j].pattern);
        }
    }
    return 0;
}
