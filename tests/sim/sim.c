/* A seeded simulation of everything between a device and a screen; world.h says what is real in it.
 *
 *     build/tests/sim/sim [--runs N] [--seed S] [--steps N]        (200 runs from seed 1, 250 steps each)
 *
 * After every step: each client has each event of what it follows once and in order, or was told to resync; no queue is over its bound; a request
 * that was carried out is answered alike when it comes again. At the end of a run: the logs are gapless, every screen has what the log has to
 * the byte, no visit was made twice or lost, and the statistics are what the visits give. A failure prints its seed and step: run it with
 * --seed S --runs 1, and when it is mended add it to SEEDS. */
#include "world.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Runs that failed once. */
static const uint64_t SEEDS[] = {1};

struct where g_where;
struct tally g_tally;

static void step(struct world *world)
{
    struct dice *dice = &world->dice;
    struct screen *screen = &world->screens[roll(dice, SCREENS)];
    world->mono.ms += 1 + (int64_t)roll(dice, 100);
    switch (roll(dice, 16)) {
    case 0:
    case 1:
    case 2:
    case 3:
        for (uint64_t i = 1 + roll(dice, 4); i > 0; i--) world_device(world, &world->devices[roll(dice, DEVICES)]);
        break;
    case 4:
    case 5:
    case 6: world_commit(world); break;
    case 7:
    case 8:
    case 9: world_turn(world, (unsigned)roll(dice, HUBS)); break;
    case 10:
    case 11: screen_read(screen, 1 + roll(dice, KERNEL_BYTES)); break;
    case 12: screen_page_step(screen); break;
    case 13:
        if (chance(dice, 2)) screen_cut(screen);
        else screen_connect(screen);
        break;
    case 14: screen->is_stalled = chance(dice, 2); break;
    case 15: /* the clock goes on, leaps, or is set back; or the server dies */
        if (chance(dice, 6)) world_crash(world);
        else if (chance(dice, 6)) world->now.ms -= (int64_t)roll(dice, 10 * 60000);
        else if (chance(dice, 6)) world->now.ms += (int64_t)roll(dice, INT64_C(20) * 3600000);
        else world->now.ms += (int64_t)roll(dice, 5 * 60000);
        break;
    default: break;
    }
}

static void copy_file(const char *from, const char *to)
{
    static char bytes[1024 * 1024];
    int in = open(from, O_RDONLY | O_CLOEXEC), out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ssize_t len;
    must(in >= 0 && out >= 0, "%s cannot be copied", from);
    while ((len = read(in, bytes, sizeof bytes)) > 0) must(write(out, bytes, (size_t)len) == len, "the disk is full");
    close(in);
    close(out);
}

static void run(const char *folder, uint64_t seed, int steps)
{
    static struct world world;
    char prepared[128], path[128], side[140];
    snprintf(prepared, sizeof prepared, "%s/prepared.db", folder);
    snprintf(path, sizeof path, "%s/run.db", folder);
    copy_file(prepared, path);
    g_where = (struct where){.seed = seed};
    world_open(&world, path, seed);
    for (g_where.step = 1; g_where.step <= steps; g_where.step++) step(&world);
    world_settle_and_check(&world);
    world_close(&world);
    snprintf(side, sizeof side, "%s-wal", path);
    unlink(side);
    snprintf(side, sizeof side, "%s-shm", path);
    unlink(side);
    unlink(path);
}

static uint64_t number_of(int argc, char **argv, const char *name, uint64_t otherwise)
{
    for (int i = 1; i + 1 < argc; i++) {
        if (strcmp(argv[i], name) == 0) return strtoull(argv[i + 1], NULL, 10);
    }
    return otherwise;
}

int main(int argc, char **argv)
{
    uint64_t first = number_of(argc, argv, "--seed", 1), runs = number_of(argc, argv, "--runs", 200);
    int steps = (int)number_of(argc, argv, "--steps", 250);
    /* Memory where there is some: a commit need not be durable here, power cuts have their own test (unit/store/power_cut_test.c). */
    char folder[] = "/dev/shm/footfall-sim-XXXXXX", elsewhere[] = "/tmp/footfall-sim-XXXXXX";
    const char *made = mkdtemp(folder);
    if (made == NULL) made = mkdtemp(elsewhere);
    must(made != NULL, "no folder for the database");
    char prepared[128];
    snprintf(prepared, sizeof prepared, "%s/prepared.db", made);
    world_prepare(prepared);
    puts("1..2");
    for (size_t i = 0; i < COUNT_OF(SEEDS); i++) run(made, SEEDS[i], steps);
    puts("ok 1 - runs that failed once");
    for (uint64_t i = 0; i < runs; i++) run(made, first + i, steps);
    printf("ok 2 - %llu runs from seed %llu, %d steps each\n", (unsigned long long)runs, (unsigned long long)first, steps);
    printf("# %lld commits of %lld commands, %lld asked again; %lld events read, %lld resumes, %lld pages of the log, %lld resyncs, %lld crashes\n",
           (long long)g_tally.commits, (long long)g_tally.commands, (long long)g_tally.replays, (long long)g_tally.events,
           (long long)g_tally.resumes, (long long)g_tally.pages, (long long)g_tally.resyncs, (long long)g_tally.crashes);
    unlink(prepared);
    rmdir(made);
    return 0;
}
