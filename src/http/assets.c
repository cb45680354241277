#include "http/assets.h"
#include "base/secret.h"
#include "http/chars.h"
#include "http/gzip.h"

#include <stdlib.h>

/* Made once, at start-up: 1 MB of scripts takes 50 ms at this level. */
#define GZIP_LEVEL 6
/* 128 bits of the SHA-256 in hexadecimal, in quotes, as a weak tag: gzip and plain bytes share it. */
#define ETAG_BYTES (sizeof "W/\"0123456789abcdef0123456789abcdef\"")

struct asset {
    struct str path; /* owned */
    struct buf bytes;
    struct buf gzip; /* empty where it does not pay */
    const char *mime;
    char etag[ETAG_BYTES];
};

struct assets {
    struct asset *list; /* sorted by path once sealed */
    size_t count;
    size_t cap;
    size_t bytes;
    const struct asset *index;
    bool sealed;
};

int assets_create(struct assets **ret_assets)
{
    struct assets *assets = calloc(1, sizeof *assets);
    if (assets == NULL) return ERR_NOMEM;
    *ret_assets = assets;
    return 0;
}

static void asset_done(struct asset *asset)
{
    free((void *)(uintptr_t)asset->path.at);
    buf_done(&asset->bytes);
    buf_done(&asset->gzip);
}

static void asset_owned(struct asset *asset) { asset_done(asset); }

void assets_free(struct assets *assets)
{
    if (assets == NULL) return;
    for (size_t i = 0; i < assets->count; i++) asset_done(&assets->list[i]);
    free(assets->list);
    free(assets);
}

size_t assets_count(const struct assets *assets) { return assets->count; }

/* --- Filling ---------------------------------------------------------------------------------------------------------- */

static bool is_path(struct str path)
{
    if (path.len < 2 || path.at[0] != '/') return false;
    struct str rest = {path.at + 1, path.len - 1};
    if (rest.at[rest.len - 1] == '/') return false;
    while (rest.len > 0) {
        struct str segment = cut_at(&rest, '/');
        if (segment.len == 0 || str_eq_c(segment, ".") || str_eq_c(segment, "..")) return false;
    }
    return true;
}

static int make_room(struct assets *assets)
{
    if (assets->count < assets->cap) return 0;
    if (assets->count >= ASSETS_COUNT_MAX) return ERR_TOO_BIG;
    size_t cap = assets->cap == 0 ? 64 : assets->cap * 2;
    struct asset *list = reallocarray(assets->list, cap, sizeof *list);
    if (list == NULL) return ERR_NOMEM;
    assets->list = list;
    assets->cap = cap;
    return 0;
}

static int make_etag(struct asset *asset)
{
    uint8_t digest[SHA256_BYTES];
    TRY(sha256(buf_span(&asset->bytes), digest));
    OWNED(buf) struct buf text = buf_of(ETAG_BYTES);
    TRY(buf_put_str(&text, STR("W/\"")));
    TRY(hex_put(&text, span_of(digest, 16)));
    TRY(buf_put_byte(&text, '"'));
    check(text.len == ETAG_BYTES - 1);
    memcpy(asset->etag, text.at, text.len);
    return 0;
}

/* Kept only where it saves a tenth: pictures and fonts are compressed already. */
static int make_gzip(struct asset *asset)
{
    size_t len = asset->bytes.len;
    if (len < HTTP_GZIP_BYTES_MIN) return 0;
    OWNED(buf) struct buf gzip = buf_of(len + 1024 + len / 100);
    TRY(gzip_put(&gzip, buf_span(&asset->bytes), GZIP_LEVEL));
    if (gzip.len >= len - len / 10) return 0;
    buf_init(&asset->gzip, gzip.len);
    return buf_put(&asset->gzip, buf_span(&gzip));
}

int assets_add(struct assets *assets, struct str path, struct span bytes)
{
    check(!assets->sealed);
    if (!is_path(path)) return ERR_SYNTAX;
    if (bytes.len > ASSETS_BYTES_MAX - assets->bytes) return ERR_TOO_BIG;
    for (size_t i = 0; i < assets->count; i++) {
        if (str_eq(assets->list[i].path, path)) return ERR_EXISTS;
    }
    TRY(make_room(assets));
    OWNED(asset) struct asset asset = {.path = {str_dup_c(path), path.len}, .bytes = buf_of(bytes.len)};
    if (asset.path.at == NULL) return ERR_NOMEM;
    asset.mime = assets_mime(asset.path);
    TRY(buf_put(&asset.bytes, bytes));
    TRY(make_etag(&asset));
    TRY(make_gzip(&asset));
    assets->bytes += bytes.len;
    assets->list[assets->count++] = asset;
    asset = (struct asset){.mime = NULL};
    return 0;
}

static int compare_str(struct str a, struct str b)
{
    size_t shorter = a.len < b.len ? a.len : b.len;
    int order = shorter == 0 ? 0 : memcmp(a.at, b.at, shorter);
    if (order != 0) return order;
    return a.len < b.len ? -1 : a.len > b.len;
}

static int by_path(const void *a, const void *b)
{
    return compare_str(((const struct asset *)a)->path, ((const struct asset *)b)->path);
}

static const struct asset *find(const struct assets *assets, struct str path)
{
    struct asset key = {.path = path};
    if (assets->count == 0) return NULL;
    return bsearch(&key, assets->list, assets->count, sizeof key, by_path);
}

int assets_seal(struct assets *assets)
{
    check(!assets->sealed);
    if (assets->count > 0) qsort(assets->list, assets->count, sizeof assets->list[0], by_path);
    assets->index = find(assets, STR("/index.html"));
    assets->sealed = true;
    return 0;
}

/* --- Answering -------------------------------------------------------------------------------------------------------- */

const char *assets_mime(struct str path)
{
    static const struct {
        const char *ending, *mime;
    } TYPES[] = {
        {".html", "text/html; charset=utf-8"},
        {".js", "text/javascript; charset=utf-8"},
        {".mjs", "text/javascript; charset=utf-8"},
        {".css", "text/css; charset=utf-8"},
        {".json", "application/json"},
        {".map", "application/json"},
        {".webmanifest", "application/manifest+json"},
        {".svg", "image/svg+xml"},
        {".png", "image/png"},
        {".jpg", "image/jpeg"},
        {".webp", "image/webp"},
        {".ico", "image/x-icon"},
        {".woff2", "font/woff2"},
        {".woff", "font/woff"},
        {".mp3", "audio/mpeg"},
        {".ogg", "audio/ogg"},
        {".wav", "audio/wav"},
        {".wasm", "application/wasm"},
        {".txt", "text/plain; charset=utf-8"},
        {".md", "text/plain; charset=utf-8"},
        {".xml", "application/xml"},
        {".yaml", "application/yaml"},
    };
    for (size_t i = 0; i < COUNT_OF(TYPES); i++) {
        struct str ending = str_c(TYPES[i].ending);
        if (path.len < ending.len) continue;
        if (str_eq((struct str){path.at + path.len - ending.len, ending.len}, ending)) return TYPES[i].mime;
    }
    return "application/octet-stream";
}

static bool last_segment_has_dot(struct str path)
{
    for (size_t i = path.len; i > 0 && path.at[i - 1] != '/'; i--) {
        if (path.at[i - 1] == '.') return true;
    }
    return false;
}

/* The app's own addresses are known to the app alone: all of them begin with its page. */
static const struct asset *choose(const struct assets *assets, struct str path)
{
    const struct asset *asset = find(assets, path);
    if (asset == NULL && !last_segment_has_dot(path)) asset = assets->index;
    return asset;
}

static int put_with_nonce(struct buf *out, struct str page, struct str nonce)
{
    const struct str mark = STR(ASSETS_NONCE_MARK);
    while (page.len > 0) {
        const char *at = memmem(page.at, page.len, mark.at, mark.len);
        size_t before = at == NULL ? page.len : (size_t)(at - page.at);
        TRY(buf_put_str(out, (struct str){page.at, before}));
        if (at == NULL) return 0;
        TRY(buf_put_str(out, nonce));
        page = (struct str){at + mark.len, page.len - before - mark.len};
    }
    return 0;
}

static int answer_index(const struct asset *asset, const struct assets_ask *ask, struct http_response *res)
{
    http_put_header(res, "Cache-Control", STR("no-store"));
    return put_with_nonce(&res->body, buf_str(&asset->bytes), ask->nonce);
}

static void answer_file(const struct asset *asset, const struct http_request *req, struct http_response *res)
{
    bool hashed = str_starts(asset->path, STR("/assets/"));
    http_put_header(res, "Cache-Control",
                    hashed ? STR("public, max-age=31536000, immutable") : STR("no-cache"));
    http_put_header(res, "ETag", str_c(asset->etag));
    res->never_compress = true; /* done already, where it pays */
    if (asset->gzip.len > 0) http_put_header(res, "Vary", STR("Accept-Encoding"));
    if (http_if_none_match(req, str_c(asset->etag))) {
        res->status = 304;
        return;
    }
    bool gzip = asset->gzip.len > 0 && http_accepts_gzip(req);
    if (gzip) http_put_header(res, "Content-Encoding", STR("gzip"));
    res->shared_body = buf_span(gzip ? &asset->gzip : &asset->bytes);
}

int assets_answer(const struct assets *assets, const struct http_request *req, const struct assets_ask *ask,
                  struct http_response *res)
{
    check(assets->sealed);
    const struct asset *asset = choose(assets, req->path);
    if (asset == NULL) return 0;
    OWNED(buf) struct buf csp = buf_of(1024);
    TRY(http_csp_for_app(ask->host, ask->is_https, ask->nonce, &csp));
    http_response_reset(res, 200);
    http_put_header(res, "Content-Security-Policy", buf_str(&csp));
    http_put_content_type(res, asset->mime);
    if (asset == assets->index) TRY(answer_index(asset, ask, res));
    else answer_file(asset, req, res);
    return 1;
}
