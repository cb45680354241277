#include "jobs/photo.h"
#include "jobs/photo_head.h"
#include "../testing.h"

#include <gdk-pixbuf/gdk-pixbuf.h>
#include <sys/resource.h>

/* --- Pictures to upload ---------------------------------------------------------------------------------------------- */

enum colour { RED = 0xff0000, GREEN = 0x00ff00, BLUE = 0x0000ff, WHITE = 0xffffff, BLACK = 0x000000 };

static void fill(GdkPixbuf *picture, int x, int y, int width, int height, uint32_t rgba)
{
    GdkPixbuf *part = gdk_pixbuf_new_subpixbuf(picture, x, y, width, height);
    assert_non_null(part);
    gdk_pixbuf_fill(part, rgba);
    g_object_unref(part);
}

/* Red and green above, blue and black below. */
static GdkPixbuf *make_quarters(int width, int height)
{
    GdkPixbuf *picture = gdk_pixbuf_new(GDK_COLORSPACE_RGB, FALSE, 8, width, height);
    assert_non_null(picture);
    fill(picture, 0, 0, width / 2, height / 2, 0xff0000ff);
    fill(picture, width / 2, 0, width - width / 2, height / 2, 0x00ff00ff);
    fill(picture, 0, height / 2, width / 2, height - height / 2, 0x0000ffff);
    fill(picture, width / 2, height / 2, width - width / 2, height - height / 2, 0x000000ff);
    return picture;
}

/* Saves and lets go of the picture. */
static void save(GdkPixbuf *picture, const char *type, struct buf *out)
{
    gchar *bytes = NULL;
    gsize count = 0;
    assert_true(gdk_pixbuf_save_to_buffer(picture, &bytes, &count, type, NULL, NULL));
    buf_init(out, 32 * 1024 * 1024);
    assert_int_equal(buf_put(out, span_of(bytes, count)), 0);
    g_free(bytes);
    g_object_unref(picture);
}

/* Puts a segment right behind a JPEG's start. */
static void splice(struct buf *jpeg, struct span segment)
{
    struct buf out = buf_of(32 * 1024 * 1024);
    assert_int_equal(buf_put(&out, span_of(jpeg->at, 2)), 0);
    assert_int_equal(buf_put(&out, segment), 0);
    assert_int_equal(buf_put(&out, span_of(jpeg->at + 2, jpeg->len - 2)), 0);
    buf_done(jpeg);
    *jpeg = out;
}

/* APP1 with one tag, the orientation (Exif 2.3, 4.6.4), in either byte order; and a word that must not come through. */
static void put_orientation(struct buf *jpeg, uint8_t orientation, bool big_endian)
{
    uint8_t segment[] = {0xff, 0xe1, 0, 0, 'E', 'x', 'i', 'f', 0, 0,
                         'I', 'I', 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 0x01, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0, 0, 0, 0, 0,
                         'S', 'e', 'c', 'r', 'e', 't'};
    uint8_t big[] = {'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0};
    if (big_endian) memcpy(segment + 10, big, sizeof big);
    put_be16(segment + 2, sizeof segment - 2);
    splice(jpeg, span_of(segment, sizeof segment));
}

/* --- Looking at the result ------------------------------------------------------------------------------------------- */

static void photo_is_clean(const struct buf *jpeg)
{
    struct photo_head head;
    assert_int_equal(photo_head_read(buf_span(jpeg), &head), 0);
    assert_int_equal(head.type, PHOTO_JPEG);
    assert_null(memmem(jpeg->at, jpeg->len, "Exif", 4));
    assert_null(memmem(jpeg->at, jpeg->len, "Secret", 6));
}

static GdkPixbuf *open_jpeg(const struct buf *jpeg)
{
    GdkPixbufLoader *loader = gdk_pixbuf_loader_new_with_type("jpeg", NULL);
    assert_non_null(loader);
    assert_true(gdk_pixbuf_loader_write(loader, jpeg->at, jpeg->len, NULL));
    assert_true(gdk_pixbuf_loader_close(loader, NULL));
    GdkPixbuf *picture = g_object_ref(gdk_pixbuf_loader_get_pixbuf(loader));
    g_object_unref(loader);
    return picture;
}

static void assert_size(const struct buf *jpeg, int width, int height)
{
    GdkPixbuf *picture = open_jpeg(jpeg);
    assert_int_equal(gdk_pixbuf_get_width(picture), width);
    assert_int_equal(gdk_pixbuf_get_height(picture), height);
    g_object_unref(picture);
}

/* The colour in the middle of a quarter, as near as JPEG keeps it. */
static void assert_quarter(const GdkPixbuf *picture, int right, int below, uint32_t expected)
{
    int x = gdk_pixbuf_get_width(picture) * (1 + 2 * right) / 4;
    int y = gdk_pixbuf_get_height(picture) * (1 + 2 * below) / 4;
    const guint8 *at = gdk_pixbuf_read_pixels(picture) + y * gdk_pixbuf_get_rowstride(picture) + x * gdk_pixbuf_get_n_channels(picture);
    for (int channel = 0; channel < 3; channel++) {
        int wanted = (int)(expected >> (16 - 8 * channel) & 0xffu);
        if (abs(at[channel] - wanted) > 24) fail_msg("quarter %d,%d is %02x%02x%02x, not %06x", right, below, at[0], at[1], at[2], expected);
    }
}

/* --- Tests ----------------------------------------------------------------------------------------------------------- */

static void a_photo_is_made_in_two_sizes(void **state)
{
    (void)state;
    static const struct { int width, height, large_width, large_height, small_width, small_height; } CASES[] = {
        {1000, 500, 640, 320, 160, 80}, {500, 2000, 160, 640, 40, 160}, {640, 640, 640, 640, 160, 160},
        {200, 100, 200, 100, 160, 80},  {100, 80, 100, 80, 100, 80},    {1, 1, 1, 1, 1, 1},
        {3000, 2, 640, 1, 160, 1},      {5000, 4000, 640, 512, 160, 128},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        for (int png = 0; png < 2; png++) {
            OWNED(buf) struct buf upload = buf_of(0);
            GdkPixbuf *picture = gdk_pixbuf_new(GDK_COLORSPACE_RGB, FALSE, 8, CASES[i].width, CASES[i].height);
            gdk_pixbuf_fill(picture, 0x336699ff);
            save(picture, png ? "png" : "jpeg", &upload);
            OWNED(photo) struct photo photo = {.large = {.at = NULL}};
            assert_int_equal(photo_make(buf_span(&upload), &photo), 0);
            assert_size(&photo.large, CASES[i].large_width, CASES[i].large_height);
            assert_size(&photo.small, CASES[i].small_width, CASES[i].small_height);
        }
    }
}

/* Exif 2.3, 4.6.4: where the stored picture's upper left quarter comes to lie, and the others with it. */
static void a_photo_is_turned_upright_and_stripped(void **state)
{
    (void)state;
    static const struct { uint8_t orientation; bool turned; uint32_t above_left, above_right, below_left, below_right; } CASES[] = {
        {1, false, RED, GREEN, BLUE, BLACK},  {2, false, GREEN, RED, BLACK, BLUE}, {3, false, BLACK, BLUE, GREEN, RED},
        {4, false, BLUE, BLACK, RED, GREEN},  {5, true, RED, BLUE, GREEN, BLACK},  {6, true, BLUE, RED, BLACK, GREEN},
        {7, true, BLACK, GREEN, BLUE, RED},   {8, true, GREEN, BLACK, RED, BLUE},  {0, false, RED, GREEN, BLUE, BLACK},
        {9, false, RED, GREEN, BLUE, BLACK},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        for (int big_endian = 0; big_endian < 2; big_endian++) {
            OWNED(buf) struct buf upload = buf_of(0);
            save(make_quarters(1280, 640), "jpeg", &upload);
            put_orientation(&upload, CASES[i].orientation, big_endian);
            assert_non_null(memmem(upload.at, upload.len, "Secret", 6));
            OWNED(photo) struct photo photo = {.large = {.at = NULL}};
            assert_int_equal(photo_make(buf_span(&upload), &photo), 0);
            photo_is_clean(&photo.large);
            photo_is_clean(&photo.small);
            assert_size(&photo.large, CASES[i].turned ? 320 : 640, CASES[i].turned ? 640 : 320);
            assert_size(&photo.small, CASES[i].turned ? 80 : 160, CASES[i].turned ? 160 : 80);
            GdkPixbuf *seen = open_jpeg(&photo.small);
            assert_quarter(seen, 0, 0, CASES[i].above_left);
            assert_quarter(seen, 1, 0, CASES[i].above_right);
            assert_quarter(seen, 0, 1, CASES[i].below_left);
            assert_quarter(seen, 1, 1, CASES[i].below_right);
            g_object_unref(seen);
        }
    }
}

static void what_is_transparent_becomes_white(void **state)
{
    (void)state;
    OWNED(buf) struct buf upload = buf_of(0);
    GdkPixbuf *picture = gdk_pixbuf_new(GDK_COLORSPACE_RGB, TRUE, 8, 800, 800);
    fill(picture, 0, 0, 400, 800, 0xff0000ff);
    fill(picture, 400, 0, 400, 400, 0x00000000);  /* nothing, over a black that must not show */
    fill(picture, 400, 400, 400, 400, 0x00000080); /* half */
    save(picture, "png", &upload);
    OWNED(photo) struct photo photo = {.large = {.at = NULL}};
    assert_int_equal(photo_make(buf_span(&upload), &photo), 0);
    GdkPixbuf *seen = open_jpeg(&photo.large);
    assert_quarter(seen, 0, 0, RED);
    assert_quarter(seen, 1, 0, WHITE);
    assert_quarter(seen, 1, 1, 0x7f7f7f);
    g_object_unref(seen);
}

static void a_file_that_is_cut_off_is_refused(void **state)
{
    (void)state;
    static const char *const TYPES[] = {"jpeg", "png"};
    for (size_t i = 0; i < COUNT_OF(TYPES); i++) {
        OWNED(buf) struct buf upload = buf_of(0);
        save(make_quarters(64, 64), TYPES[i], &upload);
        for (size_t len = 0; len < upload.len; len++) {
            OWNED(photo) struct photo photo = {.large = {.at = NULL}};
            int rc = photo_make(span_of(upload.at, len), &photo);
            if (rc != ERR_SYNTAX && rc != ERR_UNSUPPORTED) fail_msg("%s cut at %zu of %zu gives %d", TYPES[i], len, upload.len, rc);
        }
        OWNED(photo) struct photo photo = {.large = {.at = NULL}};
        assert_int_equal(photo_make(buf_span(&upload), &photo), 0);
    }
}

static void a_file_with_one_bad_byte_harms_nobody(void **state)
{
    (void)state;
    static const char *const TYPES[] = {"jpeg", "png"};
    for (size_t i = 0; i < COUNT_OF(TYPES); i++) {
        OWNED(buf) struct buf upload = buf_of(0);
        save(make_quarters(16, 16), TYPES[i], &upload);
        for (size_t at = 0; at < upload.len; at++) {
            upload.at[at] ^= 0xff;
            OWNED(photo) struct photo photo = {.large = {.at = NULL}};
            int rc = photo_make(buf_span(&upload), &photo);
            upload.at[at] ^= 0xff;
            if (rc == 0) photo_is_clean(&photo.large);
            else assert_true(rc == ERR_SYNTAX || rc == ERR_UNSUPPORTED || rc == ERR_TOO_BIG);
        }
    }
}

static void what_is_no_jpeg_or_png_is_refused(void **state)
{
    (void)state;
    static const struct str CASES[] = {
        STR(""),
        STR("GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02" "D\x01\x00;"),
        STR("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"1\" height=\"1\"/>"),
        STR("/* XPM */ static char *a[] = {\"1 1 1 1\", \"a c #000000\", \"a\"};"),
        STR("\xff\xd8"),
        STR("\x89PNG\r\n\x1a"),
        STR("BM"),
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        OWNED(photo) struct photo photo = {.large = {.at = NULL}};
        assert_int_equal(photo_make(str_span(CASES[i]), &photo), ERR_UNSUPPORTED);
    }
}

static long memory_kib(void)
{
    struct rusage usage;
    assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
    return usage.ru_maxrss;
}

/* A head that claims more than is allowed, before a body of nothing. */
static void a_bomb_costs_nothing(void **state)
{
    (void)state;
    OWNED(buf) struct buf png = buf_of(0);
    save(make_quarters(16, 16), "png", &png);
    put_be16(png.at + 18, 60000); /* IHDR: width and height */
    put_be16(png.at + 22, 60000);
    OWNED(buf) struct buf jpeg = buf_of(0);
    save(make_quarters(16, 16), "jpeg", &jpeg);
    uint8_t *frame = memmem(jpeg.at, jpeg.len, "\xff\xc0", 2);
    assert_non_null(frame);
    put_be16(frame + 5, 65500);
    put_be16(frame + 7, 65500);
    long before = memory_kib();
    OWNED(photo) struct photo photo = {.large = {.at = NULL}};
    assert_int_equal(photo_make(buf_span(&png), &photo), ERR_TOO_BIG);
    assert_int_equal(photo_make(buf_span(&jpeg), &photo), ERR_TOO_BIG);
    assert_true(memory_kib() - before < 1024);
}

static void each_bound_holds_exactly(void **state)
{
    (void)state;
    /* 5000 x 5000: small enough for a JPEG of one scan, too big for what must be held as a whole. */
    OWNED(buf) struct buf jpeg = buf_of(0);
    GdkPixbuf *picture = gdk_pixbuf_new(GDK_COLORSPACE_RGB, FALSE, 8, 5000, 5000);
    gdk_pixbuf_fill(picture, 0x336699ff);
    g_object_ref(picture);
    save(picture, "jpeg", &jpeg);
    OWNED(photo) struct photo photo = {.large = {.at = NULL}};
    assert_int_equal(photo_make(buf_span(&jpeg), &photo), 0);
    OWNED(buf) struct buf png = buf_of(0);
    save(picture, "png", &png);
    OWNED(photo) struct photo none = {.large = {.at = NULL}};
    assert_int_equal(photo_make(buf_span(&png), &none), ERR_TOO_BIG);

    OWNED(buf) struct buf small = buf_of(0);
    save(make_quarters(16, 16), "jpeg", &small);
    OWNED(buf) struct buf long_one = buf_of(2 * PHOTO_BYTES_MAX);
    assert_int_equal(buf_put(&long_one, buf_span(&small)), 0);
    while (long_one.len < PHOTO_BYTES_MAX) assert_int_equal(buf_put_byte(&long_one, 0), 0);
    OWNED(photo) struct photo longest = {.large = {.at = NULL}};
    assert_int_equal(photo_make(buf_span(&long_one), &longest), 0);
    assert_int_equal(buf_put_byte(&long_one, 0), 0);
    assert_int_equal(photo_make(buf_span(&long_one), &none), ERR_TOO_BIG);
}

/* A progressive JPEG may say the same a thousand times over. */
static void a_jpeg_of_endless_passes_is_refused(void **state)
{
    (void)state;
    OWNED(buf) struct buf upload = buf_of(0);
    save(make_quarters(16, 16), "jpeg", &upload);
    upload.len -= 2; /* the end */
    static const uint8_t SCAN[] = {0xff, 0xda, 0, 8, 1, 1, 0, 1, 5, 0, 0};
    for (int i = 0; i < PHOTO_PASSES_MAX; i++) assert_int_equal(buf_put(&upload, span_of(SCAN, sizeof SCAN)), 0);
    assert_int_equal(buf_put(&upload, span_of("\xff\xd9", 2)), 0);
    OWNED(photo) struct photo photo = {.large = {.at = NULL}};
    assert_int_equal(photo_make(buf_span(&upload), &photo), ERR_TOO_BIG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bomb_costs_nothing), /* first: it looks at the most memory ever used */
        cmocka_unit_test(a_photo_is_made_in_two_sizes),
        cmocka_unit_test(a_photo_is_turned_upright_and_stripped),
        cmocka_unit_test(what_is_transparent_becomes_white),
        cmocka_unit_test(a_file_that_is_cut_off_is_refused),
        cmocka_unit_test(a_file_with_one_bad_byte_harms_nobody),
        cmocka_unit_test(what_is_no_jpeg_or_png_is_refused),
        cmocka_unit_test(each_bound_holds_exactly),
        cmocka_unit_test(a_jpeg_of_endless_passes_is_refused),
    };
    return cmocka_run_group_tests_name("jobs/photo", tests, NULL, NULL);
}
