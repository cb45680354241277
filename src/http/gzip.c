#include "http/gzip.h"

#include <zlib.h>

static void deflate_owned(z_stream *stream) { (void)deflateEnd(stream); }

int gzip_put(struct buf *out, struct span bytes, int level)
{
    check(level >= 1 && level <= 9);
    if (bytes.len > UINT32_MAX / 2) return ERR_TOO_BIG;
    OWNED(deflate) z_stream stream = {0};
    /* 16 + 15: gzip's frame around a window of 32 KiB. */
    int rc = deflateInit2(&stream, level, Z_DEFLATED, 16 + 15, 8, Z_DEFAULT_STRATEGY);
    if (rc == Z_MEM_ERROR) return ERR_NOMEM;
    if (rc != Z_OK) return ERR_INTERNAL;
    size_t bound = deflateBound(&stream, bytes.len);
    TRY(buf_reserve(out, bound));
    stream.next_in = (Bytef *)(uintptr_t)bytes.at;
    stream.avail_in = narrow_u32(bytes.len);
    stream.next_out = out->at + out->len;
    stream.avail_out = narrow_u32(bound);
    if (deflate(&stream, Z_FINISH) != Z_STREAM_END) return ERR_INTERNAL;
    out->len += bound - stream.avail_out;
    return 0;
}
