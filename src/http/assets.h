/* http/assets.h: the web app's files, held in memory and ready to send: type, ETag and gzip made once.
 *
 * Owns    copies of all files, from create to free; answers share them, so it outlives every response.
 * Thread  fill on one; once assets_seal is done, read from any.
 * Bounds  ASSETS_BYTES_MAX in all, ASSETS_COUNT_MAX files.
 * Errors  ERR_TOO_BIG, ERR_NOMEM, ERR_EXISTS (the path is there), ERR_SYNTAX (no path that a request could ask for).
 * Tests   tests/unit/http/assets_test.c */
#pragma once
#include "http/request.h"
#include "http/response.h"

#define ASSETS_BYTES_MAX ((size_t)64 * 1024 * 1024)
#define ASSETS_COUNT_MAX 4096
#define ASSETS_NONCE_MARK "FOOTFALL_CSP_NONCE" /* in index.html; replaced in each answer */

struct assets;

MUST_USE int assets_create(struct assets **ret_assets);
void assets_free(struct assets *assets);
static inline void assets_owned(struct assets **assets) { assets_free(*assets); }
/* path as a request has it: "/assets/index-B2x9.js", "/index.html". */
MUST_USE int assets_add(struct assets *assets, struct str path, struct span bytes);
/* Nothing is added after this. */
MUST_USE int assets_seal(struct assets *assets);
size_t assets_count(const struct assets *assets);

struct assets_ask {
    struct str host;  /* for the policy: the request's, already among the allowed */
    bool is_https;    /* as the browser sees it */
    struct str nonce; /* fresh and random for each answer */
};
/* Answers GET and HEAD. 1: *res is filled (200 or 304). 0: no such file; a path without a dot in its last segment is the app's own
 * and gets index.html. Hashed files under /assets/ may be kept for ever, index.html never, the others are asked for again by ETag. */
MUST_USE int assets_answer(const struct assets *assets, const struct http_request *req,
                           const struct assets_ask *ask, struct http_response *res);
/* "text/javascript; charset=utf-8" for ".js"; application/octet-stream for what is unknown. */
const char *assets_mime(struct str path);
