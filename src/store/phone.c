/* Two spellings of one number differ in front only: a trunk zero, «+» or «00» and the country's code. Both forms are kept, so that a
 * number written with its country's code is found without it and the other way round; no table of the world's numbering is needed. */
#include "store/phone.h"

#define DIGITS_READ_MAX 40
/* No number is that long when dialled at home, except with its country's code in front and the + forgotten. */
#define COUNTRY_DIGITS_MIN 11

/* ITU-T E.164: how many digits the country's code has. */
static size_t country_length(const char *digits)
{
    static const char TWO[] = "20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 "
                              "60 61 62 63 64 65 66 81 82 84 86 90 91 92 93 94 95 98 ";
    if (digits[0] == '1' || digits[0] == '7') return 1;
    for (const char *at = TWO; *at != '\0'; at += 3) {
        if (strncmp(at, digits, 2) == 0) return 2;
    }
    return 3;
}

static const char *without_zeros(const char *digits)
{
    while (*digits == '0') digits++;
    return digits;
}

/* The last ones. */
static void keep(const char *digits, char ret_kept[PHONE_DIGITS_MAX + 1])
{
    size_t len = strlen(digits);
    if (len > PHONE_DIGITS_MAX) digits += len - PHONE_DIGITS_MAX;
    memcpy(ret_kept, digits, strlen(digits) + 1);
}

/* The digits in order, without the «(0)» of +49 (0)170. */
static size_t collect(struct str text, bool plus, char ret_digits[DIGITS_READ_MAX + 1])
{
    size_t count = 0;
    for (size_t i = 0; i < text.len && count < DIGITS_READ_MAX; i++) {
        char c = text.at[i];
        bool trunk = c == '0' && i > 0 && text.at[i - 1] == '(' && i + 1 < text.len && text.at[i + 1] == ')';
        bool foreign = plus || (count > 2 && ret_digits[0] == '0' && ret_digits[1] == '0');
        if (c >= '0' && c <= '9' && !(trunk && foreign)) ret_digits[count++] = c;
    }
    ret_digits[count] = '\0';
    return count;
}

bool phone_read(struct str text, struct phone *ret_phone)
{
    text = str_trim(text);
    char digits[DIGITS_READ_MAX + 1];
    bool plus = text.len > 0 && text.at[0] == '+';
    size_t count = collect(text, plus, digits);
    *ret_phone = (struct phone){.plus = plus, .digit_count = count};
    if (count == 0) return false;
    const char *whole = without_zeros(digits);
    bool abroad = plus || strncmp(digits, "00", 2) == 0 || (digits[0] != '0' && count >= COUNTRY_DIGITS_MIN);
    size_t country = abroad && *whole != '\0' ? country_length(whole) : 0;
    size_t skipped = country < strlen(whole) ? country : strlen(whole);
    keep(digits, ret_phone->digits);
    keep(whole, ret_phone->whole);
    keep(without_zeros(whole + skipped), ret_phone->significant);
    return true;
}

void phone_reverse(const char *digits, char ret_reversed[PHONE_DIGITS_MAX + 1])
{
    size_t len = strlen(digits);
    check(len <= PHONE_DIGITS_MAX);
    for (size_t i = 0; i < len; i++) ret_reversed[i] = digits[len - 1 - i];
    ret_reversed[len] = '\0';
}

bool phone_may_be(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        bool between = memchr(" -/().", c, 6) != NULL;
        if (!(c >= '0' && c <= '9') && !between && !(c == '+' && i == 0)) return false;
    }
    return true;
}
