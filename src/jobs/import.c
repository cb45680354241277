#include "jobs/import.h"

#include "base/num.h"
#include "base/text.h"
#include "jobs/import_dates.h"
#include "store/audit.h"
#include "store/plans.h"
#include "store/search.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

static const char *const NAMES[FIELD_COUNT] = {"-",      "number", "name", "first_name", "last_name",
                                               "email",  "phone",  "born", "plan",       "status",
                                               "starts", "ends",   "card", "balance",    "notes"};

const char *import_field_name(enum import_field field) { return NAMES[field]; }

/* Usual headings, folded (store/search.h), in several languages. */
static const struct {
    enum import_field field;
    const char *headings; /* with bars between and around */
} HEADINGS[] = {
    {FIELD_NUMBER,
     "|number|no|nr|id|member id|member no|member number|membership number|client id|customer id|mitgliedsnr|mitgliedsnummer|mitglied nr|"
     "kundennr|kundennummer|numero|numero de socio|numero de membre|"},
    {FIELD_NAME, "|name|full name|fullname|member|member name|mitglied|nombre completo|nom complet|"},
    {FIELD_FIRST_NAME,
     "|first name|firstname|first|given name|forename|vorname|nombre|prenom|nome|voornaam|imie|"},
    {FIELD_LAST_NAME,
     "|last name|lastname|last|surname|family name|nachname|familienname|zuname|apellido|apellidos|nom|cognome|achternaam|nazwisko|"},
    {FIELD_EMAIL, "|email|email address|mail|emailadresse|correo|correo electronico|courriel|"},
    {FIELD_PHONE,
     "|phone|phone number|mobile|mobile phone|cell|cell phone|telephone|telefon|telefonnummer|handy|handynummer|mobil|tel|telefono|movil|"},
    {FIELD_BORN,
     "|born|birthday|birth date|birthdate|date of birth|dob|geburtsdatum|geburtstag|geboren|fecha de nacimiento|date de naissance|"},
    {FIELD_PLAN,
     "|plan|membership|membership type|membership plan|contract|tarif|vertrag|mitgliedschaft|abo|abonnement|"},
    {FIELD_STATUS, "|status|state|membership status|zustand|estado|statut|"},
    {FIELD_STARTS,
     "|starts|start|start date|from|begin|joined|beginn|vertragsbeginn|startdatum|eintritt|inicio|debut|"},
    {FIELD_ENDS,
     "|ends|end|end date|expires|expiry|expiry date|expiration|expiration date|until|ende|vertragsende|enddatum|ablauf|fin|"},
    {FIELD_CARD,
     "|card|card number|card no|card id|barcode|barcode id|code|tag|rfid|kartennr|kartennummer|karte|chip|chipnummer|tarjeta|carte|"},
    {FIELD_BALANCE, "|balance|account balance|saldo|kontostand|guthaben|solde|"},
    {FIELD_NOTES,
     "|notes|note|alert note|comment|comments|remarks|notiz|notizen|bemerkung|bemerkungen|notas|"},
};

/* "E-Mail " to "email", "Mitgliedsnr." to "mitgliedsnr": folded, with single blanks. */
static int fold_heading(struct str heading, struct buf *out)
{
    OWNED(buf) struct buf folded = buf_of(8192);
    TRY(search_fold(heading.len > 500 ? (struct str){heading.at, 0} : heading, &folded));
    struct str text = str_trim(buf_str(&folded));
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] == ' ' && i > 0 && text.at[i - 1] == ' ') continue;
        TRY(buf_put_byte(out, (uint8_t)text.at[i]));
    }
    return 0;
}

static int recognise(struct str heading, enum import_field *ret_field)
{
    OWNED(buf) struct buf key = buf_of(8192);
    TRY(buf_put_byte(&key, '|'));
    TRY(fold_heading(heading, &key));
    TRY(buf_put_byte(&key, '|'));
    *ret_field = FIELD_NONE;
    for (size_t i = 0; i < COUNT_OF(HEADINGS) && key.len > 2; i++) {
        if (memmem(HEADINGS[i].headings, strlen(HEADINGS[i].headings), key.at, key.len) != NULL) {
            *ret_field = HEADINGS[i].field;
        }
    }
    return 0;
}

static int field_named(struct str name, enum import_field *ret_field)
{
    for (unsigned i = 0; i < FIELD_COUNT; i++) {
        if (!str_eq_c(name, NAMES[i])) continue;
        *ret_field = (enum import_field)i;
        return 0;
    }
    return ERR_NOT_FOUND;
}

/* --- Headings --- */

static int apply_map(struct import *import, const char *map, struct err_detail *reterr)
{
    const char *equals = strrchr(map, '=');
    if (equals == NULL) equals = strrchr(map, ':');
    if (equals == NULL) return fail(reterr, ERR_SYNTAX, "a map is COLUMN=FIELD, not \"%s\"", map);
    struct str column = str_trim((struct str){map, (size_t)(equals - map)});
    enum import_field field;
    if (field_named(str_c(equals + 1), &field) < 0) {
        return fail(
            reterr, ERR_SYNTAX,
            "there is no field \"%s\"; there are number, name, first_name, last_name, email, phone, born, plan, status, "
            "starts, ends, card, balance, notes, and - to leave the column out",
            equals + 1);
    }
    for (size_t i = 0; i < import->column_count; i++) {
        bool named = str_eq_nocase_ascii(import->columns[i].heading, column);
        if (!named && import->columns[i].field == field && field != FIELD_NONE) {
            import->columns[i].field = FIELD_NONE;
        }
        if (!named) continue;
        import->columns[i].field = field;
        return 0;
    }
    return fail(reterr, ERR_NOT_FOUND, "the list has no column \"%.*s\"", STR_ARG(column));
}

static bool has_field(const struct import *import, enum import_field field)
{
    for (size_t i = 0; i < import->column_count; i++) {
        if (import->columns[i].field == field) return true;
    }
    return false;
}

static int read_headings(struct import *import, const struct csv_row *row, const char *const *maps,
                         size_t map_count, struct err_detail *reterr)
{
    import->columns = arena_array(&import->arena, struct import_column, row->count);
    if (import->columns == NULL) return ERR_NOMEM;
    for (size_t i = 0; i < row->count; i++) {
        enum import_field field;
        TRY(recognise(row->cells[i], &field));
        bool taken = field != FIELD_NONE && has_field(import, field); /* the first of its kind counts */
        import->columns[i] = (struct import_column){row->cells[i], taken ? FIELD_NONE : field};
        import->column_count++;
    }
    for (size_t i = 0; i < map_count; i++) TRY(apply_map(import, maps[i], reterr));
    bool named = has_field(import, FIELD_NAME) || has_field(import, FIELD_FIRST_NAME) ||
                 has_field(import, FIELD_LAST_NAME);
    if (named) return 0;
    return fail(
        reterr, ERR_SYNTAX,
        "no column was taken for a name; say which with --map COLUMN=name (or first_name, last_name)");
}

/* --- Rows --- */

static void problem(struct import *import, size_t line, const char *format, ...) PRINTF_LIKE(3, 4);
static void problem(struct import *import, size_t line, const char *format, ...)
{
    char text[300];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    struct str reason = {text, len < 0 ? 0 : (size_t)len < sizeof text ? (size_t)len : sizeof text - 1};
    size_t at = import->problem_count++;
    if (at >= IMPORT_PROBLEMS_MAX) return;
    import->problems[at].line = line;
    if (arena_str(&import->arena, reason, &import->problems[at].reason) < 0) {
        import->problems[at].reason = STR("wrong");
    }
}

/* Cards and numbers seen, and in which line. */
struct seen {
    struct str text;
    size_t line;
    UT_hash_handle hh;
};

/* The line that had it before; 0: it is the first. */
static int see(struct import *import, struct seen **table, struct str text, size_t line, size_t *ret_before)
{
    struct seen *seen;
    HASH_FIND(hh, *table, text.at, text.len, seen);
    *ret_before = seen == NULL ? 0 : seen->line;
    if (seen != NULL) return 0;
    seen = arena_new(&import->arena, struct seen);
    if (seen == NULL) return ERR_NOMEM;
    seen->text = text;
    seen->line = line;
    HASH_ADD_KEYPTR(hh, *table, seen->text.at, seen->text.len, seen);
    return seen->hh.tbl == NULL ? ERR_NOMEM : 0;
}

struct pass {
    struct import *import;
    enum date_order order[CSV_COLUMNS_MAX];
    struct seen *cards, *numbers;
};

static const struct str *cell_of(const struct import *import, const struct csv_row *row,
                                 enum import_field field, size_t *ret_column)
{
    for (size_t i = 0; i < import->column_count && i < row->count; i++) {
        if (import->columns[i].field != field || row->cells[i].len == 0) continue;
        if (ret_column != NULL) *ret_column = i;
        return &row->cells[i];
    }
    return NULL;
}

static struct str text_of(const struct import *import, const struct csv_row *row, enum import_field field)
{
    const struct str *cell = cell_of(import, row, field, NULL);
    return cell == NULL ? (struct str){0} : *cell;
}

/* False: a problem was noted. */
static bool take_date(struct pass *pass, const struct csv_row *row, enum import_field field,
                      struct day *ret_day)
{
    size_t column = 0;
    const struct str *cell = cell_of(pass->import, row, field, &column);
    *ret_day = DAY_NONE;
    if (cell == NULL) return true;
    if (pass->order[column] == DATE_UNKNOWN) {
        problem(pass->import, row->line, "%s: day or month first? write the dates as YYYY-MM-DD",
                NAMES[field]);
        return false;
    }
    const char *wrong = date_read(*cell, pass->order[column], ret_day);
    if (wrong != NULL) problem(pass->import, row->line, "%s: %s", NAMES[field], wrong);
    return wrong == NULL;
}

/* ret_says_valid: the list itself claims that it is good now. */
static bool take_status(struct import *import, const struct csv_row *row, enum membership_state *ret_state,
                        bool *ret_says_valid)
{
    static const struct {
        const char *words;
        enum membership_state state;
        bool says_valid;
    } STATES[] = {
        {"|active|aktiv|ok|current|live|yes|ja|activo|actif|", MEMBERSHIP_ACTIVE, true},
        {"|expired|abgelaufen|pending|caducado|expire|", MEMBERSHIP_ACTIVE, false},
        {"|frozen|paused|on hold|hold|suspended|ruhend|pausiert|eingefroren|ruht|congelado|",
         MEMBERSHIP_FROZEN, true},
        {"|cancelled|canceled|terminated|closed|inactive|gekundigt|storniert|inaktiv|beendet|cancelado|resilie|",
         MEMBERSHIP_CANCELLED, false},
    };
    struct str text = text_of(import, row, FIELD_STATUS);
    *ret_state = MEMBERSHIP_ACTIVE;
    *ret_says_valid = false;
    if (text.at == NULL) return true;
    OWNED(buf) struct buf key = buf_of(8192);
    if (buf_put_byte(&key, '|') < 0 || fold_heading(text, &key) < 0 || buf_put_byte(&key, '|') < 0) {
        return false;
    }
    for (size_t i = 0; i < COUNT_OF(STATES); i++) {
        if (memmem(STATES[i].words, strlen(STATES[i].words), key.at, key.len) == NULL) continue;
        *ret_state = STATES[i].state;
        *ret_says_valid = STATES[i].says_valid;
        return true;
    }
    problem(import, row->line, "status: \"%.*s\" is none that we know", (int)(text.len > 40 ? 40 : text.len),
            text.at);
    return false;
}

/* 1.23457E+11: a spreadsheet took the number for an amount. */
static bool is_scientific(struct str text)
{
    bool digits = false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        if (c >= '0' && c <= '9') digits = true;
        else if ((c == 'E' || c == 'e') && digits && i + 2 < text.len &&
                 (text.at[i + 1] == '+' || text.at[i + 1] == '-')) {
            return true;
        } else if (c != '.' && c != ',') {
            return false;
        }
    }
    return false;
}

/* "Costa, Ana" or "Ana Maria Costa": the last word is the last name. */
static void split_name(struct str name, struct member_row *member)
{
    const char *comma = memchr(name.at, ',', name.len);
    if (comma != NULL) {
        member->last_name = str_trim((struct str){name.at, (size_t)(comma - name.at)});
        member->first_name = str_trim((struct str){comma + 1, name.len - (size_t)(comma + 1 - name.at)});
        return;
    }
    member_split_name(name, member);
}

static void take_names(struct import *import, const struct csv_row *row, struct member_row *member)
{
    struct str name = text_of(import, row, FIELD_NAME);
    member->first_name = text_of(import, row, FIELD_FIRST_NAME);
    member->last_name = text_of(import, row, FIELD_LAST_NAME);
    if (member->first_name.at == NULL) member->first_name = STR("");
    if (member->last_name.at == NULL) member->last_name = STR("");
    if (member->first_name.len + member->last_name.len == 0 && name.at != NULL) split_name(name, member);
}

static int check_unique(struct pass *pass, const struct csv_row *row, struct import_row *out, bool *ret_good)
{
    struct import *import = pass->import;
    size_t before;
    if (out->member.number.at != NULL) {
        TRY(see(import, &pass->numbers, out->member.number, row->line, &before));
        if (before != 0) problem(import, row->line, "number already used in line %zu", before);
        *ret_good = *ret_good && before == 0;
    }
    if (out->card.at == NULL) return 0;
    if (is_scientific(out->card)) {
        problem(import, row->line, "card in scientific notation: the spreadsheet has lost digits");
        *ret_good = false;
        return 0;
    }
    TRY(see(import, &pass->cards, out->card, row->line, &before));
    if (before != 0) problem(import, row->line, "card already used in line %zu", before);
    *ret_good = *ret_good && before == 0;
    return 0;
}

static bool take_membership(struct pass *pass, const struct csv_row *row, struct import_row *out)
{
    struct import *import = pass->import;
    struct membership_row *membership = &out->membership;
    *membership = (struct membership_row){.frozen_from = DAY_NONE,
                                          .frozen_until = DAY_NONE,
                                          .cancelled_on = DAY_NONE,
                                          .visits_left = -1};
    membership->plan = text_of(import, row, FIELD_PLAN);
    if (!take_date(pass, row, FIELD_STARTS, &membership->starts) ||
        !take_date(pass, row, FIELD_ENDS, &membership->ends)) {
        return false;
    }
    bool says_valid;
    if (!take_status(import, row, &membership->state, &says_valid)) return false;
    out->has_membership =
        membership->plan.at != NULL || day_is(membership->starts) || day_is(membership->ends);
    if (membership->plan.at == NULL) membership->plan = STR("Membership");
    if (!day_is(membership->starts)) {
        membership->starts = import->today;
        if (day_is(membership->ends) && membership->ends.number < membership->starts.number) {
            membership->starts = membership->ends;
        }
    }
    if (!day_is(membership->ends) || membership->ends.number >= membership->starts.number) return true;
    /* Programs keep the old end beside a start that was moved: what nobody calls valid is over, and simply that. */
    if (!says_valid) {
        membership->starts = membership->ends;
        return true;
    }
    problem(import, row->line, "ends before it starts");
    return false;
}

static int read_row(struct pass *pass, const struct csv_row *row)
{
    struct import *import = pass->import;
    if (row->count > import->column_count) {
        problem(import, row->line, "more cells than headings");
        return 0;
    }
    struct import_row out = {.line = row->line, .member = {.currency = STR("EUR")}};
    struct member_row *member = &out.member;
    member->number = text_of(import, row, FIELD_NUMBER);
    member->email = text_of(import, row, FIELD_EMAIL);
    member->phone = text_of(import, row, FIELD_PHONE);
    member->notes = text_of(import, row, FIELD_NOTES);
    out.card = text_of(import, row, FIELD_CARD);
    take_names(import, row, member);
    bool good = member->first_name.len + member->last_name.len > 0;
    if (!good) problem(import, row->line, "no name");
    if (good) good = take_date(pass, row, FIELD_BORN, &member->born);
    if (good) good = take_membership(pass, row, &out);
    struct str balance = text_of(import, row, FIELD_BALANCE);
    out.has_balance = balance.at != NULL;
    if (good && out.has_balance && !amount_read(balance, &member->balance_minor)) {
        problem(import, row->line, "balance: not an amount");
        good = false;
    }
    const char *why, *wrong = member_row_wrong(member, &why);
    if (wrong == NULL && out.has_membership && !plan_name_fits(out.membership.plan)) {
        wrong = "plan";
        why = TEXT_UNFIT;
    }
    if (wrong == NULL && out.card.at != NULL && !member_code_fits(out.card)) {
        wrong = "card";
        why = TEXT_UNFIT;
    }
    if (good && wrong != NULL) {
        problem(import, row->line, "%s %s", wrong, why);
        good = false;
    }
    /* A faulty row's card and number are taken all the same: the next row with them is a second one. */
    if (row->count > 0) TRY(check_unique(pass, row, &out, &good));
    if (!good) return 0;
    import->rows[import->good_count++] = out;
    return 0;
}

/* --- The order of dates, for each column over all rows --- */

static void find_orders(struct pass *pass, const struct csv_row *rows, size_t count)
{
    struct import *import = pass->import;
    enum date_order known = DATE_UNKNOWN;
    bool dots = false;
    for (size_t column = 0; column < import->column_count; column++) {
        enum import_field field = import->columns[column].field;
        if (field != FIELD_BORN && field != FIELD_STARTS && field != FIELD_ENDS) continue;
        for (size_t i = 0; i < count; i++) {
            if (column >= rows[i].count) continue;
            enum date_order hint = date_hint(rows[i].cells[column]);
            if (pass->order[column] == DATE_UNKNOWN) pass->order[column] = hint;
            dots = dots || memchr(rows[i].cells[column].at, '.', rows[i].cells[column].len) != NULL;
        }
        if (known == DATE_UNKNOWN) known = pass->order[column];
    }
    /* A column that tells nothing goes by the others; dots are written where the day comes first. */
    if (known == DATE_UNKNOWN && dots) known = DATE_DAY_FIRST;
    for (size_t column = 0; column < import->column_count; column++) {
        if (pass->order[column] == DATE_UNKNOWN) pass->order[column] = known;
    }
    import->date_order = date_order_name(known);
}

static int read_all(struct import *import, const char *const *maps, size_t map_count,
                    struct err_detail *reterr)
{
    struct csv_reader reader = csv_reader_of(buf_str(&import->text), import->separator);
    struct csv_row row;
    int rc = csv_next(&reader, &import->arena, &row);
    if (rc == 0) return fail(reterr, ERR_SYNTAX, "the file is empty");
    if (rc == 1) TRY(read_headings(import, &row, maps, map_count, reterr));
    struct csv_row *rows = NULL;
    size_t cap = 0;
    while (rc == 1 && (rc = csv_next(&reader, &import->arena, &row)) == 1) {
        if (import->row_count == cap) {
            size_t grown = cap == 0 ? 1024 : cap * 2;
            struct csv_row *more = arena_array(&import->arena, struct csv_row, grown);
            if (more == NULL) return ERR_NOMEM;
            if (cap > 0) memcpy(more, rows, cap * sizeof *rows);
            rows = more;
            cap = grown;
        }
        rows[import->row_count++] = row;
    }
    if (rc == ERR_SYNTAX) return fail(reterr, rc, "line %zu: a quote is opened and not closed", row.line);
    if (rc == ERR_TOO_BIG) {
        return fail(reterr, rc, "line %zu: more than %d columns, or a cell over 64 KiB", row.line,
                    CSV_COLUMNS_MAX);
    }
    TRY(rc);
    import->rows = arena_array(&import->arena, struct import_row, import->row_count + 1);
    if (import->rows == NULL) return ERR_NOMEM;
    struct pass pass = {.import = import};
    find_orders(&pass, rows, import->row_count);
    for (size_t i = 0; i < import->row_count && rc == 0; i++) rc = read_row(&pass, &rows[i]);
    HASH_CLEAR(hh, pass.cards);
    HASH_CLEAR(hh, pass.numbers);
    return rc;
}

int import_read(struct import *import, struct span bytes, const char *const *maps, size_t map_count,
                struct day today, struct err_detail *reterr)
{
    memset(import, 0, sizeof *import);
    import->arena = arena_of(IMPORT_BYTES_MAX);
    import->text = buf_of(CSV_BYTES_MAX * 3 + 16); /* windows-1252's characters have up to three bytes */
    import->today = today;
    int rc = csv_decode(bytes, &import->text, &import->encoding);
    if (rc == ERR_TOO_BIG) return fail(reterr, rc, "a list may have 64 MiB; split it");
    TRY(rc);
    import->separator = csv_separator(buf_str(&import->text));
    rc = read_all(import, maps, map_count, reterr);
    if (rc < 0 && reterr->text[0] == '\0') {
        return fail(reterr, rc, "the list could not be read: %s", err_word(rc));
    }
    return rc;
}

void import_done(struct import *import)
{
    arena_done(&import->arena);
    buf_done(&import->text);
}

/* --- Writing --- */

/* What the list says of a member beats what is there; what it does not say stays. */
static void overlay(struct member_row *there, const struct import_row *row)
{
    const struct member_row *said = &row->member;
    if (said->first_name.len + said->last_name.len > 0) {
        there->first_name = said->first_name;
        there->last_name = said->last_name;
    }
    if (said->email.at != NULL) there->email = said->email;
    if (said->phone.at != NULL) there->phone = said->phone;
    if (said->notes.at != NULL) there->notes = said->notes;
    if (day_is(said->born)) there->born = said->born;
    if (row->has_balance) there->balance_minor = said->balance_minor;
}

static int write_membership(struct sql *sql, struct member_id id, const struct member_row *there,
                            const struct import_row *row)
{
    struct membership_row membership = row->membership;
    struct plan_row plan = {.name = membership.plan};
    TRY(plan_ensure(sql, &plan, &membership.plan_id));
    for (size_t i = 0; i < there->membership_count; i++) {
        const struct membership_row *old = &there->memberships[i];
        if (old->starts.number != membership.starts.number || !str_eq(old->plan, membership.plan)) continue;
        membership.id = old->id;
        membership.frozen_from = old->frozen_from;
        membership.frozen_until = old->frozen_until;
        membership.cancelled_on = old->cancelled_on;
        return membership_update(sql, id, &membership);
    }
    return membership_add(sql, id, &membership, &membership.id);
}

/* 1: written. 0: a problem was noted. */
static int write_row(struct import *import, struct sql *sql, const struct import_row *row, struct wall_ms now,
                     struct arena *scratch)
{
    struct member_id id = {0}, owner = {0};
    int rc = row->member.number.at == NULL ? ERR_NOT_FOUND : member_by_number(sql, row->member.number, &id);
    if (rc < 0 && rc != ERR_NOT_FOUND) return rc;
    bool is_new = rc == ERR_NOT_FOUND;
    if (row->card.at != NULL) {
        rc = member_by_code(sql, row->card, &owner);
        if (rc < 0 && rc != ERR_NOT_FOUND) return rc;
        if (rc == 0 && owner.n != id.n) {
            problem(import, row->line, "card belongs to another member (id %lld)", (long long)owner.n);
            return 0;
        }
    }
    struct member_row there = {0};
    if (is_new) {
        TRY(member_create(sql, &row->member, now, &id));
        import->created++;
    } else {
        TRY(member_read(sql, id, scratch, &there));
        overlay(&there, row);
        TRY(member_update(sql, &there, now));
        import->updated++;
    }
    if (row->card.at != NULL) TRY(member_code_add(sql, id, STR("card"), row->card));
    if (row->has_membership) TRY(write_membership(sql, id, &there, row));
    return 1;
}

static int note(const struct import *import, struct sql *sql, struct str actor, struct wall_ms now)
{
    OWNED(buf) struct buf details = buf_of(256);
    TRY(buf_printf(&details, "{\"created\":%zu,\"updated\":%zu}", import->created, import->updated));
    struct audit_row row = {.at = now,
                            .actor = actor,
                            .action = STR("import_members"),
                            .subject = STR("members"),
                            .details = buf_str(&details)};
    return audit_add(sql, &row);
}

int import_write(struct import *import, struct sql *sql, struct str actor, struct wall_ms now,
                 void (*progress)(size_t done, size_t all))
{
    OWNED(arena) struct arena scratch = arena_of((size_t)16 * 1024 * 1024);
    import->created = import->updated = 0;
    for (size_t i = 0; i < import->good_count; i++) {
        arena_clear(&scratch);
        TRY(write_row(import, sql, &import->rows[i], now, &scratch));
        if (progress != NULL && (i + 1) % 1000 == 0) progress(i + 1, import->good_count);
    }
    return note(import, sql, actor, now);
}

int import_counts_put(const struct import *import, struct buf *out)
{
    return buf_printf(out, "%zu %zu", import->created, import->updated);
}

int import_counts_parse(struct import *import, struct str counts)
{
    const char *blank = memchr(counts.at, ' ', counts.len);
    if (blank == NULL) return ERR_CORRUPT;
    size_t len = (size_t)(blank - counts.at);
    int64_t created, updated;
    bool good = num_i64((struct str){counts.at, len}, 0, INT64_MAX, &created) == 0 &&
                num_i64((struct str){blank + 1, counts.len - len - 1}, 0, INT64_MAX, &updated) == 0;
    if (!good) return ERR_CORRUPT;
    import->created = (size_t)created;
    import->updated = (size_t)updated;
    return 0;
}

void import_report(const struct import *import, bool dry_run, struct json *json)
{
    char separator[2] = {import->separator, '\0'};
    jw_bool(json, "dry_run", dry_run);
    jw_i64(json, "rows", (int64_t)import->row_count);
    jw_i64(json, "members", (int64_t)import->good_count);
    jw_i64(json, "created", (int64_t)import->created);
    jw_i64(json, "updated", (int64_t)import->updated);
    jw_array(json, "columns");
    for (size_t i = 0; i < import->column_count; i++) {
        jw_object(json, NULL);
        jw_str(json, "column", import->columns[i].heading);
        if (import->columns[i].field == FIELD_NONE) jw_null(json, "field");
        else jw_str(json, "field", str_c(NAMES[import->columns[i].field]));
        jw_object_end(json);
    }
    jw_array_end(json);
    jw_str(json, "encoding", str_c(import->encoding));
    jw_str(json, "separator", str_c(separator));
    jw_str_or_null(json, "date_order", str_c(import->date_order));
    jw_array(json, "problems");
    size_t count = import->problem_count < IMPORT_PROBLEMS_MAX ? import->problem_count : IMPORT_PROBLEMS_MAX;
    for (size_t i = 0; i < count; i++) {
        jw_object(json, NULL);
        jw_i64(json, "line", (int64_t)import->problems[i].line);
        jw_str(json, "reason", import->problems[i].reason);
        jw_object_end(json);
    }
    jw_array_end(json);
}
