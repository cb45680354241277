/* A gym in a fixture's database, and batches run through load, decide and save as the writer does. */
#pragma once
#include "fixture.h"

#define GYM_BATCH_MAX 64

struct gym {
    struct fixture *f;
    struct rules rules;
    struct directory *directory;
    struct batch batch;
    struct wall_ms now;
    struct command commands[GYM_BATCH_MAX];
    size_t count;
};

/* Locations 1 main (Europe/Berlin, exits assumed), 2 north (America/New_York, exits recorded), 3 small (UTC, assumed, 2 people);
 * members 1 to 20 with open-ended memberships. The moment is 2026-11-25T12:00:00Z. */
void gym_open(struct gym *gym, struct fixture *fixture);
void gym_close(struct gym *gym);
/* As a restart does. */
void gym_reopen(struct gym *gym);

struct command *gym_add(struct gym *gym, enum command_kind kind);
struct command *gym_check_in(struct gym *gym, int64_t member, int64_t location);
struct command *gym_check_out(struct gym *gym, int64_t member);
/* The commands added since, as one batch; its decisions stay readable until the next one. */
MUST_USE int gym_try(struct gym *gym);
void gym_run(struct gym *gym);
const struct decision *gym_decision(const struct gym *gym, size_t index);
/* Everything that is stored, as text, for comparing two databases. */
void gym_dump(struct gym *gym, struct buf *out);
