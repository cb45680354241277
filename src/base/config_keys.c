/* The table says each key once; reading, printing, checking and the documents are made from it. A row's macro checks at compile
 * time that the field has the row's type. */
#include "base/config_keys.h"

#include "base/num.h"

#define MS(seconds) (INT64_C(1000) * (seconds))
#define HOURS(count) MS(INT64_C(3600) * (count))
#define DAYS(count) HOURS(INT64_C(24) * (count))
#define KIB(count) (INT64_C(1024) * (count))
#define MIB(count) KIB(INT64_C(1024) * (count))

#define FIELD(path, of_type)                                                                                 \
    (offsetof(struct config, path) +                                                                         \
     0 * sizeof(                                                                                             \
             char[__builtin_types_compatible_p(__typeof__(((struct config *)0)->path), of_type) ? 1 : -1]))
#define TEXT(section, name, standard, help)                                                                  \
    {                                                                                                        \
#section, #name, CONFIG_TEXT, FIELD(section.name, struct str), standard, 0, 0, NULL, help            \
    }
#define ONE_OF(section, name, standard, words, help)                                                         \
    {                                                                                                        \
#section, #name, CONFIG_TEXT, FIELD(section.name, struct str), standard, 0, 0, words, help           \
    }
#define LIST(section, name, standard, help)                                                                  \
    {                                                                                                        \
#section, #name, CONFIG_LIST, FIELD(section.name, struct str), standard, 0, 0, NULL, help            \
    }
#define SECRET(section, name, standard, help)                                                                \
    {                                                                                                        \
#section, #name, CONFIG_SECRET, FIELD(section.name, struct config_secret), standard, 0, 0, NULL,     \
            help                                                                                             \
    }
#define SWITCH(section, name, standard, help)                                                                \
    {                                                                                                        \
#section, #name, CONFIG_BOOL, FIELD(section.name, bool), standard, 0, 0, NULL, help                  \
    }
#define INT(section, name, standard, min, max, help)                                                         \
    {                                                                                                        \
#section, #name, CONFIG_INT, FIELD(section.name, int64_t), standard, min, max, NULL, help            \
    }
#define TIME(section, name, standard, min, max, help)                                                        \
    {                                                                                                        \
#section, #name, CONFIG_DURATION, FIELD(section.name##_ms, int64_t), standard, min, max, NULL, help  \
    }
#define BYTES(section, name, standard, min, max, help)                                                       \
    {                                                                                                        \
#section, #name, CONFIG_BYTES, FIELD(section.name, int64_t), standard, min, max, NULL, help          \
    }
#define WORD(section, name, standard, words, help)                                                           \
    {                                                                                                        \
#section, #name, CONFIG_WORD, FIELD(section.name, int), standard, 0, 0, words, help                  \
    }
#define POLICY(at, problem, standard, help)                                                                  \
    {                                                                                                        \
        "policy", #at "_" #problem, CONFIG_WORD, FIELD(policy.at.problem, enum config_policy), standard, 0,  \
            0, "ignore|warn|block", help                                                                     \
    }
static_assert(sizeof(enum config_policy) == sizeof(int), "WORD and POLICY are written alike");

#define ROLES "owner|manager|staff|kiosk|turnstile|viewer|member"

const struct config_key CONFIG_KEYS[] = {
    TEXT(server, listen, "127.0.0.1:8000",
         "Address and port; 0.0.0.0:8000 or [::]:8000 for all addresses, port 0 for any free one."),
    TEXT(server, public_url, "",
         "How browsers reach this server, such as https://gym.example; empty: by any of hosts."),
    LIST(server, hosts, "",
         "Names and addresses it answers to; empty: loopback, the listen address, this machine's own."),
    LIST(server, allowed_origins, "",
         "Further pages that may open a socket, such as https://www.gym.example."),
    LIST(server, trusted_proxies, "",
         "Addresses or networks whose X-Forwarded-For and X-Forwarded-Proto are believed."),
    TEXT(server, tls_cert, "", "Certificate chain (PEM): https and wss on the same port."),
    TEXT(server, tls_key, "", "The certificate's private key (PEM)."),
    TEXT(server, data_dir, "./footfall-data", "Folder of photos and of the generated signing key."),
    TEXT(server, web_root, "", "Folder of the web app; empty: where it was installed."),
    INT(server, loops, "0", 0, 64, "Event loops; 0: one for each core."),
    INT(server, readers, "2", 1, 64, "Threads for lists, reports, passwords and photos."),
    SWITCH(server, compress, "true", "Offer permessage-deflate on sockets."),
    WORD(server, log_level, "info", "debug|info|warn|error", "The least important lines that are written."),
    SWITCH(server, log_json, "false", "Log one JSON object a line."),

    SECRET(database, url, "sqlite:./footfall.db", "sqlite:PATH, or postgres://user:password@host/name."),
    SWITCH(
        database, pooler, "false",
        "PostgreSQL is reached through a pooler in transaction mode, like PgBouncer: no prepared statements."),

    SECRET(cluster, redis_url, "", "redis://host:6379; empty: one node."),
    TEXT(cluster, channel_prefix,
         "footfall:", "Before each channel's name, where several systems share one Redis."),

    SWITCH(auth, url_token, "true",
           "Take ?token=<jwt> in the address of a socket (old clients); off is safer on the open internet."),
    SECRET(auth, secret, "",
           "The own HS256 key: 64 hex digits, 43 characters of base64url, or any text of 32 bytes or more."),
    TIME(auth, access_ttl, "15m", MS(60), DAYS(1), "Life of an access token."),
    TIME(auth, refresh_ttl, "30d", HOURS(1), DAYS(400), "Life of a sign-in that is not used."),
    TIME(auth, ticket_ttl, "30s", MS(5), MS(300), "Life of a one-time ticket."),
    TEXT(auth, issuer, "footfall", "`iss` of our own tokens."),
    TEXT(auth, audience, "footfall", "`aud` of our own tokens."),
    SECRET(auth, foreign_secret, "",
           "Shared HS256 secret of a site that has its own sign-in, exactly as that site has it."),
    TEXT(auth, foreign_key_file, "", "Public key (PEM: RSA, P-256 or Ed25519) of such a site."),
    TEXT(auth, jwks, "", "Its key set: a file or an https address."),
    TEXT(auth, foreign_issuer, "", "Required `iss` of its tokens; empty: any or none."),
    TEXT(auth, foreign_audience, "", "Required `aud` of its tokens; empty: any or none."),
    SWITCH(auth, foreign_require_typ, "false", "Its tokens must carry `typ` (or token_type) access."),
    TIME(auth, foreign_leeway, "60s", 0, MS(600),
         "How far its clock may be off: `exp`, and `nbf` of any token."),
    TEXT(auth, claim_user, "sub", "Its claim that names the user, such as user_id."),
    TEXT(auth, claim_role, "role", "Its claim with the role."),
    TEXT(auth, claim_locations, "loc", "Its claim with the locations: slugs, or \"*\"."),
    TEXT(auth, claim_name, "name", "Its claim with the name to show."),
    ONE_OF(auth, default_role, "", ROLES, "Role where its token has none; empty: such a token is refused."),
    LIST(auth, default_locations, "",
         "Locations where its token has none: slugs, or *; empty: such a token is refused."),

    BYTES(limits, max_message_bytes, "16KiB", KIB(1), MIB(16), "A socket message, unpacked; over it 1009."),
    BYTES(limits, max_queue_bytes, "256KiB", KIB(64), MIB(64),
          "What may wait for one connection; over half of it resync_required, over it 4413."),
    BYTES(limits, max_body_bytes, "1MiB", KIB(1), MIB(64), "The body of a request."),
    BYTES(limits, max_upload_bytes, "32MiB", KIB(64), MIB(512), "A photo or a list of members."),
    TIME(limits, auth_timeout, "10s", 100, MS(300), "Time to sign in on a socket."),
    TIME(limits, write_timeout, "10s", 100, MS(300),
         "A client that takes nothing for so long is closed (4413)."),
    TIME(limits, close_timeout, "5s", 100, MS(60), "How long after a Close the peer's is waited for."),
    TIME(limits, request_timeout, "30s", 100, MS(600),
         "From a request's first byte to its last, and an idle connection's life."),
    INT(limits, connections_max, "0", 0, 10000000,
        "Connections in all; 0: as the machine's file limit allows."),
    INT(limits, connections_per_address, "1000", 0, 1000000,
        "Sockets of one address (IPv6: of one /64) at once; 0: no limit."),
    INT(limits, commands_in_flight, "64", 1, 10000,
        "Unanswered commands of one connection; over it it is read no further."),
    INT(limits, waiting_commands, "65536", 100, 10000000,
        "Commands that wait for the database in all; over it overloaded."),
    INT(limits, messages_per_second_per_user, "100", 0, 1000000,
        "With bursts of five seconds' worth; 0: no limit."),
    INT(limits, login_tries, "10", 0, 100000,
        "Sign-ins that may fail for one address or email in a login_window; 0: no limit."),
    TIME(limits, login_window, "15m", MS(1), DAYS(1), "See login_tries."),
    INT(limits, admission_rate, "2000", 0, 1000000,
        "Sockets let in a second, so that a restart is no stampede; 0: no limit."),

    TIME(live, heartbeat_interval, "25s", 100, MS(600), "Pings; after two in which nothing came 4408."),
    INT(live, stats_rate, "4", 1, 100, "stats_update a second, for one location and connection."),
    TIME(live, events_keep, "30d", HOURS(1), DAYS(3660), "How long events are kept for resuming."),
    INT(live, max_resume_events, "10000", 1, 10000000,
        "Events given to one who resumes, for one location; over it resync_required."),
    INT(live, memory_events, "1000", 1, 1000000, "Events of one location that are kept in memory."),

    TIME(checkin, repeat_window, "60s", 0, HOURS(1), "A second check-in within it is the same visit."),
    TIME(checkin, assumed_stay, "120m", MS(60), HOURS(24),
         "After it a visit ends by itself where exits are not recorded."),
    TIME(checkin, max_stay, "16h", MS(60), HOURS(72), "After it any visit ends by itself."),

    POLICY(desk, expired, "block", "Membership over: at the desk …"),
    POLICY(desk, frozen, "block", "Membership frozen."),
    POLICY(desk, cancelled, "block", "Membership cancelled."),
    POLICY(desk, not_started, "block", "Membership begins later."),
    POLICY(desk, exhausted, "block", "Visit card used up."),
    POLICY(desk, no_membership, "warn", "No membership at all."),
    POLICY(desk, hours, "block", "Outside the location's hours."),
    POLICY(desk, capacity, "block", "The location is full."),
    POLICY(desk, balance, "warn", "Owes more than balance_warn or balance_block."),
    POLICY(desk, waiver, "warn", "No signed waiver."),
    POLICY(desk, no_photo, "ignore", "No photo."),
    POLICY(kiosk, expired, "block", "… and the same at kiosks and turnstiles."),
    POLICY(kiosk, frozen, "block", "Membership frozen."),
    POLICY(kiosk, cancelled, "block", "Membership cancelled."),
    POLICY(kiosk, not_started, "block", "Membership begins later."),
    POLICY(kiosk, exhausted, "block", "Visit card used up."),
    POLICY(kiosk, no_membership, "warn", "No membership at all."),
    POLICY(kiosk, hours, "block", "Outside the location's hours."),
    POLICY(kiosk, capacity, "block", "The location is full."),
    POLICY(kiosk, balance, "warn", "Owes more than balance_warn or balance_block."),
    POLICY(kiosk, waiver, "warn", "No signed waiver."),
    POLICY(kiosk, no_photo, "ignore", "No photo."),
    INT(policy, balance_warn, "0", 0, INT64_C(1000000000), "Owing more than this, in cents, warns."),
    INT(policy, balance_block, "-1", -1, INT64_C(1000000000),
        "Owing more than this, in cents, is refused; -1: never."),
};
const size_t CONFIG_KEY_COUNT = COUNT_OF(CONFIG_KEYS);
static_assert(COUNT_OF(CONFIG_KEYS) <= CONFIG_KEYS_MAX, "struct config has room for where each key was set");

int config_key_find(struct str section, struct str name, bool *ret_is_file)
{
    const struct str tail = STR("_file");
    bool may_be_file =
        name.len > tail.len && str_eq((struct str){name.at + name.len - tail.len, tail.len}, tail);
    for (size_t i = 0; i < CONFIG_KEY_COUNT; i++) {
        const struct config_key *key = &CONFIG_KEYS[i];
        if (!str_eq_c(section, key->section)) continue;
        *ret_is_file = false;
        if (str_eq_c(name, key->name)) return (int)i;
        *ret_is_file = true;
        if (may_be_file && key->type == CONFIG_SECRET &&
            str_eq_c((struct str){name.at, name.len - tail.len}, key->name)) {
            return (int)i;
        }
    }
    return -1;
}

bool config_section_exists(struct str section)
{
    for (size_t i = 0; i < CONFIG_KEY_COUNT; i++) {
        if (str_eq_c(section, CONFIG_KEYS[i].section)) return true;
    }
    return false;
}

#define NAME_BYTES 64

/* How many letters were put in, left out, changed or swapped with their neighbour (Damerau and Levenshtein). */
static size_t distance(struct str a, struct str b)
{
    size_t rows[3][NAME_BYTES + 1];
    if (a.len > NAME_BYTES) a.len = NAME_BYTES;
    if (b.len > NAME_BYTES) b.len = NAME_BYTES;
    for (size_t j = 0; j <= b.len; j++) rows[0][j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        size_t *row = rows[i % 3], *before = rows[(i - 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            size_t best = before[j - 1] + (a.at[i - 1] == b.at[j - 1] ? 0 : 1);
            if (before[j] + 1 < best) best = before[j] + 1;
            if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
            bool swapped = i > 1 && j > 1 && a.at[i - 1] == b.at[j - 2] && a.at[i - 2] == b.at[j - 1];
            if (swapped && rows[(i - 2) % 3][j - 2] + 1 < best) best = rows[(i - 2) % 3][j - 2] + 1;
            row[j] = best;
        }
    }
    return rows[a.len % 3][b.len];
}

const struct config_key *config_key_nearest(struct str section, struct str name)
{
    const struct config_key *nearest = &CONFIG_KEYS[0];
    size_t least = SIZE_MAX;
    for (size_t i = 0; i < CONFIG_KEY_COUNT; i++) {
        const struct config_key *key = &CONFIG_KEYS[i];
        /* The right key in a wrong section is nearer than a wrong key in the right one. */
        size_t far = 2 * distance(name, str_c(key->name)) + distance(section, str_c(key->section)) / 2;
        if (far < least) {
            least = far;
            nearest = key;
        }
    }
    return nearest;
}

int config_word_position(const char *words, struct str value)
{
    int position = 0;
    for (const char *at = words;; position++) {
        size_t len = strcspn(at, "|");
        if (str_eq((struct str){at, len}, value)) return position;
        if (at[len] == '\0') return -1;
        at += len + 1;
    }
}
