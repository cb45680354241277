/* net/inside.h: what loop.c, conn.c and listener.c know of each other. For no one else.
 *
 * Owns    see each file.
 * Thread  the loop's.
 * Bounds  see loop.h.
 * Errors  none.
 * Tests   those of the three. */
#pragma once
#include <pthread.h>
#include <stdatomic.h>
#include "net/loop.h"

struct conn;
struct listener;

struct loop {
    uv_loop_t uv;             /* its data points here */
    uv_async_t wake;          /* something is in the inbox, or stopping was set */
    uv_prepare_t before_poll; /* the turn's end */
    uv_check_t after_poll;    /* the wheel's place */
    uv_timer_t alarm;         /* only ends a poll in time for the wheel */
    struct loop_options options;
    struct queue inbox;
    struct wheel wheel;
    struct mono_ms poll_began;
    size_t reads;        /* in this turn's poll */
    unsigned polls_held; /* turns in a row in which the wheel was held back */
    struct conn *dirty;  /* have something to flush, newest first */
    struct listener *listeners;
    struct loop_hook *turn_end;
    struct loop_hook *stop;
    void *user;
    pthread_t thread;   /* which runs it, while running */
    pthread_t joinable; /* what loop_start made; of the owner */
    bool running;       /* written on the loop's thread */
    bool started;       /* loop_start made a thread that loop_join has not seen off */
    bool ended;         /* end_all was done */
    atomic_bool stopping;
    uint8_t *plain_buffer; /* LOOP_READ_BYTES for what TLS decrypts; made with the first secure connection */
    uint8_t read_buffer[LOOP_READ_BYTES];
};

/* conn.c: writes for each connection that has something; what becomes dirty in it waits for the next turn. */
ON_LOOP void conn_flush_dirty(struct loop *loop);
ON_LOOP void listener_close_all(struct loop *loop);
