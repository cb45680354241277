#include "base/arena.h"
#include "../testing.h"

static void what_is_taken_is_zeroed_aligned_and_apart(void **state)
{
    (void)state;
    OWNED(arena) struct arena arena = arena_of(1 << 20);
    uint8_t *last = NULL;
    for (size_t i = 1; i < 200; i++) {
        uint8_t *bytes = arena_take(&arena, i, 1);
        assert_non_null(bytes);
        assert_int_equal((uintptr_t)bytes % _Alignof(max_align_t), 0);
        for (size_t k = 0; k < i; k++) assert_int_equal(bytes[k], 0);
        memset(bytes, 0xff, i);
        if (last != NULL) assert_int_equal(last[0], 0xff);
        last = bytes;
    }
}

static void more_than_a_block_is_a_block_of_its_own(void **state)
{
    (void)state;
    OWNED(arena) struct arena arena = arena_of(4 * ARENA_BLOCK_BYTES);
    assert_non_null(arena_take(&arena, 2 * ARENA_BLOCK_BYTES, 1));
    assert_non_null(arena_take(&arena, 100, 1));
}

static void the_bound_holds_and_no_size_wraps(void **state)
{
    (void)state;
    OWNED(arena) struct arena arena = arena_of(2 * ARENA_BLOCK_BYTES);
    assert_null(arena_take(&arena, SIZE_MAX / 2, 4));
    assert_null(arena_take(&arena, 3 * ARENA_BLOCK_BYTES, 1));
    size_t taken = 0;
    while (taken < 10 * ARENA_BLOCK_BYTES && arena_take(&arena, 1000, 1) != NULL) taken += 1000;
    assert_in_range(taken, ARENA_BLOCK_BYTES, 2 * ARENA_BLOCK_BYTES);
    static char long_text[2000];
    memset(long_text, 'x', sizeof long_text);
    struct str copy;
    assert_true(arena_str(&arena, (struct str){long_text, sizeof long_text}, &copy) < 0);
}

static void a_cleared_arena_starts_anew(void **state)
{
    (void)state;
    OWNED(arena) struct arena arena = arena_of(2 * ARENA_BLOCK_BYTES);
    for (int round = 0; round < 50; round++) {
        assert_non_null(arena_take(&arena, ARENA_BLOCK_BYTES / 2, 1));
        arena_clear(&arena);
    }
}

static void a_text_is_copied_with_a_nul_behind(void **state)
{
    (void)state;
    OWNED(arena) struct arena arena = arena_of(1 << 20);
    char text[] = "main";
    struct str copy;
    assert_int_equal(arena_str(&arena, str_c(text), &copy), 0);
    text[0] = 'X';
    assert_str(copy, "main");
    assert_int_equal(copy.at[copy.len], '\0');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_taken_is_zeroed_aligned_and_apart),
        cmocka_unit_test(more_than_a_block_is_a_block_of_its_own),
        cmocka_unit_test(the_bound_holds_and_no_size_wraps),
        cmocka_unit_test(a_cleared_arena_starts_anew),
        cmocka_unit_test(a_text_is_copied_with_a_nul_behind),
    };
    return cmocka_run_group_tests_name("base/arena", tests, NULL, NULL);
}
