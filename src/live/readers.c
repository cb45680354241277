#include "live/readers.h"

#include "base/log.h"

#include <stdlib.h>
#include <unistd.h>

#define THREADS_MAX 16

struct reader {
    struct readers *pool;
    struct store_reader *store;
    pthread_t thread;
    bool started;
};

struct readers {
    pthread_mutex_t lock;
    pthread_cond_t filled;
    struct queue_node *first, *last;
    size_t count;
    bool stopping;
    unsigned thread_count;
    struct reader threads[THREADS_MAX];
};

static void answer(struct loop *loop, struct loop_msg *msg)
{
    (void)loop;
    struct reading *reading = (struct reading *)((char *)msg - offsetof(struct reading, msg));
    reading->on_done(reading, reading->result);
}

/* A loop's box is full only for moments; a closed loop has freed what waited for us. */
static void post(struct reading *reading)
{
    reading->msg.run = answer;
    int rc;
    while ((rc = loop_post(reading->loop, &reading->msg)) == ERR_OVERLOADED) usleep(1000);
    if (rc < 0) log_warn("an answer came after its loop had ended", F_ERR(rc));
}

static struct reading *next_reading(struct readers *pool)
{
    pthread_mutex_lock(&pool->lock);
    while (pool->first == NULL && !pool->stopping) pthread_cond_wait(&pool->filled, &pool->lock);
    struct queue_node *node = pool->first;
    if (node != NULL) {
        pool->first = node->next;
        if (pool->first == NULL) pool->last = NULL;
        pool->count--;
    }
    pthread_mutex_unlock(&pool->lock);
    return node == NULL ? NULL : (struct reading *)((char *)node - offsetof(struct reading, node));
}

static bool is_stopping(struct readers *pool)
{
    pthread_mutex_lock(&pool->lock);
    bool stopping = pool->stopping;
    pthread_mutex_unlock(&pool->lock);
    return stopping;
}

static void *run(void *ctx)
{
    struct reader *reader = ctx;
    in_reader();
    struct reading *reading;
    while ((reading = next_reading(reader->pool)) != NULL) {
        reading->result =
            is_stopping(reader->pool) ? ERR_CLOSED : reading->run(store_reader_sql(reader->store), reading);
        post(reading);
    }
    return NULL;
}

int readers_create(struct store *store, unsigned threads, struct readers **ret_readers,
                   struct err_detail *reterr)
{
    check(threads > 0 && threads <= THREADS_MAX);
    struct readers *pool = calloc(1, sizeof *pool);
    if (pool == NULL) return fail(reterr, ERR_NOMEM, "out of memory");
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->filled, NULL);
    for (unsigned i = 0; i < threads; i++) {
        struct reader *reader = &pool->threads[i];
        reader->pool = pool;
        int rc = store_reader_open(store, &reader->store, reterr);
        if (rc == 0 && pthread_create(&reader->thread, NULL, run, reader) != 0) {
            rc = fail(reterr, ERR_NOMEM, "no thread can be started");
        }
        pool->thread_count = i + 1;
        reader->started = rc == 0;
        if (rc == 0) continue;
        readers_free(pool);
        return rc;
    }
    *ret_readers = pool;
    return 0;
}

void readers_stop(struct readers *pool)
{
    pthread_mutex_lock(&pool->lock);
    pool->stopping = true;
    pthread_cond_broadcast(&pool->filled);
    pthread_mutex_unlock(&pool->lock);
    for (unsigned i = 0; i < pool->thread_count; i++) {
        if (pool->threads[i].started) pthread_join(pool->threads[i].thread, NULL);
        pool->threads[i].started = false;
    }
}

void readers_free(struct readers *pool)
{
    if (pool == NULL) return;
    readers_stop(pool); /* they run from readers_create on, also where the server never came to start */
    for (unsigned i = 0; i < pool->thread_count; i++) store_reader_close(pool->threads[i].store);
    pthread_cond_destroy(&pool->filled);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}

int reading_start(struct readers *pool, struct reading *reading)
{
    int rc = 0;
    pthread_mutex_lock(&pool->lock);
    if (pool->stopping) rc = ERR_CLOSED;
    else if (pool->count >= READINGS_MAX) rc = ERR_OVERLOADED;
    if (rc == 0) {
        reading->node.next = NULL;
        if (pool->last == NULL) pool->first = &reading->node;
        else pool->last->next = &reading->node;
        pool->last = &reading->node;
        pool->count++;
        pthread_cond_signal(&pool->filled);
    }
    pthread_mutex_unlock(&pool->lock);
    return rc;
}
