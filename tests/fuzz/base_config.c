/* base/config.c: any file is read or refused with a sentence; what was read, printed and read again, is the same. */
#include "fuzz.h"

#include "base/config.h"

static void print(const struct config *config, struct buf *out) { must(config_print(config, out) == 0); }

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *copy = fuzz_exactly(span_of(data, size));
    OWNED(config) struct config config = {0}, again = {0};
    struct err_detail why = {0};
    must(config_init(&config) == 0);
    int rc = config_read_text(&config, span_of(copy, size), "fuzz.conf", &why);
    free(copy);
    if (rc < 0) {
        must(why.text[0] != '\0');
        return 0;
    }
    struct config_advice advice[CONFIG_ADVICE_MAX];
    must(config_check(&config, advice) <= CONFIG_ADVICE_MAX);
    OWNED(buf) struct buf first = buf_of((size_t)1 << 20), second = buf_of((size_t)1 << 20);
    print(&config, &first);
    must(config_init(&again) == 0);
    must(config_read_text(&again, buf_span(&first), "printed.conf", &why) == 0);
    print(&again, &second);
    must(span_eq(buf_span(&first), buf_span(&second)));
    return 0;
}
