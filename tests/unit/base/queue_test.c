#include "base/queue.h"
#include "../testing.h"

#include <stdlib.h>

struct item {
    struct queue_node node;
    int from, number;
};

static void what_is_pushed_comes_in_order_and_the_first_wakes(void **state)
{
    (void)state;
    struct queue queue;
    struct item items[3] = {{.number = 0}, {.number = 1}, {.number = 2}};
    assert_int_equal(queue_init(&queue, 2), 0);
    assert_int_equal(queue_push(&queue, &items[0].node), 1);
    assert_int_equal(queue_push(&queue, &items[1].node), 0);
    assert_int_equal(queue_push(&queue, &items[2].node), ERR_OVERLOADED);
    struct queue_node *node = queue_take_all(&queue);
    assert_ptr_equal(node, &items[0].node);
    assert_ptr_equal(node->next, &items[1].node);
    assert_null(node->next->next);
    assert_null(queue_take_all(&queue));
    assert_int_equal(queue_push(&queue, &items[2].node), 1);
    queue_close(&queue);
    assert_true(queue_is_closed(&queue));
    assert_int_equal(queue_push(&queue, &items[0].node), ERR_CLOSED);
    assert_ptr_equal(queue_wait_all(&queue, 1000000), &items[2].node); /* what was in it still comes */
    assert_null(queue_wait_all(&queue, 1000000)); /* and a closed one waits for nobody */
    queue_done(&queue);
}

#define PUSHERS 4
#define EACH 2000

struct pusher {
    struct queue *queue;
    struct item *items;
    int from;
};

static void *push_all(void *ctx)
{
    struct pusher *pusher = ctx;
    for (int i = 0; i < EACH; i++) {
        pusher->items[i] = (struct item){.from = pusher->from, .number = i};
        while (queue_push(pusher->queue, &pusher->items[i].node) < 0) sched_yield();
    }
    return NULL;
}

static void many_threads_push_and_nothing_is_lost_or_turned_round(void **state)
{
    (void)state;
    struct queue queue;
    struct pusher pushers[PUSHERS];
    pthread_t threads[PUSHERS];
    int next[PUSHERS] = {0}, got = 0;
    assert_int_equal(queue_init(&queue, 100), 0);
    for (int i = 0; i < PUSHERS; i++) {
        pushers[i] = (struct pusher){&queue, calloc(EACH, sizeof(struct item)), i};
        assert_non_null(pushers[i].items);
        assert_int_equal(pthread_create(&threads[i], NULL, push_all, &pushers[i]), 0);
    }
    while (got < PUSHERS * EACH) {
        for (struct queue_node *node = queue_wait_all(&queue, 100); node != NULL; node = node->next) {
            struct item *item = (struct item *)node;
            assert_int_equal(item->number, next[item->from]++);
            got++;
        }
    }
    for (int i = 0; i < PUSHERS; i++) {
        pthread_join(threads[i], NULL);
        free(pushers[i].items);
    }
    queue_done(&queue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_pushed_comes_in_order_and_the_first_wakes),
        cmocka_unit_test(many_threads_push_and_nothing_is_lost_or_turned_round),
    };
    return cmocka_run_group_tests_name("base/queue", tests, NULL, NULL);
}
