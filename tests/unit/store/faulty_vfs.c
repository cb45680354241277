#include "faulty_vfs.h"
#include "base/check.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILES_MAX 8
#define SECTOR_BYTES 512

/* A write that is not durable yet; bytes NULL: a truncation to `at`. */
struct change {
    struct change *next;
    int64_t at;
    size_t len;
    uint8_t *bytes;
};

struct image {
    uint8_t *bytes;
    size_t len;
};

/* What is known of a path, whoever has it open. */
struct shadow {
    char path[512];
    struct image durable;
    struct change *first, **last;
};

struct faulty_file {
    sqlite3_file base;
    struct shadow *shadow;    /* NULL: of no interest (temporary) */
    sqlite3_file *real;
};

static struct {
    sqlite3_vfs vfs;
    sqlite3_vfs *real;
    sqlite3_io_methods methods;
    struct shadow files[FILES_MAX];
    size_t file_count;
    uint64_t dice;
    int64_t changes, cut_at;
    int64_t fail_in[FAULTY_CALLS];
    int fail_code[FAULTY_CALLS];
    bool cut, failed;
} g;

uint64_t faulty_roll(uint64_t sides)
{
    g.dice ^= g.dice << 13;
    g.dice ^= g.dice >> 7;
    g.dice ^= g.dice << 17;
    return (g.dice >> 11) % sides;
}

/* --- Images --- */

static void image_set(struct image *image, int64_t at, const uint8_t *bytes, size_t len)
{
    size_t end = (size_t)at + len;
    if (end > image->len) {
        image->bytes = realloc(image->bytes, end);
        check(image->bytes != NULL);
        memset(image->bytes + image->len, 0, end - image->len);
        image->len = end;
    }
    if (len > 0) memcpy(image->bytes + at, bytes, len);
}

static void image_cut(struct image *image, int64_t len)
{
    if ((size_t)len < image->len) image->len = (size_t)len;
}

static void apply(struct image *image, const struct change *change, size_t len)
{
    if (change->bytes == NULL) image_cut(image, change->at);
    else image_set(image, change->at, change->bytes, len);
}

/* keep_all: they are durable. Else as the dice fall. */
static void settle(struct shadow *shadow, bool keep_all)
{
    while (shadow->first != NULL) {
        struct change *change = shadow->first;
        shadow->first = change->next;
        uint64_t fate = keep_all ? 0 : faulty_roll(3);
        size_t part = (size_t)faulty_roll(change->len / SECTOR_BYTES + 1) * SECTOR_BYTES;
        if (fate == 0) apply(&shadow->durable, change, change->len);
        if (fate == 1 && change->bytes != NULL) apply(&shadow->durable, change, part);
        free(change->bytes);
        free(change);
    }
    shadow->last = &shadow->first;
}

static void note(struct shadow *shadow, int64_t at, const void *bytes, size_t len)
{
    struct change *change = calloc(1, sizeof *change);
    check(change != NULL);
    *change = (struct change){.at = at, .len = len};
    if (bytes != NULL) {
        change->bytes = malloc(len);
        check(change->bytes != NULL);
        memcpy(change->bytes, bytes, len);
    }
    *shadow->last = change;
    shadow->last = &change->next;
}

static struct shadow *shadow_of(const char *path)
{
    for (size_t i = 0; i < g.file_count; i++) {
        if (strcmp(g.files[i].path, path) == 0) return &g.files[i];
    }
    check(g.file_count < FILES_MAX && strlen(path) < sizeof g.files[0].path);
    struct shadow *shadow = &g.files[g.file_count++];
    *shadow = (struct shadow){.last = &shadow->first};
    strcpy(shadow->path, path);
    return shadow;
}

/* --- The calls --- */

static struct faulty_file *of(sqlite3_file *file) { return (struct faulty_file *)file; }

/* The code that this call has to fail with, or SQLITE_OK. */
static int fault(enum faulty_call call)
{
    if (g.fail_in[call] == 0 || --g.fail_in[call] > 0) return SQLITE_OK;
    g.failed = true;
    return g.fail_code[call];
}

/* False: the power is gone. */
static bool may_change(void)
{
    if (!g.cut && ++g.changes == g.cut_at) g.cut = true;
    return !g.cut;
}

static int on_write(sqlite3_file *file, const void *bytes, int len, sqlite3_int64 at)
{
    struct faulty_file *self = of(file);
    if (!may_change()) return SQLITE_IOERR_WRITE;
    int rc = fault(FAULTY_WRITE);
    int written = rc == SQLITE_OK ? len : len / 2;
    if (self->shadow != NULL) note(self->shadow, at, bytes, (size_t)written);
    int real = self->real->pMethods->xWrite(self->real, bytes, written, at);
    return rc == SQLITE_OK ? real : rc;
}

static int on_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    struct faulty_file *self = of(file);
    if (!may_change()) return SQLITE_IOERR_TRUNCATE;
    if (self->shadow != NULL) note(self->shadow, size, NULL, 0);
    return self->real->pMethods->xTruncate(self->real, size);
}

/* The real disk is never synced: what would be durable is known here, and a test would take minutes. */
static int on_sync(sqlite3_file *file, int flags)
{
    struct faulty_file *self = of(file);
    (void)flags;
    if (!may_change()) return SQLITE_IOERR_FSYNC;
    int rc = fault(FAULTY_SYNC);
    if (self->shadow != NULL) settle(self->shadow, rc == SQLITE_OK);
    return rc;
}

static int on_read(sqlite3_file *file, void *bytes, int len, sqlite3_int64 at)
{
    if (g.cut) return SQLITE_IOERR_READ;
    int rc = fault(FAULTY_READ);
    return rc == SQLITE_OK ? of(file)->real->pMethods->xRead(of(file)->real, bytes, len, at) : rc;
}

static int on_close(sqlite3_file *file) { return of(file)->real->pMethods->xClose(of(file)->real); }
static int on_size(sqlite3_file *file, sqlite3_int64 *size) { return of(file)->real->pMethods->xFileSize(of(file)->real, size); }
static int on_lock(sqlite3_file *file, int lock) { return of(file)->real->pMethods->xLock(of(file)->real, lock); }
static int on_unlock(sqlite3_file *file, int lock) { return of(file)->real->pMethods->xUnlock(of(file)->real, lock); }
static int on_reserved(sqlite3_file *file, int *out) { return of(file)->real->pMethods->xCheckReservedLock(of(file)->real, out); }
static int on_control(sqlite3_file *file, int op, void *arg) { return of(file)->real->pMethods->xFileControl(of(file)->real, op, arg); }
static int on_sector(sqlite3_file *file)
{
    (void)file;
    return SECTOR_BYTES;
}
static int on_device(sqlite3_file *file) { return of(file)->real->pMethods->xDeviceCharacteristics(of(file)->real); }
static int on_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **out)
{
    return of(file)->real->pMethods->xShmMap(of(file)->real, page, size, extend, out);
}
static int on_shm_lock(sqlite3_file *file, int offset, int n, int flags)
{
    return of(file)->real->pMethods->xShmLock(of(file)->real, offset, n, flags);
}
static void on_shm_barrier(sqlite3_file *file) { of(file)->real->pMethods->xShmBarrier(of(file)->real); }
static int on_shm_unmap(sqlite3_file *file, int delete_flag)
{
    return of(file)->real->pMethods->xShmUnmap(of(file)->real, delete_flag);
}

static void read_durable(struct shadow *shadow)
{
    int fd = open(shadow->path, O_RDONLY | O_CLOEXEC);
    struct stat info;
    if (fd < 0) return;
    check(fstat(fd, &info) == 0);
    shadow->durable.len = (size_t)info.st_size;
    shadow->durable.bytes = realloc(shadow->durable.bytes, shadow->durable.len + 1);
    check(shadow->durable.bytes != NULL && read(fd, shadow->durable.bytes, shadow->durable.len) == info.st_size);
    close(fd);
}

static int on_open(sqlite3_vfs *vfs, sqlite3_filename path, sqlite3_file *file, int flags, int *out_flags)
{
    (void)vfs;
    struct faulty_file *self = of(file);
    file->pMethods = NULL;
    if (g.cut) return SQLITE_CANTOPEN;
    self->real = (sqlite3_file *)(self + 1);
    self->shadow = NULL;
    if (path != NULL) {
        size_t known = g.file_count;
        self->shadow = shadow_of(path);
        if (g.file_count > known) read_durable(self->shadow);
    }
    int rc = g.real->xOpen(g.real, path, self->real, flags, out_flags);
    if (rc == SQLITE_OK) file->pMethods = &g.methods;
    return rc;
}

static int on_delete(sqlite3_vfs *vfs, const char *path, int sync_folder)
{
    (void)vfs;
    if (!may_change()) return SQLITE_IOERR_DELETE;
    struct shadow *shadow = shadow_of(path);
    settle(shadow, true);
    shadow->durable.len = 0;
    return g.real->xDelete(g.real, path, sync_folder);
}

/* --- For the test --- */

void faulty_install(void)
{
    g.real = sqlite3_vfs_find(NULL);
    g.vfs = *g.real;
    g.vfs.pNext = NULL;
    g.vfs.zName = "faulty";
    g.vfs.szOsFile = (int)sizeof(struct faulty_file) + g.real->szOsFile;
    g.vfs.xOpen = on_open;
    g.vfs.xDelete = on_delete;
    g.methods = (sqlite3_io_methods){.iVersion = 2, /* no mmap: its writes could not be seen */
                                     .xClose = on_close, .xRead = on_read, .xWrite = on_write, .xTruncate = on_truncate,
                                     .xSync = on_sync, .xFileSize = on_size, .xLock = on_lock, .xUnlock = on_unlock,
                                     .xCheckReservedLock = on_reserved, .xFileControl = on_control, .xSectorSize = on_sector,
                                     .xDeviceCharacteristics = on_device, .xShmMap = on_shm_map, .xShmLock = on_shm_lock,
                                     .xShmBarrier = on_shm_barrier, .xShmUnmap = on_shm_unmap};
    check(sqlite3_vfs_register(&g.vfs, 1) == SQLITE_OK);
}

void faulty_reset(uint64_t seed)
{
    for (size_t i = 0; i < g.file_count; i++) {
        settle(&g.files[i], true);
        free(g.files[i].durable.bytes);
    }
    memset(g.files, 0, sizeof g.files);
    memset(g.fail_in, 0, sizeof g.fail_in);
    g.file_count = 0;
    g.changes = g.cut_at = 0;
    g.cut = g.failed = false;
    g.dice = seed * UINT64_C(0x9e3779b97f4a7c15) | 1;
}

int64_t faulty_changes(void) { return g.changes; }
void faulty_cut_at(int64_t change) { g.cut_at = change; }
bool faulty_is_cut(void) { return g.cut; }
bool faulty_has_failed(void) { return g.failed; }

void faulty_fail(enum faulty_call call, int64_t count, int sqlite_code)
{
    g.fail_in[call] = count;
    g.fail_code[call] = sqlite_code;
    g.failed = false;
}

void faulty_kill(void) { g.cut = true; }

void faulty_next_process(void)
{
    for (size_t i = 0; i < g.file_count; i++) {
        char shm[520];
        snprintf(shm, sizeof shm, "%s-shm", g.files[i].path);
        unlink(shm); /* memory, not disk: nobody has it any more */
    }
    g.cut = false;
    g.cut_at = 0;
}

void faulty_power_up(void)
{
    for (size_t i = 0; i < g.file_count; i++) {
        struct shadow *shadow = &g.files[i];
        settle(shadow, false);
        int fd = open(shadow->path, O_WRONLY | O_CLOEXEC | O_TRUNC);
        if (fd < 0) continue; /* deleted */
        check(write(fd, shadow->durable.bytes, shadow->durable.len) == (ssize_t)shadow->durable.len);
        close(fd);
    }
    faulty_next_process();
}
