/* ws/handshake.c: every request has a verdict, and what is agreed on is what the RFCs allow. Input: the six header values, a line
 * each; a line that is "-" stands for a header that is not there. */
#include "fuzz.h"

#include "base/utf8.h"
#include "ws/deflate.h"
#include "ws/handshake.h"

static bool next_value(struct span *in, struct str *ret_value)
{
    size_t len = 0;
    while (len < in->len && in->at[len] != '\n') len++;
    struct span line = fuzz_take(in, len);
    ignore(fuzz_byte(in), "the line's end");
    if (line.len == 1 && line.at[0] == '-') return true;
    /* http/ gives only values that are UTF-8. In exact memory, and not NULL: it is there. */
    uint8_t *copy = fuzz_exactly(line);
    if (utf8_check(span_of(copy, line.len), ret_value) == 0) return true;
    free(copy);
    return false;
}

static void judge(const struct ws_request *request)
{
    struct ws_answer answer, plain;
    must(ws_handshake(request, true, &answer) == 0);
    must(ws_handshake(request, false, &plain) == 0);
    must(answer.status == 101 || answer.status == 400 || answer.status == 426);
    must(plain.status == answer.status && plain.extensions[0] == '\0' && plain.window_bits == 0);
    must((answer.status == 101) == (answer.reason == NULL));
    must((answer.status == 101) == (strlen(answer.accept) == WS_ACCEPT_BYTES - 1));
    must((answer.window_bits == 0) == (answer.extensions[0] == '\0'));
    if (answer.window_bits == 0) return;
    must(answer.status == 101 && request->extensions.at != NULL);
    must(answer.window_bits >= WS_WINDOW_BITS_MIN && answer.window_bits <= WS_WINDOW_BITS_MAX);
    /* What we answer is itself a good offer, and agreed on alike. */
    struct ws_request again = *request;
    struct ws_answer second;
    again.extensions = str_c(answer.extensions);
    must(ws_handshake(&again, true, &second) == 0);
    must(strcmp(second.extensions, answer.extensions) == 0 && second.window_bits == answer.window_bits);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span in = {data, size};
    struct ws_request request = {0};
    struct str *const fields[] = {&request.upgrade, &request.connection, &request.key,
                                  &request.version, &request.protocol,   &request.extensions};
    bool good = true;
    for (size_t i = 0; i < COUNT_OF(fields); i++) good = next_value(&in, fields[i]) && good;
    if (good) judge(&request);
    for (size_t i = 0; i < COUNT_OF(fields); i++) free((char *)fields[i]->at);
    return 0;
}
