/* Reading: three sources give (section, name, value), one function takes them. inih splits the file; since Debian's inih hands no line
 * numbers out, the reader that feeds it counts. */
#include "base/config_keys.h"

#include "base/num.h"
#include "base/utf8.h"

#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEXTS_BYTES_MAX ((size_t)1024 * 1024)
#define WORDS_BYTES ((size_t)512)

enum source { SOURCE_NONE, SOURCE_FILE, SOURCE_ENVIRONMENT, SOURCE_FLAG };

/* Where a setting stands: for sentences about it. */
struct place {
    enum source source;
    const char *file;
    int line;
    struct str section, name;
};

static int set_number(const struct config_key *key, struct str value, int64_t *field)
{
    int64_t number;
    if (key->type == CONFIG_INT) TRY(num_i64(value, INT64_MIN, INT64_MAX, &number));
    else if (key->type == CONFIG_DURATION) TRY(num_duration_ms(value, &number));
    else TRY(num_bytes(value, &number));
    if (number < key->min || number > key->max) return ERR_RANGE;
    *field = number;
    return 0;
}

static int set_bool(struct str value, bool *field)
{
    static const char WORDS[] = "true|false|yes|no|on|off|1|0";
    int position = config_word_position(WORDS, value);
    if (position < 0) return ERR_SYNTAX;
    *field = position % 2 == 0;
    return 0;
}

static int set_value(struct config *config, const struct config_key *key, struct str value)
{
    void *field = config_field(config, key);
    switch (key->type) {
    case CONFIG_TEXT:
        if (key->words != NULL && value.len > 0 && config_word_position(key->words, value) < 0) {
            return ERR_SYNTAX;
        }
        return arena_str(&config->texts, value, field);
    case CONFIG_LIST: return arena_str(&config->texts, value, field);
    case CONFIG_SECRET: {
        struct config_secret *secret = field;
        TRY(secret_set(&secret->value, str_span(value)));
        secret->file = (struct str){"", 0};
        return 0;
    }
    case CONFIG_BOOL: return set_bool(value, field);
    case CONFIG_INT:
    case CONFIG_DURATION:
    case CONFIG_BYTES: return set_number(key, value, field);
    case CONFIG_WORD: {
        int position = config_word_position(key->words, value);
        if (position < 0) return ERR_SYNTAX;
        *(int *)field = position;
        return 0;
    }
    }
    return ERR_INTERNAL;
}

int config_init(struct config *config)
{
    *config = (struct config){.texts = arena_of(TEXTS_BYTES_MAX)};
    for (size_t i = 0; i < CONFIG_KEY_COUNT; i++) {
        int rc = set_value(config, &CONFIG_KEYS[i], str_c(CONFIG_KEYS[i].standard));
        if (rc == 0) continue;
        check(rc == ERR_NOMEM); /* else the table's own default is wrong */
        config_done(config);
        return rc;
    }
    return 0;
}

void config_done(struct config *config)
{
    for (size_t i = 0; i < CONFIG_KEY_COUNT; i++) {
        if (CONFIG_KEYS[i].type != CONFIG_SECRET) continue;
        struct config_secret *secret = config_field(config, &CONFIG_KEYS[i]);
        secret_done(&secret->value);
    }
    arena_done(&config->texts);
    *config = (struct config){0};
}

void config_limits_off(struct config *config)
{
    config->limits.connections_per_address = 0;
    config->limits.messages_per_second_per_user = 0;
    config->limits.login_tries = 0;
    config->limits.admission_rate = 0;
}

/* --- One setting, wherever it stands --- */

static int put_upper(struct buf *out, struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        TRY(buf_put_byte(out, (uint8_t)(c >= 'a' && c <= 'z' ? c - 32 : c)));
    }
    return 0;
}

static int put_place(const struct place *place, struct buf *out)
{
    switch (place->source) {
    case SOURCE_FILE:
        return buf_printf(out, "%s:%d: [%.*s] %.*s", place->file, place->line, STR_ARG(place->section),
                          STR_ARG(place->name));
    case SOURCE_ENVIRONMENT:
        TRY(buf_put_str(out, STR("FOOTFALL_")));
        TRY(put_upper(out, place->section));
        TRY(buf_put_byte(out, '_'));
        return put_upper(out, place->name);
    case SOURCE_FLAG: return buf_printf(out, "--%.*s.%.*s", STR_ARG(place->section), STR_ARG(place->name));
    case SOURCE_NONE: break;
    }
    return ERR_INTERNAL;
}

/* code, with «place: words»; where even that finds no memory, with the words alone. */
static int fail_at(const struct place *place, int code, struct err_detail *reterr, const char *words)
{
    OWNED(buf) struct buf where = buf_of(WORDS_BYTES);
    if (put_place(place, &where) < 0) return fail(reterr, code, "%s", words);
    return fail(reterr, code, "%.*s %s", (int)where.len, (const char *)where.at, words);
}

static int fail_unknown(const struct place *place, struct err_detail *reterr)
{
    const struct config_key *near = config_key_nearest(place->section, place->name);
    char words[128];
    int len = snprintf(words, sizeof words, "is no key; did you mean [%s] %s?", near->section, near->name);
    check(len > 0 && (size_t)len < sizeof words);
    return fail_at(place, ERR_NOT_FOUND, reterr, words);
}

static int fail_value(const struct place *place, const struct config_key *key, int code, struct str value,
                      struct err_detail *reterr)
{
    if (code == ERR_NOMEM) return fail(reterr, code, "out of memory");
    OWNED(buf) struct buf words = buf_of(WORDS_BYTES);
    /* A secret is never repeated. */
    bool may_show = key->type != CONFIG_SECRET && value.len <= 60;
    int rc = may_show ? buf_printf(&words, "is \"%.*s\"; it must be ", STR_ARG(value))
                      : buf_put_str(&words, STR("must be "));
    if (rc == 0) rc = config_key_put_allowed(key, &words);
    if (rc == 0) rc = buf_terminate(&words);
    return fail_at(place, code, reterr, rc == 0 ? (const char *)words.at : "has a value that is not allowed");
}

static bool is_text(struct str value)
{
    struct str text;
    if (utf8_check(str_span(value), &text) < 0) return false;
    for (size_t i = 0; i < value.len; i++) {
        uint8_t c = (uint8_t)value.at[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f) return false;
    }
    return true;
}

static int set_file(struct config *config, const struct config_key *key, struct str path)
{
    struct config_secret *secret = config_field(config, key);
    TRY(arena_str(&config->texts, path, &secret->file));
    secret_done(&secret->value);
    return 0;
}

static int set(struct config *config, const struct place *place, struct str value, struct err_detail *reterr)
{
    bool is_file;
    int found = config_key_find(place->section, place->name, &is_file);
    if (found < 0) return fail_unknown(place, reterr);
    size_t index = (size_t)found;
    const struct config_key *key = &CONFIG_KEYS[index];
    if (!is_text(value)) return fail_at(place, ERR_TEXT, reterr, "holds control characters or is not UTF-8");
    if (place->source != SOURCE_FLAG && config->set[index].source == place->source) {
        return place->source == SOURCE_ENVIRONMENT
                   ? fail_at(place, ERR_EXISTS, reterr, "and its twin with _FILE are both set; leave one out")
                   : fail(reterr, ERR_EXISTS, "%s:%d: [%s] %s was already set in line %d", place->file,
                          place->line, key->section, key->name, config->set[index].line);
    }
    int rc = is_file ? set_file(config, key, value) : set_value(config, key, value);
    if (rc < 0) return fail_value(place, key, rc, value, reterr);
    config->set[index].source = (uint8_t)place->source;
    config->set[index].line = place->line;
    return 0;
}

/* --- The file --- */

struct ini {
    struct config *config;
    const char *file;
    struct str rest; /* not yet given to inih */
    int line;        /* the one that inih has */
    int failed;      /* the first failure */
    struct err_detail *reterr;
};

static int ini_fail(struct ini *ini, int code, const char *words)
{
    ini->failed = fail(ini->reterr, code, "%s:%d: %s", ini->file, ini->line, words);
    return code;
}

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

/* inih takes what stands behind a section's bracket for nothing; here it is a mistake. */
static bool ends_after_bracket(struct str line)
{
    line = str_trim(line);
    if (line.len == 0 || line.at[0] != '[') return true;
    const char *end = memchr(line.at, ']', line.len);
    return end == NULL || end == line.at + line.len - 1;
}

/* fgets over the text, for inih: the next line, or NULL at the end or after a failure. */
static char *next_line(char *into, int room, void *stream)
{
    struct ini *ini = stream;
    if (ini->failed < 0 || ini->rest.len == 0) return NULL;
    const char *end = memchr(ini->rest.at, '\n', ini->rest.len);
    size_t len = end == NULL ? ini->rest.len : (size_t)(end - ini->rest.at) + 1;
    ini->line++;
    if (len > CONFIG_LINE_BYTES_MAX || len >= (size_t)room) {
        (void)ini_fail(ini, ERR_TOO_BIG, "this line is too long");
        return NULL;
    }
    if (!ends_after_bracket((struct str){ini->rest.at, len})) {
        (void)ini_fail(ini, ERR_SYNTAX, "nothing may stand behind [section] in its line");
        return NULL;
    }
    memcpy(into, ini->rest.at, len);
    into[len] = '\0';
    ini->rest = (struct str){ini->rest.at + len, ini->rest.len - len};
    return into;
}

static bool holds_comment(struct str value)
{
    for (size_t i = 1; i < value.len; i++) {
        if (is_blank(value.at[i - 1]) && (value.at[i] == ';' || value.at[i] == '#')) return true;
    }
    return false;
}

/* inih's handler: 0 makes inih note the line; our own words are kept in ini. */
static int on_setting(void *user, const char *section, const char *name, const char *value)
{
    struct ini *ini = user;
    if (ini->failed < 0) return 0;
    const struct place place = {SOURCE_FILE, ini->file, ini->line, str_c(section), str_c(name)};
    if (strlen(value) > CONFIG_VALUE_BYTES_MAX) {
        ini->failed = fail_at(&place, ERR_TOO_BIG, ini->reterr, "has a value that is too long");
        return 0;
    }
    if (holds_comment(str_c(value))) {
        ini->failed = fail_at(&place, ERR_SYNTAX, ini->reterr,
                              "has a comment behind its value; comments stand on lines of their own");
        return 0;
    }
    ini->failed = set(ini->config, &place, str_c(value), ini->reterr);
    return ini->failed == 0 ? 1 : 0;
}

int config_read_text(struct config *config, struct span text, const char *file, struct err_detail *reterr)
{
    struct ini ini = {.config = config, .file = file, .reterr = reterr};
    if (text.len > CONFIG_FILE_BYTES_MAX) {
        return fail(reterr, ERR_TOO_BIG, "%s: over %zu KiB", file, CONFIG_FILE_BYTES_MAX / 1024);
    }
    if (text.len > 0 && memchr(text.at, '\0', text.len) != NULL) {
        return fail(reterr, ERR_TEXT, "%s: is no text file", file);
    }
    if (utf8_check(text, &ini.rest) < 0) return fail(reterr, ERR_TEXT, "%s: is not UTF-8", file);
    /* Debian's inih is set by globals; these values are constant, so that setting them again is harmless. */
    ini_use_stack = false;
    ini_allow_realloc = false;
    ini_initial_alloc = ini_max_line = CONFIG_LINE_BYTES_MAX + 3;
    ini_allow_multiline = false;
    ini_allow_inline_comments = false;
    ini_stop_on_first_error = true;
    int rc = ini_parse_stream(next_line, &ini, on_setting, &ini);
    if (ini.failed < 0) return ini.failed;
    if (rc == -2) return fail(reterr, ERR_NOMEM, "out of memory");
    return rc == 0
               ? 0
               : fail(reterr, ERR_SYNTAX, "%s:%d: must be [section], key = value, or a comment", file, rc);
}

/* --- Environment and flags --- */

#define NAME_BYTES_MAX 64

static void lower(struct str text, char into[NAME_BYTES_MAX])
{
    check(text.len <= NAME_BYTES_MAX);
    for (size_t i = 0; i < text.len; i++) {
        into[i] = text.at[i] >= 'A' && text.at[i] <= 'Z' ? (char)(text.at[i] + 32) : text.at[i];
    }
}

/* name without its first len bytes, and without the mark behind them. */
static struct str behind(struct str text, size_t len)
{
    return (struct str){text.at + len + 1, text.len - len - 1};
}

static int read_variable(struct config *config, struct str variable, struct err_detail *reterr)
{
    const struct str prefix = STR("FOOTFALL_");
    const char *equals = memchr(variable.at, '=', variable.len);
    if (equals == NULL || !str_starts(variable, prefix)) return 0;
    struct str name = {variable.at + prefix.len, (size_t)(equals - variable.at) - prefix.len};
    const char *mark = memchr(name.at, '_', name.len);
    if (mark == NULL || name.len > NAME_BYTES_MAX) return 0;
    char lowered[NAME_BYTES_MAX];
    lower(name, lowered);
    struct str section = {lowered, (size_t)(mark - name.at)};
    if (!config_section_exists(section)) return 0; /* FOOTFALL_SERVICE_HOST and the like are Kubernetes' */
    const struct place place = {SOURCE_ENVIRONMENT, NULL, 0, section,
                                behind((struct str){lowered, name.len}, section.len)};
    return set(config, &place, behind(variable, (size_t)(equals - variable.at)), reterr);
}

int config_read_environment(struct config *config, char *const *environment, struct err_detail *reterr)
{
    for (; *environment != NULL; environment++) TRY(read_variable(config, str_c(*environment), reterr));
    return 0;
}

int config_read_flag(struct config *config, struct str flag, struct err_detail *reterr)
{
    if (!str_starts(flag, STR("--"))) return 0;
    struct str text = behind(flag, 1);
    const char *equals = memchr(text.at, '=', text.len);
    struct str name = {text.at, equals == NULL ? text.len : (size_t)(equals - text.at)};
    const char *dot = memchr(name.at, '.', name.len);
    if (dot == NULL) return 0;
    struct str section = {name.at, (size_t)(dot - name.at)};
    const struct place place = {SOURCE_FLAG, NULL, 0, section, behind(name, section.len)};
    if (equals == NULL) return fail_at(&place, ERR_SYNTAX, reterr, "needs a value: --section.key=value");
    TRY(set(config, &place, behind(text, name.len), reterr));
    return 1;
}

bool config_list_next(struct str *rest, struct str *ret_word)
{
    size_t from = 0;
    while (from < rest->len && (is_blank(rest->at[from]) || rest->at[from] == ',')) from++;
    size_t to = from;
    while (to < rest->len && !is_blank(rest->at[to]) && rest->at[to] != ',') to++;
    *ret_word = (struct str){rest->at + from, to - from};
    *rest = (struct str){rest->at + to, rest->len - to};
    return ret_word->len > 0;
}

/* --- Files: the only input and output here --- */

static void fd_owned(int *fd)
{
    if (*fd >= 0) close(*fd);
}

static int fail_open(const char *path, struct err_detail *reterr)
{
    int code = errno == ENOENT || errno == ENOTDIR ? ERR_NOT_FOUND : errno == EACCES ? ERR_FORBIDDEN : ERR_IO;
    return fail(reterr, code, "%s: cannot be read: %s", path, strerror(errno));
}

int config_read_file(const char *path, size_t bytes_max, struct buf *out, bool *ret_world_readable,
                     struct err_detail *reterr)
{
    OWNED(fd)
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO without a writer must not hold us */
    if (fd < 0) return fail_open(path, reterr);
    struct stat about;
    if (fstat(fd, &about) != 0) return fail_open(path, reterr);
    if (S_ISDIR(about.st_mode)) return fail(reterr, ERR_IO, "%s: is a folder", path);
    size_t before = out->len;
    for (;;) {
        char piece[4096];
        ssize_t count = read(fd, piece, sizeof piece);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return fail_open(path, reterr);
        if (count == 0) break;
        if (out->len - before + (size_t)count > bytes_max) {
            return fail(reterr, ERR_TOO_BIG, "%s: over %zu bytes", path, bytes_max);
        }
        int rc = buf_put(out, span_of(piece, (size_t)count));
        secret_wipe(piece, sizeof piece);
        if (rc < 0) return fail(reterr, rc, "%s: %s", path, err_word(rc));
    }
    if (ret_world_readable != NULL) {
        *ret_world_readable = S_ISREG(about.st_mode) && (about.st_mode & S_IROTH) != 0;
    }
    return 0;
}

static void secret_buf_owned(struct buf *buf)
{
    if (buf->at != NULL) secret_wipe(buf->at, buf->cap);
    buf_done(buf);
}

static int read_secret(const struct config_key *key, struct config_secret *secret, struct err_detail *reterr)
{
    struct err_detail why = {0};
    /* Room for all of it at once: growing would leave copies behind. */
    OWNED(secret_buf) struct buf text = buf_of(2 * SECRET_BYTES_MAX + 8192);
    TRY(buf_reserve(&text, text.bytes_max));
    int rc = config_read_file(secret->file.at, SECRET_BYTES_MAX, &text, &secret->world_readable, &why);
    if (rc < 0) return fail(reterr, rc, "[%s] %s_file: %s", key->section, key->name, why.text);
    struct span bytes = buf_span(&text);
    if (bytes.len > 0 && bytes.at[bytes.len - 1] == '\n') bytes.len--;
    if (bytes.len > 0 && bytes.at[bytes.len - 1] == '\r') bytes.len--;
    if (bytes.len == 0) {
        return fail(reterr, ERR_RANGE, "[%s] %s_file: %s is empty", key->section, key->name, secret->file.at);
    }
    return secret_set(&secret->value, bytes);
}

int config_read_secrets(struct config *config, struct err_detail *reterr)
{
    for (size_t i = 0; i < CONFIG_KEY_COUNT; i++) {
        if (CONFIG_KEYS[i].type != CONFIG_SECRET) continue;
        struct config_secret *secret = config_field(config, &CONFIG_KEYS[i]);
        if (secret->file.len > 0) TRY(read_secret(&CONFIG_KEYS[i], secret, reterr));
    }
    return 0;
}

static int refuse_faults(const struct config *config, struct err_detail *reterr)
{
    struct config_advice advice[CONFIG_ADVICE_MAX];
    size_t count = config_check(config, advice);
    for (size_t i = 0; i < count; i++) {
        if (advice[i].is_fault) return fail(reterr, ERR_CONFLICT, "%s", advice[i].text);
    }
    return 0;
}

int config_load(struct config *config, const char *path, char *const *environment, const char *const *flags,
                size_t flag_count, struct err_detail *reterr)
{
    if (path != NULL) {
        OWNED(secret_buf) struct buf text = buf_of(CONFIG_FILE_BYTES_MAX + 8192);
        TRY(config_read_file(path, CONFIG_FILE_BYTES_MAX, &text, NULL, reterr));
        TRY(config_read_text(config, buf_span(&text), path, reterr));
    }
    if (environment != NULL) TRY(config_read_environment(config, environment, reterr));
    for (size_t i = 0; i < flag_count; i++) TRY(config_read_flag(config, str_c(flags[i]), reterr));
    TRY(config_read_secrets(config, reterr));
    return refuse_faults(config, reterr);
}
