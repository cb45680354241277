/* base/log.h: one line for each thing decided: a constant sentence and named fields, so that lines can be counted.
 *
 * Owns    lines until they are written; a thread of its own writes them, so that a full pipe never stops a loop.
 * Thread  any, once log_start has returned; before it and after log_stop lines go straight to standard error.
 * Bounds  LOG_BYTES_MAX waiting; a line is at most LOG_LINE_BYTES. Over it lines are left out, and the next one says how many.
 *         A site writes at most LOG_SITE_LINES a second and says how many it left out.
 * Errors  none to the caller.
 * Tests   tests/unit/base/log_test.c */
#pragma once
#include <stdatomic.h>
#include "base/bytes.h"

#define LOG_BYTES_MAX ((size_t)1024 * 1024)
#define LOG_LINE_BYTES 1024
#define LOG_SITE_LINES 10

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

/* Names, tokens and card codes never go in (a code's last four characters at most). */
struct log_field {
    const char *key;
    struct str text; /* used where at is not NULL */
    int64_t number;
};
#define F_INT(key, value) ((struct log_field){(key), {NULL, 0}, (int64_t)(value)})
#define F_STR(key, value) ((struct log_field){(key), (value), 0})
#define F_ERR(rc) F_STR("err", str_c(err_word(rc)))

/* One for each place that logs: limits how often it may. */
struct log_site {
    atomic_llong second; /* the monotonic second that count belongs to */
    atomic_uint count;   /* lines asked for in it */
    atomic_uint left_out;
};

/* json: one JSON object a line, for collectors; else `2026-11-25T04:21:59.123Z warn sentence key=value`. */
MUST_USE int log_start(enum log_level least, bool json);
void log_stop(void);
void log_write(enum log_level level, struct log_site *site, const char *sentence,
               const struct log_field *fields);

#define log_at(level, sentence, ...)                                                                         \
    do {                                                                                                     \
        static struct log_site log_site_;                                                                    \
        log_write(level, &log_site_, "" sentence,                                                            \
                  (const struct log_field[]){__VA_ARGS__ __VA_OPT__(, ){.key = NULL}});                      \
    } while (0)
#define log_debug(...) log_at(LOG_DEBUG, __VA_ARGS__)
#define log_info(...) log_at(LOG_INFO, __VA_ARGS__)
#define log_warn(...) log_at(LOG_WARN, __VA_ARGS__)
#define log_error(...) log_at(LOG_ERROR, __VA_ARGS__)
