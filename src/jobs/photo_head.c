#include "jobs/photo_head.h"

static uint32_t get_be32(const uint8_t *at) { return ((uint32_t)get_be16(at) << 16) | get_be16(at + 2); }

static bool starts(struct span bytes, struct str magic)
{
    return bytes.len >= magic.len && memcmp(bytes.at, magic.at, magic.len) == 0;
}

/* --- JPEG (ITU-T T.81, annex B) ---------------------------------------------------------------------------------------- */

enum jpeg_marker {
    SOF0 = 0xc0, /* a frame's header: baseline; SOF1 and SOF2 (extended, progressive) are read too */
    SOF2 = 0xc2,
    SOF15 = 0xcf,
    DHT = 0xc4, /* these three lie among the SOFs */
    JPG = 0xc8,
    DAC = 0xcc,
    RST0 = 0xd0,
    RST7 = 0xd7,
    SOI = 0xd8,
    EOI = 0xd9,
    SOS = 0xda,
    TEM = 0x01,
};

/* The next marker at or behind *at, over a scan's data, where FF stands before 00 or RSTn. 0: there is none. */
static uint8_t next_marker(struct span bytes, size_t *at)
{
    while (*at < bytes.len) {
        const uint8_t *found = memchr(bytes.at + *at, 0xff, bytes.len - *at);
        if (found == NULL) return 0;
        *at = (size_t)(found - bytes.at) + 1;
        while (*at < bytes.len && bytes.at[*at] == 0xff) (*at)++; /* fill bytes */
        if (*at == bytes.len) return 0;
        uint8_t marker = bytes.at[(*at)++];
        bool standalone = marker == 0 || marker == TEM || (marker >= RST0 && marker <= RST7);
        if (!standalone) return marker;
    }
    return 0;
}

static int on_segment(struct photo_head *head, uint8_t marker, struct span segment)
{
    if (marker == SOI) return ERR_SYNTAX;
    if (marker == SOS) {
        head->passes++;
        return head->width == 0 ? ERR_SYNTAX : 0;
    }
    bool is_frame = marker >= SOF0 && marker <= SOF15 && marker != DHT && marker != JPG && marker != DAC;
    if (!is_frame) return 0;
    if (marker > SOF2) return ERR_UNSUPPORTED; /* lossless, hierarchical, arithmetic */
    if (head->width != 0 || segment.len < 6) return ERR_SYNTAX;
    head->height = get_be16(segment.at + 1);
    head->width = get_be16(segment.at + 3);
    /* A height of 0 would be told behind the first scan (DNL): nobody does. */
    return head->width == 0 || head->height == 0 ? ERR_SYNTAX : 0;
}

static int read_jpeg(struct span bytes, struct photo_head *head)
{
    size_t at = 2;
    for (;;) {
        uint8_t marker = next_marker(bytes, &at);
        if (marker == 0) return ERR_SYNTAX; /* no end: cut off */
        if (marker == EOI) return head->passes > 0 ? 0 : ERR_SYNTAX;
        if (bytes.len - at < 2) return ERR_SYNTAX;
        size_t len = get_be16(bytes.at + at); /* with its own two bytes */
        if (len < 2 || len > bytes.len - at) return ERR_SYNTAX;
        TRY(on_segment(head, marker, span_of(bytes.at + at + 2, len - 2)));
        at += len;
    }
}

/* --- PNG (ISO/IEC 15948, section 5) ------------------------------------------------------------------------------------ */

#define PNG_MAGIC STR("\x89PNG\r\n\x1a\n")
#define PNG_CHUNK_BYTES 12 /* length, type and checksum around a chunk's data */

static int read_png(struct span bytes, struct photo_head *head)
{
    size_t at = PNG_MAGIC.len;
    for (;;) {
        if (bytes.len - at < PNG_CHUNK_BYTES) return ERR_SYNTAX; /* no IEND: cut off */
        uint32_t len = get_be32(bytes.at + at);
        if (len > bytes.len - at - PNG_CHUNK_BYTES) return ERR_SYNTAX;
        const uint8_t *type = bytes.at + at + 4;
        bool is_first = at == PNG_MAGIC.len;
        if (is_first != (memcmp(type, "IHDR", 4) == 0)) return ERR_SYNTAX;
        if (is_first) {
            if (len != 13) return ERR_SYNTAX;
            head->width = get_be32(type + 4);
            head->height = get_be32(type + 8);
            if (head->width == 0 || head->height == 0) return ERR_SYNTAX;
        }
        if (memcmp(type, "IEND", 4) == 0) return 0;
        at += PNG_CHUNK_BYTES + len;
    }
}

int photo_head_read(struct span bytes, struct photo_head *ret_head)
{
    struct photo_head head = {.type = PHOTO_JPEG};
    if (starts(bytes, STR("\xff\xd8\xff"))) {
        TRY(read_jpeg(bytes, &head));
    } else if (starts(bytes, PNG_MAGIC)) {
        head = (struct photo_head){.type = PHOTO_PNG, .passes = 1};
        TRY(read_png(bytes, &head));
    } else {
        return ERR_UNSUPPORTED;
    }
    check(head.width > 0 && head.height > 0 && head.passes > 0);
    *ret_head = head;
    return 0;
}
