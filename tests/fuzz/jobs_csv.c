/* jobs/csv.c and jobs/import.c: any bytes as a member list: read with named problems, or refused with a sentence. */
#include "fuzz.h"

#include "jobs/import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 64 * 1024) return 0;
    uint8_t *copy = fuzz_exactly(span_of(data, size));
    struct import *import = calloc(1, sizeof *import);
    struct err_detail why = {0};
    must(import != NULL);
    int rc = import_read(import, span_of(copy, size), NULL, 0, (struct day){20782}, &why);
    must(rc == 0 || rc == ERR_SYNTAX || rc == ERR_TOO_BIG);
    must(rc == 0 || why.text[0] != '\0');
    if (rc == 0) {
        must(import->good_count <= import->row_count);
        size_t kept = import->problem_count < IMPORT_PROBLEMS_MAX ? import->problem_count : IMPORT_PROBLEMS_MAX;
        for (size_t i = 0; i < kept; i++) must(import->problems[i].line >= 1 && import->problems[i].reason.len > 0);
        OWNED(buf) struct buf report = buf_of((size_t)64 << 20);
        struct json json = jw_to(&report);
        jw_object(&json, NULL);
        import_report(import, true, &json);
        jw_object_end(&json);
        must(jw_end_all(&json) == 0);
    }
    import_done(import);
    free(import);
    free(copy);
    return 0;
}
