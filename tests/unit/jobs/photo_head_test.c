#include "jobs/photo_head.h"
#include "../testing.h"

#define SIGNATURE "\x89PNG\r\n\x1a\n"
#define IHDR(width, height) "\0\0\0\x0dIHDR" width height "\x08\x02\0\0\0CRC!"
#define IEND "\0\0\0\0IENDCRC!"
#define START "\xff\xd8"
#define FRAME(marker, height, width) "\xff" marker "\0\x0b\x08" height width "\x01\x01\x11\0"
#define SCAN "\xff\xda\0\x08\x01\x01\0\0\x3f\0" "data\xff\0data\xff\xd0more"
#define END "\xff\xd9"

static void the_head_says_type_size_and_passes(void **state)
{
    (void)state;
    static const struct { struct str bytes; enum photo_type type; uint32_t width, height, passes; } CASES[] = {
        {STR(SIGNATURE IHDR("\0\0\x02\x01", "\0\0\0\x03") IEND), PHOTO_PNG, 513, 3, 1},
        {STR(SIGNATURE IHDR("\x7f\xff\xff\xff", "\0\0\0\x01") "\0\0\0\x02IDATabCRC!" IEND "behind"), PHOTO_PNG, INT32_MAX, 1, 1},
        {STR(START FRAME("\xc0", "\0\x03", "\x02\x01") SCAN END), PHOTO_JPEG, 513, 3, 1},
        {STR(START FRAME("\xc2", "\xff\xff", "\0\x01") SCAN SCAN SCAN END "behind"), PHOTO_JPEG, 1, 65535, 3},
        /* Another picture inside a segment (a camera's own thumbnail) is not looked at; fill bytes are skipped. */
        {STR(START "\xff\xe1\0\x0c" START "\xff\xc0\xff\xda" END "xx\xff\xff\xff" "\xc4\0\x02" FRAME("\xc1", "\0\x09", "\0\x08") SCAN END), PHOTO_JPEG,
         8, 9, 1},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct photo_head head;
        assert_int_equal(photo_head_read(str_span(CASES[i].bytes), &head), 0);
        assert_int_equal(head.type, CASES[i].type);
        assert_int_equal(head.width, CASES[i].width);
        assert_int_equal(head.height, CASES[i].height);
        assert_int_equal(head.passes, CASES[i].passes);
    }
}

static void what_is_broken_is_refused(void **state)
{
    (void)state;
    static const struct { struct str bytes; int rc; } CASES[] = {
        {STR(""), ERR_UNSUPPORTED},
        {STR("hello"), ERR_UNSUPPORTED},
        {STR("\x89PNG\n\x1a\n"), ERR_UNSUPPORTED},
        {STR("\xff\xd8x"), ERR_UNSUPPORTED},
        {STR(SIGNATURE IEND), ERR_SYNTAX},
        {STR(SIGNATURE IHDR("\0\0\0\0", "\0\0\0\x01") IEND), ERR_SYNTAX},
        {STR(SIGNATURE IHDR("\0\0\0\x01", "\0\0\0\0") IEND), ERR_SYNTAX},
        {STR(SIGNATURE IHDR("\0\0\0\x01", "\0\0\0\x01") IHDR("\0\0\0\x01", "\0\0\0\x01") IEND), ERR_SYNTAX},
        {STR(SIGNATURE "\0\0\0\0IHDRCRC!" IEND), ERR_SYNTAX},
        {STR(SIGNATURE IHDR("\0\0\0\x01", "\0\0\0\x01") "\xff\xff\xff\xffIDATab"), ERR_SYNTAX},
        {STR(START END), ERR_SYNTAX},
        {STR(START "\xff\xff\xff"), ERR_SYNTAX},
        {STR(START SCAN END), ERR_SYNTAX},
        {STR(START FRAME("\xc0", "\0\x01", "\0\x01") END), ERR_SYNTAX},
        {STR(START FRAME("\xc0", "\0\0", "\0\x01") SCAN END), ERR_SYNTAX},
        {STR(START FRAME("\xc0", "\0\x01", "\0\0") SCAN END), ERR_SYNTAX},
        {STR(START FRAME("\xc0", "\0\x01", "\0\x01") FRAME("\xc0", "\0\x01", "\0\x01") SCAN END), ERR_SYNTAX},
        {STR(START FRAME("\xc0", "\0\x01", "\0\x01") SCAN START END), ERR_SYNTAX},
        {STR(START "\xff\xc0\0\x05\x08\0\x01" SCAN END), ERR_SYNTAX},
        {STR(START "\xff\xe0\0\x01"), ERR_SYNTAX},
        {STR(START "\xff\xe0\0\x09xx"), ERR_SYNTAX},
        {STR(START FRAME("\xc3", "\0\x01", "\0\x01") SCAN END), ERR_UNSUPPORTED},
        {STR(START FRAME("\xc9", "\0\x01", "\0\x01") SCAN END), ERR_UNSUPPORTED},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct photo_head head;
        int rc = photo_head_read(str_span(CASES[i].bytes), &head);
        if (rc != CASES[i].rc) fail_msg("case %zu gives %d, not %d", i, rc, CASES[i].rc);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_head_says_type_size_and_passes),
        cmocka_unit_test(what_is_broken_is_refused),
    };
    return cmocka_run_group_tests_name("jobs/photo_head", tests, NULL, NULL);
}
