#include "jobs/photo.h"
#include "jobs/photo_head.h"

#include <gdk-pixbuf/gdk-pixbuf.h>

#define JPEG_QUALITY "85"
#define JPEG_BYTES_MAX ((size_t)1024 * 1024)

static void pixbuf_owned(GdkPixbuf **pixbuf)
{
    if (*pixbuf != NULL) g_object_unref(*pixbuf);
}
static void error_owned(GError **error) { g_clear_error(error); }
static void g_mem_owned(gchar **at) { g_free(*at); }

void photo_done(struct photo *photo)
{
    buf_done(&photo->large);
    buf_done(&photo->small);
}

static int error_code(const GError *error)
{
    bool memory = g_error_matches(error, GDK_PIXBUF_ERROR, GDK_PIXBUF_ERROR_INSUFFICIENT_MEMORY);
    return memory ? ERR_NOMEM : ERR_SYNTAX;
}

/* --- Before decoding ------------------------------------------------------------------------------------------------- */

static int check_bounds(const struct photo_head *head)
{
    uint64_t pixels = (uint64_t)head->width * head->height;
    bool by_lines = head->type == PHOTO_JPEG && head->passes == 1;
    if (pixels > (by_lines ? PHOTO_PIXELS_MAX : PHOTO_PIXELS_WHOLE_MAX)) return ERR_TOO_BIG;
    return head->passes > PHOTO_PASSES_MAX ? ERR_TOO_BIG : 0;
}

/* The size that fits into a square of that side, in the same proportions, never bigger than it is. */
static void fit(int side, int *width, int *height)
{
    int longer = *width > *height ? *width : *height;
    if (longer <= side) return;
    *width = (int)((int64_t)*width * side / longer);
    *height = (int)((int64_t)*height * side / longer);
    if (*width < 1) *width = 1;
    if (*height < 1) *height = 1;
}

/* --- Decoding -------------------------------------------------------------------------------------------------------- */

/* The decoder has read the head: tells it the size wanted, so that a JPEG is scaled down line by line; 0 stops it. */
static void on_size(GdkPixbufLoader *loader, int width, int height, gpointer data)
{
    const struct photo_head *head = data;
    if ((int64_t)width != (int64_t)head->width || (int64_t)height != (int64_t)head->height) {
        width = height = 0; /* it sees another picture than we measured */
    } else {
        fit(PHOTO_LARGE_PIXELS, &width, &height);
    }
    gdk_pixbuf_loader_set_size(loader, width, height);
}

static int feed(GdkPixbufLoader *loader, struct span upload)
{
    OWNED(error) GError *error = NULL;
    bool written = gdk_pixbuf_loader_write(loader, upload.at, upload.len, &error);
    int rc = written ? 0 : error_code(error);
    /* Must be closed in any case; a second failure says nothing new. */
    OWNED(error) GError *at_end = NULL;
    bool closed = gdk_pixbuf_loader_close(loader, &at_end);
    if (rc == 0 && !closed) rc = error_code(at_end);
    return rc;
}

static void loader_owned(GdkPixbufLoader **loader)
{
    if (*loader != NULL) g_object_unref(*loader);
}

static int decode(struct span upload, struct photo_head *head, GdkPixbuf **ret_pixbuf)
{
    OWNED(error) GError *error = NULL;
    /* By name: so that the bytes do not choose among all decoders that a machine may have. */
    OWNED(loader)
    GdkPixbufLoader *loader =
        gdk_pixbuf_loader_new_with_type(head->type == PHOTO_JPEG ? "jpeg" : "png", &error);
    if (loader == NULL) return ERR_INTERNAL;
    g_signal_connect(loader, "size-prepared", G_CALLBACK(on_size), head);
    TRY(feed(loader, upload));
    GdkPixbuf *seen = gdk_pixbuf_loader_get_pixbuf(loader); /* the loader's own */
    if (seen == NULL) return ERR_SYNTAX;
    GdkPixbuf *upright = gdk_pixbuf_apply_embedded_orientation(seen);
    if (upright == NULL) return ERR_NOMEM;
    *ret_pixbuf = upright;
    return 0;
}

/* --- Encoding -------------------------------------------------------------------------------------------------------- */

/* In the size that fits, and white where it was transparent; JPEG has no transparency. */
static int scale(const GdkPixbuf *picture, int side, GdkPixbuf **ret_pixbuf)
{
    int full_width = gdk_pixbuf_get_width(picture), width = full_width;
    int full_height = gdk_pixbuf_get_height(picture), height = full_height;
    fit(side, &width, &height);
    OWNED(pixbuf) GdkPixbuf *scaled = gdk_pixbuf_new(GDK_COLORSPACE_RGB, FALSE, 8, width, height);
    if (scaled == NULL) return ERR_NOMEM;
    gdk_pixbuf_fill(scaled, 0xffffffffu);
    gdk_pixbuf_composite(picture, scaled, 0, 0, width, height, 0, 0, (double)width / full_width,
                         (double)height / full_height, GDK_INTERP_BILINEAR, 255);
    *ret_pixbuf = take(scaled);
    return 0;
}

static int encode(const GdkPixbuf *picture, int side, struct buf *out)
{
    OWNED(pixbuf) GdkPixbuf *scaled = NULL;
    TRY(scale(picture, side, &scaled));
    OWNED(error) GError *error = NULL;
    OWNED(g_mem) gchar *bytes = NULL;
    gsize count = 0;
    /* What is written is the picture alone: place, camera and comments stayed behind. */
    if (!gdk_pixbuf_save_to_buffer(scaled, &bytes, &count, "jpeg", &error, "quality", JPEG_QUALITY, NULL)) {
        return error_code(error) == ERR_NOMEM ? ERR_NOMEM : ERR_INTERNAL;
    }
    return buf_put(out, span_of(bytes, count));
}

int photo_make(struct span upload, struct photo *ret_photo)
{
    if (upload.len > PHOTO_BYTES_MAX) return ERR_TOO_BIG;
    struct photo_head head;
    TRY(photo_head_read(upload, &head));
    TRY(check_bounds(&head));
    OWNED(pixbuf) GdkPixbuf *picture = NULL;
    TRY(decode(upload, &head, &picture));
    OWNED(photo) struct photo photo = {.large = buf_of(JPEG_BYTES_MAX), .small = buf_of(JPEG_BYTES_MAX)};
    TRY(encode(picture, PHOTO_LARGE_PIXELS, &photo.large));
    TRY(encode(picture, PHOTO_SMALL_PIXELS, &photo.small));
    *ret_photo = photo;
    photo = (struct photo){.large = {.at = NULL}};
    return 0;
}
