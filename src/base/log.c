#include "base/log.h"

#include "base/clock.h"
#include "base/json.h"

#include <pthread.h>
#include <unistd.h>

/* The one piece of state that main's wiring starts and stops and everybody reaches: a log that had to be handed to each
 * function would be in every signature. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t filled;
    pthread_t thread;
    struct buf waiting;
    unsigned dropped;
    bool running;
    bool stopping;
    bool json;
    enum log_level least;
} g_log = {.lock = PTHREAD_MUTEX_INITIALIZER, .filled = PTHREAD_COND_INITIALIZER, .least = LOG_INFO};

static const char *const LEVELS[] = {"debug", "info", "warn", "error"};

static void write_all(struct span bytes)
{
    while (bytes.len > 0) {
        ssize_t written = write(STDERR_FILENO, bytes.at, bytes.len);
        if (written <= 0) return; /* nobody is left to tell */
        bytes.at += written;
        bytes.len -= (size_t)written;
    }
}

static void *drain(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&g_log.lock);
    for (;;) {
        while (g_log.waiting.len == 0 && !g_log.stopping) pthread_cond_wait(&g_log.filled, &g_log.lock);
        if (g_log.waiting.len == 0) break;
        OWNED(buf) struct buf lines = g_log.waiting;
        g_log.waiting = buf_of(LOG_BYTES_MAX);
        pthread_mutex_unlock(&g_log.lock);
        write_all(buf_span(&lines));
        pthread_mutex_lock(&g_log.lock);
    }
    pthread_mutex_unlock(&g_log.lock);
    return NULL;
}

int log_start(enum log_level least, bool json)
{
    pthread_mutex_lock(&g_log.lock);
    check(!g_log.running);
    g_log.least = least;
    g_log.json = json;
    g_log.stopping = false;
    g_log.waiting = buf_of(LOG_BYTES_MAX);
    g_log.running = pthread_create(&g_log.thread, NULL, drain, NULL) == 0;
    bool running = g_log.running;
    pthread_mutex_unlock(&g_log.lock);
    return running ? 0 : ERR_NOMEM;
}

void log_stop(void)
{
    pthread_mutex_lock(&g_log.lock);
    bool running = g_log.running;
    g_log.stopping = true;
    g_log.running = false;
    pthread_cond_signal(&g_log.filled);
    pthread_mutex_unlock(&g_log.lock);
    if (!running) return;
    pthread_join(g_log.thread, NULL);
    pthread_mutex_lock(&g_log.lock);
    buf_done(&g_log.waiting);
    pthread_mutex_unlock(&g_log.lock);
}

/* False: this site has had its share of this second. */
static bool site_may_write(struct log_site *site, unsigned *ret_left_out)
{
    *ret_left_out = 0;
    if (site == NULL) return true;
    long long second = clock_mono().ms / 1000;
    if (atomic_exchange(&site->second, second) != second) atomic_store(&site->count, 0);
    if (atomic_fetch_add(&site->count, 1) >= LOG_SITE_LINES) {
        atomic_fetch_add(&site->left_out, 1);
        return false;
    }
    *ret_left_out = atomic_exchange(&site->left_out, 0);
    return true;
}

static int format_json(struct buf *line, enum log_level level, const char *sentence,
                       const struct log_field *fields)
{
    char at[WALL_TEXT_BYTES];
    struct json json = jw_to(line);
    jw_object(&json, NULL);
    jw_str(&json, "at", wall_text(clock_wall(), at));
    jw_str(&json, "level", str_c(LEVELS[level]));
    jw_str(&json, "message", str_c(sentence));
    for (; fields->key != NULL; fields++) {
        if (fields->text.at != NULL) jw_str(&json, fields->key, fields->text);
        else jw_i64(&json, fields->key, fields->number);
    }
    jw_object_end(&json);
    return jw_end_all(&json);
}

static bool is_plain(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = (uint8_t)text.at[i];
        if (c <= ' ' || c == '"' || c == '\\' || c == 0x7f) return false;
    }
    return text.len > 0;
}

static int format_text(struct buf *line, enum log_level level, const char *sentence,
                       const struct log_field *fields)
{
    char at[WALL_TEXT_BYTES];
    struct str now = wall_text(clock_wall(), at);
    TRY(buf_printf(line, "%.*s %s %s", STR_ARG(now), LEVELS[level], sentence));
    for (; fields->key != NULL; fields++) {
        TRY(buf_printf(line, " %s=", fields->key));
        if (fields->text.at == NULL) {
            TRY(buf_printf(line, "%lld", (long long)fields->number));
        } else if (is_plain(fields->text)) {
            TRY(buf_put_str(line, fields->text));
        } else {
            /* Quoted as JSON, so that a line break in a value cannot forge a line. */
            struct json json = jw_to(line);
            jw_str(&json, NULL, fields->text);
            TRY(jw_end_all(&json));
        }
    }
    return 0;
}

static int format(struct buf *line, bool as_json, enum log_level level, const char *sentence,
                  const struct log_field *fields)
{
    return as_json ? format_json(line, level, sentence, fields) : format_text(line, level, sentence, fields);
}

static void hand_over(const struct buf *line)
{
    pthread_mutex_lock(&g_log.lock);
    if (!g_log.running) write_all(buf_span(line));
    else if (buf_put(&g_log.waiting, buf_span(line)) < 0) g_log.dropped++;
    else pthread_cond_signal(&g_log.filled);
    pthread_mutex_unlock(&g_log.lock);
}

static bool take_settings(enum log_level level, bool *ret_json, unsigned *ret_dropped)
{
    pthread_mutex_lock(&g_log.lock);
    bool wanted = level >= g_log.least;
    *ret_json = g_log.json;
    *ret_dropped = wanted ? g_log.dropped : 0;
    if (wanted) g_log.dropped = 0;
    pthread_mutex_unlock(&g_log.lock);
    return wanted;
}

void log_write(enum log_level level, struct log_site *site, const char *sentence,
               const struct log_field *fields)
{
    bool as_json;
    unsigned dropped, left_out;
    if (!take_settings(level, &as_json, &dropped) || !site_may_write(site, &left_out)) return;
    if (dropped > 0) {
        log_write(LOG_WARN, NULL, "log lines dropped",
                  (const struct log_field[]){F_INT("count", dropped), {0}});
    }
    if (left_out > 0) {
        log_write(level, NULL, "similar lines left out",
                  (const struct log_field[]){F_STR("message", str_c(sentence)),
                                             F_INT("count", left_out),
                                             {0}});
    }
    OWNED(buf) struct buf line = buf_of(LOG_LINE_BYTES);
    if (format(&line, as_json, level, sentence, fields) <
        0) { /* too long with its fields: the sentence alone */
        const struct log_field too_long[] = {F_STR("fields", STR("too long")), {0}};
        buf_clear(&line);
        if (format(&line, as_json, level, sentence, too_long) < 0) return;
    }
    if (buf_put_byte(&line, '\n') < 0) return;
    hand_over(&line);
}
