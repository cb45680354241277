#include "net/listener.h"

#include "base/clock.h"
#include "net/sockets.h"
#include "../testing.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

struct accepted {
    int count;
    int last_fd; /* kept open where keep is set */
    bool keep, refuse;
    struct peer peer;
};

static int on_accept(struct loop *loop, int fd, const struct peer *peer, void *ctx)
{
    struct accepted *accepted = ctx;
    (void)loop;
    accepted->count++;
    accepted->peer = *peer;
    if (accepted->refuse) return ERR_LIMIT;
    check(send(fd, "k", 1, 0) == 1);
    if (accepted->keep) accepted->last_fd = fd;
    else close(fd);
    return 0;
}

static struct loop *g_loop;
static struct accepted g_accepted;

static int set_up(void **state)
{
    (void)state;
    g_accepted = (struct accepted){.last_fd = -1};
    return loop_create(NULL, &g_loop);
}

static int tear_down(void **state)
{
    (void)state;
    loop_free(g_loop); /* closes its listeners */
    if (g_accepted.last_fd >= 0) close(g_accepted.last_fd);
    return 0;
}

static struct address parsed(const char *text)
{
    struct address address;
    struct err_detail err;
    assert_int_equal(address_parse(str_c(text), &address, &err), 0);
    return address;
}

static int open_listener(struct address *address, struct listener **ret_listener, struct err_detail *reterr)
{
    return listener_open(g_loop, address, true, on_accept, &g_accepted, ret_listener, reterr);
}

static struct listener *must_open(const char *text, struct address *ret_address)
{
    struct listener *listener = NULL;
    struct err_detail err = {.text = ""};
    *ret_address = parsed(text);
    if (open_listener(ret_address, &listener, &err) < 0) print_message("%s\n", err.text);
    assert_non_null(listener);
    return listener;
}

static int connect_to(const struct address *address)
{
    int fd = socket(address->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    check(fd >= 0);
    set_receive_timeout(fd);
    if (connect(fd, &address->any, address_bytes(address)) == 0) return fd;
    close(fd);
    return -1;
}

static void turns(int count)
{
    for (int i = 0; i < count; i++) loop_turn(g_loop, 5);
}

static int option(int fd, int level, int name)
{
    int value = -1;
    socklen_t len = sizeof value;
    assert_int_equal(getsockopt(fd, level, name, &value, &len), 0);
    return value;
}

static void an_accepted_socket_is_ready_to_use(void **state)
{
    (void)state;
    struct address address;
    must_open("127.0.0.1:0", &address);
    assert_true(address_port(&address) > 0);
    g_accepted.keep = true;
    int client = connect_to(&address);
    assert_true(client >= 0);
    turns(2);
    int fd = g_accepted.last_fd;
    assert_int_equal(g_accepted.count, 1);
    assert_int_not_equal(option(fd, IPPROTO_TCP, TCP_NODELAY), 0);
    assert_int_not_equal(option(fd, SOL_SOCKET, SO_KEEPALIVE), 0);
    assert_int_equal(option(fd, IPPROTO_TCP, TCP_KEEPIDLE), 60);
    assert_int_equal(option(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT), 128 * 1024);
    assert_int_not_equal(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
    assert_int_not_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
    char text[ADDRESS_TEXT_BYTES];
    assert_string_equal(peer_text(&g_accepted.peer, text).at, "127.0.0.1");
    close(client);
}

static void a_refused_one_is_closed(void **state)
{
    (void)state;
    struct address address;
    must_open("127.0.0.1:0", &address);
    g_accepted.refuse = true;
    int client = connect_to(&address);
    turns(2);
    assert_int_equal(g_accepted.count, 1);
    assert_true(ends_in_order(client));
    close(client);
}

static void ipv6_and_all_addresses_work(void **state)
{
    (void)state;
    struct address address, v4 = parsed("127.0.0.1:0"), v6 = parsed("[::1]:0");
    struct listener *listener = NULL;
    struct err_detail err;
    address = parsed("[::1]:0");
    if (open_listener(&address, &listener, &err) < 0) skip(); /* a machine without IPv6 */
    int client = connect_to(&address);
    assert_true(client >= 0);
    close(client);
    turns(2);
    assert_int_equal(g_accepted.count, 1);
    address_set_port(&v4, address_port(&address));
    assert_int_equal(connect_to(&v4), -1);

    must_open(":0", &address);
    address_set_port(&v4, address_port(&address));
    address_set_port(&v6, address_port(&address));
    int over_v4 = connect_to(&v4), over_v6 = connect_to(&v6);
    assert_true(over_v4 >= 0);
    assert_true(over_v6 >= 0);
    turns(2);
    assert_int_equal(g_accepted.count, 3);
    close(over_v4);
    close(over_v6);
}

static void each_loop_has_its_own_socket_of_the_same_port(void **state)
{
    (void)state;
    struct loop *second = NULL;
    struct accepted accepted = {.count = 0};
    struct listener *listener = NULL;
    struct address address;
    struct err_detail err;
    must_open("127.0.0.1:0", &address);
    assert_int_equal(loop_create(NULL, &second), 0);
    assert_int_equal(listener_open(second, &address, false, on_accept, &accepted, &listener, &err), 0);
    for (int i = 0; i < 64; i++) {
        int client = connect_to(&address);
        assert_true(client >= 0);
        close(client);
    }
    turns(3);
    loop_turn(second, 5);
    assert_int_equal(g_accepted.count + accepted.count, 64);
    assert_true(g_accepted.count > 0);
    assert_true(accepted.count > 0);
    loop_free(second);
}

static void a_port_in_use_is_said_even_if_the_other_shares_it(void **state)
{
    (void)state;
    struct address address;
    struct listener *listener = NULL;
    struct err_detail err = {.text = ""};
    must_open("127.0.0.1:0", &address);
    assert_int_equal(open_listener(&address, &listener, &err), ERR_EXISTS);
    assert_non_null(strstr(err.text, "in use by another program"));
    assert_null(listener);
    struct address all = parsed("0.0.0.0:0");
    address_set_port(&all, address_port(&address));
    assert_int_equal(open_listener(&all, &listener, &err), ERR_EXISTS);
    /* Once it is gone the port is free at once, connections in TIME_WAIT or not. */
    g_accepted.keep = true;
    int client = connect_to(&address);
    turns(2);
    close(g_accepted.last_fd);
    g_accepted.last_fd = -1;
    close(client);
    loop_free(g_loop);
    assert_int_equal(loop_create(NULL, &g_loop), 0);
    assert_int_equal(open_listener(&address, &listener, &err), 0);
}

static void an_address_of_another_machine_is_said(void **state)
{
    (void)state;
    struct address address = parsed("192.0.2.1:0");
    struct listener *listener = NULL;
    struct err_detail err = {.text = ""};
    assert_int_equal(open_listener(&address, &listener, &err), ERR_NOT_FOUND);
    assert_string_equal(
        err.text, "cannot listen on 192.0.2.1:0: this machine has no such address; 0.0.0.0 means all it has");
}

static bool low_ports_are_for_root(void)
{
    int first = 1024;
    FILE *file = fopen("/proc/sys/net/ipv4/ip_unprivileged_port_start", "re");
    if (file == NULL) return true;
    if (fscanf(file, "%d", &first) != 1) first = 1024;
    fclose(file);
    return first > 81;
}

static void a_port_that_is_not_allowed_is_said(void **state)
{
    (void)state;
    if (!low_ports_are_for_root()) skip();
    pid_t child = fork();
    if (child == 0) { /* as nobody, where this runs as root */
        struct address address = parsed("127.0.0.1:81");
        struct listener *listener = NULL;
        struct err_detail err = {.text = ""};
        if (geteuid() == 0 && setuid(65534) != 0) _exit(77);
        _exit(open_listener(&address, &listener, &err) == ERR_FORBIDDEN &&
                      strstr(err.text, "not allowed") != NULL
                  ? 0
                  : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77) skip();
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* --- out of file descriptors --- */

#define WAITING 10

static void out_of_descriptors_it_pauses_and_serves_later(void **state)
{
    (void)state;
    struct address address;
    must_open("127.0.0.1:0", &address);
    turns(1);
    int clients[WAITING];
    for (int i = 0; i < WAITING; i++) {
        clients[i] = connect_to(&address);
        assert_true(clients[i] >= 0);
    }
    struct rlimit before, none;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = before;
    none.rlim_cur = (rlim_t)clients[WAITING - 1] + 1; /* no more than there are */
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    struct mono_ms start = clock_mono();
    int polls = 0;
    while (clock_mono().ms < start.ms + 2 * LISTENER_PAUSE_MS) {
        loop_turn(g_loop, 1000);
        polls++;
    }
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(g_accepted.count, 0);
    assert_true(polls < 30); /* it does not spin */
    start = clock_mono();
    while (g_accepted.count < WAITING && clock_mono().ms < start.ms + 5000) loop_turn(g_loop, 100);
    assert_int_equal(g_accepted.count, WAITING);
    for (int i = 0; i < WAITING; i++) {
        char byte;
        assert_int_equal(recv(clients[i], &byte, 1, 0), 1); /* served, not reset */
        close(clients[i]);
    }
}

/* --- draining --- */

struct caller {
    struct address address;
    atomic_bool stop;
    atomic_int served; /* connected and answered */
    atomic_int cut;    /* connected, then reset or left without an answer */
    pthread_t thread;
};

static int connect_within(const struct address *address, int timeout_ms)
{
    int fd = socket(address->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    check(fd >= 0);
    if (connect(fd, &address->any, address_bytes(address)) != 0) {
        struct pollfd ready = {.fd = fd, .events = POLLOUT};
        int error = 0;
        socklen_t len = sizeof error;
        bool connected = errno == EINPROGRESS && poll(&ready, 1, timeout_ms) == 1 &&
                         getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 && error == 0;
        if (!connected) {
            close(fd);
            return -1;
        }
    }
    return fd;
}

static void *call_on(void *arg)
{
    struct caller *caller = arg;
    while (!atomic_load(&caller->stop)) {
        int fd = connect_within(&caller->address, 20);
        if (fd < 0) continue; /* never begun: no loss */
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        char byte;
        bool answered = poll(&ready, 1, 5000) == 1 && recv(fd, &byte, 1, 0) == 1;
        atomic_fetch_add(answered ? &caller->served : &caller->cut, 1);
        close(fd);
    }
    return NULL;
}

static void note_drained(void *ctx) { *(bool *)ctx = true; }

static void draining_resets_nobody_who_has_connected(void **state)
{
    (void)state;
    enum { CALLERS = 4 };
    static struct caller callers[CALLERS];
    for (int round = 0; round < 5; round++) {
        struct address address;
        bool drained = false;
        in_loop();
        struct listener *listener = must_open("127.0.0.1:0", &address);
        g_accepted.count = 0;
        for (int i = 0; i < CALLERS; i++) {
            callers[i] = (struct caller){.address = address};
            assert_int_equal(pthread_create(&callers[i].thread, NULL, call_on, &callers[i]), 0);
        }
        struct mono_ms start = clock_mono();
        while (g_accepted.count < 200 && clock_mono().ms < start.ms + 10000) loop_turn(g_loop, 10);
        struct timespec gap = {.tv_nsec = 3000000};
        nanosleep(&gap, NULL); /* some wait in the queue now */
        listener_drain(listener, 100, note_drained, &drained);
        start = clock_mono();
        while (!drained && clock_mono().ms < start.ms + 5000) loop_turn(g_loop, 10);
        assert_true(drained);
        int served = 0, cut = 0;
        for (int i = 0; i < CALLERS; i++) {
            atomic_store(&callers[i].stop, true);
            pthread_join(callers[i].thread, NULL);
            served += atomic_load(&callers[i].served);
            cut += atomic_load(&callers[i].cut);
        }
        assert_int_equal(cut, 0);
        assert_int_equal(served, g_accepted.count);
        assert_true(served >= 200);
        assert_int_equal(connect_to(&address), -1); /* it is closed */
    }
}

static void who_calls_while_it_drains_reaches_its_successor(void **state)
{
    (void)state;
    struct address address;
    bool drained = false;
    in_loop();
    struct listener *listener = must_open("127.0.0.1:0", &address);
    turns(1);
    listener_drain(listener, 50, note_drained, &drained);
    int caller = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_int_equal(connect(caller, &address.any, address_bytes(&address)), -1);
    assert_int_equal(errno, EINPROGRESS);
    struct mono_ms start = clock_mono();
    while (!drained && clock_mono().ms < start.ms + 5000) loop_turn(g_loop, 10);
    assert_true(drained);
    assert_int_equal(g_accepted.count, 0);

    struct err_detail err;
    assert_int_equal(open_listener(&address, &listener, &err), 0);
    while (g_accepted.count == 0 && clock_mono().ms < start.ms + 8000) loop_turn(g_loop, 50);
    assert_int_equal(g_accepted.count, 1); /* its SYN came again, after a second */
    set_receive_timeout(caller);
    char byte;
    assert_int_equal(recv(caller, &byte, 1, 0), 1);
    close(caller);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_accepted_socket_is_ready_to_use, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_refused_one_is_closed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(ipv6_and_all_addresses_work, set_up, tear_down),
        cmocka_unit_test_setup_teardown(each_loop_has_its_own_socket_of_the_same_port, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_port_in_use_is_said_even_if_the_other_shares_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_address_of_another_machine_is_said, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_port_that_is_not_allowed_is_said, set_up, tear_down),
        cmocka_unit_test_setup_teardown(out_of_descriptors_it_pauses_and_serves_later, set_up, tear_down),
        cmocka_unit_test_setup_teardown(draining_resets_nobody_who_has_connected, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_calls_while_it_drains_reaches_its_successor, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("net/listener", tests, NULL, NULL);
}
