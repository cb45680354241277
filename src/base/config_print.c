/* The table as people read it: values, what is allowed, whole files, and pages. */
#include "base/config_keys.h"

#include <inttypes.h>

struct unit {
    int64_t factor;
    const char *suffix;
};
static const struct unit TIMES[] = {{86400000, "d"}, {3600000, "h"}, {60000, "m"}, {1000, "s"}, {1, "ms"}};
static const struct unit SIZES[] = {{INT64_C(1) << 30, "GiB"},
                                    {INT64_C(1) << 20, "MiB"},
                                    {INT64_C(1) << 10, "KiB"},
                                    {1, ""}};

/* In the biggest unit that divides it. */
static int put_number(enum config_type type, int64_t value, struct buf *out)
{
    if (type == CONFIG_DURATION && value == 0) return buf_put_str(out, STR("0s"));
    const struct unit *unit = type == CONFIG_DURATION ? TIMES : SIZES;
    if (type == CONFIG_INT || value == 0) return buf_printf(out, "%" PRId64, value);
    while (value % unit->factor != 0) unit++;
    return buf_printf(out, "%" PRId64 "%s", value / unit->factor, unit->suffix);
}

/* "a|b|c" as «a, b or c». */
static int put_words(const char *words, struct buf *out)
{
    for (const char *at = words;;) {
        size_t len = strcspn(at, "|");
        TRY(buf_put_str(out, (struct str){at, len}));
        if (at[len] == '\0') return 0;
        at += len + 1;
        TRY(buf_put_str(out, strchr(at, '|') == NULL ? STR(" or ") : STR(", ")));
    }
}

static int put_range(const struct config_key *key, const char *what, const char *like, struct buf *out)
{
    TRY(buf_printf(out, "%s from ", what));
    TRY(put_number(key->type, key->min, out));
    TRY(buf_put_str(out, STR(" to ")));
    TRY(put_number(key->type, key->max, out));
    return buf_put_str(out, str_c(like));
}

int config_key_put_allowed(const struct config_key *key, struct buf *out)
{
    switch (key->type) {
    case CONFIG_TEXT: return key->words == NULL ? buf_put_str(out, STR("text")) : put_words(key->words, out);
    case CONFIG_LIST: return buf_put_str(out, STR("a list, with commas or blanks between"));
    case CONFIG_SECRET: return buf_printf(out, "text of at most %d bytes", SECRET_BYTES_MAX);
    case CONFIG_BOOL: return buf_put_str(out, STR("true or false"));
    case CONFIG_INT: return put_range(key, "a number", "", out);
    case CONFIG_DURATION: return put_range(key, "a time", ", like 500ms, 30s, 15m, 2h or 7d", out);
    case CONFIG_BYTES: return put_range(key, "a size", ", like 65536, 16KiB or 4MiB", out);
    case CONFIG_WORD: return put_words(key->words, out);
    }
    return ERR_INTERNAL;
}

int config_key_put_value(const struct config_key *key, const struct config *config, struct buf *out)
{
    const void *field = config_field_const(config, key);
    switch (key->type) {
    case CONFIG_TEXT:
    case CONFIG_LIST: return buf_put_str(out, *(const struct str *)field);
    case CONFIG_SECRET: return buf_put_str(out, config_text(field));
    case CONFIG_BOOL: return buf_put_str(out, *(const bool *)field ? STR("true") : STR("false"));
    case CONFIG_INT:
    case CONFIG_DURATION:
    case CONFIG_BYTES: return put_number(key->type, *(const int64_t *)field, out);
    case CONFIG_WORD: {
        const char *at = key->words;
        for (int left = *(const int *)field; left > 0; left--) at = strchr(at, '|') + 1;
        return buf_put_str(out, (struct str){at, strcspn(at, "|")});
    }
    }
    return ERR_INTERNAL;
}

/* «key = value», or «# key = value» where it is as by default. */
static int put_line(const struct config_key *key, const struct config *config, struct buf *out)
{
    const struct config_secret *secret = key->type == CONFIG_SECRET ? config_field_const(config, key) : NULL;
    if (secret != NULL && secret->file.len > 0) {
        return buf_printf(out, "%s_file = %s\n", key->name, secret->file.at);
    }
    bool is_set = config->set[key - CONFIG_KEYS].source != 0;
    TRY(buf_printf(out, is_set ? "%s =" : "# %s =", key->name));
    size_t before = out->len;
    TRY(buf_put_byte(out, ' '));
    TRY(config_key_put_value(key, config, out));
    if (out->len == before + 1) out->len = before; /* no blank behind an empty value */
    return buf_put_byte(out, '\n');
}

static bool begins_section(size_t index)
{
    return index == 0 || strcmp(CONFIG_KEYS[index].section, CONFIG_KEYS[index - 1].section) != 0;
}

int config_print(const struct config *config, struct buf *out)
{
    for (size_t i = 0; i < CONFIG_KEY_COUNT; i++) {
        const struct config_key *key = &CONFIG_KEYS[i];
        if (begins_section(i)) TRY(buf_printf(out, i == 0 ? "[%s]\n" : "\n[%s]\n", key->section));
        TRY(buf_printf(out, "# %s\n", key->help));
        TRY(put_line(key, config, out));
    }
    return 0;
}

int config_print_defaults(struct buf *out)
{
    OWNED(config) struct config config = {0};
    TRY(config_init(&config));
    return config_print(&config, out);
}

int config_print_markdown(struct buf *out)
{
    for (size_t i = 0; i < CONFIG_KEY_COUNT; i++) {
        const struct config_key *key = &CONFIG_KEYS[i];
        if (begins_section(i)) {
            TRY(buf_printf(
                out, "%s### [%s]\n\n| key | default | allowed | what it does |\n| --- | --- | --- | --- |\n",
                i == 0 ? "" : "\n", key->section));
        }
        TRY(buf_printf(out, "| `%s`%s | %s%s%s | ", key->name,
                       key->type == CONFIG_SECRET ? " or `…_file`" : "", key->standard[0] == '\0' ? "" : "`",
                       key->standard, key->standard[0] == '\0' ? "" : "`"));
        TRY(config_key_put_allowed(key, out));
        TRY(buf_printf(out, " | %s |\n", key->help));
    }
    return 0;
}
