/* http/router.h: which route a request takes: a static table of methods and patterns.
 *
 * Owns    nothing; the table is the caller's constant, parameters are views into the request's path.
 * Thread  any.
 * Bounds  HTTP_PARAMS_MAX parameters a pattern.
 * Errors  none while matching; http_router_check says what is wrong with a table.
 * Tests   tests/unit/http/router_test.c */
#pragma once
#include "http/request.h"

#define HTTP_PARAMS_MAX 4

struct http_route {
    enum http_verb verb;   /* GET answers HEAD too */
    const char *pattern;   /* "/api/v1/members/{id}/visits": a parameter is one whole segment, never empty */
    const void *handler;   /* the caller's own */
    size_t body_bytes_max; /* for http_reader_allow_body */
    uint32_t flags;        /* the caller's own */
    bool slash_optional;   /* one "/" may follow the pattern, or not */
};

struct http_router {
    const struct http_route *routes;
    size_t count;
};

enum http_found {
    HTTP_FOUND,
    HTTP_NO_PATH, /* 404 */
    HTTP_NO_VERB, /* 405: ret_match->verbs says which there are */
};

struct http_match {
    const struct http_route *route; /* only when HTTP_FOUND */
    struct str params[HTTP_PARAMS_MAX];
    uint32_t verbs; /* 1 << verb, of all routes of this path */
};

/* The first route in the table's order; so a literal stands before the parameter that would take it. */
enum http_found http_router_match(const struct http_router *router, enum http_verb verb, struct str path,
                                  struct http_match *ret_match);
/* A parameter by name; the pattern must have it. */
struct str http_param(const struct http_match *match, const char *name);
/* "GET, HEAD, POST, OPTIONS", for the Allow header of a 405 and of OPTIONS. */
#define HTTP_ALLOW_BYTES 64
struct str http_allow(uint32_t verbs, char ret_text[HTTP_ALLOW_BYTES]);
/* For a unit test of each table: ERR_SYNTAX a bad pattern, ERR_EXISTS a route that an earlier one hides. */
MUST_USE int http_router_check(const struct http_router *router, struct err_detail *reterr);
