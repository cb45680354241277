#include "jobs/import_dates.h"

#include "base/num.h"

const char *date_order_name(enum date_order order)
{
    static const char *const NAMES[] = {NULL, "year first", "month first", "day first"};
    return NAMES[order];
}

struct parts {
    int64_t number[3];
    size_t digits[3];
};

/* Three numbers between - / . or blanks; a time of day behind them is left out. */
static bool split(struct str cell, struct parts *parts)
{
    size_t at = 0;
    for (int i = 0; i < 3; i++) {
        size_t from = at;
        while (at < cell.len && cell.at[at] >= '0' && cell.at[at] <= '9') at++;
        parts->digits[i] = at - from;
        if (at == from || at - from > 4 ||
            num_i64((struct str){cell.at + from, at - from}, 0, 9999, &parts->number[i]) < 0) {
            return false;
        }
        if (i == 2) break;
        if (at == cell.len || strchr("-/. ", cell.at[at]) == NULL) return false;
        at++;
    }
    return at == cell.len || cell.at[at] == ' ' || cell.at[at] == 'T';
}

enum date_order date_hint(struct str cell)
{
    struct parts parts;
    if (!split(cell, &parts)) return DATE_UNKNOWN;
    if (parts.digits[0] == 4) return DATE_YEAR_FIRST;
    if (parts.number[0] > 12 && parts.number[1] <= 12) return DATE_DAY_FIRST;
    if (parts.number[1] > 12 && parts.number[0] <= 12) return DATE_MONTH_FIRST;
    return DATE_UNKNOWN;
}

const char *date_read(struct str cell, enum date_order order, struct day *ret_day)
{
    struct parts parts;
    if (!split(cell, &parts)) return "not a date";
    if (parts.digits[0] == 4) order = DATE_YEAR_FIRST;
    int year_at = order == DATE_YEAR_FIRST ? 0 : 2, month_at = order == DATE_MONTH_FIRST ? 0 : 1,
        day_at = order == DATE_DAY_FIRST     ? 0
                 : order == DATE_MONTH_FIRST ? 1
                                             : 2;
    struct date date = {(int)parts.number[year_at], (int)parts.number[month_at], (int)parts.number[day_at]};
    if (order != DATE_YEAR_FIRST && parts.digits[2] == 2) date.year += date.year > 40 ? 1900 : 2000;
    if (date.year < 1850 || date.year > 2200) return "no such year";
    if (date.month < 1 || date.month > 12) return "no such month";
    return day_of_date(date, ret_day) < 0 ? "no such day" : NULL;
}

bool amount_read(struct str cell, int64_t *ret_minor)
{
    char digits[32];
    size_t count = 0, decimals = 0;
    bool negative = false, any = false;
    size_t last_mark = SIZE_MAX;
    for (size_t i = 0; i < cell.len; i++) {
        if (cell.at[i] == ',' || cell.at[i] == '.') last_mark = i;
    }
    /* The last mark is the decimal one where one or two digits follow it. */
    size_t behind = 0;
    for (size_t i = last_mark; last_mark != SIZE_MAX && i < cell.len; i++) {
        behind += cell.at[i] >= '0' && cell.at[i] <= '9' ? 1 : 0;
    }
    bool has_decimals = last_mark != SIZE_MAX && behind >= 1 && behind <= 2;
    for (size_t i = 0; i < cell.len; i++) {
        char c = cell.at[i];
        if (c == '-' || c == '(') negative = true;
        if (c < '0' || c > '9') {
            if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z' && any && i + 3 < cell.len)) return false;
            continue;
        }
        if (count == sizeof digits - 4) return false;
        digits[count++] = c;
        any = true;
        if (has_decimals && i > last_mark) decimals++;
    }
    if (!any) return false;
    for (; decimals < 2; decimals++) digits[count++] = '0';
    if (num_i64((struct str){digits, count}, 0, INT64_MAX / 2, ret_minor) < 0) return false;
    if (negative) *ret_minor = -*ret_minor;
    return true;
}
