#include "api/assets_load.h"
#include "base/utf8.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_BYTES ((size_t)64 * 1024)

struct loading {
    struct assets *assets;
    struct buf path; /* of what is being read, as a request has it; empty for the folder itself */
    struct buf bytes;
    struct err_detail *reterr;
};

static void loading_owned(struct loading *loading)
{
    assets_free(loading->assets);
    buf_done(&loading->path);
    buf_done(&loading->bytes);
}

static void fd_owned(const int *fd)
{
    if (*fd >= 0) (void)close(*fd);
}

static void dir_owned(DIR **dir)
{
    if (*dir != NULL) (void)closedir(*dir);
}

static int io_failed(struct loading *loading)
{
    return fail(loading->reterr, ERR_IO, "The web app's file %.*s cannot be read: %s",
                STR_ARG(buf_str(&loading->path)), strerror(errno));
}

static int read_all(struct loading *loading, int fd)
{
    buf_clear(&loading->bytes);
    for (;;) {
        TRY(buf_reserve(&loading->bytes, 64 * 1024));
        ssize_t count = read(fd, loading->bytes.at + loading->bytes.len, READ_BYTES);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return io_failed(loading);
        if (count == 0) return 0;
        loading->bytes.len += (size_t)count;
    }
}

static int add_file(struct loading *loading, int folder, const char *name)
{
    OWNED(fd) int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) return io_failed(loading);
    int rc = read_all(loading, fd);
    if (rc >= 0) rc = assets_add(loading->assets, buf_str(&loading->path), buf_span(&loading->bytes));
    if (rc == ERR_TOO_BIG) {
        return fail(loading->reterr, rc, "The web app is too big at %.*s: at most %zu MiB and %d files",
                    STR_ARG(buf_str(&loading->path)), ASSETS_BYTES_MAX / 1024 / 1024, ASSETS_COUNT_MAX);
    }
    return rc;
}

static int add_folder(struct loading *loading, int parent, const char *name, int depth);

static int add_entry(struct loading *loading, int folder, const char *name, int depth)
{
    struct stat info;
    if (fstatat(folder, name, &info, AT_SYMLINK_NOFOLLOW) < 0) return io_failed(loading);
    if (S_ISREG(info.st_mode)) return add_file(loading, folder, name);
    if (S_ISDIR(info.st_mode)) return add_folder(loading, folder, name, depth + 1);
    /* A link could lead to any file of the machine, which we would then hand to anybody. */
    return fail(loading->reterr, ERR_FORBIDDEN,
                "The web app's folder holds %.*s, which is neither a file nor a folder",
                STR_ARG(buf_str(&loading->path)));
}

/* All entries of one folder; loading->path grows by each name and shrinks again. */
static int add_entries(struct loading *loading, DIR *dir, int depth)
{
    size_t path_bytes = loading->path.len;
    for (;;) {
        errno = 0;
        struct dirent *entry = readdir(dir);
        if (entry == NULL) return errno == 0 ? 0 : io_failed(loading);
        if (entry->d_name[0] == '.') continue;
        struct str name;
        if (utf8_check(str_span((struct str){entry->d_name, strlen(entry->d_name)}), &name) < 0) {
            return fail(loading->reterr, ERR_TEXT, "The web app's folder holds a name that is not UTF-8");
        }
        TRY(buf_put_byte(&loading->path, '/'));
        TRY(buf_put_str(&loading->path, name));
        TRY(add_entry(loading, dirfd(dir), entry->d_name, depth));
        loading->path.len = path_bytes;
    }
}

static int add_folder(struct loading *loading, int parent, const char *name, int depth)
{
    if (depth > ASSETS_DEPTH_MAX) {
        return fail(loading->reterr, ERR_TOO_BIG, "The web app's folders are nested too deep");
    }
    OWNED(fd)
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | (depth > 0 ? O_NOFOLLOW : 0));
    if (fd < 0 && depth == 0 && (errno == ENOENT || errno == ENOTDIR)) {
        return fail(loading->reterr, ERR_NOT_FOUND, "There is no folder %s with the web app", name);
    }
    if (fd < 0) return io_failed(loading);
    OWNED(dir) DIR *dir = fdopendir(fd);
    if (dir == NULL) return io_failed(loading);
    fd = -1; /* closedir closes it */
    return add_entries(loading, dir, depth);
}

int assets_load(const char *folder, struct assets **ret_assets, struct err_detail *reterr)
{
    OWNED(loading)
    struct loading loading = {.path = buf_of(4096),
                              .bytes = buf_of(ASSETS_BYTES_MAX + READ_BYTES),
                              .reterr = reterr};
    TRY(assets_create(&loading.assets));
    int rc = add_folder(&loading, AT_FDCWD, folder, 0);
    if (rc == ERR_NOMEM) return fail(reterr, rc, "Not enough memory for the web app's files");
    if (rc < 0) return rc;
    TRY(assets_seal(loading.assets));
    *ret_assets = take(loading.assets);
    return 0;
}
