#include "base/num.h"

int num_i64(struct str text, int64_t min, int64_t max, int64_t *ret_value)
{
    bool negative = text.len > 0 && text.at[0] == '-';
    size_t i = negative ? 1 : 0;
    if (i == text.len) return ERR_SYNTAX;
    int64_t value = 0;
    for (; i < text.len; i++) {
        char c = text.at[i];
        if (c < '0' || c > '9') return ERR_SYNTAX;
        int64_t digit = c - '0';
        /* Counts downward, since INT64_MIN has no positive twin. */
        if (__builtin_mul_overflow(value, 10, &value) || __builtin_sub_overflow(value, digit, &value)) {
            return ERR_RANGE;
        }
    }
    if (!negative && __builtin_sub_overflow((int64_t)0, value, &value)) return ERR_RANGE;
    if (value < min || value > max) return ERR_RANGE;
    *ret_value = value;
    return 0;
}

int num_id(struct str text, int64_t *ret_id)
{
    if (text.len == 0 || text.len > 16 || text.at[0] < '1' || text.at[0] > '9') return ERR_SYNTAX;
    return num_i64(text, 1, ID_LIMIT - 1, ret_id);
}

struct unit {
    struct str suffix;
    int64_t factor;
};

static int with_unit(struct str text, const struct unit *units, size_t count, int64_t *ret_value)
{
    size_t digits = 0;
    while (digits < text.len && text.at[digits] >= '0' && text.at[digits] <= '9') digits++;
    struct str suffix = {text.at + digits, text.len - digits};
    for (size_t i = 0; i < count; i++) {
        if (!str_eq(suffix, units[i].suffix)) continue;
        int64_t value;
        TRY(num_i64((struct str){text.at, digits}, 0, INT64_MAX, &value));
        if (__builtin_mul_overflow(value, units[i].factor, &value)) return ERR_RANGE;
        *ret_value = value;
        return 0;
    }
    return ERR_SYNTAX;
}

int num_duration_ms(struct str text, int64_t *ret_ms)
{
    static const struct unit UNITS[] = {
        {STR(""), 1000},   {STR("ms"), 1},      {STR("s"), 1000},
        {STR("m"), 60000}, {STR("h"), 3600000}, {STR("d"), 86400000},
    };
    return with_unit(text, UNITS, COUNT_OF(UNITS), ret_ms);
}

int num_bytes(struct str text, int64_t *ret_bytes)
{
    static const struct unit UNITS[] = {
        {STR(""), 1},
        {STR("KiB"), INT64_C(1) << 10},
        {STR("MiB"), INT64_C(1) << 20},
        {STR("GiB"), INT64_C(1) << 30},
    };
    return with_unit(text, UNITS, COUNT_OF(UNITS), ret_bytes);
}
