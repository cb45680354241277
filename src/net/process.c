#include "net/process.h"

#include <sys/resource.h>

int net_raise_file_limit(uint64_t *ret_count_max)
{
    struct rlimit limit;
    *ret_count_max = 0;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return ERR_INTERNAL;
    *ret_count_max = limit.rlim_cur;
    if (limit.rlim_cur == limit.rlim_max) return 0;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) return ERR_FORBIDDEN;
    *ret_count_max = limit.rlim_cur;
    return 0;
}
