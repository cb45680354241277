/* Preloaded into a server under test: its wall clock is off by as many seconds as the file $SET_CLOCK_FILE says (an int64), at once when the
 * file changes. The monotonic clock is left alone, as when somebody sets the time. */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *offset(void)
{
    static const volatile int64_t *mapped;
    static int tried;
    if (tried) return mapped;
    tried = 1;
    const char *path = getenv("SET_CLOCK_FILE");
    int fd = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    void *at = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof *mapped, PROT_READ, MAP_SHARED, fd, 0);
    if (fd >= 0) close(fd);
    if (at != MAP_FAILED) mapped = at;
    return mapped;
}

int clock_gettime(clockid_t clock, struct timespec *ret_at)
{
    long rc = syscall(SYS_clock_gettime, clock, ret_at);
    const volatile int64_t *seconds = clock == CLOCK_REALTIME ? offset() : NULL;
    if (rc == 0 && seconds != NULL) ret_at->tv_sec += *seconds;
    return (int)rc;
}
