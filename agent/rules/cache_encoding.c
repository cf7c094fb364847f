/* Entries that PHP does not get back as it stored them. */
#include "agent/rules/cache.h"
#include "agent/rules/ranking.h"

#define KEYS_SHOWN 5
#define KEYS_DELETED 3

enum fault { IS_ARRAY_LITERAL, IS_INVALID, IS_MIXED, FAULTS };

/* The keys of one fault: those that every request reads first. */
struct faulty {
    struct wpb_ranking keys;
    const char *also; /* IS_MIXED: the encoding of the other keys */
};

static uint64_t weight_of(const struct wpb_cache_entry *entry)
{
    if (wpb_slice_is(entry->role, "alloptions"))
        return 3;
    return wpb_slice_is(entry->role, "notoptions") ? 2 : 1;
}

/* A value that changed while it was read in pieces proves nothing. */
static bool is_invalid(const struct wpb_rule_context *context,
                       const struct wpb_subject *key)
{
    static const char sign[] = "invalid at byte";
    struct wpb_slice flaw = wpb_window_text(context->window, key, WPB_M_FLAW);
    const struct wpb_sample *length =
        wpb_window_get(context->window, key, WPB_M_VALUE_BYTES);

    return flaw.len > 0 && memmem(flaw.data, flaw.len, sign, sizeof(sign) - 1) &&
           length && length->provenance == WPB_EXACT;
}

/* Values that are arrays or objects tell the serializer; of plain strings and of
 * compressed values it cannot be told. */
static void find_faults(const struct wpb_rule_context *context,
                        struct faulty faults[FAULTS])
{
    struct wpb_ranking serialize, igbinary;
    struct wpb_cache_entry entry;
    size_t cursor = 0;

    for (int f = 0; f < FAULTS; f++)
        wpb_ranking_init(&faults[f].keys, KEYS_SHOWN);
    wpb_ranking_init(&serialize, KEYS_SHOWN);
    wpb_ranking_init(&igbinary, KEYS_SHOWN);
    while (wpb_cache_entry_next(context, &cursor, &entry)) {
        struct wpb_slice encoding =
            wpb_window_text(context->window, entry.key, WPB_M_ENCODING);
        uint64_t weight = weight_of(&entry);

        if (wpb_slice_is(encoding, "array-literal"))
            wpb_ranking_add(&faults[IS_ARRAY_LITERAL].keys, entry.key, weight);
        else if (is_invalid(context, entry.key))
            wpb_ranking_add(&faults[IS_INVALID].keys, entry.key, weight);
        else if (wpb_slice_is(encoding, "serialize"))
            wpb_ranking_add(&serialize, entry.key, weight);
        else if (wpb_slice_is(encoding, "igbinary"))
            wpb_ranking_add(&igbinary, entry.key, weight);
    }
    if (serialize.added == 0 || igbinary.added == 0)
        return;
    faults[IS_MIXED].keys = serialize.added <= igbinary.added ? serialize : igbinary;
    faults[IS_MIXED].also =
        serialize.added <= igbinary.added ? "igbinary" : "PHP's own serializer";
}

static const char *title(struct wpb_arena *arena, enum fault fault,
                         const struct faulty *faulty, struct wpb_slice role)
{
    bool is_one = faulty->keys.added == 1;
    const char *who = is_one && role.len
                          ? wpb_say_name(arena, role)
                          : wpb_arena_printf(arena, "%s cache %s",
                                             wpb_say_count(arena, faulty->keys.added),
                                             is_one ? "entry" : "entries");

    switch (fault) {
    case IS_ARRAY_LITERAL:
        return wpb_arena_printf(arena, "%s %s the word \"Array\" instead of an array",
                                who, is_one ? "holds" : "hold");
    case IS_INVALID:
        return wpb_arena_printf(arena, "%s cannot be decoded", who);
    case IS_MIXED:
    case FAULTS:
        break;
    }
    return wpb_arena_printf(arena, "%s %s written with another serializer than the rest",
                            who, is_one ? "is" : "are");
}

static const char *summary(struct wpb_arena *arena, enum fault fault,
                           const struct faulty *faulty)
{
    switch (fault) {
    case IS_ARRAY_LITERAL:
        return "An array was given to Redis as it is, and its content is lost: PHP made "
               "the word Array of it. While the drop-in stores this way, no array is "
               "cached, "
               "every request computes all of them again, and code that expects an array "
               "gets a word: options seem to be missing, and pages are slow or wrong.";
    case IS_INVALID:
        return "PHP gets false instead of the value. Code that does not expect this "
               "shows wrong content or fails, and the entry stays until it expires or "
               "somebody stores it anew.";
    case IS_MIXED:
    case FAULTS:
        break;
    }
    return wpb_arena_printf(
        arena,
        "The other entries of this site are written with %s. A PHP that is set to one "
        "serializer does not understand the other: it gets false instead of the value, "
        "or computes it anew and stores it its own way, and the two sides overwrite each "
        "other for ever.",
        faulty->also);
}

static const char *note(enum fault fault)
{
    switch (fault) {
    case IS_ARRAY_LITERAL:
        return "This is what PhpRedis does when it has no serializer and the drop-in "
               "relies on one: WP_REDIS_SERIALIZER names one that this PHP does not "
               "have (after an update of PHP, igbinary is often missing), or a program "
               "of its own writes these keys.";
    case IS_INVALID:
        return "Common causes: the value was cut off when it was stored, a program other "
               "than the drop-in writes the key, or an entry is left from other settings "
               "of serializer or compression.";
    case IS_MIXED:
    case FAULTS:
        break;
    }
    return "Common causes: the setting was changed and the cache not emptied; or PHP on "
           "the command line (WP-CLI, the system's cron) has no igbinary extension while "
           "the web server's PHP has one, or the reverse.";
}

static void draft_lasting(struct wpb_draft *draft, enum fault fault)
{
    struct wpb_rule_context *context = draft->context;
    bool is_redis_cache = context->site->flavour == WPB_FLAVOUR_REDIS_CACHE;

    if (fault == IS_ARRAY_LITERAL && is_redis_cache)
        wpb_draft_line(
            &draft->for_good,
            "Remove WP_REDIS_SERIALIZER from wp-config.php: Redis Object Cache "
            "encodes by itself. For igbinary, install the extension and use "
            "WP_REDIS_IGBINARY instead.");
    else if (fault == IS_ARRAY_LITERAL)
        wpb_draft_line(&draft->for_good,
                       "Look which serializer the drop-in is set to, and install that "
                       "extension for the web server's PHP.");
    if (fault == IS_MIXED)
        wpb_draft_line(&draft->for_good,
                       "Give PHP-FPM and PHP on the command line the same extensions "
                       "(igbinary in both or in neither), of the same PHP version.");
    if (fault == IS_INVALID) {
        wpb_draft_line(&draft->for_good,
                       "If it comes back, find who writes the key besides the drop-in, "
                       "and whether values of that size are cut off on their way "
                       "(timeouts in PHP's error log at the time of writing).");
        return;
    }
    wpb_draft_line(&draft->for_good, "Then restart PHP-FPM and empty the cache once:");
    wpb_draft_line(&draft->for_good,
                   wpb_say_wp_command(context, "cache flush", wpb_slice_of("", 0)));
}

static void draft_remedy(struct wpb_draft *draft, enum fault fault,
                         const struct faulty *faulty)
{
    static const char *const summaries[FAULTS] = {
        [IS_ARRAY_LITERAL] = "Mend the serializer first, then empty the cache once: what "
                             "was stored as a word cannot be recovered, and is built "
                             "again from the database.",
        [IS_INVALID] = "Delete the entries: that is safe, they are built again on "
                       "demand. If they come back the same, look who writes them.",
        [IS_MIXED] = "Have every PHP that runs this site use the same serializer, then "
                     "empty the cache once.",
    };
    struct wpb_rule_context *context = draft->context;

    draft->finding.remedy.summary = summaries[fault];
    if (fault == IS_INVALID) {
        draft->finding.remedy.summary = wpb_arena_printf(
            context->arena, "%s%s", summaries[fault], wpb_say_password_note(context));
        for (size_t i = 0; i < faulty->keys.count && i < KEYS_DELETED; i++)
            wpb_draft_line(&draft->now,
                           wpb_say_redis_key_command(
                               context, faulty->keys.items[i].subject, "UNLINK"));
    } else {
        wpb_draft_line(&draft->now, "php -m | grep -iE 'redis|relay|igbinary|msgpack'");
    }
    draft_lasting(draft, fault);
    wpb_draft_line(&draft->verify,
                   wpb_say_explain_command(context, draft->finding.subject));
}

static void report(struct wpb_rule_context *context, enum fault fault,
                   const struct faulty *faulty)
{
    struct wpb_arena *arena = context->arena;
    const struct wpb_subject *key = faulty->keys.items[0].subject;
    struct wpb_slice role = wpb_window_text(context->window, key, WPB_M_KEY_ROLE);
    bool is_vital = fault == IS_ARRAY_LITERAL && faulty->keys.items[0].weight > 1;
    struct wpb_draft draft;

    wpb_draft_init(&draft, context, is_vital ? WPB_CRITICAL : WPB_WARNING, key);
    draft.finding.title = title(arena, fault, faulty, role);
    draft.finding.summary = summary(arena, fault, faulty);
    wpb_draft_fact(&draft, "misencoded_keys", wpb_value_count(faulty->keys.added),
                   WPB_EXACT);
    wpb_draft_known(&draft, "encoding", WPB_M_ENCODING);
    if (fault == IS_INVALID)
        wpb_draft_known(&draft, "flaw", WPB_M_FLAW);
    wpb_draft_known(&draft, "value_bytes", WPB_M_VALUE_BYTES);
    draft.finding.cause.kind = "encoding";
    draft.finding.cause.confidence = "possible";
    draft.finding.cause.note =
        faulty->keys.added > 1
            ? wpb_arena_printf(arena, "%s Entries: %s%s.", note(fault),
                               wpb_ranking_say_names(&faulty->keys, arena),
                               faulty->keys.added > faulty->keys.count ? " and others"
                                                                       : "")
            : note(fault);
    draft_remedy(&draft, fault, faulty);
    wpb_draft_emit(&draft);
}

void wpb_cache_misencoded(struct wpb_rule_context *context)
{
    struct faulty faults[FAULTS] = {0};

    find_faults(context, faults);
    for (int f = 0; f < FAULTS; f++) {
        if (faults[f].keys.count)
            report(context, (enum fault)f, &faults[f]);
    }
}
