/* Pages of members. Everything stands in one order, and a page goes on behind the last row of the one before, so that nobody is lost
 * or doubled while others are added:
 *
 *   nothing typed   by name;
 *   exact           whom this number, then whom this code names;
 *   ranked          few are met by the narrowest term: all of them are read, scored and sorted;
 *   listed          very many are met by each term («a»): in the order of the narrowest term's words, as the index has them, and no
 *                   further than the page. To sort 100,000 rows by name for 50 of them would take a reader 100 ms (docs/performance.md).
 *
 * Which of the last two it is was found out on the first page and stands in the position. */
#include "store/members.h"

#include "domain/command.h"
#include "store/list.h"
#include "store/search.h"

#include <stdio.h>
#include <stdlib.h>

#define RANKED_MAX 4000 /* matches of a term; tests/bench/member_find.c */
#define LISTED_AT_ONCE 400
#define SCRATCH_BYTES_MAX ((size_t)64 * 1024 * 1024)
#define WORD_END "\xf4\x8f\xbf\xbf" /* U+10FFFF: behind every word that begins so */

enum order { ORDER_NAME = 'n', ORDER_EXACT = 'e', ORDER_RANKED = 'r', ORDER_LISTED = 'w' };

/* Where a row stands. */
struct position {
    enum order order;
    int64_t rank;    /* exact: how many before; ranked: the score; listed: the term and its alternative */
    struct str text; /* name, ranked: the name; listed: the word */
    int64_t id;
};

struct finding {
    struct sql *sql;
    struct arena arena;
    struct search_terms terms;
    size_t narrowest;
    bool is_listed;
    int64_t exact[2];
    size_t exact_count;
    struct position after; /* id 0: from the beginning */
    struct list hits;      /* positions */
    size_t wanted;         /* hits: one more than the page holds */
};

/* --- Positions as text: «r2 42 novak elif» --- */

static int position_parse(struct str text, struct position *ret_position)
{
    if (text.len > MEMBER_POSITION_BYTES_MAX || text.len < 2 || memchr("nerw", text.at[0], 4) == NULL) {
        return ERR_SYNTAX;
    }
    const char *end = text.at + text.len, *rank = text.at + 1;
    const char *blank = memchr(rank, ' ', (size_t)(end - rank));
    const char *second = blank == NULL ? NULL : memchr(blank + 1, ' ', (size_t)(end - blank - 1));
    if (second == NULL) return ERR_SYNTAX;
    struct position position = {.order = (enum order)text.at[0],
                                .text = {second + 1, (size_t)(end - second - 1)}};
    TRY(num_i64((struct str){rank, (size_t)(blank - rank)}, 0, 99, &position.rank));
    TRY(num_i64((struct str){blank + 1, (size_t)(second - blank - 1)}, 1, ID_LIMIT - 1, &position.id));
    *ret_position = position;
    return 0;
}

static int position_text(const struct position *position, struct arena *arena, struct str *ret_text)
{
    OWNED(buf) struct buf text = buf_of(MEMBER_POSITION_BYTES_MAX);
    TRY(buf_printf(&text, "%c%lld %lld ", (char)position->order, (long long)position->rank,
                   (long long)position->id));
    TRY(buf_put_str(&text, position->text));
    return arena_str(arena, buf_str(&text), ret_text);
}

static int compare_text(struct str a, struct str b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len == 0 ? 0 : memcmp(a.at, b.at, len);
    return order != 0 ? order : a.len < b.len ? -1 : a.len > b.len;
}

/* Two of one order. */
static int compare_positions(const void *a, const void *b)
{
    const struct position *left = a, *right = b;
    if (left->rank != right->rank) return left->rank < right->rank ? -1 : 1;
    int order = compare_text(left->text, right->text);
    return order != 0 ? order : left->id < right->id ? -1 : left->id > right->id;
}

static int add_hit(struct finding *finding, struct position position)
{
    struct position *hit = list_add(&finding->hits);
    if (hit == NULL) return ERR_NOMEM;
    *hit = position;
    return arena_str(&finding->arena, position.text, &hit->text);
}

static bool is_full(const struct finding *finding) { return finding->hits.count >= finding->wanted; }

/* --- Nothing typed --- */

static int on_named(void *ctx, const struct sql_row *row)
{
    return add_hit(ctx,
                   (struct position){.order = ORDER_NAME, .text = row_text(row, 1), .id = row_int(row, 0)});
}

static int find_named(struct finding *finding)
{
    struct str after = finding->after.id == 0 ? STR("") : finding->after.text;
    return sql_run(
        finding->sql,
        "SELECT id, sort_name FROM members WHERE (sort_name, id) > ($1, $2) AND deleted_at IS NULL ORDER BY sort_name, id LIMIT $3",
        SQL_VALUES(sql_text(after), sql_int(finding->after.id), sql_int((int64_t)finding->wanted)), on_named,
        finding);
}

/* --- Exactly --- */

static int add_exact(struct finding *finding, int found, struct member_id id)
{
    if (found == ERR_NOT_FOUND) return 0;
    TRY(found);
    int64_t alive;
    int there = sql_number(finding->sql, "SELECT id FROM members WHERE id = $1 AND deleted_at IS NULL",
                           SQL_VALUES(sql_int(id.n)), &alive);
    TRY(there);
    bool again = finding->exact_count > 0 && finding->exact[0] == id.n;
    if (there == 1 && !again) finding->exact[finding->exact_count++] = id.n;
    return 0;
}

static int find_exact(struct finding *finding, struct str typed)
{
    struct member_id id = {0};
    TRY(add_exact(finding, member_by_number(finding->sql, typed, &id), id));
    TRY(add_exact(finding, member_by_code(finding->sql, typed, &id), id));
    size_t first = finding->after.id == 0                ? 0
                   : finding->after.order == ORDER_EXACT ? (size_t)finding->after.rank + 1
                                                         : finding->exact_count;
    for (size_t i = first; i < finding->exact_count; i++) {
        TRY(add_hit(finding, (struct position){.order = ORDER_EXACT,
                                               .rank = (int64_t)i,
                                               .text = STR(""),
                                               .id = finding->exact[i]}));
    }
    return 0;
}

static bool is_exact(const struct finding *finding, int64_t id)
{
    for (size_t i = 0; i < finding->exact_count; i++) {
        if (finding->exact[i] == id) return true;
    }
    return false;
}

/* --- By words --- */

static struct str range_end(const char *beginning, char end[SEARCH_WORD_BYTES_MAX + sizeof WORD_END])
{
    int len = snprintf(end, SEARCH_WORD_BYTES_MAX + sizeof WORD_END, "%s" WORD_END, beginning);
    return (struct str){end, (size_t)len};
}

/* How many words a term meets, counted no further than a list is. */
static int count_matches(struct sql *sql, const struct search_term *term, int64_t *ret_count)
{
    *ret_count = 0;
    for (size_t i = 0; i < term->count; i++) {
        char end[SEARCH_WORD_BYTES_MAX + sizeof WORD_END];
        int64_t count = 0;
        TRY(sql_number(
            sql,
            "SELECT count(*) FROM (SELECT 1 FROM search_words WHERE word >= $1 AND word < $2 LIMIT $3) AS met",
            SQL_VALUES(sql_text(str_c(term->at[i])), sql_text(range_end(term->at[i], end)),
                       sql_int(RANKED_MAX)),
            &count));
        *ret_count += count;
    }
    return 0;
}

/* Which term to go by, and how. 0: a term meets nobody. */
static int choose(struct finding *finding)
{
    int64_t fewest = INT64_MAX;
    for (size_t i = 0; i < finding->terms.count; i++) {
        int64_t count;
        TRY(count_matches(finding->sql, &finding->terms.at[i], &count));
        if (count < fewest) finding->narrowest = i;
        if (count < fewest) fewest = count;
    }
    bool pinned = finding->after.id != 0 && finding->after.order != ORDER_EXACT;
    finding->is_listed = pinned ? finding->after.order == ORDER_LISTED : fewest >= RANKED_MAX;
    return fewest > 0;
}

/* The sum of the terms' scores; -1: one is not met. */
static int64_t score(const struct finding *finding, struct str words)
{
    int64_t sum = 0;
    for (size_t i = 0; i < finding->terms.count; i++) {
        int one = search_score(&finding->terms.at[i], words);
        if (one < 0) return -1;
        sum += one;
    }
    return sum;
}

/* A term's ranges of words, as parameters; nothing lies in the range of «» to «». */
struct ranges {
    char ends[SEARCH_ALTERNATIVES_MAX][SEARCH_WORD_BYTES_MAX + sizeof WORD_END];
    struct sql_value values[2 * SEARCH_ALTERNATIVES_MAX];
};

static void set_ranges(struct ranges *ranges, const struct search_term *term)
{
    for (size_t i = 0; i < SEARCH_ALTERNATIVES_MAX; i++) {
        bool used = i < term->count;
        ranges->values[2 * i] = used ? sql_text(str_c(term->at[i])) : sql_text(STR(""));
        ranges->values[2 * i + 1] =
            used ? sql_text(range_end(term->at[i], ranges->ends[i])) : sql_text(STR(""));
    }
}

#define MET_BY(a, b, c, d, e, f)                                                                             \
    "(SELECT member_id FROM search_words WHERE word >= " a " AND word < " b                                  \
    " UNION SELECT member_id FROM search_words WHERE word >= " c " AND word < " d                            \
    " UNION SELECT member_id FROM search_words WHERE word >= " e " AND word < " f ")"

/* --- Ranked --- */

static int on_candidate(void *ctx, const struct sql_row *row)
{
    struct finding *finding = ctx;
    int64_t rank = score(finding, row_text(row, 2));
    struct position position = {.order = ORDER_RANKED,
                                .rank = rank,
                                .text = row_text(row, 1),
                                .id = row_int(row, 0)};
    if (rank < 0 || is_exact(finding, position.id)) return 0;
    bool seen = finding->after.order == ORDER_RANKED && compare_positions(&position, &finding->after) <= 0;
    return seen ? 0 : add_hit(finding, position);
}

static int find_ranked(struct finding *finding)
{
    struct ranges ranges;
    set_ranges(&ranges, &finding->terms.at[finding->narrowest]);
    size_t before = finding->hits.count;
    TRY(sql_run(finding->sql,
                "SELECT id, sort_name, search FROM members WHERE id IN " MET_BY(
                    "$1", "$2", "$3", "$4", "$5", "$6") " AND deleted_at IS NULL",
                ranges.values, 2 * SEARCH_ALTERNATIVES_MAX, on_candidate, finding));
    struct position *hits = finding->hits.items;
    if (finding->hits.count > before) {
        qsort(hits + before, finding->hits.count - before, sizeof *hits, compare_positions);
    }
    if (finding->hits.count > finding->wanted) finding->hits.count = finding->wanted;
    return 0;
}

/* --- Listed --- */

struct listing {
    struct finding *finding;
    const struct search_term *term;
    size_t alternative;
    struct str last;                      /* behind the alternative's words */
    char word[SEARCH_WORD_BYTES_MAX + 1]; /* of the row last read */
    int64_t id;
    size_t read;
};

static int keep_word(struct listing *listing, struct str word)
{
    if (word.len > SEARCH_WORD_BYTES_MAX) return ERR_CORRUPT;
    memcpy(listing->word, word.at, word.len);
    listing->word[word.len] = '\0';
    return 0;
}

static int on_listed(void *ctx, const struct sql_row *row)
{
    struct listing *listing = ctx;
    struct finding *finding = listing->finding;
    struct str word = row_text(row, 0), words = row_text(row, 2);
    TRY(keep_word(listing, word));
    listing->id = row_int(row, 1);
    listing->read++;
    size_t alternative;
    struct str listed_by = search_listed_by(listing->term, words, &alternative);
    bool here = alternative == listing->alternative &&
                str_eq(listed_by, word); /* a member of several such words stands once */
    if (!here || score(finding, words) < 0 || is_exact(finding, listing->id)) return 0;
    int64_t rank = (int64_t)(finding->narrowest * SEARCH_ALTERNATIVES_MAX + alternative);
    TRY(add_hit(finding,
                (struct position){.order = ORDER_LISTED, .rank = rank, .text = word, .id = listing->id}));
    return is_full(finding) ? 1 : 0;
}

/* CROSS JOIN: SQLite then keeps the order of the tables. */
#define LIST_OF_WORDS                                                                                        \
    "SELECT w.word, w.member_id, m.search FROM search_words w CROSS JOIN members m"                          \
    " WHERE (w.word, w.member_id) > ($1, $2) AND w.word < $3 AND m.id = w.member_id AND m.deleted_at IS NULL"

static int list_some(struct listing *listing, const struct search_term *other)
{
    struct ranges ranges;
    char begin[SEARCH_WORD_BYTES_MAX + 1];
    memcpy(begin, listing->word, sizeof begin); /* what is bound stays as it is while the query runs */
    struct sql_value values[4 + 2 * SEARCH_ALTERNATIVES_MAX] = {sql_text(str_c(begin)), sql_int(listing->id),
                                                                sql_text(listing->last)};
    struct sql *sql = listing->finding->sql;
    listing->read = 0;
    if (other == NULL) {
        values[3] = sql_int(LISTED_AT_ONCE);
        return sql_run(sql, LIST_OF_WORDS " ORDER BY w.word, w.member_id LIMIT $4", values, 4, on_listed,
                       listing);
    }
    set_ranges(&ranges, other);
    memcpy(values + 3, ranges.values, sizeof ranges.values);
    values[9] = sql_int(LISTED_AT_ONCE);
    return sql_run(sql,
                   LIST_OF_WORDS
                   " AND w.member_id IN " MET_BY("$4", "$5", "$6", "$7", "$8",
                                                 "$9") " ORDER BY w.word, w.member_id LIMIT $10",
                   values, 10, on_listed, listing);
}

/* A second term to sieve by, where one stretch did not fill the page: whoever meets both is rare then, and to read each member of the
 * first term's list would take long. The one of the most letters. */
static const struct search_term *sieve(const struct finding *finding)
{
    const struct search_term *best = NULL;
    for (size_t i = 0; i < finding->terms.count; i++) {
        const struct search_term *term = &finding->terms.at[i];
        if (i != finding->narrowest && (best == NULL || strlen(term->at[0]) > strlen(best->at[0]))) {
            best = term;
        }
    }
    return best;
}

static int list_alternative(struct finding *finding, size_t alternative, struct str after_word,
                            int64_t after_id)
{
    const struct search_term *term = &finding->terms.at[finding->narrowest];
    char end[SEARCH_WORD_BYTES_MAX + sizeof WORD_END];
    struct listing listing = {.finding = finding, .term = term, .alternative = alternative, .id = after_id};
    listing.last = range_end(term->at[alternative], end);
    TRY(keep_word(&listing, after_word));
    TRY(list_some(&listing, NULL));
    while (listing.read == LISTED_AT_ONCE && !is_full(finding)) TRY(list_some(&listing, sieve(finding)));
    return 0;
}

static int find_listed(struct finding *finding)
{
    size_t first = 0;
    const struct position *after = &finding->after;
    bool goes_on = after->id != 0 && after->order == ORDER_LISTED;
    if (goes_on) {
        first = (size_t)after->rank % SEARCH_ALTERNATIVES_MAX;
        finding->narrowest = (size_t)after->rank / SEARCH_ALTERNATIVES_MAX;
        bool known =
            finding->narrowest < finding->terms.count && first < finding->terms.at[finding->narrowest].count;
        if (!known || !str_starts(after->text, str_c(finding->terms.at[finding->narrowest].at[first]))) {
            return ERR_SYNTAX;
        }
    }
    const struct search_term *term = &finding->terms.at[finding->narrowest];
    for (size_t i = first; i < term->count && !is_full(finding); i++) {
        bool here = goes_on && i == first;
        TRY(list_alternative(finding, i, here ? after->text : str_c(term->at[i]), here ? after->id : 0));
    }
    return 0;
}

/* --- A page --- */

static int find_typed(struct finding *finding, struct str typed)
{
    TRY(find_exact(finding, typed));
    if (is_full(finding)) return 0;
    TRY(search_query(typed, &finding->terms));
    if (finding->terms.count == 0) return 0;
    int any = choose(finding);
    if (any <= 0) return any;
    return finding->is_listed ? find_listed(finding) : find_ranked(finding);
}

static int make_page(struct finding *finding, struct arena *arena, struct member_page *page)
{
    const struct position *hits = finding->hits.items;
    size_t count = finding->hits.count > page->limit ? page->limit : finding->hits.count;
    int64_t *ids = arena_array(&finding->arena, int64_t, count + 1);
    if (ids == NULL) return ERR_NOMEM;
    for (size_t i = 0; i < count; i++) ids[i] = hits[i].id;
    page->next = (struct str){0};
    if (finding->hits.count > count) TRY(position_text(&hits[count - 1], arena, &page->next));
    return members_read(finding->sql, ids, count, arena, &page->rows, &page->count);
}

static int find_page(struct finding *finding, struct arena *arena, struct member_page *page)
{
    struct str typed = str_trim(page->query);
    finding->hits = LIST_OF(&finding->arena, struct position);
    if (page->after.at != NULL) {
        if (position_parse(page->after, &finding->after) < 0) return ERR_SYNTAX;
        if ((finding->after.order == ORDER_NAME) != (typed.len == 0)) return ERR_SYNTAX;
    }
    TRY(typed.len == 0 ? find_named(finding) : find_typed(finding, typed));
    return make_page(finding, arena, page);
}

int member_find(struct sql *sql, struct arena *arena, struct member_page *page)
{
    check(page->limit >= 1 && page->limit <= MEMBERS_PAGE_MAX);
    struct finding finding = {.sql = sql, .arena = arena_of(SCRATCH_BYTES_MAX), .wanted = page->limit + 1};
    int rc = find_page(&finding, arena, page);
    arena_done(&finding.arena);
    return rc;
}
