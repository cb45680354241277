#include "jobs/csv.h"

#include "base/utf8.h"

static int put_code_point(struct buf *out, uint32_t c)
{
    uint8_t bytes[4];
    size_t len;
    if (c < 0x80) {
        bytes[0] = (uint8_t)c;
        len = 1;
    } else if (c < 0x800) {
        bytes[0] = (uint8_t)(0xc0u | c >> 6);
        bytes[1] = (uint8_t)(0x80u | (c & 0x3fu));
        len = 2;
    } else if (c < 0x10000) {
        bytes[0] = (uint8_t)(0xe0u | c >> 12);
        bytes[1] = (uint8_t)(0x80u | (c >> 6 & 0x3fu));
        bytes[2] = (uint8_t)(0x80u | (c & 0x3fu));
        len = 3;
    } else {
        bytes[0] = (uint8_t)(0xf0u | c >> 18);
        bytes[1] = (uint8_t)(0x80u | (c >> 12 & 0x3fu));
        bytes[2] = (uint8_t)(0x80u | (c >> 6 & 0x3fu));
        bytes[3] = (uint8_t)(0x80u | (c & 0x3fu));
        len = 4;
    }
    return buf_put(out, span_of(bytes, len));
}

static int decode_utf16(struct span bytes, bool big, struct buf *out)
{
    for (size_t i = 2; i + 1 < bytes.len; i += 2) {
        uint32_t unit =
            big ? (uint32_t)bytes.at[i] << 8 | bytes.at[i + 1] : (uint32_t)bytes.at[i + 1] << 8 | bytes.at[i];
        bool lead = (unit & 0xfc00u) == 0xd800u;
        if (lead && i + 3 < bytes.len) {
            uint32_t next = big ? (uint32_t)bytes.at[i + 2] << 8 | bytes.at[i + 3]
                                : (uint32_t)bytes.at[i + 3] << 8 | bytes.at[i + 2];
            if ((next & 0xfc00u) == 0xdc00u) {
                unit = 0x10000u + ((unit & 0x3ffu) << 10) + (next & 0x3ffu);
                i += 2;
            }
        }
        TRY(put_code_point(out, (unit & 0xf800u) == 0xd800u ? 0xfffd : unit));
    }
    return 0;
}

/* windows-1252 is Latin-1 but for these 32 (0 where nothing is assigned). */
static const uint16_t HIGH_1252[32] = {0x20ac, 0,      0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
                                       0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0,      0x017d, 0,
                                       0,      0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
                                       0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0,      0x017e, 0x0178};

static int decode_1252(struct span bytes, struct buf *out)
{
    for (size_t i = 0; i < bytes.len; i++) {
        uint32_t c = bytes.at[i];
        if (c >= 0x80 && c < 0xa0) c = HIGH_1252[c - 0x80] != 0 ? HIGH_1252[c - 0x80] : 0xfffd;
        TRY(put_code_point(out, c));
    }
    return 0;
}

int csv_decode(struct span bytes, struct buf *out, const char **ret_encoding)
{
    if (bytes.len > CSV_BYTES_MAX) return ERR_TOO_BIG;
    bool little = bytes.len >= 2 && bytes.at[0] == 0xff && bytes.at[1] == 0xfe;
    bool big = bytes.len >= 2 && bytes.at[0] == 0xfe && bytes.at[1] == 0xff;
    *ret_encoding = "utf-16";
    if (little || big) return decode_utf16(bytes, big, out);
    struct str text;
    bool mark = bytes.len >= 3 && memcmp(bytes.at, "\xef\xbb\xbf", 3) == 0;
    if (mark) bytes = span_of(bytes.at + 3, bytes.len - 3);
    *ret_encoding = "utf-8";
    if (utf8_check(bytes, &text) == 0) return buf_put(out, bytes);
    *ret_encoding = "windows-1252";
    return decode_1252(bytes, out);
}

char csv_separator(struct str text)
{
    static const char ALL[] = ",;\t|";
    size_t counts[4] = {0};
    bool quoted = false;
    for (size_t i = 0; i < text.len && (quoted || (text.at[i] != '\n' && text.at[i] != '\r')); i++) {
        if (text.at[i] == '"') quoted = !quoted;
        const char *found = quoted || text.at[i] == '\0' ? NULL : strchr(ALL, text.at[i]);
        if (found != NULL) counts[found - ALL]++;
    }
    size_t best = 0;
    for (size_t i = 1; i < 4; i++) best = counts[i] > counts[best] ? i : best;
    return ALL[best];
}

static void skip(struct csv_reader *reader, size_t count)
{
    reader->rest.at += count;
    reader->rest.len -= count;
}

/* One line end, of whichever kind. */
static bool skip_line_end(struct csv_reader *reader)
{
    if (reader->rest.len == 0) return false;
    bool cr = reader->rest.at[0] == '\r';
    if (!cr && reader->rest.at[0] != '\n') return false;
    skip(reader, cr && reader->rest.len > 1 && reader->rest.at[1] == '\n' ? 2 : 1);
    reader->line++;
    return true;
}

/* From behind the opening quote to behind the closing one; "" is one quote. */
static int quoted_cell(struct csv_reader *reader, struct arena *arena, struct str *ret_cell)
{
    OWNED(buf) struct buf cell = buf_of(CSV_CELL_BYTES_MAX);
    for (;;) {
        const char *quote = reader->rest.len == 0 ? NULL : memchr(reader->rest.at, '"', reader->rest.len);
        if (quote == NULL) return ERR_SYNTAX;
        size_t len = (size_t)(quote - reader->rest.at);
        for (size_t i = 0; i < len; i++) reader->line += reader->rest.at[i] == '\n' ? 1 : 0;
        TRY(buf_put(&cell, span_of(reader->rest.at, len)));
        skip(reader, len + 1);
        if (reader->rest.len == 0 || reader->rest.at[0] != '"') break;
        TRY(buf_put_byte(&cell, '"'));
        skip(reader, 1);
    }
    return arena_str(arena, buf_str(&cell), ret_cell);
}

static int plain_cell(struct csv_reader *reader, struct str *ret_cell)
{
    size_t len = 0;
    while (len < reader->rest.len && reader->rest.at[len] != reader->separator &&
           reader->rest.at[len] != '\n' && reader->rest.at[len] != '\r') {
        len++;
    }
    if (len > CSV_CELL_BYTES_MAX) return ERR_TOO_BIG;
    *ret_cell = (struct str){reader->rest.at, len};
    skip(reader, len);
    return 0;
}

static int next_cell(struct csv_reader *reader, struct arena *arena, struct str *ret_cell)
{
    bool quoted = reader->rest.len > 0 && reader->rest.at[0] == '"';
    if (!quoted) {
        TRY(plain_cell(reader, ret_cell));
    } else {
        skip(reader, 1);
        TRY(quoted_cell(reader, arena, ret_cell));
        struct str behind; /* what stands between the closing quote and the separator belongs to nobody */
        TRY(plain_cell(reader, &behind));
    }
    *ret_cell = str_trim(*ret_cell);
    return 0;
}

/* True where the row has any content. */
static int next_row(struct csv_reader *reader, struct arena *arena, struct csv_row *row, bool *ret_content)
{
    struct str cells[CSV_COLUMNS_MAX];
    *row = (struct csv_row){.line = reader->line};
    *ret_content = false;
    for (bool more = true; more;) {
        if (row->count == CSV_COLUMNS_MAX) return ERR_TOO_BIG;
        TRY(next_cell(reader, arena, &cells[row->count]));
        *ret_content = *ret_content || cells[row->count].len > 0;
        row->count++;
        more = reader->rest.len > 0 && reader->rest.at[0] == reader->separator;
        if (more) skip(reader, 1);
    }
    ignore(skip_line_end(reader), "or the end of the text");
    row->cells = arena_array(arena, struct str, row->count);
    if (row->cells == NULL) return ERR_NOMEM;
    memcpy(row->cells, cells, row->count * sizeof *cells);
    return 0;
}

int csv_next(struct csv_reader *reader, struct arena *arena, struct csv_row *ret_row)
{
    while (reader->rest.len > 0) {
        bool content;
        TRY(next_row(reader, arena, ret_row, &content));
        if (content) return 1;
    }
    return 0;
}
