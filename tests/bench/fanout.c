/* What one event costs us on its way to many subscribers, beside a bare epoll loop that sends a ready frame to each socket.
 *
 *     build/tests/bench/fanout [SUBSCRIBERS] [ROUNDS]        (10,000 and 30)
 *
 * Both serve real loopback connections whose other ends another process reads. Counted is the CPU time of the serving thread
 * for each delivered frame of 250 bytes, one event a turn and bursts of ten; the two take turns, medians are printed. */
#include "net/conn.h"
#include "net/listener.h"
#include "net/process.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FRAME_BYTES 250
#define BURST 10
#define PASSES 3

struct round {
    uint32_t frames;
};

static int64_t cpu_ns(void)
{
    struct timespec cpu;
    check(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &cpu) == 0);
    return (int64_t)cpu.tv_sec * 1000000000 + cpu.tv_nsec;
}

/* --- the other ends --- */

static size_t read_ready(int poll_fd)
{
    static uint8_t bytes[64 * 1024];
    struct epoll_event events[512];
    size_t total = 0;
    int ready = epoll_wait(poll_fd, events, 512, -1);
    for (int i = 0; i < ready; i++) {
        ssize_t count = recv(events[i].data.fd, bytes, sizeof bytes, 0);
        check(count > 0);
        total += (size_t)count;
    }
    return total;
}

/* Connects, then for each round it is told of reads all that belongs to it and says so. */
static void subscribe(const struct address *address, uint32_t count, int orders, int answers)
{
    int poll_fd = epoll_create1(0);
    for (uint32_t i = 0; i < count; i++) {
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        check(fd >= 0);
        check(connect(fd, &address->any, address_bytes(address)) == 0);
        struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
        check(epoll_ctl(poll_fd, EPOLL_CTL_ADD, fd, &event) == 0);
    }
    struct round round;
    while (read(orders, &round, sizeof round) == sizeof round) {
        size_t left = (size_t)count * round.frames * FRAME_BYTES;
        while (left > 0) left -= read_ready(poll_fd);
        check(write(answers, "k", 1) == 1);
    }
    _exit(0);
}

/* --- serving --- */

struct server {
    uint32_t count;
    uint32_t accepted;
    int *fds;
    struct conn *conns;
    struct loop *loop;
    struct frame *frame;
    struct loop_msg event;
    uint32_t frames;
    int poll_fd;
    int orders, answers;
    pid_t subscriber;
};

static int take_socket(struct loop *loop, int fd, const struct peer *peer, void *ctx)
{
    struct server *server = ctx;
    (void)loop;
    (void)peer;
    check(server->accepted < server->count);
    server->fds[server->accepted++] = fd;
    return 0;
}

static void start(struct server *server, uint32_t count)
{
    *server = (struct server){
        .count = count, .fds = calloc(count, sizeof(int)), .conns = calloc(count, sizeof(struct conn))};
    struct address address;
    struct err_detail err;
    struct listener *listener;
    int orders[2], answers[2];
    uint8_t bytes[FRAME_BYTES] = {0x81, 126, 0, FRAME_BYTES - 4};
    check(server->fds != NULL);
    check(server->conns != NULL);
    check(frame_new(span_of(bytes, 4), span_of(bytes + 4, sizeof bytes - 4), &server->frame) == 0);
    check(loop_create(NULL, &server->loop) == 0);
    check(address_parse(STR("127.0.0.1:0"), &address, &err) == 0);
    check(listener_open(server->loop, &address, true, take_socket, server, &listener, &err) == 0);
    check(pipe(orders) == 0);
    check(pipe(answers) == 0);
    server->subscriber = fork();
    if (server->subscriber == 0) {
        close(orders[1]);
        subscribe(&address, count, orders[0], answers[1]);
    }
    close(orders[0]);
    server->orders = orders[1];
    server->answers = answers[0];
    while (server->accepted < count) loop_turn(server->loop, 100);
}

static void finish(struct server *server)
{
    close(server->orders);
    close(server->answers);
    check(waitpid(server->subscriber, NULL, 0) == server->subscriber);
    loop_free(server->loop);
    frame_unref(server->frame);
    free(server->fds);
    free(server->conns);
}

/* CPU nanoseconds of one round: serve(server) sends `frames` frames to each. */
static int64_t measured(struct server *server, uint32_t frames, void (*serve)(struct server *))
{
    struct round round = {frames};
    char answer;
    check(write(server->orders, &round, sizeof round) == sizeof round);
    server->frames = frames;
    int64_t before = cpu_ns();
    serve(server);
    int64_t used = cpu_ns() - before;
    check(read(server->answers, &answer, 1) == 1);
    return used;
}

/* The yardstick. */
static void send_bare(struct server *server)
{
    struct epoll_event events[64];
    check(epoll_wait(server->poll_fd, events, 64, 0) == 0);
    for (uint32_t i = 0; i < server->count; i++) {
        for (uint32_t k = 0; k < server->frames; k++) {
            check(send(server->fds[i], server->frame->at, server->frame->len, MSG_NOSIGNAL) == FRAME_BYTES);
        }
    }
}

static void on_bytes(struct conn *conn, struct mspan bytes)
{
    (void)conn;
    (void)bytes;
}
static void on_closed(struct conn *conn, int why)
{
    (void)conn;
    (void)why;
}
static const struct conn_handler HANDLER = {.on_bytes = on_bytes, .on_closed = on_closed};

/* An event comes from another thread's box and goes to every connection of the loop. */
static void fan_out(struct loop *loop, struct loop_msg *msg)
{
    in_loop();
    struct server *server = container_of(msg, struct server, event);
    (void)loop;
    for (uint32_t k = 0; k < server->frames; k++) {
        for (uint32_t i = 0; i < server->count; i++)
            check(conn_send_frame(&server->conns[i], server->frame) == 0);
    }
}

static void send_ours(struct server *server)
{
    server->event = (struct loop_msg){.run = fan_out};
    check(loop_post(server->loop, &server->event) == 0);
    loop_turn(server->loop, 0);
    for (uint32_t i = 0; i < server->count; i++) check(conn_queue_bytes(&server->conns[i]) == 0);
}

/* --- figures --- */

struct figures {
    int64_t *single;
    int64_t *burst;
    uint32_t count;
};

static void run_pass(uint32_t count, uint32_t rounds, bool ours, struct figures *figures)
{
    struct server server;
    in_loop();
    start(&server, count);
    if (ours) {
        for (uint32_t i = 0; i < count; i++)
            conn_open(&server.conns[i], server.loop, server.fds[i], &HANDLER);
        loop_turn(server.loop, 0);
    } else {
        server.poll_fd = epoll_create1(0);
        for (uint32_t i = 0; i < count; i++) {
            struct epoll_event event = {.events = EPOLLIN, .data.fd = server.fds[i]};
            check(epoll_ctl(server.poll_fd, EPOLL_CTL_ADD, server.fds[i], &event) == 0);
        }
    }
    void (*serve)(struct server *) = ours ? send_ours : send_bare;
    ignore(measured(&server, 1, serve), "warms up");
    for (uint32_t i = 0; i < rounds; i++) {
        figures->single[figures->count] = measured(&server, 1, serve);
        figures->burst[figures->count++] = measured(&server, BURST, serve);
    }
    if (!ours) {
        for (uint32_t i = 0; i < count; i++) close(server.fds[i]);
        close(server.poll_fd);
    }
    finish(&server);
}

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* Microseconds for each delivered frame. */
static double median_us(int64_t *rounds, uint32_t count, uint64_t delivered)
{
    qsort(rounds, count, sizeof *rounds, by_size);
    return (double)rounds[count / 2] / (double)delivered / 1000;
}

static struct figures figures_of(uint32_t rounds)
{
    struct figures figures = {.single = calloc(rounds, sizeof(int64_t)),
                              .burst = calloc(rounds, sizeof(int64_t))};
    check(figures.single != NULL);
    check(figures.burst != NULL);
    return figures;
}

int main(int argc, char **argv)
{
    uint32_t count = argc > 1 ? (uint32_t)atoi(argv[1]) : 10000;
    uint32_t rounds = argc > 2 ? (uint32_t)atoi(argv[2]) : 30;
    uint64_t files;
    if (net_raise_file_limit(&files) < 0 || files < count + 64) {
        fprintf(stderr, "%u subscribers need as many open files: ulimit -n\n", count);
        return 1;
    }
    struct figures bare = figures_of(rounds * PASSES), ours = figures_of(rounds * PASSES);
    for (int pass = 0; pass < PASSES; pass++) {
        run_pass(count, rounds, false, &bare);
        run_pass(count, rounds, true, &ours);
    }
    double bare_single = median_us(bare.single, bare.count, count);
    double ours_single = median_us(ours.single, ours.count, count);
    double bare_burst = median_us(bare.burst, bare.count, (uint64_t)count * BURST);
    double ours_burst = median_us(ours.burst, ours.count, (uint64_t)count * BURST);
    printf("%u subscribers, %d-byte frames, medians of %u rounds, CPU microseconds a delivered frame\n",
           count, FRAME_BYTES, ours.count);
    printf("                 bare send   conn/outq   ratio\n");
    printf("one event        %9.2f   %9.2f   %5.2f   (at most 1.2)\n", bare_single, ours_single,
           ours_single / bare_single);
    printf("bursts of ten    %9.2f   %9.2f   %5.2f\n", bare_burst, ours_burst, ours_burst / bare_burst);
    printf("a burst of ten, of what ten single ones cost     %5.2f   (at most 0.25)\n",
           ours_burst / ours_single);
    free(bare.single);
    free(bare.burst);
    free(ours.single);
    free(ours.burst);
    return 0;
}
