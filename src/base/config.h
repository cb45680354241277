/* base/config.h: the one configuration: defaults, then the file, then the environment, then flags; the later wins.
 *
 * Owns    its texts (an arena) and its secrets (wiped by config_done); immutable once loaded.
 * Thread  read from any once loaded.
 * Bounds  CONFIG_FILE_BYTES_MAX of file, CONFIG_LINE_BYTES_MAX a line, CONFIG_VALUE_BYTES_MAX a value, SECRET_BYTES_MAX a secret, CONFIG_ADVICE_MAX sentences.
 * Errors  with a sentence that names file and line (or variable, or flag), the key, what is allowed, and the nearest known key.
 * Tests   tests/unit/base/config_test.c, config_check_test.c, tests/fuzz/base_config.c
 *
 * A new key is a line in the table of config_keys.c and a field here; its help is its manual: docs and `init` print it. */
#pragma once
#include "base/arena.h"
#include "base/secret.h"

#define CONFIG_FILE_BYTES_MAX ((size_t)256 * 1024)
#define CONFIG_VALUE_BYTES_MAX 4096
#define CONFIG_LINE_BYTES_MAX (CONFIG_VALUE_BYTES_MAX + 128) /* with its key, as config_print writes it */
#define CONFIG_KEYS_MAX 160
#define CONFIG_ADVICE_MAX 32

/* Lists are text; config_list_next takes them apart. Texts end with a NUL behind them. */
struct config_secret {
    struct secret value; /* from the key itself or read from file; config_text gives it */
    struct str file;     /* KEY_file; len 0: none */
    bool world_readable; /* the file: config_check advises against it */
};

/* In the order of domain/rules.h's enum policy_action. */
enum config_policy { CONFIG_IGNORE, CONFIG_WARN, CONFIG_BLOCK };
struct config_policies {
    enum config_policy expired, frozen, cancelled, not_started, exhausted, no_membership, hours, capacity,
        balance, waiver, no_photo;
};

struct config {
    struct {
        struct str listen, public_url, hosts, allowed_origins, trusted_proxies, tls_cert, tls_key, data_dir,
            web_root;
        int64_t loops, readers; /* loops 0: one for each core */
        bool compress, log_json;
        int log_level; /* enum log_level */
    } server;
    struct {
        struct config_secret url; /* may hold a password */
        bool pooler;
    } database;
    struct {
        struct config_secret redis_url; /* empty: one node */
        struct str channel_prefix;
    } cluster;
    struct {
        struct config_secret secret, foreign_secret;
        bool url_token, foreign_require_typ;
        int64_t access_ttl_ms, refresh_ttl_ms, ticket_ttl_ms, foreign_leeway_ms;
        struct str issuer, audience;
        struct str foreign_key_file, jwks, foreign_issuer, foreign_audience;
        struct str claim_user, claim_role, claim_locations, claim_name, default_role, default_locations;
    } auth;
    struct {
        int64_t max_message_bytes, max_queue_bytes, max_body_bytes, max_upload_bytes;
        int64_t auth_timeout_ms, write_timeout_ms, close_timeout_ms, request_timeout_ms;
        int64_t connections_max, commands_in_flight, waiting_commands;
        /* 0: none. config_limits_off sets all of these to 0: */
        int64_t connections_per_address, messages_per_second_per_user, login_tries, admission_rate;
        int64_t login_window_ms;
    } limits;
    struct {
        int64_t heartbeat_interval_ms, stats_rate, events_keep_ms, max_resume_events, memory_events;
    } live;
    struct {
        int64_t repeat_window_ms, assumed_stay_ms, max_stay_ms;
    } checkin;
    struct {
        struct config_policies desk, kiosk;  /* kiosk: turnstiles too */
        int64_t balance_warn, balance_block; /* minor units owed; block -1: no limit */
    } policy;
    /* config.c's own: */
    struct arena texts;
    struct {
        uint8_t source;
        int line;
    } set[CONFIG_KEYS_MAX]; /* where each key's value comes from; 0: the default */
};

/* --- Loading --- */

/* All keys as they are by default. */
MUST_USE int config_init(struct config *config);
void config_done(struct config *config);
static inline void config_owned(struct config *config) { config_done(config); }
/* No limits for a user or an address and no admission rate (`demo --clean`). Before the sources, which may set them again. */
void config_limits_off(struct config *config);

/* The INI text of a file of that name. */
MUST_USE int config_read_text(struct config *config, struct span text, const char *file,
                              struct err_detail *reterr);
/* FOOTFALL_<SECTION>_<KEY>=value out of an environ. Names that begin otherwise, or name none of our sections, are others' and left alone. */
MUST_USE int config_read_environment(struct config *config, char *const *environment,
                                     struct err_detail *reterr);
/* 1: --section.key=value, and taken. 0: a flag of another form, somebody else's. */
MUST_USE int config_read_flag(struct config *config, struct str flag, struct err_detail *reterr);
/* The one place that opens files: path (NULL: none), environ (NULL: none), each flag that is of this form (others are left alone), and
 * then the secrets' files. Fails on the first fault of config_check too. */
MUST_USE int config_load(struct config *config, const char *path, char *const *environment,
                         const char *const *flags, size_t flag_count, struct err_detail *reterr);
/* Reads what every KEY_file names; config_load does it. */
MUST_USE int config_read_secrets(struct config *config, struct err_detail *reterr);
/* A file of at most bytes_max bytes; ERR_NOT_FOUND where there is none. *ret_world_readable may be NULL. */
MUST_USE int config_read_file(const char *path, size_t bytes_max, struct buf *out, bool *ret_world_readable,
                              struct err_detail *reterr);

/* --- Asking --- */

static inline struct str config_text(const struct config_secret *secret)
{
    return (struct str){(const char *)secret->value.at, secret->value.len};
}
/* The next word of a list (commas or blanks between them); false at the end. */
bool config_list_next(struct str *rest, struct str *ret_word);

struct config_advice {
    bool is_fault;             /* the server would not start, or not as meant; else a word of advice */
    char text[ERR_TEXT_BYTES]; /* a sentence that begins with the key it is about */
};
/* What is wrong or unwise in a configuration as a whole. The count; at most CONFIG_ADVICE_MAX. */
size_t config_check(const struct config *config, struct config_advice ret_advice[CONFIG_ADVICE_MAX]);

/* The whole configuration as an INI file with its help; what is as by default stands commented out. Holds secrets: for a file
 * that only its owner may read. */
MUST_USE int config_print(const struct config *config, struct buf *out);
/* Every key with its default: config_print of a fresh one. */
MUST_USE int config_print_defaults(struct buf *out);
/* The same as tables in Markdown, one for each section: docs/operations.md. */
MUST_USE int config_print_markdown(struct buf *out);
