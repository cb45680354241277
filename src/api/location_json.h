/* api/location_json.h: a location as REST gives and takes it (docs/api/openapi.yaml, Location).
 *
 * Owns    nothing.
 * Thread  a loop.
 * Bounds  as the schema says.
 * Errors  answered as problem documents.
 * Tests   tests/integration/ */
#pragma once
#include "api/api.h"
#include "store/locations.h"

void location_json_put(struct json *json, const struct location *location, struct str zone);
/* The row with its ETag. */
void location_respond(struct exchange *exchange, int status, const struct location_row *row);
