#include "agent/analyse/choose.h"

#include "agent/base/mysql_address.h"
#include "agent/base/table_name.h"

/* More than one cycle ever needs: bounds the ranking, whatever the limits say. */
#define RANKED_MAX 64
/* WordPress reads these two on nearly every request, so they are worth as much of
 * the budget as another entry of four times their size. */
#define ROLE_WEIGHT 4
#define FAMILY_SHARE_MIN 0.002
/* Fewer transients of one family are no explosion. */
#define TRANSIENT_NAMES_MIN 500
#define TRANSIENT_FAMILIES_MAX 3
#define LITERAL_MIN 4
/* An autoloaded option of this length is more than what all of them may have by
 * WordPress's own Site Health test (800,000 bytes). */
#define AUTOLOADED_MIN 1000000
#define POST_ID_DIGITS_MAX 18
/* Rows a second that a statement reads, and times that it runs, below which nobody asks
 * whose it is. */
#define STATEMENT_WORK_MIN 50

const struct wpb_choice_limits wpb_choice_defaults = {
    .values = 6,
    .value_bytes = (uint64_t)16 << 20,
    .total_bytes = (uint64_t)48 << 20,
    .worthwhile_bytes = (uint64_t)64 << 10,
    .families = 8,
    .tables = 4,
    .posts = 4,
    .options = 4,
    .row_bytes = (uint64_t)8 << 20,
    .names = 60,
};

struct ranked {
    const struct wpb_subject *subject;
    double weight;
    uint64_t bytes; /* length of the value, as far as known */
    const char *why;
};

struct ranking {
    struct ranked best[RANKED_MAX]; /* heaviest first */
    size_t count, room;
};

static void ranking_init(struct ranking *ranking, size_t room)
{
    ranking->count = 0;
    ranking->room = room < RANKED_MAX ? room : RANKED_MAX;
}

static bool is_before(const struct ranked *a, const struct ranked *b)
{
    if (a->weight > b->weight)
        return true;
    if (a->weight < b->weight)
        return false;
    return wpb_subject_compare(a->subject, b->subject) < 0;
}

static void ranking_offer(struct ranking *ranking, const struct ranked *newcomer)
{
    size_t at = ranking->count;

    while (at > 0 && is_before(newcomer, &ranking->best[at - 1]))
        at--;
    if (at >= ranking->room)
        return;
    if (ranking->count < ranking->room)
        ranking->count++;
    for (size_t i = ranking->count - 1; i > at; i--)
        ranking->best[i] = ranking->best[i - 1];
    ranking->best[at] = *newcomer;
}

static uint64_t known_bytes(const struct wpb_window *window,
                            const struct wpb_subject *key)
{
    int64_t memory = wpb_window_integer(window, key, WPB_M_MEMORY_BYTES, 0);
    int64_t bytes = wpb_window_integer(window, key, WPB_M_VALUE_BYTES, memory);

    return bytes > 0 ? (uint64_t)bytes : 0;
}

static bool is_role(const struct wpb_window *window, const struct wpb_subject *key,
                    const char *role)
{
    return wpb_slice_is(wpb_window_text(window, key, WPB_M_KEY_ROLE), role);
}

/* What of the limits earlier examinations have used up. */
struct spent {
    size_t values;
    uint64_t bytes;
};

static void rank_keys(const struct wpb_window *window,
                      const struct wpb_choice_limits *limits, struct ranking *ranking,
                      struct spent *spent)
{
    const struct wpb_subject *key;
    size_t cursor = 0;

    while ((key = wpb_window_next(window, WPB_SUBJECT_REDIS_KEY, NULL, &cursor))) {
        int64_t examined = wpb_window_integer(window, key, WPB_M_EXAMINED_BYTES, -1);
        struct ranked newcomer = {.subject = key, .why = "one of the largest entries"};

        if (examined >= 0) {
            spent->values++;
            spent->bytes += (uint64_t)examined;
            continue;
        }
        newcomer.bytes = known_bytes(window, key);
        if (newcomer.bytes < limits->worthwhile_bytes ||
            wpb_window_integer(window, key, WPB_M_PRESENT, 1) == 0 ||
            is_role(window, key, "metrics")) /* a zset: no value to read */
            continue;
        newcomer.weight = (double)newcomer.bytes;
        if (is_role(window, key, "notoptions")) {
            newcomer.weight *= ROLE_WEIGHT;
            newcomer.why = "the list of options that do not exist";
        } else if (is_role(window, key, "alloptions")) {
            newcomer.weight *= ROLE_WEIGHT;
            newcomer.why = "all autoloaded options";
        }
        ranking_offer(ranking, &newcomer);
    }
}

static size_t choose_keys(const struct wpb_window *window,
                          const struct wpb_choice_limits *limits,
                          struct wpb_choice *choices, size_t capacity)
{
    struct ranking ranking;
    struct spent spent = {0, 0};
    size_t count = 0;

    ranking_init(&ranking, limits->values);
    rank_keys(window, limits, &ranking, &spent);
    for (size_t i = 0; i < ranking.count; i++) {
        const struct ranked *next = &ranking.best[i];
        uint64_t cap = limits->value_bytes;

        if (count == capacity || spent.values >= limits->values ||
            spent.bytes >= limits->total_bytes)
            break;
        if (cap > limits->total_bytes - spent.bytes)
            cap = limits->total_bytes - spent.bytes;
        choices[count++] = (struct wpb_choice){
            .examines = WPB_SUBJECT_REDIS_KEY,
            .request = {.subject = next->subject, .why = next->why, .byte_cap = cap},
        };
        spent.values++;
        spent.bytes += next->bytes < cap ? next->bytes : cap;
    }
    return count;
}

/* The length of the placeholder that TEMPLATE begins with, or 0. */
static size_t placeholder_length(struct wpb_slice template_name)
{
    static const char *const placeholders[] = {"<n>",     "<hex>",   "<uuid>",
                                               "<date>",  "<email>", "<id>",
                                               "<bytes>", "<*>",     "<other>"};

    for (size_t i = 0; i < sizeof(placeholders) / sizeof(placeholders[0]); i++) {
        struct wpb_slice placeholder = wpb_slice_cstr(placeholders[i]);
        if (wpb_slice_starts(template_name, placeholder))
            return placeholder.len;
    }
    return 0;
}

/* Whether sources could be searched for a part of TEMPLATE. */
static bool has_literal(struct wpb_slice template_name)
{
    size_t run = 0;

    while (template_name.len && run < LITERAL_MIN) {
        size_t skip = placeholder_length(template_name);
        run = skip ? 0 : run + 1;
        template_name = wpb_slice_skip(template_name, skip ? skip : 1);
    }
    return run >= LITERAL_MIN;
}

static double share_of(const struct wpb_window *window, const struct wpb_subject *family)
{
    const struct wpb_sample *share = wpb_window_get(window, family, WPB_M_SHARE_RATIO);

    return share && share->value.type == WPB_VALUE_DOUBLE ? share->value.number : 0;
}

/* Only names of options are asked for by name in somebody's source. */
static bool holds_options(const struct wpb_window *window, const struct wpb_subject *key)
{
    return key && wpb_window_integer(window, key, WPB_M_EXAMINED_BYTES, -1) >= 0 &&
           (is_role(window, key, "notoptions") || is_role(window, key, "alloptions"));
}

/* Families of names that deserve a search of the sources. */
struct families {
    struct ranking cached, stored;    /* of cache entries, of options tables */
    size_t searched, stored_searched; /* of all, of options tables, so far */
};

static void rank_family(const struct wpb_window *window, const struct wpb_subject *family,
                        struct families *families)
{
    struct ranked newcomer = {.subject = family, .weight = share_of(window, family)};
    bool is_stored = family->parent && family->parent->kind == WPB_SUBJECT_TABLE;

    if (wpb_window_get(window, family, WPB_M_SOURCE_MATCHES)) {
        families->searched++;
        families->stored_searched += is_stored;
        return;
    }
    if (newcomer.weight < FAMILY_SHARE_MIN || !has_literal(family->name))
        return;
    if (is_stored) {
        newcomer.weight = (double)wpb_window_integer(window, family, WPB_M_NAMES, 0);
        newcomer.why = "a large family of transients";
        if (newcomer.weight >= TRANSIENT_NAMES_MIN)
            ranking_offer(&families->stored, &newcomer);
    } else if (holds_options(window, family->parent)) {
        if (is_role(window, family->parent, "notoptions"))
            newcomer.weight += 1; /* before any share of an alloptions */
        newcomer.why = "a large family of option names";
        ranking_offer(&families->cached, &newcomer);
    }
}

static size_t choose_ranked(const struct ranking *ranking, size_t max,
                            enum wpb_subject_kind examines, struct wpb_choice *choices)
{
    size_t count = 0;

    for (; count < ranking->count && count < max; count++)
        choices[count] = (struct wpb_choice){
            .examines = examines,
            .request = {.subject = ranking->best[count].subject,
                        .why = ranking->best[count].why,
                        .byte_cap = UINT64_MAX}, /* the examiner's own bound is enough */
        };
    return count;
}

static size_t less(size_t a, size_t b)
{
    return a > b ? a - b : 0;
}

/* Those of an options table have places of their own, or a large notoptions would leave
 * them none; WAIT: not yet. */
static size_t choose_families(const struct wpb_window *window,
                              const struct wpb_choice_limits *limits, bool wait,
                              struct wpb_choice *choices, size_t capacity)
{
    const struct wpb_subject *family;
    struct families families = {.searched = 0};
    size_t cursor = 0, places, stored, count;

    ranking_init(&families.cached, limits->families);
    ranking_init(&families.stored, TRANSIENT_FAMILIES_MAX);
    while ((family = wpb_window_next(window, WPB_SUBJECT_OPTION_FAMILY, NULL, &cursor)))
        rank_family(window, family, &families);
    places = less(limits->families, families.searched);
    if (places > capacity)
        places = capacity;
    stored = less(TRANSIENT_FAMILIES_MAX, families.stored_searched);
    if (stored > families.stored.count)
        stored = families.stored.count;
    if (stored > places)
        stored = places;
    count = choose_ranked(&families.cached, places - (wait ? 0 : stored),
                          WPB_SUBJECT_OPTION_FAMILY, choices);
    if (!wait)
        count += choose_ranked(&families.stored, stored, WPB_SUBJECT_OPTION_FAMILY,
                               choices + count);
    return count;
}

static double number_of(const struct wpb_window *window,
                        const struct wpb_subject *subject, enum wpb_metric metric)
{
    const struct wpb_sample *sample = wpb_window_get(window, subject, metric);

    if (sample && sample->value.type == WPB_VALUE_DOUBLE)
        return sample->value.number;
    return sample && sample->value.type == WPB_VALUE_INTEGER
               ? (double)sample->value.integer
               : 0;
}

/* Work of a statement: each row, and each time that it runs. */
static double work_of(const struct wpb_window *window,
                      const struct wpb_subject *statement)
{
    return number_of(window, statement, WPB_M_EXECUTIONS_PER_SECOND) *
           (1 + number_of(window, statement, WPB_M_EXECUTION_ROWS));
}

/* Tables whose rows requests wait for, and statements that work hardest, of tables that
 * are some plugin's own: the sources tell whose. */
static size_t choose_tables(const struct wpb_window *window,
                            const struct wpb_choice_limits *limits,
                            struct wpb_choice *choices, size_t capacity)
{
    static const enum wpb_subject_kind kinds[] = {WPB_SUBJECT_TABLE,
                                                  WPB_SUBJECT_STATEMENT};
    const char *prefix = wpb_window_site(window)->table_prefix;
    const struct wpb_subject *subject;
    struct ranking ranking;
    size_t searched = 0;

    ranking_init(&ranking, limits->tables);
    for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
        bool is_table = kinds[k] == WPB_SUBJECT_TABLE;
        size_t cursor = 0;
        while ((subject = wpb_window_next(window, kinds[k], NULL, &cursor))) {
            struct ranked newcomer = {.subject = subject};
            if (wpb_window_get(window, subject, WPB_M_SOURCE_MATCHES)) {
                searched++;
                continue;
            }
            newcomer.why = is_table ? "requests wait for its rows"
                                    : "no statement works harder, but a few";
            newcomer.weight =
                is_table ? number_of(window, subject, WPB_M_LOCK_WAIT_LOOKS) * 1e12
                         : work_of(window, subject);
            if (newcomer.weight >= STATEMENT_WORK_MIN &&
                wpb_table_name_own(subject, prefix).len)
                ranking_offer(&ranking, &newcomer);
        }
    }
    searched = less(limits->tables, searched);
    return choose_ranked(&ranking, searched < capacity ? searched : capacity,
                         WPB_SUBJECT_OPTION_FAMILY, choices);
}

/* Does one of CHOICES hold names of options, whose families are not yet known? */
static bool leads_to_families(const struct wpb_window *window,
                              const struct wpb_choice *choices, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct wpb_subject *key = choices[i].request.subject;
        if (is_role(window, key, "notoptions") || is_role(window, key, "alloptions"))
            return true;
    }
    return false;
}

/* Names that a notoptions calls absent, to be looked up. */
static size_t choose_names(const struct wpb_window *window,
                           const struct wpb_choice_limits *limits,
                           struct wpb_choice *choices, size_t capacity)
{
    const struct wpb_subject *option;
    size_t cursor = 0, looked_up = 0, count = 0;

    if (!wpb_window_site(window)->has_mysql)
        return 0;
    while ((option = wpb_window_next(window, WPB_SUBJECT_OPTION, NULL, &cursor))) {
        if (!wpb_window_get(window, option, WPB_M_IN_NOTOPTIONS))
            continue;
        if (wpb_window_get(window, option, WPB_M_IN_DATABASE))
            looked_up++;
        else if (count < capacity && looked_up + count < limits->names)
            choices[count++] = (struct wpb_choice){
                .examines = WPB_SUBJECT_OPTION,
                .request = {.subject = option,
                            .why = "notoptions says that it does not exist",
                            .byte_cap = 0}, /* its name is enough */
            };
    }
    return count;
}

/* Has an examiner looked into it? How heavy a post is may be known without (--deep). */
static bool was_looked_into(const struct wpb_window *window,
                            const struct wpb_subject *post)
{
    return wpb_window_get(window, post, WPB_M_LARGEST_META_KEY) ||
           wpb_window_get(window, post, WPB_M_PRESENT);
}

/* Offer the post with that ID, once and with its largest weight, when somebody has
 * posted about it. */
static void offer_post(const struct wpb_window *window, struct ranking *ranking,
                       uint64_t id, uint64_t bytes, const char *why)
{
    struct ranked newcomer = {.weight = (double)bytes, .bytes = bytes, .why = why};
    struct wpb_mysql_post post;

    wpb_mysql_post_init(&post, &wpb_window_site(window)->mysql, id);
    newcomer.subject = wpb_window_find(window, &post.subject);
    wpb_mysql_post_fini(&post);
    if (!newcomer.subject || was_looked_into(window, newcomer.subject))
        return;
    for (size_t i = 0; i < ranking->count; i++) {
        if (ranking->best[i].subject != newcomer.subject)
            continue;
        if (ranking->best[i].weight >= newcomer.weight)
            return;
        ranking->count--;
        memmove(&ranking->best[i], &ranking->best[i + 1],
                (ranking->count - i) * sizeof(ranking->best[0]));
        break;
    }
    ranking_offer(ranking, &newcomer);
}

static uint64_t post_id_of(struct wpb_slice digits)
{
    uint64_t id = 0;

    if (digits.len > POST_ID_DIGITS_MAX)
        return 0;
    for (size_t i = 0; i < digits.len; i++) {
        if (digits.data[i] < '0' || digits.data[i] > '9')
            return 0;
        id = id * 10 + (uint64_t)(digits.data[i] - '0');
    }
    return id;
}

static void rank_posts(const struct wpb_window *window,
                       const struct wpb_choice_limits *limits, struct ranking *ranking)
{
    const struct wpb_subject *subject;
    size_t cursor = 0;

    while ((subject = wpb_window_next(window, WPB_SUBJECT_REDIS_KEY, NULL, &cursor))) {
        int64_t id = wpb_window_integer(window, subject, WPB_M_POST_ID, 0);
        uint64_t bytes = known_bytes(window, subject);
        if (id > 0 && bytes >= limits->worthwhile_bytes)
            offer_post(window, ranking, (uint64_t)id, bytes,
                       "its meta is one of the largest cache entries");
    }
    cursor = 0;
    while ((subject = wpb_window_next(window, WPB_SUBJECT_META_KEY, NULL, &cursor))) {
        int64_t bytes = wpb_window_integer(window, subject, WPB_M_LARGEST_BYTES, 0);
        uint64_t id = post_id_of(wpb_window_text(window, subject, WPB_M_LARGEST_NAME));
        if (id > 0 && bytes > 0 && (uint64_t)bytes >= limits->worthwhile_bytes)
            offer_post(window, ranking, id, (uint64_t)bytes,
                       "it has the largest value seen of a meta key");
    }
    cursor = 0;
    while ((subject = wpb_window_next(window, WPB_SUBJECT_POST, NULL, &cursor))) {
        int64_t bytes = wpb_window_integer(window, subject, WPB_M_LARGEST_BYTES, 0);
        int64_t all_bytes = wpb_window_integer(window, subject, WPB_M_ROW_BYTES, 0);
        uint64_t id = post_id_of(subject->name);
        if (id > 0 && bytes > 0 && (uint64_t)bytes >= limits->worthwhile_bytes)
            offer_post(window, ranking, id, (uint64_t)bytes,
                       "a revision of it has the largest value seen of a meta key");
        else if (id > 0 && all_bytes > 0 &&
                 (uint64_t)all_bytes >= limits->worthwhile_bytes)
            offer_post(window, ranking, id, (uint64_t)all_bytes,
                       "no post has more meta, but a few");
    }
}

/* It was looked into only to learn whose it is. */
static bool is_revision(const struct wpb_window *window, const struct wpb_subject *post)
{
    return wpb_slice_is(wpb_window_text(window, post, WPB_M_POST_TYPE), "revision");
}

/* How many posts an examiner has looked into. */
static size_t examined_posts(const struct wpb_window *window)
{
    const struct wpb_subject *post;
    size_t cursor = 0, count = 0;

    while ((post = wpb_window_next(window, WPB_SUBJECT_POST, NULL, &cursor)))
        count += was_looked_into(window, post) && !is_revision(window, post);
    return count;
}

/* And how many options. */
static size_t examined_options(const struct wpb_window *window)
{
    const struct wpb_subject *option;
    size_t cursor = 0, count = 0;

    while ((option = wpb_window_next(window, WPB_SUBJECT_OPTION, NULL, &cursor)))
        count += !option->parent && wpb_window_get(window, option, WPB_M_EXAMINED_BYTES);
    return count;
}

static size_t take_ranked(const struct ranking *ranking, enum wpb_subject_kind kind,
                          uint64_t byte_cap, size_t room, struct wpb_choice *choices)
{
    size_t count = 0;

    for (size_t i = 0; i < ranking->count && count < room; i++)
        choices[count++] = (struct wpb_choice){
            .examines = kind,
            .request = {.subject = ranking->best[i].subject,
                        .why = ranking->best[i].why,
                        .byte_cap = byte_cap},
        };
    return count;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t choose_posts(const struct wpb_window *window,
                           const struct wpb_choice_limits *limits,
                           struct wpb_choice *choices, size_t capacity)
{
    size_t spent = examined_posts(window);
    struct ranking ranking;

    if (!wpb_window_site(window)->has_mysql || spent >= limits->posts)
        return 0;
    ranking_init(&ranking, limits->posts - spent);
    rank_posts(window, limits, &ranking);
    return take_ranked(&ranking, WPB_SUBJECT_POST, limits->row_bytes,
                       least(capacity, limits->posts - spent), choices);
}

static void rank_options(const struct wpb_window *window,
                         const struct wpb_choice_limits *limits, struct ranking *ranking)
{
    const struct wpb_subject *option;
    size_t cursor = 0;

    while ((option = wpb_window_next(window, WPB_SUBJECT_OPTION, NULL, &cursor))) {
        int64_t bytes = wpb_window_integer(window, option, WPB_M_ROW_BYTES, 0);
        bool grows =
            wpb_slice_is(wpb_window_text(window, option, WPB_M_META_ROLE), "per page") &&
            bytes > 0 && (uint64_t)bytes >= limits->worthwhile_bytes;
        bool is_loaded = wpb_window_integer(window, option, WPB_M_AUTOLOADED, 0) == 1 &&
                         bytes >= AUTOLOADED_MIN;
        struct ranked newcomer = {
            .subject = option,
            .weight = (double)bytes,
            .why = grows ? "an option that takes an entry for each page"
                         : "one of the largest options that every request loads"};
        if (option->parent || !(grows || is_loaded) ||
            wpb_window_get(window, option, WPB_M_EXAMINED_BYTES) ||
            wpb_window_integer(window, option, WPB_M_PRESENT, 1) == 0)
            continue;
        ranking_offer(ranking, &newcomer);
    }
}

static size_t choose_options(const struct wpb_window *window,
                             const struct wpb_choice_limits *limits,
                             struct wpb_choice *choices, size_t capacity)
{
    size_t spent = examined_options(window);
    struct ranking ranking;

    if (!wpb_window_site(window)->has_mysql || spent >= limits->options)
        return 0;
    ranking_init(&ranking, limits->options - spent);
    rank_options(window, limits, &ranking);
    return take_ranked(&ranking, WPB_SUBJECT_OPTION, limits->row_bytes,
                       least(capacity, limits->options - spent), choices);
}

size_t wpb_choose(const struct wpb_window *window, const struct wpb_choice_limits *limits,
                  struct wpb_choice *choices, size_t capacity)
{
    size_t count = choose_keys(window, limits, choices, capacity);
    bool wait = leads_to_families(window, choices, count);

    count += choose_posts(window, limits, choices + count, capacity - count);
    count += choose_options(window, limits, choices + count, capacity - count);
    count += choose_families(window, limits, wait, choices + count, capacity - count);
    count += choose_tables(window, limits, choices + count, capacity - count);
    return count + choose_names(window, limits, choices + count, capacity - count);
}
