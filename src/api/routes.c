#include "api/api.h"
#include "jobs/csv.h"
#include "jobs/photo.h"
#include "live/stream.h"

#define JSON_MAX ((size_t)64 * 1024)

#define OPEN(handler)                                                                                        \
    &(const struct endpoint) { .handle = (handler), .is_open = true, .action = MAY_COUNT }
#define ANYONE(handler)                                                                                      \
    &(const struct endpoint) { .handle = (handler), .action = MAY_COUNT }
#define WHO_MAY(what, handler)                                                                               \
    &(const struct endpoint) { .handle = (handler), .action = (what) }

/* A literal stands before the parameter that would take it. */
static const struct http_route ROUTES[] = {
    {VERB_POST, "/api/v1/auth/login", OPEN(auth_login), JSON_MAX, 0, false},
    {VERB_POST, "/api/v1/auth/refresh", OPEN(auth_refresh), JSON_MAX, 0, false},
    {VERB_POST, "/api/v1/auth/logout", OPEN(auth_logout), JSON_MAX, 0, false},
    {VERB_POST, "/api/v1/auth/ticket", ANYONE(auth_ticket), JSON_MAX, 0, false},
    {VERB_GET, "/api/v1/me", ANYONE(me_get), 0, 0, false},
    {VERB_GET, "/api/v1/events", WHO_MAY(MAY_FOLLOW, stream_open), 0, 0, false},
    {VERB_POST, "/api/v1/check-ins", WHO_MAY(MAY_CHECK_IN, check_in_post), JSON_MAX, 0, false},
    {VERB_POST, "/api/v1/check-outs", WHO_MAY(MAY_CHECK_IN, check_out_post), JSON_MAX, 0, false},
    {VERB_GET, "/api/v1/locations", ANYONE(locations_list), 0, 0, false},
    {VERB_POST, "/api/v1/locations", WHO_MAY(MAY_OPEN_LOCATIONS, location_create_post), JSON_MAX, 0, false},
    {VERB_GET, "/api/v1/locations/{slug}", ANYONE(location_get), 0, 0, false},
    {VERB_PATCH, "/api/v1/locations/{slug}", WHO_MAY(MAY_WRITE_LOCATIONS, location_patch), JSON_MAX, 0,
     false},
    {VERB_GET, "/api/v1/locations/{slug}/snapshot", WHO_MAY(MAY_FOLLOW, location_snapshot), 0, 0, false},
    {VERB_GET, "/api/v1/locations/{slug}/present", WHO_MAY(MAY_FOLLOW, location_present), 0, 0, false},
    {VERB_GET, "/api/v1/locations/{slug}/events", WHO_MAY(MAY_FOLLOW, location_events), 0, 0, false},
    {VERB_GET, "/api/v1/members", WHO_MAY(MAY_READ_MEMBERS, members_list), 0, 0, false},
    {VERB_POST, "/api/v1/members", WHO_MAY(MAY_WRITE_MEMBERS, member_post), JSON_MAX, 0, false},
    {VERB_POST, "/api/v1/members/import", WHO_MAY(MAY_IMPORT, members_import_post), CSV_BYTES_MAX,
     ROUTE_UPLOAD, false},
    {VERB_GET, "/api/v1/members/{id}", WHO_MAY(MAY_READ_MEMBERS, member_get), 0, 0, false},
    {VERB_PATCH, "/api/v1/members/{id}", WHO_MAY(MAY_WRITE_MEMBERS, member_patch), JSON_MAX, 0, false},
    {VERB_GET, "/api/v1/members/{id}/photo", WHO_MAY(MAY_FOLLOW, photo_get), 0, 0, false},
    {VERB_PUT, "/api/v1/members/{id}/photo", WHO_MAY(MAY_WRITE_MEMBERS, photo_put), PHOTO_BYTES_MAX,
     ROUTE_UPLOAD, false},
    {VERB_DELETE, "/api/v1/members/{id}/photo", WHO_MAY(MAY_WRITE_MEMBERS, photo_delete), 0, 0, false},
    {VERB_GET, "/api/v1/members/{id}/visits", WHO_MAY(MAY_READ_VISITS, member_visits_list), 0, 0, false},
    {VERB_GET, "/api/v1/members/{id}/memberships", WHO_MAY(MAY_READ_MEMBERS, memberships_list), 0, 0, false},
    {VERB_POST, "/api/v1/members/{id}/memberships", WHO_MAY(MAY_WRITE_MEMBERS, membership_post), JSON_MAX, 0,
     false},
    {VERB_PATCH, "/api/v1/members/{id}/memberships/{membership_id}",
     WHO_MAY(MAY_WRITE_MEMBERS, membership_patch), JSON_MAX, 0, false},
    {VERB_GET, "/api/v1/plans", WHO_MAY(MAY_READ_MEMBERS, plans_list), 0, 0, false},
    {VERB_GET, "/api/v1/visits", WHO_MAY(MAY_READ_VISITS, visits_list), 0, 0, false},
    {VERB_GET, "/api/v1/visits/{id}", WHO_MAY(MAY_READ_VISITS, visit_get), 0, 0, false},
    {VERB_PATCH, "/api/v1/visits/{id}", WHO_MAY(MAY_CORRECT, visit_patch), JSON_MAX, 0, false},
    {VERB_DELETE, "/api/v1/visits/{id}", WHO_MAY(MAY_CORRECT, visit_delete), 0, 0, false},
    {VERB_GET, "/api/v1/stats", WHO_MAY(MAY_FOLLOW, stats_get), 0, 0, false},
    {VERB_GET, "/healthz", OPEN(healthz_get), 0, 0, false},
    {VERB_GET, "/readyz", OPEN(readyz_get), 0, 0, false},
    {VERB_GET, "/metrics", OPEN(metrics_get), 0, 0, false},
};

const struct http_router API_ROUTER = {ROUTES, COUNT_OF(ROUTES)};
