/* base/config_keys.h: the table of configuration keys, for config's own files.
 *
 * Owns    nothing: constants.
 * Thread  any.
 * Bounds  CONFIG_KEYS_MAX rows.
 * Errors  ERR_SYNTAX, ERR_RANGE for a value that a key does not allow.
 * Tests   tests/unit/base/config_test.c */
#pragma once
#include "base/config.h"

enum config_type {
    CONFIG_TEXT,     /* struct str; words limits it to some */
    CONFIG_LIST,     /* struct str; config_list_next */
    CONFIG_SECRET,   /* struct config_secret; has a twin KEY_file */
    CONFIG_BOOL,     /* bool */
    CONFIG_INT,      /* int64_t */
    CONFIG_DURATION, /* int64_t, milliseconds; the field ends in _ms */
    CONFIG_BYTES,    /* int64_t */
    CONFIG_WORD,     /* int or enum: the position in words */
};

struct config_key {
    const char *section, *name;
    enum config_type type;
    size_t offset;        /* of the field in struct config */
    const char *standard; /* the default, as one would write it */
    int64_t min, max;     /* of numbers, in the field's unit */
    const char *words;    /* "debug|info|warn|error" */
    const char *help;
};

extern const struct config_key CONFIG_KEYS[];
extern const size_t CONFIG_KEY_COUNT;

/* The key's position; -1 where there is none. *ret_is_file: it was KEY_file. */
int config_key_find(struct str section, struct str name, bool *ret_is_file);
/* The one that somebody who wrote this probably meant. */
const struct config_key *config_key_nearest(struct str section, struct str name);
bool config_section_exists(struct str section);
/* Position of value among words separated by '|'; -1. */
int config_word_position(const char *words, struct str value);
/* «a time from 1s to 5m, like 30s, 15m or 2h»: what the key allows, for a sentence. */
MUST_USE int config_key_put_allowed(const struct config_key *key, struct buf *out);
/* The value as it would be written in a file. */
MUST_USE int config_key_put_value(const struct config_key *key, const struct config *config, struct buf *out);
static inline void *config_field(struct config *config, const struct config_key *key)
{
    return (char *)config + key->offset;
}
static inline const void *config_field_const(const struct config *config, const struct config_key *key)
{
    return (const char *)config + key->offset;
}
