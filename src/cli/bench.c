/* `footfall bench URL`: screens that watch and devices that check members in and out, at a rate that does not wait for answers. A
 * latency counts from the moment the command was due, not from when it could be sent (coordinated omission). */
#include "cli/bench_socket.h"
#include "cli/commands.h"
#include "cli/histogram.h"
#include "cli/wire.h"
#include "protocol/json_in.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SETTLE_MS 10000

struct bench {
    uv_loop_t loop;
    uv_timer_t tick;
    struct url url;
    const char *token;
    const char *location;
    int64_t screen_count, device_count, rate, burst, seconds, members, window, server_pid;
    bool as_json;
    struct bench_socket *sockets; /* screens first, then devices */
    int64_t open_count, connect_us, connect_cpu_us;
    int64_t *due_us; /* of each member's last command, for the screens' latency */
    int64_t *seen;   /* by how many screens, of that command's event */
    uint8_t *inside;
    int64_t began_us;
    int64_t issued, answered, accepted, refused, delivered, order_errors, cut;
    int64_t cpu_us_before;
    struct histogram answer_latency, delivery_latency,
        last_latency; /* last: the last of all screens has it */
    bool running, failed;
};

static int64_t now_us(void) { return (int64_t)(uv_hrtime() / 1000); }

/* User and system time of the server's process so far; 0 without --server-pid. */
static int64_t cpu_us_of(int64_t pid)
{
    if (pid == 0) return 0;
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%lld/stat", (long long)pid);
    FILE *file = fopen(path, "r");
    if (file == NULL) return 0;
    size_t len = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[len] = '\0';
    /* Behind the name in brackets: state, then numbers; utime is the 12th word, stime the 13th (proc(5)). */
    const char *at = strrchr(text, ')');
    for (int word = 0; at != NULL && word < 12; word++) at = strchr(at + 1, ' ');
    if (at == NULL) return 0;
    char *rest;
    unsigned long user = strtoul(at, &rest, 10), kernel = strtoul(rest, NULL, 10);
    return (int64_t)(user + kernel) * 1000000 / sysconf(_SC_CLK_TCK);
}

/* The number behind a key, without parsing all of a message that we know the form of. */
static int64_t number_after(struct str text, const char *key)
{
    const char *at = memmem(text.at, text.len, key, strlen(key));
    if (at == NULL) return 0;
    int64_t number = 0;
    for (at += strlen(key); at < text.at + text.len && *at >= '0' && *at <= '9'; at++) {
        number = number * 10 + (*at - '0');
    }
    return number;
}

static bool begins(struct str text, const char *with) { return str_starts(text, str_c(with)); }

static void on_event(struct bench *bench, struct bench_socket *screen, struct str text)
{
    int64_t seq = number_after(text, "\"seq\":");
    if (screen->last_seq != 0 && seq != screen->last_seq + 1) bench->order_errors++;
    screen->last_seq = seq;
    if (begins(text, "{\"type\":\"check_in_denied\"")) return;
    screen->events++;
    bench->delivered++;
    int64_t member = number_after(text, "\"member\":{\"id\":");
    if (member >= 1 && member <= bench->members && bench->due_us[member] != 0) {
        int64_t took_us = now_us() - bench->due_us[member];
        histogram_add(&bench->delivery_latency, took_us);
        if (++bench->seen[member] == bench->screen_count) histogram_add(&bench->last_latency, took_us);
    }
}

static void on_answer(struct bench *bench, struct bench_socket *device, struct str text, bool good)
{
    int64_t member = number_after(text, "\"id\":\"b-");
    if (member < 1 || member > bench->members) return;
    device->in_flight--;
    bench->answered++;
    /* A repeat within the minute is answered well and makes no event: nothing is to be delivered. */
    bool repeated = memmem(text.at, text.len, "\"repeated\":true", 15) != NULL;
    if (good && !repeated) bench->accepted++;
    else bench->refused++;
    histogram_add(&bench->answer_latency, now_us() - bench->due_us[member]);
}

static void on_text(struct bench_socket *socket, struct str text)
{
    struct bench *bench = socket->owner;
    bool is_screen = socket < bench->sockets + bench->screen_count;
    if (begins(text, "{\"type\":\"member_checked_") || begins(text, "{\"type\":\"check_in_denied\"")) {
        if (is_screen) on_event(bench, socket, text);
    } else if (begins(text, "{\"type\":\"check_in_success\"") ||
               begins(text, "{\"type\":\"check_out_success\"")) {
        on_answer(bench, socket, text, true);
    } else if (begins(text, "{\"type\":\"error\"")) {
        on_answer(bench, socket, text, false);
    } else if (begins(text, "{\"type\":\"authentication_success\"")) {
        bench->open_count++;
    }
}

static void on_end(struct bench_socket *socket, const char *why)
{
    struct bench *bench = socket->owner;
    bench->cut++;
    if (bench->cut <= 3) fprintf(stderr, "bench: a connection ended: %s\n", why);
}

/* Member after member; each in, and in the next round out again. */
static void issue(struct bench *bench, int64_t due_us)
{
    struct bench_socket *device = &bench->sockets[bench->screen_count + bench->issued % bench->device_count];
    int64_t member = bench->issued % bench->members + 1;
    char text[256];
    bool out = bench->inside[member] != 0;
    bench->inside[member] ^= 1;
    bench->due_us[member] = due_us;
    bench->seen[member] = 0;
    int len = snprintf(
        text, sizeof text,
        "{\"type\":\"%s\",\"id\":\"b-%lld-%lld-%d\",\"payload\":{\"member_id\":%lld,\"location\":\"%s\"}}",
        out ? "check_out" : "check_in", (long long)member, (long long)(bench->issued / bench->members),
        (int)getpid(), (long long)member, bench->location);
    bench->issued++;
    device->in_flight++;
    bench_socket_send(device, (struct str){text, (size_t)len});
}

/* Who is in already, from a run before: they begin by leaving. */
static int read_inside(struct bench *bench, struct err_detail *reterr)
{
    char path[256], after[128] = "";
    bool more = true;
    while (more) {
        OWNED(json_tree) json_t *page = NULL;
        snprintf(path, sizeof path, "/api/v1/locations/%s/present?limit=200%s%s", bench->location,
                 after[0] == '\0' ? "" : "&cursor=", after);
        TRY(wire_request_json(&bench->url, "GET", path, str_c(bench->token), &page, reterr));
        size_t i;
        json_t *one;
        json_array_foreach (json_object_get(page, "items"), i, one) {
            int64_t id = json_integer_value(json_object_get(json_object_get(one, "member"), "id"));
            if (id >= 1 && id <= bench->members) bench->inside[id] = 1;
        }
        const char *next = json_string_value(json_object_get(page, "next"));
        more = next != NULL && strlen(next) < sizeof after;
        if (more) snprintf(after, sizeof after, "%s", next);
    }
    return 0;
}

static void finish(struct bench *bench)
{
    uv_timer_stop(&bench->tick);
    uv_stop(&bench->loop);
}

static void on_tick(uv_timer_t *timer)
{
    struct bench *bench = timer->data;
    int64_t now = now_us();
    int64_t run_us = bench->seconds * 1000000;
    bool over = now - bench->began_us >= run_us;
    if (!over && bench->rate > 0) {
        /* The first at once. Those of a burst are due together, when its first is. */
        int64_t bursts = (now - bench->began_us) * bench->rate / 1000000 / bench->burst + 1;
        while (bench->issued < bursts * bench->burst) {
            int64_t first = bench->issued - bench->issued % bench->burst;
            issue(bench, bench->began_us + first * 1000000 / bench->rate);
        }
    } else if (!over) { /* as fast as it goes, so many under way */
        while (bench->issued - bench->answered < bench->window * bench->device_count) issue(bench, now);
    }
    for (int64_t i = 0; i < bench->device_count; i++) {
        bench_socket_flush(&bench->sockets[bench->screen_count + i]);
    }
    bool settled =
        bench->answered == bench->issued && bench->delivered >= bench->accepted * bench->screen_count;
    bool given_up = now - bench->began_us >= run_us + SETTLE_MS * 1000;
    if (over && (settled || given_up)) finish(bench);
}

static void on_connect_tick(uv_timer_t *timer)
{
    struct bench *bench = timer->data;
    int64_t all = bench->screen_count + bench->device_count;
    if (bench->open_count == all || bench->cut > 0) finish(bench);
}

static void connect_all(struct bench *bench)
{
    int64_t all = bench->screen_count + bench->device_count;
    int64_t began_us = now_us(), cpu_us = cpu_us_of(bench->server_pid);
    uv_timer_start(&bench->tick, on_connect_tick, 1, 1);
    for (int64_t i = 0; i < all && bench->cut == 0; i++) {
        /* Devices sign in by header and follow nothing; screens by ?token= and follow all that the token allows. */
        bench_socket_open(&bench->sockets[i], &bench->loop, &bench->url, bench->token,
                          i < bench->screen_count, on_text, on_end, bench);
        if (i % 256 == 255) uv_run(&bench->loop, UV_RUN_NOWAIT);
        while (i - bench->open_count > 512 && bench->cut == 0) uv_run(&bench->loop, UV_RUN_ONCE);
    }
    uv_run(&bench->loop, UV_RUN_DEFAULT);
    bench->connect_us = now_us() - began_us;
    bench->connect_cpu_us = cpu_us_of(bench->server_pid) - cpu_us;
    if (!bench->as_json) {
        fprintf(stderr, "bench: %lld connections in %lld ms\n", (long long)bench->open_count,
                (long long)bench->connect_us / 1000);
    }
}

static void print_latency(const char *what, const struct histogram *h)
{
    printf("%-22s p50 %.2f ms   p99 %.2f ms   p99.9 %.2f ms   max %.2f ms\n", what,
           (double)histogram_at(h, 500) / 1000, (double)histogram_at(h, 990) / 1000,
           (double)histogram_at(h, 999) / 1000, (double)h->max_us / 1000);
}

static void print_json_latency(const char *name, const struct histogram *h, const char *end)
{
    printf("\"%s\":{\"p50_us\":%llu,\"p99_us\":%llu,\"p999_us\":%llu,\"max_us\":%llu}%s", name,
           (unsigned long long)histogram_at(h, 500), (unsigned long long)histogram_at(h, 990),
           (unsigned long long)histogram_at(h, 999), (unsigned long long)h->max_us, end);
}

static int report(const struct bench *bench, int64_t took_us)
{
    int64_t expected = bench->accepted * bench->screen_count;
    int64_t lost = expected > bench->delivered ? expected - bench->delivered : 0;
    int64_t doubled = bench->delivered > expected ? bench->delivered - expected : 0;
    int64_t unanswered = bench->issued - bench->answered;
    int64_t cpu_us = cpu_us_of(bench->server_pid) - bench->cpu_us_before;
    double per_second = (double)bench->accepted * 1000000 / (double)took_us;
    double cpu_each = bench->delivered > 0 ? (double)cpu_us / (double)bench->delivered : 0;
    if (bench->as_json) {
        printf(
            "{\"screens\":%lld,\"devices\":%lld,\"issued\":%lld,\"accepted\":%lld,\"refused\":%lld,\"unanswered\":%lld,\"per_second\":%.1f,"
            "\"delivered\":%lld,\"lost\":%lld,\"doubled\":%lld,\"order_errors\":%lld,\"connections_cut\":%lld,\"server_cpu_us\":%lld,"
            "\"server_cpu_us_per_delivery\":%.3f,\"connections\":%lld,\"connect_us\":%lld,\"connect_server_cpu_us\":%lld,",
            (long long)bench->screen_count, (long long)bench->device_count, (long long)bench->issued,
            (long long)bench->accepted, (long long)bench->refused, (long long)unanswered, per_second,
            (long long)bench->delivered, (long long)lost, (long long)doubled, (long long)bench->order_errors,
            (long long)bench->cut, (long long)cpu_us, cpu_each, (long long)bench->open_count,
            (long long)bench->connect_us, (long long)bench->connect_cpu_us);
        print_json_latency("answer", &bench->answer_latency, ",");
        print_json_latency("delivery", &bench->delivery_latency, ",");
        print_json_latency("last_delivery", &bench->last_latency, "}\n");
    } else {
        printf("check-ins and -outs    %lld accepted, %lld refused, %lld unanswered: %.0f a second\n",
               (long long)bench->accepted, (long long)bench->refused, (long long)unanswered, per_second);
        printf(
            "deliveries             %lld, lost %lld, doubled %lld, out of order %lld, connections cut %lld\n",
            (long long)bench->delivered, (long long)lost, (long long)doubled, (long long)bench->order_errors,
            (long long)bench->cut);
        print_latency("answer", &bench->answer_latency);
        print_latency("delivery", &bench->delivery_latency);
        print_latency("last screen has it", &bench->last_latency);
        if (bench->server_pid != 0) {
            printf("server CPU             %.1f ms, %.2f us for each delivery\n", (double)cpu_us / 1000,
                   cpu_each);
        }
    }
    return lost + doubled + unanswered + bench->order_errors + bench->cut == 0 ? CLI_FINE : CLI_FAILED;
}

static int run(struct bench *bench)
{
    size_t all = (size_t)(bench->screen_count + bench->device_count);
    bench->sockets = calloc(all, sizeof *bench->sockets);
    bench->due_us = calloc((size_t)bench->members + 1, sizeof *bench->due_us);
    bench->seen = calloc((size_t)bench->members + 1, sizeof *bench->seen);
    bench->inside = calloc((size_t)bench->members + 1, 1);
    if (bench->sockets == NULL || bench->due_us == NULL || bench->seen == NULL || bench->inside == NULL ||
        uv_loop_init(&bench->loop) != 0) {
        fprintf(stderr, "footfall: out of memory\n");
        return CLI_FAILED;
    }
    uv_timer_init(&bench->loop, &bench->tick);
    bench->tick.data = bench;
    struct err_detail why = {0};
    int status = CLI_FAILED, rc = read_inside(bench, &why);
    if (rc == 0) connect_all(bench);
    if (rc < 0) {
        why.code = rc;
        status = say_failed(&why);
    } else if (bench->open_count == (int64_t)all) {
        bench->cpu_us_before = cpu_us_of(bench->server_pid);
        bench->began_us = now_us();
        uv_timer_start(&bench->tick, on_tick, 1, 1);
        uv_run(&bench->loop, UV_RUN_DEFAULT);
        int64_t took_us = now_us() - bench->began_us;
        status = report(bench, took_us < bench->seconds * 1000000 ? took_us : bench->seconds * 1000000);
    } else {
        fprintf(stderr, "footfall: only %lld of %zu connections came to be\n", (long long)bench->open_count,
                all);
    }
    for (size_t i = 0; i < all; i++) bench_socket_close(&bench->sockets[i]);
    uv_close((uv_handle_t *)&bench->tick, NULL);
    uv_run(&bench->loop, UV_RUN_DEFAULT);
    uv_loop_close(&bench->loop);
    free(bench->sockets);
    free(bench->due_us);
    free(bench->seen);
    free(bench->inside);
    return status;
}

int bench_command(int argc, char **argv)
{
    struct bench bench = {.location = "main"};
    const char *screens = "100", *devices = "10", *rate = "100", *seconds = "10", *members = "1000",
               *burst = "1", *window = "8", *pid = "0";
    const struct arg flags[] = {
        {.name = "token", .value_name = "JWT", .value = &bench.token, .help = "of staff or above"},
        {.name = "location", .value_name = "SLUG", .value = &bench.location, .help = "default main"},
        {.name = "screens",
         .value_name = "N",
         .value = &screens,
         .help = "connections that watch; default 100"},
        {.name = "devices",
         .value_name = "N",
         .value = &devices,
         .help = "connections that check in and out; default 10"},
        {.name = "rate",
         .value_name = "PER_SECOND",
         .value = &rate,
         .help = "commands a second; 0: as fast as they are answered; default 100"},
        {.name = "burst",
         .value_name = "N",
         .value = &burst,
         .help = "so many of them at one moment; default 1"},
        {.name = "window",
         .value_name = "N",
         .value = &window,
         .help = "with --rate 0, commands under way for each device; default 8"},
        {.name = "seconds", .value_name = "S", .value = &seconds, .help = "default 10"},
        {.name = "members",
         .value_name = "N",
         .value = &members,
         .help = "members 1 to N take part; default 1000"},
        {.name = "server-pid",
         .value_name = "PID",
         .value = &pid,
         .help = "also tell the CPU time of that process"},
        {.name = "json", .set = &bench.as_json, .help = "one JSON object"},
    };
    struct args args = {
        .words_max = 1,
        .usage =
            "footfall bench URL --token JWT [--screens N] [--devices N] [--rate PER_SECOND] [--seconds S] [--json]",
        .about =
            "Load for a server of yours (`footfall demo --clean`): screens that watch, devices that check members in and out; counts what is lost.",
        .flags = flags,
        .flag_count = COUNT_OF(flags),
    };
    int status;
    if (args_parse(&args, argc, argv, &status) != 0) return status;
    struct err_detail why = {0};
    if (args.word_count != 1) return args_wrong(&args, "give the server's URL");
    if (bench.token == NULL) return args_wrong(&args, "bench needs --token");
    if (url_parse(args.words[0], &bench.url, &why) < 0) return args_wrong(&args, "%s", why.text);
    if (bench.url.is_https) return args_wrong(&args, "bench speaks plain http:// only");
    bool numbers = args_number(&args, "screens", screens, 0, 1000000, &bench.screen_count) &&
                   args_number(&args, "devices", devices, 1, 1000000, &bench.device_count) &&
                   args_number(&args, "rate", rate, 0, 10000000, &bench.rate) &&
                   args_number(&args, "burst", burst, 1, 1000, &bench.burst) &&
                   args_number(&args, "seconds", seconds, 1, 86400, &bench.seconds) &&
                   args_number(&args, "members", members, 1, 100000000, &bench.members) &&
                   args_number(&args, "window", window, 1, 64, &bench.window) &&
                   args_number(&args, "server-pid", pid, 0, INT32_MAX, &bench.server_pid);
    return numbers ? run(&bench) : CLI_USAGE;
}
