#include "auth/principal.h"

#include <stdlib.h>

/* Copies into the block behind the struct; *at moves on. */
static struct str place(char **at, struct str text)
{
    if (text.len > 0) memcpy(*at, text.at, text.len);
    struct str copy = {*at, text.len};
    *at += text.len;
    return copy;
}

int principal_create(const struct principal *like, struct principal **ret_principal)
{
    if (like->sub.len == 0 || like->sub.len > SUB_BYTES_MAX ||
        like->location_count > PRINCIPAL_LOCATIONS_MAX) {
        return ERR_TOO_BIG;
    }
    size_t bytes = sizeof *like + like->location_count * sizeof(struct str);
    TRY(size_add(bytes, like->sub.len, &bytes));
    TRY(size_add(bytes, like->name.len, &bytes));
    TRY(size_add(bytes, like->session.len, &bytes));
    for (size_t i = 0; i < like->location_count; i++) TRY(size_add(bytes, like->locations[i].len, &bytes));
    struct principal *principal = malloc(bytes);
    if (principal == NULL) return ERR_NOMEM;
    *principal = (struct principal){
        .role = like->role,
        .expires_at = like->expires_at,
        .is_own = like->is_own,
        .all_locations = like->all_locations,
        .location_count = like->location_count,
        .locations = (struct str *)(principal + 1),
    };
    atomic_init(&principal->refs, 1);
    char *at = (char *)(principal->locations + like->location_count);
    principal->sub = place(&at, like->sub);
    principal->name = place(&at, like->name);
    principal->session = place(&at, like->session);
    for (size_t i = 0; i < like->location_count; i++) {
        principal->locations[i] = place(&at, like->locations[i]);
    }
    check(at == (char *)principal + bytes);
    *ret_principal = principal;
    return 0;
}

struct principal *principal_ref(struct principal *principal)
{
    atomic_fetch_add_explicit(&principal->refs, 1, memory_order_relaxed);
    return principal;
}

void principal_unref(struct principal *principal)
{
    if (principal == NULL) return;
    if (atomic_fetch_sub_explicit(&principal->refs, 1, memory_order_acq_rel) == 1) free(principal);
}

bool principal_at(const struct principal *principal, struct str slug)
{
    if (principal->all_locations) return true;
    for (size_t i = 0; i < principal->location_count; i++) {
        if (str_eq(principal->locations[i], slug)) return true;
    }
    return false;
}
