#include "base/time.h"

#include "base/num.h"

#include <stdio.h>

#define DAY_MS INT64_C(86400000)

static bool is_leap(int year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

int days_in_month(int year, int month)
{
    static const uint8_t DAYS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    check(month >= 1 && month <= 12);
    return month == 2 && is_leap(year) ? 29 : DAYS[month - 1];
}

/* Days since 1970-01-01 in the Gregorian calendar carried backward; years start in March so that the leap day is last. */
static int32_t civil_days(int year, int month, int day)
{
    int y = month <= 2 ? year - 1 : year;
    int era = (y >= 0 ? y : y - 399) / 400;
    int year_of_era = y - era * 400;
    int day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

int day_of_date(struct date date, struct day *ret_day)
{
    if (date.year < 1 || date.year > 9999 || date.month < 1 || date.month > 12) return ERR_RANGE;
    if (date.day < 1 || date.day > days_in_month(date.year, date.month)) return ERR_RANGE;
    ret_day->number = civil_days(date.year, date.month, date.day);
    return 0;
}

struct date day_date(struct day day)
{
    int z = day.number + 719468;
    int era = (z >= 0 ? z : z - 146096) / 146097;
    int day_of_era = z - era * 146097;
    int year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int shifted = (5 * day_of_year + 2) / 153;
    int month = shifted < 10 ? shifted + 3 : shifted - 9;
    return (struct date){
        .year = year_of_era + era * 400 + (month <= 2 ? 1 : 0),
        .month = month,
        .day = day_of_year - (153 * shifted + 2) / 5 + 1,
    };
}

int day_weekday(struct day day)
{
    int weekday = (day.number + 3) % 7; /* 1970-01-01 was a Thursday */
    return weekday < 0 ? weekday + 7 : weekday;
}

struct day day_add_months(struct day day, int months)
{
    struct date date = day_date(day);
    int index = date.year * 12 + (date.month - 1) + months;
    date.year = index / 12;
    date.month = index % 12 + 1;
    int last = days_in_month(date.year, date.month);
    if (date.day > last) date.day = last;
    return (struct day){civil_days(date.year, date.month, date.day)};
}

/* count digits at *text, moved forward. */
static int digits(struct str *text, size_t count, int *ret_value)
{
    if (text->len < count) return ERR_SYNTAX;
    int value = 0;
    for (size_t i = 0; i < count; i++) {
        char c = text->at[i];
        if (c < '0' || c > '9') return ERR_SYNTAX;
        value = value * 10 + (c - '0');
    }
    text->at += count;
    text->len -= count;
    *ret_value = value;
    return 0;
}

static int literal(struct str *text, const char *any_of)
{
    if (text->len == 0 || strchr(any_of, text->at[0]) == NULL || text->at[0] == '\0') return ERR_SYNTAX;
    text->at++;
    text->len--;
    return 0;
}

static int date_part(struct str *text, struct day *ret_day)
{
    struct date date;
    TRY(digits(text, 4, &date.year));
    TRY(literal(text, "-"));
    TRY(digits(text, 2, &date.month));
    TRY(literal(text, "-"));
    TRY(digits(text, 2, &date.day));
    return day_of_date(date, ret_day);
}

int day_parse(struct str text, struct day *ret_day)
{
    struct day day;
    TRY(date_part(&text, &day));
    if (text.len != 0) return ERR_SYNTAX;
    *ret_day = day;
    return 0;
}

struct str day_text(struct day day, char ret_text[DAY_TEXT_BYTES])
{
    struct date date = day_date(day);
    unsigned year = (unsigned)date.year % 10000u, month = (unsigned)date.month % 100u,
             dom = (unsigned)date.day % 100u;
    int len = snprintf(ret_text, DAY_TEXT_BYTES, "%04u-%02u-%02u", year, month, dom);
    return (struct str){ret_text, (size_t)len};
}

/* RFC 3339 section 5.6 time-secfrac: any number of digits. */
static int fraction_ms(struct str *text, int *ret_ms)
{
    *ret_ms = 0;
    if (text->len == 0 || text->at[0] != '.') return 0;
    TRY(literal(text, "."));
    int factor = 100;
    int digit;
    TRY(digits(text, 1, &digit));
    *ret_ms = digit * factor;
    while (text->len > 0 && text->at[0] >= '0' && text->at[0] <= '9') {
        TRY(digits(text, 1, &digit));
        factor /= 10;
        *ret_ms += digit * factor;
    }
    return 0;
}

static int offset_minutes(struct str *text, int *ret_minutes)
{
    if (text->len == 0) return ERR_SYNTAX;
    char sign = text->at[0];
    TRY(literal(text, "Zz+-"));
    *ret_minutes = 0;
    if (sign == 'Z' || sign == 'z') return 0;
    int hours, minutes;
    TRY(digits(text, 2, &hours));
    TRY(literal(text, ":"));
    TRY(digits(text, 2, &minutes));
    if (hours > 23 || minutes > 59) return ERR_RANGE;
    *ret_minutes = (hours * 60 + minutes) * (sign == '-' ? -1 : 1);
    return 0;
}

int wall_parse(struct str text, struct wall_ms *ret_wall)
{
    struct day day;
    int hour, minute, second, ms, offset;
    TRY(date_part(&text, &day));
    TRY(literal(&text, "Tt "));
    TRY(digits(&text, 2, &hour));
    TRY(literal(&text, ":"));
    TRY(digits(&text, 2, &minute));
    TRY(literal(&text, ":"));
    TRY(digits(&text, 2, &second));
    TRY(fraction_ms(&text, &ms));
    TRY(offset_minutes(&text, &offset));
    if (text.len != 0) return ERR_SYNTAX;
    if (hour > 23 || minute > 59 || second > 60) {
        return ERR_RANGE; /* 60: a leap second is the next minute's first */
    }
    int64_t seconds = ((int64_t)hour * 60 + minute) * 60 + second - (int64_t)offset * 60;
    ret_wall->ms = day.number * DAY_MS + seconds * 1000 + ms;
    return 0;
}

struct str wall_text(struct wall_ms wall, char ret_text[WALL_TEXT_BYTES])
{
    int64_t number = wall.ms / DAY_MS;
    int64_t ms = wall.ms % DAY_MS;
    if (ms < 0) {
        ms += DAY_MS;
        number--;
    }
    check(number > -719163 && number < 2932897); /* years 1 to 9999 */
    day_text((struct day){(int32_t)number}, ret_text);
    unsigned rest = (unsigned)ms;
    int len = snprintf(ret_text + 10, WALL_TEXT_BYTES - 10, "T%02u:%02u:%02u.%03uZ", rest / 3600000u % 24u,
                       rest / 60000u % 60u, rest / 1000u % 60u, rest % 1000u);
    return (struct str){ret_text, 10 + (size_t)len};
}
