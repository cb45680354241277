#include "cli/demo_data.h"

#include "base/clock.h"
#include "store/locations.h"
#include "store/members.h"
#include "store/plans.h"
#include "store/users.h"

#include <stdio.h>
#include <unistd.h>

static const char *const FIRST[] = {"Ana",   "Ben",    "Carla", "David",  "Elif",    "Farah",
                                    "Goran", "Hana",   "Ivan",  "Julia",  "Kenji",   "Lena",
                                    "Marek", "Nadia",  "Óscar", "Priya",  "Quentin", "Rosa",
                                    "Sven",  "Tomasz", "Uma",   "Víctor", "Wanda",   "Ximena",
                                    "Yara",  "Zoë",    "Aoife", "Björn",  "Chloé",   "Đorđe"};
static const char *const LAST[] = {"Costa",        "Kim",        "Silva",       "Chen",      "Novák",
                                   "Haddad",       "Petrović",   "Yamada",      "Ivanov",    "Weiß",
                                   "Tanaka",       "Müller",     "Łukaszewicz", "Rossi",     "García",
                                   "Sharma",       "Dubois",     "Santos",      "Lindqvist", "Wójcik",
                                   "Okafor",       "Hernández",  "Kowalska",    "Ramírez",   "O'Neill",
                                   "van der Berg", "McAllister", "Jørgensen",   "Lefèvre",   "Nguyen"};

static const char *const SLUGS[] = {"main", "north", "south", "east", "west", "harbour", "station", "park"};
static const char *const NAMES[] = {"Main Street", "North Gym", "South Gym", "East Gym",
                                    "West Gym",    "Harbour",   "Station",   "Park"};

/* The machine's own zone, so that the screens show the hours that the clock on the wall does. */
static void local_zone_name(char ret_name[ZONE_NAME_BYTES_MAX + 1])
{
    char link[512];
    ssize_t len = readlink("/etc/localtime", link, sizeof link - 1);
    snprintf(ret_name, ZONE_NAME_BYTES_MAX + 1, "Europe/London");
    if (len < 0) return;
    link[len] = '\0';
    const char *at = strstr(link, "zoneinfo/");
    OWNED(zone) struct zone *zone = NULL;
    if (at == NULL || zone_open(str_c(at + 9), &zone) < 0) return;
    snprintf(ret_name, ZONE_NAME_BYTES_MAX + 1, "%.*s", ZONE_NAME_BYTES_MAX, at + 9);
}

static int add_locations(struct sql *sql, const struct demo_options *options, struct wall_ms now)
{
    char zone[ZONE_NAME_BYTES_MAX + 1];
    local_zone_name(zone);
    for (int64_t i = 0; i < options->locations; i++) {
        char slug[32], name[32];
        snprintf(slug, sizeof slug, "gym-%lld", (long long)i + 1);
        snprintf(name, sizeof name, "Gym %lld", (long long)i + 1);
        bool named = (size_t)i < COUNT_OF(SLUGS);
        struct location_row row = {
            .location =
                {
                    .id = {i + 1},
                    .slug = str_c(named ? SLUGS[i] : slug),
                    .name = str_c(named ? NAMES[i] : name),
                    .capacity = options->clean ? CAPACITY_NONE
                                : i == 0       ? 250
                                               : 120,
                    .exits = EXITS_ASSUMED,
                    .assumed_stay_minutes = 120,
                },
            .timezone = str_c(zone),
        };
        struct location_id id;
        TRY(location_create(sql, &row, now, &id));
    }
    return 0;
}

enum { MONTHLY = 1, ANNUAL = 2, TEN_VISITS = 3 };

static int add_plans(struct sql *sql)
{
    static const struct plan_row PLANS[] = {{.name = {"Monthly", 7}, .months = 1},
                                            {.name = {"Annual", 6}, .months = 12},
                                            {.name = {"Ten visits", 10}, .visits = 10}};
    int64_t id;
    for (size_t i = 0; i < COUNT_OF(PLANS); i++) TRY(plan_ensure(sql, &PLANS[i], &id));
    return 0;
}

/* What is the matter with a member: a few of each that a desk meets. */
enum trouble {
    NOTHING,
    EXPIRED,
    FROZEN,
    CANCELLED,
    NOT_STARTED,
    BANNED,
    OWES,
    USED_UP,
    BIRTHDAY,
    TROUBLE_COUNT
};

static enum trouble trouble_of(int64_t id, bool clean)
{
    int64_t turn = (id - 20) % 50; /* the first twenty are fine, then 21 to 28 have one each, and so on */
    if (clean || turn <= 0 || turn >= TROUBLE_COUNT) return NOTHING;
    return (enum trouble)turn;
}

static struct membership_row membership_for(enum trouble trouble, struct day today)
{
    struct membership_row row = {
        .plan_id = trouble == USED_UP ? TEN_VISITS : MONTHLY,
        .plan = trouble == USED_UP ? STR("Ten visits") : STR("Monthly"),
        .state = trouble == FROZEN      ? MEMBERSHIP_FROZEN
                 : trouble == CANCELLED ? MEMBERSHIP_CANCELLED
                                        : MEMBERSHIP_ACTIVE,
        .starts = {today.number - 200},
        .ends = {today.number + 400},
        .frozen_from = DAY_NONE,
        .frozen_until = DAY_NONE,
        .cancelled_on = DAY_NONE,
        .visits_left = trouble == USED_UP ? 0 : -1,
    };
    if (trouble == EXPIRED) row.ends.number = today.number - 10;
    if (trouble == NOT_STARTED) row.starts.number = today.number + 10;
    if (trouble == CANCELLED) row.cancelled_on.number = today.number - 5;
    return row;
}

static int add_member(struct sql *sql, int64_t id, bool clean, struct day today, struct wall_ms now)
{
    enum trouble trouble = trouble_of(id, clean);
    char number[24], email[64], phone[32], card[16];
    snprintf(number, sizeof number, "%lld", (long long)id);
    snprintf(email, sizeof email, "member%lld@example.org", (long long)id);
    snprintf(phone, sizeof phone, "+44 7700 %06lld", (long long)(900000 + id) % 1000000);
    snprintf(card, sizeof card, "%010lld", (long long)id * 7919 % 10000000000);
    struct day born = {today.number - 7000 - (int32_t)(id * 37 % 15000)};
    struct member_row row = {
        .id = {id},
        .number = str_c(number),
        .first_name = str_c(FIRST[(size_t)(id - 1) % COUNT_OF(FIRST)]),
        .last_name = str_c(LAST[(size_t)((id - 1) / 3) % COUNT_OF(LAST)]),
        .email = str_c(email),
        .phone = str_c(phone),
        .born = trouble == BIRTHDAY ? day_add_months(today, -12 * 30) : born,
        .banned = trouble == BANNED,
        .balance_minor = trouble == OWES ? -2500 : 0,
        .currency = STR("EUR"),
    };
    struct member_id given;
    TRY(member_create(sql, &row, now, &given));
    TRY(member_code_add(sql, given, STR("card"), str_c(card)));
    struct membership_row membership = membership_for(trouble, today);
    int64_t membership_id;
    return membership_add(sql, given, &membership, &membership_id);
}

static int fill(struct sql *sql, const struct demo_options *options)
{
    struct wall_ms now = clock_wall();
    struct day today = {(int32_t)(now.ms / 86400000)};
    TRY(add_locations(sql, options, now));
    TRY(add_plans(sql));
    struct user_row owner = {.email = STR(DEMO_OWNER_EMAIL),
                             .name = STR("Olivia Owner"),
                             .role = STR("owner"),
                             .locations = STR("*"),
                             .password_hash = options->password_hash};
    int64_t user;
    TRY(user_create(sql, &owner, now, &user));
    for (int64_t id = 1; id <= options->members; id++) {
        TRY(add_member(sql, id, options->clean, today, now));
        if (id % 100000 == 0) {
            fprintf(stderr, "demo: %lld of %lld members\n", (long long)id, (long long)options->members);
        }
    }
    return 0;
}

static int fill_if_empty(struct sql *sql, const struct demo_options *options, struct demo_size *ret_size)
{
    TRY(sql_number(sql, "SELECT count(*) FROM locations", SQL_NO_VALUES, &ret_size->locations));
    if (ret_size->locations == 0) {
        TRY(fill(sql, options));
        ret_size->locations = options->locations;
    }
    return sql_number(sql, "SELECT max(id) FROM members", SQL_NO_VALUES, &ret_size->members);
}

static int fill_in_transaction(struct store_writer *writer, const struct demo_options *options,
                               struct demo_size *ret_size)
{
    in_writer();
    struct sql *sql = store_writer_sql(writer);
    TRY(sql_begin(sql));
    int rc = fill_if_empty(sql, options, ret_size);
    if (rc < 0) {
        sql_rollback(sql);
        return rc;
    }
    return sql_commit(sql);
}

int demo_fill(struct store *store, const struct demo_options *options, struct demo_size *ret_size,
              struct err_detail *reterr)
{
    struct store_writer *writer;
    *ret_size = (struct demo_size){0};
    TRY(store_writer_open(store, &writer, reterr));
    int rc = fill_in_transaction(writer, options, ret_size);
    store_writer_close(writer);
    return rc < 0 ? fail(reterr, rc, "the made-up gym cannot be written: %s", err_word(rc)) : 0;
}
