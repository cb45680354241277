#include "base/err.h"

#include "base/bytes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const WORDS[] = {
    [-ERR_NOMEM] = "out of memory",
    [-ERR_TOO_BIG] = "too big",
    [-ERR_PROTOCOL] = "protocol broken",
    [-ERR_TEXT] = "not UTF-8",
    [-ERR_SYNTAX] = "malformed",
    [-ERR_RANGE] = "out of range",
    [-ERR_NOT_FOUND] = "not found",
    [-ERR_EXISTS] = "already there",
    [-ERR_CONFLICT] = "changed meanwhile",
    [-ERR_FORBIDDEN] = "forbidden",
    [-ERR_UNAUTHENTICATED] = "not signed in",
    [-ERR_EXPIRED] = "expired",
    [-ERR_BUSY] = "busy",
    [-ERR_IO] = "input/output failed",
    [-ERR_FULL] = "no room left",
    [-ERR_DATABASE] = "database failed",
    [-ERR_CORRUPT] = "damaged data",
    [-ERR_CLOSED] = "closed",
    [-ERR_LIMIT] = "over the limit",
    [-ERR_OVERLOADED] = "overloaded",
    [-ERR_UNSUPPORTED] = "not supported",
    [-ERR_INTERNAL] = "internal fault",
    [-ERR_RACED] = "another process was faster",
};

const char *err_word(int code)
{
    int index = -code;
    if (index < 1 || (size_t)index >= COUNT_OF(WORDS)) return "unknown fault";
    return WORDS[index];
}

int err_fill(struct err_detail *reterr, int code, const char *file, int line, const char *format, ...)
{
    if (reterr == NULL) return code;
    reterr->code = code;
    reterr->file = file;
    reterr->line = line;
    va_list args;
    va_start(args, format);
    int written = vsnprintf(reterr->text, sizeof reterr->text, format, args);
    va_end(args);
    if (written < 0) reterr->text[0] = '\0';
    return code;
}

_Noreturn void check_failed(const char *condition, const char *file, int line)
{
    fprintf(stderr, "footfall: check failed: %s (%s:%d)\n", condition, file, line);
    abort();
}
