/* A member's photo: kept as files beside the database, named by member and version, so that a URL never changes its picture. */
#include "api/member_json.h"

#include "base/clock.h"
#include "base/secret.h"
#include "jobs/photo.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define VERSION_BYTES 16
#define PATH_BYTES 4400

struct picture {
    struct member_id id;
    struct member_row member;
    char version[VERSION_BYTES + 1];
    int64_t size;
    struct buf file;
};

static const char *folder_of(const struct exchange *exchange)
{
    const struct api *api = server_api(exchange->server);
    return api->data_dir;
}

static int path_of(const struct exchange *exchange, struct member_id id, struct str version, const char *size,
                   char ret_path[PATH_BYTES])
{
    int len = snprintf(ret_path, PATH_BYTES, "%s/photos/%lld-%.*s-%s.jpg", folder_of(exchange),
                       (long long)id.n, STR_ARG(version), size);
    return len < PATH_BYTES ? 0 : ERR_TOO_BIG;
}

/* Whole or not at all: written beside, synced, then named. */
static int write_file(const char *path, struct span bytes)
{
    char fresh[PATH_BYTES + 8];
    snprintf(fresh, sizeof fresh, "%s.new", path);
    int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) return errno == ENOSPC ? ERR_FULL : ERR_IO;
    int rc = 0;
    while (bytes.len > 0 && rc == 0) {
        ssize_t written = write(fd, bytes.at, bytes.len);
        if (written < 0) rc = errno == ENOSPC ? ERR_FULL : ERR_IO;
        else bytes = span_of(bytes.at + written, bytes.len - (size_t)written);
    }
    if (rc == 0 && fsync(fd) != 0) rc = ERR_IO;
    close(fd);
    if (rc == 0 && rename(fresh, path) != 0) rc = ERR_IO;
    if (rc < 0) unlink(fresh);
    return rc;
}

static int read_file(const char *path, struct buf *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
    int rc = 0;
    for (;;) {
        rc = buf_reserve(out, 65536);
        if (rc < 0) break;
        ssize_t got = read(fd, out->at + out->len, 65536);
        if (got <= 0) {
            rc = got < 0 ? ERR_IO : 0;
            break;
        }
        out->len += (size_t)got;
    }
    close(fd);
    return rc;
}

static void remove_files(const struct exchange *exchange, struct member_id id, struct str version)
{
    char path[PATH_BYTES];
    if (version.at == NULL) return;
    if (path_of(exchange, id, version, "large", path) == 0) unlink(path);
    if (path_of(exchange, id, version, "small", path) == 0) unlink(path);
}

/* --- Setting --- */

static int write_photo(const struct exchange *exchange, const struct picture *picture,
                       const struct photo *photo)
{
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "%s/photos", folder_of(exchange));
    if (mkdir(path, 0700) != 0 && errno != EEXIST) return errno == ENOSPC ? ERR_FULL : ERR_IO;
    TRY(path_of(exchange, picture->id, str_c(picture->version), "large", path));
    TRY(write_file(path, buf_span(&photo->large)));
    TRY(path_of(exchange, picture->id, str_c(picture->version), "small", path));
    return write_file(path, buf_span(&photo->small));
}

/* On a reader: decoding takes its time. */
static int make(struct sql *sql, struct exchange *exchange)
{
    struct picture *picture = exchange->state;
    TRY(member_read(sql, picture->id, &exchange->arena, &picture->member));
    uint8_t random[VERSION_BYTES / 2];
    TRY(random_bytes(random, sizeof random));
    OWNED(buf) struct buf text = buf_of(64);
    TRY(hex_put(&text, span_of(random, sizeof random)));
    memcpy(picture->version, text.at, VERSION_BYTES);
    OWNED(photo) struct photo photo = {0};
    TRY(photo_make(exchange->request->body, &photo));
    return write_photo(exchange, picture, &photo);
}

static int set(struct sql *sql, struct exchange *exchange)
{
    struct picture *picture = exchange->state;
    /* Here and not before: another one may have been set meanwhile, and this is the one whose files go. */
    TRY(member_read(sql, picture->id, &exchange->arena, &picture->member));
    bool removes = picture->version[0] == '\0';
    TRY(member_set_photo(sql, picture->id, removes ? (struct str){0} : str_c(picture->version),
                         clock_wall()));
    return api_audit(sql, exchange, removes ? "remove_photo" : "set_photo", "member", picture->id.n);
}

ON_LOOP static void fail_photo(struct exchange *exchange)
{
    struct http_response response = http_response_of(415);
    switch (exchange->result) {
    case ERR_NOT_FOUND: exchange_fail(exchange, CODE_MEMBER_NOT_FOUND, (struct str){0}); return;
    case ERR_TOO_BIG:
        exchange_fail(exchange, CODE_TOO_BIG, STR("A photo may have 10 MiB and 50 megapixels"));
        return;
    case ERR_UNSUPPORTED:
    case ERR_SYNTAX:
        http_put_problem(&response, 415, "unsupported_media_type",
                         STR("This is no whole JPEG or PNG picture"));
        exchange_respond(exchange, &response);
        return;
    default: api_fail_result(exchange);
    }
}

ON_LOOP static void was_set(struct exchange *exchange)
{
    const struct picture *picture = exchange->state;
    if (exchange->result < 0) {
        remove_files(exchange, picture->id, str_c(picture->version));
        fail_photo(exchange);
        return;
    }
    remove_files(exchange, picture->id, picture->member.photo);
    OWNED(buf) struct buf url = buf_of(256);
    OWNED(buf) struct buf body = buf_of(512);
    struct json json = jw_to(&body);
    int rc = member_photo_url(picture->id, str_c(picture->version), &url);
    jw_object(&json, NULL);
    jw_str(&json, "photo_url", buf_str(&url));
    jw_object_end(&json);
    if (rc < 0) exchange_fail(exchange, CODE_OVERLOADED, (struct str){0});
    else api_respond_built(exchange, 200, &json, &body);
}

ON_LOOP static void made(struct exchange *exchange)
{
    if (exchange->result < 0) fail_photo(exchange);
    else exchange_write(exchange, set, was_set);
}

ON_LOOP void photo_put(struct exchange *exchange)
{
    struct picture *picture = api_state(exchange, struct picture);
    if (picture == NULL || !api_path_id(exchange, "id", CODE_MEMBER_NOT_FOUND, &picture->id.n)) return;
    exchange_read(exchange, make, made);
}

/* --- Removing --- */

ON_LOOP static void was_removed(struct exchange *exchange)
{
    const struct picture *picture = exchange->state;
    if (exchange->result < 0) {
        fail_photo(exchange);
        return;
    }
    remove_files(exchange, picture->id, picture->member.photo);
    struct http_response response = http_response_of(204);
    exchange_respond(exchange, &response);
}

ON_LOOP void photo_delete(struct exchange *exchange)
{
    struct picture *picture = api_state(exchange, struct picture);
    if (picture == NULL || !api_path_id(exchange, "id", CODE_MEMBER_NOT_FOUND, &picture->id.n)) return;
    exchange_write(exchange, set, was_removed);
}

/* --- Showing --- */

static int load(struct sql *sql, struct exchange *exchange)
{
    struct picture *picture = exchange->state;
    TRY(member_read(sql, picture->id, &exchange->arena, &picture->member));
    if (picture->member.photo.at == NULL) return ERR_NOT_FOUND;
    char path[PATH_BYTES];
    TRY(path_of(exchange, picture->id, picture->member.photo,
                picture->size <= PHOTO_SMALL_PIXELS ? "small" : "large", path));
    return read_file(path, &picture->file);
}

ON_LOOP static void loaded(struct exchange *exchange)
{
    struct picture *picture = exchange->state;
    if (exchange->result < 0) {
        exchange_fail(exchange,
                      exchange->result == ERR_NOT_FOUND ? CODE_NOT_FOUND : code_of_err(exchange->result),
                      (struct str){0});
        return;
    }
    OWNED(buf) struct buf etag = buf_of(64);
    struct http_response response = http_response_of(200);
    int rc = buf_printf(&etag, "\"%.*s\"", STR_ARG(picture->member.photo));
    if (rc == 0 && http_if_none_match(exchange->request, buf_str(&etag))) {
        http_response_reset(&response, 304);
    } else {
        http_put_content_type(&response, "image/jpeg");
        response.body = picture->file;
        picture->file = (struct buf){0};
    }
    struct str version;
    bool lasting = http_query(exchange->request, "v", &version) == 1;
    http_put_header(&response, "ETag", buf_str(&etag));
    http_put_header(&response, "Cache-Control",
                    lasting ? STR("private, max-age=31536000, immutable") : STR("private, no-cache"));
    if (rc < 0) response.failed = rc;
    exchange_respond(exchange, &response);
}

static void free_file(struct exchange *exchange)
{
    struct picture *picture = exchange->state;
    buf_done(&picture->file);
}

ON_LOOP void photo_get(struct exchange *exchange)
{
    struct picture *picture = api_state(exchange, struct picture);
    if (picture == NULL || !api_path_id(exchange, "id", CODE_MEMBER_NOT_FOUND, &picture->id.n)) return;
    if (!api_query_i64(exchange, "size", 1, PHOTO_LARGE_PIXELS, 256, &picture->size)) return;
    picture->file = buf_of(PHOTO_BYTES_MAX);
    exchange->on_end = free_file;
    exchange_read(exchange, load, loaded);
}
