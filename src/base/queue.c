#include "base/queue.h"

#include <errno.h>
#include <time.h>

int queue_init(struct queue *queue, size_t count_max)
{
    *queue = (struct queue){.count_max = count_max};
    if (pthread_mutex_init(&queue->lock, NULL) != 0) return ERR_NOMEM;
    pthread_condattr_t attributes;
    if (pthread_condattr_init(&attributes) != 0) {
        pthread_mutex_destroy(&queue->lock);
        return ERR_NOMEM;
    }
    /* A deadline must not move when somebody sets the clock. */
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    int rc = pthread_cond_init(&queue->filled, &attributes);
    pthread_condattr_destroy(&attributes);
    if (rc != 0) {
        pthread_mutex_destroy(&queue->lock);
        return ERR_NOMEM;
    }
    return 0;
}

void queue_done(struct queue *queue)
{
    check(queue->first == NULL);
    pthread_cond_destroy(&queue->filled);
    pthread_mutex_destroy(&queue->lock);
}

static int push_locked(struct queue *queue, struct queue_node *node)
{
    if (queue->closed) return ERR_CLOSED;
    if (queue->count >= queue->count_max) return ERR_OVERLOADED;
    bool was_empty = queue->first == NULL;
    node->next = NULL;
    if (was_empty) queue->first = node;
    else queue->last->next = node;
    queue->last = node;
    queue->count++;
    return was_empty ? 1 : 0;
}

int queue_push(struct queue *queue, struct queue_node *node)
{
    pthread_mutex_lock(&queue->lock);
    int rc = push_locked(queue, node);
    if (rc == 1) pthread_cond_signal(&queue->filled);
    pthread_mutex_unlock(&queue->lock);
    return rc;
}

static struct queue_node *take_locked(struct queue *queue)
{
    struct queue_node *first = queue->first;
    queue->first = queue->last = NULL;
    queue->count = 0;
    return first;
}

struct queue_node *queue_take_all(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    struct queue_node *first = take_locked(queue);
    pthread_mutex_unlock(&queue->lock);
    return first;
}

static struct timespec deadline_in(int64_t timeout_ms)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    int64_t ns = at.tv_nsec + (timeout_ms % 1000) * 1000000;
    at.tv_sec += (time_t)(timeout_ms / 1000 + ns / 1000000000);
    at.tv_nsec = (long)(ns % 1000000000);
    return at;
}

struct queue_node *queue_wait_all(struct queue *queue, int64_t timeout_ms)
{
    struct timespec until = deadline_in(timeout_ms < 0 ? 0 : timeout_ms);
    pthread_mutex_lock(&queue->lock);
    while (queue->first == NULL && !queue->closed) {
        if (pthread_cond_timedwait(&queue->filled, &queue->lock, &until) == ETIMEDOUT) break;
    }
    struct queue_node *first = take_locked(queue);
    pthread_mutex_unlock(&queue->lock);
    return first;
}

void queue_close(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->closed = true;
    pthread_cond_broadcast(&queue->filled);
    pthread_mutex_unlock(&queue->lock);
}

bool queue_is_closed(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    bool closed = queue->closed;
    pthread_mutex_unlock(&queue->lock);
    return closed;
}
