/* Makes allocations of our own code fail, one after the other: link with torture_link_args (tests/unit/meson.build).
 *
 *     for (torture_begin(); torture_next();) { scenario that takes ERR_NOMEM as an answer; }
 *
 * The k-th pass fails the k-th allocation and every later one; the last pass is the one in which nothing failed. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

void *__real_malloc(size_t bytes);
void *__real_calloc(size_t count, size_t bytes_each);
void *__real_realloc(void *at, size_t bytes);
void *__wrap_malloc(size_t bytes);
void *__wrap_calloc(size_t count, size_t bytes_each);
void *__wrap_realloc(void *at, size_t bytes);

static struct {
    bool on;
    size_t allowed;  /* allocations that still succeed in this pass */
    size_t failed;   /* in this pass */
    size_t pass;
} torture;

static inline void torture_begin(void)
{
    torture.on = false;
    torture.pass = 0;
}

static inline bool torture_next(void)
{
    bool more = torture.pass == 0 || torture.failed > 0;
    torture.on = more;
    torture.allowed = torture.pass++;
    torture.failed = 0;
    return more;
}

static inline bool torture_fails(void)
{
    if (!torture.on) return false;
    if (torture.allowed == 0) {
        torture.failed++;
        return true;
    }
    torture.allowed--;
    return false;
}

void *__wrap_malloc(size_t bytes) { return torture_fails() ? NULL : __real_malloc(bytes); }
void *__wrap_calloc(size_t count, size_t bytes_each) { return torture_fails() ? NULL : __real_calloc(count, bytes_each); }
void *__wrap_realloc(void *at, size_t bytes) { return torture_fails() ? NULL : __real_realloc(at, bytes); }
