/* How long it takes to find members: member_find FILE.db 'ana' '0170 12' …; `footfall demo --members 1000000` makes such a file. */
#include "store/members.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define RUNS 5
#define ARENA_BYTES ((size_t)64 * 1024 * 1024)

static double now_ms(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec * 1e3 + (double)at.tv_nsec / 1e6;
}

static double find_ms(struct sql *sql, const char *query, size_t *ret_count)
{
    OWNED(arena) struct arena arena = arena_of(ARENA_BYTES);
    struct member_page page = {.query = str_c(query), .limit = 50};
    double before = now_ms();
    int rc = member_find(sql, &arena, &page);
    if (rc < 0) {
        fprintf(stderr, "%s: %s\n", query, err_word(rc));
        exit(1);
    }
    *ret_count = page.count;
    return now_ms() - before;
}

static void measure(struct sql *sql, const char *query)
{
    size_t count = 0;
    double first = find_ms(sql, query, &count), best = first;
    for (int run = 1; run < RUNS; run++) {
        double ms = find_ms(sql, query, &count);
        if (ms < best) best = ms;
    }
    printf("%-28s %4zu rows   first %8.2f ms   best %8.2f ms\n", query, count, first, best);
}

int main(int argc, char **argv)
{
    char url[4096];
    if (argc < 3) {
        fputs("usage: member_find FILE.db TEXT …\n", stderr);
        return 2;
    }
    snprintf(url, sizeof url, "sqlite:%s", argv[1]);
    struct store_options options = {.url = str_c(url), .busy_ms = 1000};
    struct store *store;
    struct store_reader *reader;
    struct err_detail err;
    if (store_open(&options, &store, &err) < 0 || store_reader_open(store, &reader, &err) < 0) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    for (int i = 2; i < argc; i++) measure(store_reader_sql(reader), argv[i]);
    store_reader_close(reader);
    store_close(store);
    return 0;
}
