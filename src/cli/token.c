#include "cli/commands.h"

#include "base/clock.h"
#include "base/text.h"

#include <stdio.h>

#define TTL_SECONDS_MAX (INT64_C(10) * 365 * 86400)

struct mint {
    const char *data, *config, *sub, *role, *locations, *ttl, *name, *inspect;
};

static int print_json(const char *title, const struct buf *json)
{
    printf("%s %.*s\n", title, (int)json->len, (const char *)json->at);
    return 0;
}

static int inspect(struct home *home, const char *token)
{
    OWNED(buf) struct buf header = buf_of(JWT_BYTES_MAX);
    OWNED(buf) struct buf payload = buf_of(JWT_BYTES_MAX);
    if (jwt_peek(str_c(token), &header, &payload) < 0) {
        fprintf(stderr, "footfall: this is no JWT\n");
        return CLI_FAILED;
    }
    print_json("header ", &header);
    print_json("payload", &payload);
    OWNED(principal) struct principal *who = NULL;
    const char *why = "";
    int rc = jwt_verify(home->keys, str_c(token), JWT_BEARER, clock_wall(), &who, &why);
    printf("verdict %s%s%s\n", rc == 0 ? "good here, now" : err_word(rc), rc == 0 ? "" : ": ",
           rc == 0 ? "" : why);
    return rc == 0 ? CLI_FINE : CLI_FAILED;
}

/* The slugs of a list with commas, as views. */
static int split(const char *text, struct str *slugs, size_t *ret_count)
{
    struct str rest = str_c(text), word;
    *ret_count = 0;
    while (config_list_next(&rest, &word)) {
        if (*ret_count == PRINCIPAL_LOCATIONS_MAX || slug_check(word) < 0) return ERR_SYNTAX;
        slugs[(*ret_count)++] = word;
    }
    return *ret_count == 0 ? ERR_SYNTAX : 0;
}

static int mint_one(const struct args *args, struct home *home, const struct mint *mint)
{
    int64_t ttl_s;
    if (!args_number(args, "ttl", mint->ttl, 1, TTL_SECONDS_MAX, &ttl_s)) return CLI_USAGE;
    struct str slugs[PRINCIPAL_LOCATIONS_MAX];
    struct jwt_claims claims = {
        .kind = JWT_ACCESS,
        .sub = str_c(mint->sub),
        .name = mint->name == NULL ? (struct str){0} : str_c(mint->name),
        .issued_at = clock_wall(),
        .locations = slugs,
        .all_locations = strcmp(mint->locations, "*") == 0,
    };
    claims.expires_at.ms = claims.issued_at.ms + ttl_s * 1000;
    if (role_of(str_c(mint->role), &claims.role) < 0) {
        return args_wrong(args, "--role must be owner, manager, staff, kiosk, turnstile, viewer or member");
    }
    if (claims.role == ROLE_KIOSK || claims.role == ROLE_TURNSTILE) claims.kind = JWT_DEVICE;
    if (!claims.all_locations && split(mint->locations, slugs, &claims.location_count) < 0) {
        return args_wrong(args, "--loc must be '*' or slugs with commas between");
    }
    bool plain =
        claims.sub.len > 0 && claims.sub.len <= SUB_BYTES_MAX && text_fits(claims.sub, SUB_BYTES_MAX);
    for (size_t i = 0; i < claims.sub.len; i++) plain = plain && (uint8_t)claims.sub.at[i] > ' ';
    if (!plain) {
        return args_wrong(args, "--sub must have 1 to %d bytes without blanks", SUB_BYTES_MAX);
    }
    OWNED(buf) struct buf token = buf_of(JWT_BYTES_MAX);
    int rc = jwt_mint(home->keys, &claims, &token);
    if (rc < 0) {
        fprintf(stderr, "footfall: the token cannot be made: %s\n", err_word(rc));
        return CLI_FAILED;
    }
    printf("%.*s\n", (int)token.len, (const char *)token.at);
    return CLI_FINE;
}

int token_command(int argc, char **argv)
{
    struct mint mint = {0};
    const struct arg flags[] = {
        {.name = "data", .value_name = "DIR", .value = &mint.data, .help = "the data folder of a demo"},
        {.name = "config",
         .value_name = "FILE",
         .value = &mint.config,
         .help = "the configuration of a server"},
        {.name = "sub", .value_name = "ID", .value = &mint.sub, .help = "whom it speaks for; 1 is the owner"},
        {.name = "role",
         .value_name = "ROLE",
         .value = &mint.role,
         .help = "owner, manager, staff, kiosk, turnstile, viewer or member"},
        {.name = "loc",
         .value_name = "SLUG,SLUG|*",
         .value = &mint.locations,
         .help = "where; '*' is everywhere"},
        {.name = "ttl", .value_name = "SECONDS", .value = &mint.ttl, .help = "how long it is good"},
        {.name = "name", .value_name = "NAME", .value = &mint.name, .help = "shown on screens as who did it"},
        {.name = "inspect", .value_name = "JWT", .value = &mint.inspect, .help = "look into a token instead"},
    };
    struct args args = {
        .usage =
            "footfall token --data DIR|--config FILE --sub ID --role ROLE --loc SLUG,SLUG|'*' --ttl SECONDS",
        .about =
            "Prints a new token, alone on its line; or with --inspect what a token says and whether it is good here.",
        .flags = flags,
        .flag_count = COUNT_OF(flags),
        .takes_config = true,
    };
    int status;
    if (args_parse(&args, argc, argv, &status) != 0) return status;
    bool all = mint.sub != NULL && mint.role != NULL && mint.locations != NULL && mint.ttl != NULL;
    if (mint.inspect == NULL && !all) return args_wrong(&args, "token needs --sub, --role, --loc and --ttl");
    OWNED(home) struct home home = {0};
    struct err_detail detail = {0};
    detail.code = home_open(&home, HOME_KEYS, mint.data, mint.config, &args, false, &detail);
    if (detail.code < 0) return say_failed(&detail);
    return mint.inspect != NULL ? inspect(&home, mint.inspect) : mint_one(&args, &home, &mint);
}
