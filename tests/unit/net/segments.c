/* A file of its own: the kernel's struct tcp_info is newer than glibc's, and libuv's header brings glibc's. */
#include "segments.h"

#include "base/check.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

uint32_t segments_sent(int fd)
{
    struct tcp_info info;
    socklen_t len = sizeof info;
    check(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) == 0);
    check(len >= offsetof(struct tcp_info, tcpi_data_segs_out) + sizeof info.tcpi_data_segs_out);
    return info.tcpi_data_segs_out;
}
