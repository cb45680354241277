/* A gym in memory for the tests of the rules: what a store would load, kept from batch to batch. */
#pragma once
#include "domain/batch.h"
#include "../testing.h"

#define GYM_MEMBERS 8
#define GYM_VISITS 4096
#define GYM_MEMBERSHIPS 4

struct gym {
    struct rules rules;
    struct directory *directory;
    struct wall_ms now;
    struct seq heads[3];
    struct stats stats[3];
    struct member members[GYM_MEMBERS + 1]; /* by id, from 1 */
    struct membership memberships[GYM_MEMBERS + 1][GYM_MEMBERSHIPS];
    struct visit visits[GYM_VISITS];        /* by id, from 1 */
    int64_t visit_count;
    struct { char key[128]; struct wall_ms first_at; int32_t repeats; } denials[64];
    size_t denial_count;
    struct { char key[256]; uint8_t fingerprint[FINGERPRINT_BYTES]; } requests[1024];
    size_t request_count;
    struct batch batch;
};

#define MAIN ((struct location_id){1})
#define NORTH ((struct location_id){2})

/* Two locations in Europe/Berlin: main (assumed exits, 120 min), north (recorded exits). Members 1 to 8 are active, called "Ana Costa". */
void gym_init(struct gym *gym, const char *now);
void gym_done(struct gym *gym);
void gym_set_location(struct gym *gym, struct location_id id, const struct hours *hours, int32_t capacity, bool hard);
/* Decides these commands together at gym->now and keeps what came of them, as a save would. The batch stays to be looked at. */
void gym_run(struct gym *gym, const struct command *const *commands, size_t count);
const struct decision *gym_do(struct gym *gym, const struct command *command);
void gym_later(struct gym *gym, int64_t seconds);
struct command gym_check_in(int64_t member, struct location_id location);
struct command gym_check_out(int64_t member);
struct wall_ms at_moment(const char *text);
struct day on_day(const char *text);
/* The statistics that the kept visits give, for comparison with the fold. */
void gym_refold(const struct gym *gym, struct location_id id, struct stats *ret_stats);
