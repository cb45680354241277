/* protocol/message.c: whatever a client says has a verdict and, where that is bad, a sentence. What parses is dumped and parsed again:
 * the same request has the same fingerprint. */
#include "fuzz.h"

#include "protocol/message.h"

static void check_command(const struct message *message)
{
    const struct command *command = &message->command;
    must(command->member.n >= 0 && command->member.n < ID_LIMIT);
    must(command->notes.at == NULL || command->notes.len <= 500 * 4);
    must(message->id.len <= 64);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *copy = fuzz_exactly(span_of(data, size));
    struct message message, again;
    const char *sentence = NULL;
    enum code code = message_parse(span_of(copy, size), &message, &sentence);
    must(code == CODE_OK || code == CODE_BAD_JSON || code == CODE_BAD_MESSAGE || code == CODE_UNKNOWN_TYPE || code == CODE_TOO_OLD || code == CODE_FORBIDDEN);
    must(code == CODE_OK || sentence != NULL);
    if (code == CODE_OK) {
        check_command(&message);
        char *dumped = json_dumps(message.tree, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
        must(dumped != NULL);
        must(message_parse(str_span(str_c(dumped)), &again, &sentence) == CODE_OK);
        must(again.type == message.type);
        must(memcmp(again.command.fingerprint, message.command.fingerprint, sizeof again.command.fingerprint) == 0);
        message_done(&again);
        free(dumped);
    }
    message_done(&message);
    free(copy);
    return 0;
}
