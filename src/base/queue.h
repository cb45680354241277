/* base/queue.h: whole values from many threads to one. Pushing hands over ownership.
 *
 * Owns    the nodes between push and take; the caller frees what is left when it ends.
 * Thread  push from any; take and wait on the one consumer.
 * Bounds  count_max nodes.
 * Errors  ERR_OVERLOADED when full, ERR_CLOSED after queue_close: the node stays the pusher's.
 * Tests   tests/unit/base/queue_test.c */
#pragma once
#include <pthread.h>
#include "base/time.h"

struct queue_node {
    struct queue_node *next;
};

struct queue {
    pthread_mutex_t lock;
    pthread_cond_t filled;
    struct queue_node *first;
    struct queue_node *last;
    size_t count;
    size_t count_max;
    bool closed;
};

MUST_USE int queue_init(struct queue *queue, size_t count_max);
void queue_done(struct queue *queue);
/* 1: pushed onto an empty queue (wake the consumer, once for many), 0: pushed, negative: not pushed. */
MUST_USE int queue_push(struct queue *queue, struct queue_node *node);
/* Everything, in order, as a list by next; NULL when empty. */
struct queue_node *queue_take_all(struct queue *queue);
/* Waits until something is there, the queue is closed, or timeout_ms is over; then as queue_take_all. */
struct queue_node *queue_wait_all(struct queue *queue, int64_t timeout_ms);
/* No more pushes; wakes a waiting consumer. */
void queue_close(struct queue *queue);
bool queue_is_closed(struct queue *queue);
