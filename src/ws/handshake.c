/* Two kinds of wrong are kept apart. A value against the grammar of RFC 6455 9.1 breaks the handshake: 4.2.1 says 400. An offer of
 * permessage-deflate that is grammatical but not allowed, or not for us, is only declined (RFC 7692 7.1), and the next one is
 * looked at: the client listed them in its order of preference (RFC 6455 9.1). */
#include "ws/handshake.h"

#include <openssl/evp.h>
#include <stdio.h>

#include "ws/deflate.h"

/* --- Lists and tokens (RFC 2616 2.1, 2.2, which RFC 6455 refers to; blanks may stand between any two words) ------- */

static bool is_token_char(char c)
{
    if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')) return true;
    return c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL;
}

static void skip_blanks(struct str *in)
{
    while (in->len > 0 && (in->at[0] == ' ' || in->at[0] == '\t')) {
        in->at++;
        in->len--;
    }
}

/* Takes this character, if it is the next one but for blanks. */
static bool take_char(struct str *in, char c)
{
    skip_blanks(in);
    if (in->len == 0 || in->at[0] != c) return false;
    in->at++;
    in->len--;
    return true;
}

/* The next token; empty where there is none. */
static struct str take_token(struct str *in)
{
    skip_blanks(in);
    struct str token = {in->at, 0};
    while (in->len > 0 && is_token_char(in->at[0])) {
        token.len++;
        in->at++;
        in->len--;
    }
    return token;
}

/* Steps over the commas before a list's next element; RFC 2616 2.1 allows empty ones. False at its end. */
static bool list_has_more(struct str *in)
{
    while (take_char(in, ',')) continue;
    return in->len > 0;
}

/* An element ends with a comma or with the list. */
static bool element_ends(struct str *in)
{
    skip_blanks(in);
    return in->len == 0 || in->at[0] == ',';
}

/* Is it a member of that list of tokens, whatever their case? What else stands there is not ours to judge. */
static bool list_has(struct str list, struct str wanted)
{
    while (list_has_more(&list)) {
        const char *from = list.at;
        while (list.len > 0 && list.at[0] != ',') {
            list.at++;
            list.len--;
        }
        if (str_eq_nocase_ascii(str_trim((struct str){from, (size_t)(list.at - from)}), wanted)) return true;
    }
    return false;
}

/* RFC 6455 4.3: 1#token. */
static bool is_token_list(struct str list)
{
    size_t count = 0;
    for (; list_has_more(&list); count++) {
        if (take_token(&list).len == 0 || !element_ends(&list)) return false;
    }
    return count > 0;
}

/* --- permessage-deflate (RFC 7692 7.1) ---------------------------------------------------------------------------- */

/* A parameter's value, unquoted: we know none longer than two digits, so that is all we keep. */
struct value {
    bool given;
    size_t len;
    char start[2];
};

static void value_put(struct value *value, char c)
{
    if (value->len < sizeof value->start) value->start[value->len] = c;
    value->len++;
}

/* RFC 6455 9.1: a quoted value must, after unescaping, be a token too. */
static int take_quoted(struct str *in, struct value *value)
{
    while (in->len > 0 && in->at[0] != '"') {
        if (in->at[0] == '\\') {
            in->at++;
            in->len--;
        }
        if (in->len == 0 || !is_token_char(in->at[0])) return ERR_SYNTAX;
        value_put(value, in->at[0]);
        in->at++;
        in->len--;
    }
    return in->len > 0 && take_char(in, '"') && value->len > 0 ? 0 : ERR_SYNTAX;
}

/* extension-param = token [ "=" (token | quoted-string) ] */
static int take_parameter(struct str *in, struct str *ret_name, struct value *ret_value)
{
    struct value value = {.given = false};
    struct str name = take_token(in);
    if (name.len == 0) return ERR_SYNTAX;
    if (take_char(in, '=')) {
        value.given = true;
        if (take_char(in, '"')) {
            TRY(take_quoted(in, &value));
        } else {
            struct str token = take_token(in);
            if (token.len == 0) return ERR_SYNTAX;
            for (size_t i = 0; i < token.len; i++) value_put(&value, token.at[i]);
        }
    }
    *ret_name = name;
    *ret_value = value;
    return 0;
}

struct offer {
    bool declined;
    bool server_no_context, client_no_context, server_window, client_window; /* seen */
    unsigned server_bits;                                                    /* of server_max_window_bits */
};

/* RFC 7692 7.1.2: a decimal number from 8 to 15 without leading zeroes; 0 where it is not. */
static unsigned window_bits_of(struct value value)
{
    if (value.len == 1 && (value.start[0] == '8' || value.start[0] == '9')) {
        return (unsigned)(value.start[0] - '0');
    }
    if (value.len == 2 && value.start[0] == '1' && value.start[1] >= '0' && value.start[1] <= '5') {
        return 10 + (unsigned)(value.start[1] - '0');
    }
    return 0;
}

static bool first_time(bool *seen)
{
    bool first = !*seen;
    *seen = true;
    return first;
}

/* RFC 7692 7.1: declined is an offer with a parameter that is not defined, has a wrong value or stands there twice. */
static bool parameter_is_good(struct offer *offer, struct str name, struct value value)
{
    if (str_eq(name, STR("server_no_context_takeover"))) {
        return !value.given && first_time(&offer->server_no_context);
    }
    if (str_eq(name, STR("client_no_context_takeover"))) {
        return !value.given && first_time(&offer->client_no_context);
    }
    if (str_eq(name, STR("client_max_window_bits"))) {
        /* RFC 7692 7.1.2.2: may come without a value. We read any window and never ask for a smaller one. */
        bool good = !value.given || window_bits_of(value) != 0;
        return good && first_time(&offer->client_window);
    }
    if (str_eq(name, STR("server_max_window_bits"))) {
        /* RFC 7692 7.1.2.1: always with a value. 8 is allowed, but more than zlib can do: declined. */
        offer->server_bits = window_bits_of(value);
        return offer->server_bits >= WS_WINDOW_BITS_MIN && first_time(&offer->server_window);
    }
    return false;
}

/* extension = token *( ";" extension-param ); an extension that we do not know is an offer declined. */
static int take_offer(struct str *in, struct offer *ret_offer)
{
    struct offer offer = {.server_bits = WS_WINDOW_BITS_MAX};
    struct str extension = take_token(in);
    if (extension.len == 0) return ERR_SYNTAX;
    offer.declined = !str_eq(extension, STR("permessage-deflate"));
    while (take_char(in, ';')) {
        struct str name;
        struct value value;
        TRY(take_parameter(in, &name, &value));
        if (!parameter_is_good(&offer, name, value)) offer.declined = true;
    }
    if (!element_ends(in)) return ERR_SYNTAX;
    *ret_offer = offer;
    return 0;
}

static void accept_offer(const struct offer *offer, struct ws_answer *answer)
{
    /* RFC 7692 7.1.1.1, 7.1.1.2: both may be answered whether or not they were offered, and bind us and the client. */
    int len = snprintf(answer->extensions, sizeof answer->extensions,
                       "permessage-deflate; server_no_context_takeover; client_no_context_takeover");
    /* RFC 7692 7.1.2.1: only where it was offered, and no more than was offered. */
    if (offer->server_window) {
        len += snprintf(answer->extensions + len, sizeof answer->extensions - (size_t)len,
                        "; server_max_window_bits=%u", offer->server_bits);
    }
    check(len > 0 && (size_t)len < sizeof answer->extensions);
    answer->window_bits = offer->server_bits;
}

/* Takes the first offer that we can; ERR_SYNTAX where any of it is against the grammar. */
static int choose_extension(struct str list, bool may_compress, struct ws_answer *answer)
{
    size_t count = 0;
    for (; list_has_more(&list); count++) {
        struct offer offer;
        TRY(take_offer(&list, &offer));
        if (may_compress && !offer.declined && answer->window_bits == 0) accept_offer(&offer, answer);
    }
    return count > 0 ? 0 : ERR_SYNTAX;
}

/* --- The handshake (RFC 6455 4.2) --------------------------------------------------------------------------------- */

/* RFC 6455 4.2.1, 5: base64 of 16 bytes: 22 characters and "==". */
static bool is_key(struct str key)
{
    if (key.len != WS_KEY_BYTES - 1 || key.at[22] != '=' || key.at[23] != '=') return false;
    for (size_t i = 0; i < 22; i++) {
        char c = key.at[i];
        bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        if (!letter && !(c >= '0' && c <= '9') && c != '+' && c != '/') return false;
    }
    return true;
}

/* RFC 6455 4.3: version = a number of 0 to 255 without leading zeroes. */
static bool is_version(struct str version)
{
    if (version.len < 1 || version.len > 3 || (version.len > 1 && version.at[0] == '0')) return false;
    unsigned number = 0;
    for (size_t i = 0; i < version.len; i++) {
        if (version.at[i] < '0' || version.at[i] > '9') return false;
        number = number * 10 + (unsigned)(version.at[i] - '0');
    }
    return number <= 255;
}

static int refuse(struct ws_answer *answer, int status, const char *reason)
{
    *answer = (struct ws_answer){.status = status, .reason = reason};
    return 0;
}

int ws_accept_key(struct str key, char ret_accept[WS_ACCEPT_BYTES])
{
    /* RFC 6455 1.3: the key as it was sent, and this name, through SHA-1, in base64. */
    static const char NAME[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    char text[WS_KEY_BYTES - 1 + sizeof NAME - 1];
    check(key.len == WS_KEY_BYTES - 1);
    memcpy(text, key.at, key.len);
    memcpy(text + key.len, NAME, sizeof NAME - 1);
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned digest_bytes;
    if (EVP_Digest(text, sizeof text, digest, &digest_bytes, EVP_sha1(), NULL) != 1) return ERR_INTERNAL;
    int len = EVP_EncodeBlock((unsigned char *)ret_accept, digest, (int)digest_bytes);
    check(len == WS_ACCEPT_BYTES - 1);
    return 0;
}

void ws_client_key(const uint8_t random[16], char ret_key[WS_KEY_BYTES])
{
    int len = EVP_EncodeBlock((unsigned char *)ret_key, random, 16);
    check(len == WS_KEY_BYTES - 1);
}

int ws_handshake(const struct ws_request *request, bool may_compress, struct ws_answer *ret_answer)
{
    /* RFC 6455 4.2.1, 3 and 4. RFC 9110 15.5.22: 426 tells a client that did not ask for it to upgrade. */
    if (!list_has(request->upgrade, STR("websocket")) || !list_has(request->connection, STR("upgrade"))) {
        return refuse(
            ret_answer, 426,
            "this address speaks WebSocket: Upgrade and Connection are missing; a proxy may drop them");
    }
    /* RFC 6455 4.2.1, 6 and 4.4: another version is answered with the one that we speak. */
    if (!is_version(request->version)) {
        return refuse(ret_answer, 400, "Sec-WebSocket-Version is missing or no number");
    }
    if (!str_eq(request->version, STR(WS_VERSION))) {
        return refuse(ret_answer, 426, "only version " WS_VERSION " is spoken here");
    }
    if (!is_key(request->key)) {
        return refuse(ret_answer, 400, "Sec-WebSocket-Key is missing or not 16 bytes in base64");
    }
    if (request->protocol.at != NULL && !is_token_list(request->protocol)) {
        return refuse(ret_answer, 400, "Sec-WebSocket-Protocol is no list of names");
    }
    struct ws_answer answer = {.status = 101};
    if (request->extensions.at != NULL && choose_extension(request->extensions, may_compress, &answer) < 0) {
        return refuse(ret_answer, 400, "Sec-WebSocket-Extensions is malformed");
    }
    TRY(ws_accept_key(request->key, answer.accept));
    *ret_answer = answer;
    return 0;
}
