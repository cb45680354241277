#include "domain/batch.h"

#include "base/text.h"

#include <stdlib.h>

void batch_init(struct batch *batch, const struct rules *rules)
{
    *batch = (struct batch){.arena = arena_of(BATCH_BYTES_MAX), .rules = rules};
}

/* The hash tables' own memory is malloc's; what they hold is the arena's. */
static void clear_tables(struct batch *batch)
{
    HASH_CLEAR(hh, batch->locations);
    HASH_CLEAR(hh, batch->members);
    HASH_CLEAR(hh, batch->requests);
    HASH_CLEAR(hh, batch->denials);
    HASH_CLEAR(hh, batch->visits);
}

void batch_done(struct batch *batch)
{
    clear_tables(batch);
    arena_done(&batch->arena);
}

int batch_begin(struct batch *batch, const struct directory *directory, const struct command *const *commands,
                size_t count, struct wall_ms now)
{
    check(count <= BATCH_COMMANDS_MAX);
    clear_tables(batch);
    arena_clear(&batch->arena);
    *batch = (struct batch){
        .arena = batch->arena,
        .rules = batch->rules,
        .directory = directory,
        .now = now,
        .commands = commands,
        .command_count = count,
    };
    batch->named = arena_array(&batch->arena, struct member_id, count + 1);
    batch->visited_today = arena_array(&batch->arena, bool, count + 1);
    batch->decisions = arena_array(&batch->arena, struct decision, count + 1);
    batch->due = arena_array(&batch->arena, struct visit *, BATCH_DUE_MAX);
    if (batch->named == NULL || batch->visited_today == NULL || batch->decisions == NULL ||
        batch->due == NULL) {
        return ERR_NOMEM;
    }
    return 0;
}

/* What all batch_put_* do: find by key, else take zeroed memory, let the caller set its key, and add. uthash leaves hh.tbl NULL
 * where its own allocation failed (HASH_NONFATAL_OOM). */
#define FIND_OR_TAKE(table, key_at, key_bytes, ret_item, ret_new)                                            \
    do {                                                                                                     \
        HASH_FIND(hh, table, key_at, key_bytes, *(ret_item));                                                \
        *(ret_new) = *(ret_item) == NULL;                                                                    \
        if (!*(ret_new)) return 0;                                                                           \
        *(ret_item) = arena_take(&batch->arena, 1, sizeof **(ret_item));                                     \
        if (*(ret_item) == NULL) return ERR_NOMEM;                                                           \
    } while (0)
#define ADDED(item) ((item)->hh.tbl != NULL ? 0 : ERR_NOMEM)

int batch_put_location(struct batch *batch, struct location_id id, struct location_state **ret_state,
                       bool *ret_new)
{
    FIND_OR_TAKE(batch->locations, &id, sizeof id, ret_state, ret_new);
    (*ret_state)->location = directory_by_id(batch->directory, id);
    if ((*ret_state)->location == NULL) return ERR_NOT_FOUND;
    HASH_ADD_KEYPTR(hh, batch->locations, &(*ret_state)->location->id, sizeof id, *ret_state);
    return ADDED(*ret_state);
}

int batch_put_member(struct batch *batch, struct member_id id, struct batch_member **ret_member,
                     bool *ret_new)
{
    FIND_OR_TAKE(batch->members, &id, sizeof id, ret_member, ret_new);
    (*ret_member)->member.id = id;
    (*ret_member)->member.born = DAY_NONE;
    (*ret_member)->member.last_visit_at = WALL_NONE;
    HASH_ADD_KEYPTR(hh, batch->members, &(*ret_member)->member.id, sizeof id, *ret_member);
    return ADDED(*ret_member);
}

int batch_put_visit(struct batch *batch, struct visit_id id, struct batch_visit **ret_visit, bool *ret_new)
{
    FIND_OR_TAKE(batch->visits, &id, sizeof id, ret_visit, ret_new);
    (*ret_visit)->visit.id = id;
    (*ret_visit)->visit.checked_out_at = WALL_NONE;
    HASH_ADD_KEYPTR(hh, batch->visits, &(*ret_visit)->visit.id, sizeof id, *ret_visit);
    return ADDED(*ret_visit);
}

int batch_put_request(struct batch *batch, struct str key, struct batch_request **ret_request, bool *ret_new)
{
    FIND_OR_TAKE(batch->requests, key.at, key.len, ret_request, ret_new);
    (*ret_request)->command_index = SIZE_MAX;
    TRY(arena_str(&batch->arena, key, &(*ret_request)->key));
    HASH_ADD_KEYPTR(hh, batch->requests, (*ret_request)->key.at, key.len, *ret_request);
    return ADDED(*ret_request);
}

int batch_put_denial(struct batch *batch, struct str key, struct batch_denial **ret_denial, bool *ret_new)
{
    FIND_OR_TAKE(batch->denials, key.at, key.len, ret_denial, ret_new);
    (*ret_denial)->first_at = WALL_NONE;
    TRY(arena_str(&batch->arena, key, &(*ret_denial)->key));
    HASH_ADD_KEYPTR(hh, batch->denials, (*ret_denial)->key.at, key.len, *ret_denial);
    return ADDED(*ret_denial);
}

struct location_state *batch_location(const struct batch *batch, struct location_id id)
{
    struct location_state *state;
    HASH_FIND(hh, batch->locations, &id, sizeof id, state);
    return state;
}

struct batch_member *batch_member(const struct batch *batch, struct member_id id)
{
    struct batch_member *member;
    HASH_FIND(hh, batch->members, &id, sizeof id, member);
    return member;
}

struct batch_visit *batch_visit(const struct batch *batch, struct visit_id id)
{
    struct batch_visit *visit;
    HASH_FIND(hh, batch->visits, &id, sizeof id, visit);
    return visit;
}

static int in_arena(struct batch *batch, const struct buf *text, struct str *ret_key)
{
    return arena_str(&batch->arena, buf_str(text), ret_key);
}

int request_key_put(struct buf *out, struct str actor_key, struct str request_id)
{
    /* 0x1f cannot stand in either part: both are checked where they are read. */
    return buf_printf(out, "%.*s\x1f%.*s", STR_ARG(actor_key), STR_ARG(request_id));
}

int request_key(struct batch *batch, const struct command *command, struct str *ret_key)
{
    OWNED(buf) struct buf key = buf_of(1024);
    TRY(request_key_put(&key, command->actor.key, command->request_id));
    return in_arena(batch, &key, ret_key);
}

int denial_key(struct batch *batch, const struct command *command, struct member_id member,
               struct str *ret_key)
{
    OWNED(buf) struct buf key = buf_of(1024);
    TRY(buf_printf(&key, "%lld/%d/", (long long)command->location.n, (int)command->actor.source));
    if (member.n != 0) TRY(buf_printf(&key, "m%lld", (long long)member.n));
    else if (command->code.len != 0) TRY(code_key(command->code, &key));
    else TRY(buf_printf(&key, "u%lld", (long long)command->member.n));
    return in_arena(batch, &key, ret_key);
}

int code_key(struct str code, struct buf *out) { return text_lower(str_trim(code), out); }
