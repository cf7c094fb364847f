#include "agent/alert/shorten.h"

#include "agent/base/text.h"
#include "wpbloat/site.h"

#define NO_LIMIT SIZE_MAX
/* Longer lists than any rule writes. */
#define LINES_MAX 16

/* What a level leaves; members of a row are limits of bytes or of items. */
struct level {
    bool has_excerpts;
    size_t families, components;
    size_t now, for_good, verify;
    size_t other_sites;
    size_t title, summary, note;
    size_t evidence, evidence_text;
    size_t name, scope, place; /* of the subject; what a site and its owner are called */
};

static const struct level levels[WPB_SHORTEN_LEVELS] = {
    {true, 100, 100, LINES_MAX, LINES_MAX, LINES_MAX, 100, NO_LIMIT, NO_LIMIT, NO_LIMIT,
     NO_LIMIT, NO_LIMIT, NO_LIMIT, NO_LIMIT, NO_LIMIT},
    {false, 100, 100, LINES_MAX, LINES_MAX, LINES_MAX, 100, NO_LIMIT, NO_LIMIT, NO_LIMIT,
     NO_LIMIT, NO_LIMIT, NO_LIMIT, NO_LIMIT, NO_LIMIT},
    {false, 3, 5, LINES_MAX, LINES_MAX, LINES_MAX, 100, NO_LIMIT, NO_LIMIT, NO_LIMIT,
     NO_LIMIT, NO_LIMIT, NO_LIMIT, NO_LIMIT, NO_LIMIT},
    {false, 3, 5, LINES_MAX, 1, 1, 10, NO_LIMIT, NO_LIMIT, NO_LIMIT, NO_LIMIT, NO_LIMIT,
     NO_LIMIT, NO_LIMIT, NO_LIMIT},
    {false, 3, 5, LINES_MAX, 1, 1, 10, NO_LIMIT, 400, 300, NO_LIMIT, NO_LIMIT, NO_LIMIT,
     NO_LIMIT, NO_LIMIT},
    {false, 3, 5, 1, 0, 0, 10, NO_LIMIT, 400, 200, NO_LIMIT, 64, NO_LIMIT, NO_LIMIT,
     NO_LIMIT},
    {false, 0, 0, 1, 0, 0, 3, 200, 200, 100, 10, 64, NO_LIMIT, NO_LIMIT, NO_LIMIT},
    {false, 0, 0, 0, 0, 0, 0, 100, 60, 50, 8, 0, 80, 120, 60},
};

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n';
}

/* An '@' between two bytes, unless it is masked already. */
static bool has_at(struct wpb_slice bytes)
{
    for (size_t i = 1; i + 1 < bytes.len; i++) {
        char before = bytes.data[i - 1], after = bytes.data[i + 1];
        bool is_masked = before == '*' && after == '*';
        if (bytes.data[i] == '@' && !is_blank(before) && !is_blank(after) && !is_masked)
            return true;
    }
    return false;
}

static int hex_value(char digit)
{
    const char *digits = "0123456789abcdef", *at;

    if (digit >= 'A' && digit <= 'F')
        digit = (char)(digit - 'A' + 'a');
    at = digit ? strchr(digits, digit) : NULL;
    return at ? (int)(at - digits) : -1;
}

/* The hexadecimal digits that BYTES begin with, two by two: is one of them an '@'? */
static bool has_hex_at(struct wpb_slice bytes)
{
    for (size_t i = 0; i + 1 < bytes.len; i += 2) {
        int high = hex_value(bytes.data[i]), low = hex_value(bytes.data[i + 1]);
        if (high < 0 || low < 0)
            return false;
        if (high * 16 + low == '@')
            return true;
    }
    return false;
}

bool wpb_shorten_has_address(struct wpb_slice line)
{
    /* As SQL writes it, and how that looks within a word of a shell. */
    static const struct wpb_slice openings[] = {WPB_SLICE("0x"), WPB_SLICE("X'"),
                                                WPB_SLICE("X'\\''"), WPB_SLICE("X\\047")};

    if (has_at(line))
        return true;
    for (size_t i = 0; i < line.len; i++) {
        struct wpb_slice rest = wpb_slice_skip(line, i);
        for (size_t o = 0; o < sizeof(openings) / sizeof(openings[0]); o++) {
            if (wpb_slice_starts(rest, openings[o]) &&
                has_hex_at(wpb_slice_skip(rest, openings[o].len)))
                return true;
        }
    }
    return false;
}

/* TEXT in at most LIMIT bytes, ended at a word; where there is none it is dropped, since
 * half an address could not be masked any more. */
static const char *cut_prose(struct wpb_arena *arena, const char *text, size_t limit)
{
    size_t len = text ? strlen(text) : 0, keep = limit;

    if (len <= limit)
        return text ? text : "";
    while (keep > 0 && text[keep] != ' ')
        keep--;
    return wpb_arena_printf(arena, "%.*s%s...", (int)keep, text, keep ? " " : "");
}

/* A name, masked before it is cut. */
static struct wpb_slice cut_name(struct wpb_arena *arena, struct wpb_slice name,
                                 size_t limit)
{
    struct wpb_buf masked;
    struct wpb_slice kept;
    size_t keep = limit;

    if (name.len <= limit)
        return name;
    wpb_buf_init(&masked, 0);
    wpb_text_mask(&masked, name);
    while (keep > 0 && keep < masked.len &&
           ((unsigned char)masked.data[keep] & 0xc0) == 0x80)
        keep--;
    kept = wpb_arena_copy(arena, wpb_slice_head(wpb_buf_view(&masked), keep));
    wpb_buf_fini(&masked);
    return kept;
}

static const char *cut_text(struct wpb_arena *arena, const char *text, size_t limit)
{
    struct wpb_slice kept = cut_name(arena, wpb_slice_cstr(text ? text : ""), limit);

    return text && strlen(text) <= limit ? text : wpb_arena_cstr(arena, kept);
}

static const char *const *cut_lines(struct wpb_arena *arena, const char *const *lines,
                                    size_t limit)
{
    static const char instead[] =
        "A line that names an email address is left out here: wpbloat scan tells it.";
    const char **kept = wpb_arena_alloc(arena, (LINES_MAX + 1) * sizeof(*kept));
    bool is_said = false;
    size_t count = 0;

    for (; lines && *lines && count < limit; lines++) {
        bool is_left_out = wpb_shorten_has_address(wpb_slice_cstr(*lines));
        if (is_left_out && is_said)
            continue;
        is_said |= is_left_out;
        kept[count++] = is_left_out ? instead : *lines;
    }
    return kept;
}

static void cut_cause(struct wpb_arena *arena, struct wpb_cause *cause,
                      const struct level *level)
{
    if (cause->family_count > level->families)
        cause->family_count = level->families;
    if (cause->component_count > level->components)
        cause->component_count = level->components;
    cause->note = cut_prose(arena, cause->note, level->note);
    if (!level->has_excerpts && cause->family_count) {
        struct wpb_family_cause *families =
            wpb_arena_alloc(arena, cause->family_count * sizeof(*families));
        memcpy(families, cause->families, cause->family_count * sizeof(*families));
        for (size_t i = 0; i < cause->family_count; i++)
            families[i].excerpt = wpb_slice_of("", 0);
        cause->families = families;
    }
}

static void cut_evidence(struct wpb_arena *arena, struct wpb_finding *finding,
                         const struct level *level)
{
    struct wpb_evidence *facts;

    if (finding->evidence_count > level->evidence)
        finding->evidence_count = level->evidence;
    if (!finding->evidence_count || level->evidence_text == NO_LIMIT)
        return;
    facts = wpb_arena_alloc(arena, finding->evidence_count * sizeof(*facts));
    memcpy(facts, finding->evidence, finding->evidence_count * sizeof(*facts));
    for (size_t i = 0; i < finding->evidence_count; i++) {
        if (facts[i].value.type == WPB_VALUE_TEXT &&
            facts[i].value.text.len > level->evidence_text)
            facts[i].value = wpb_value_none();
    }
    finding->evidence = facts;
}

static void cut_forecast(struct wpb_arena *arena, struct wpb_finding *finding,
                         const struct level *level)
{
    struct wpb_finding_forecast *forecast;

    if (!finding->forecast)
        return;
    forecast = wpb_arena_alloc(arena, sizeof(*forecast));
    *forecast = *finding->forecast;
    forecast->reason = cut_prose(arena, forecast->reason, level->note);
    forecast->flush_period = cut_prose(arena, forecast->flush_period, level->note);
    finding->forecast = forecast;
}

static void cut_places(struct wpb_arena *arena, struct wpb_finding *finding,
                       const struct level *level)
{
    struct wpb_subject *subject = wpb_arena_alloc(arena, sizeof(*subject));
    struct wpb_site *site = wpb_arena_alloc(arena, sizeof(*site));

    *subject = *finding->subject;
    subject->name = cut_name(arena, subject->name, level->name);
    subject->scope = cut_name(arena, subject->scope, level->scope);
    *site = *finding->site;
    site->name = cut_text(arena, site->name, level->place);
    site->owner = cut_text(arena, site->owner, level->place);
    finding->subject = subject;
    finding->site = site;
}

const struct wpb_finding *wpb_shorten(const struct wpb_finding *finding, int number,
                                      struct wpb_arena *arena)
{
    const struct level *level = &levels[number];
    struct wpb_finding *shorter = wpb_arena_alloc(arena, sizeof(*shorter));
    struct wpb_remedy *remedy = &shorter->remedy;

    *shorter = *finding;
    shorter->title = cut_prose(arena, finding->title, level->title);
    shorter->summary = cut_prose(arena, finding->summary, level->summary);
    if (shorter->other_site_count > level->other_sites)
        shorter->other_site_count = level->other_sites;
    remedy->summary = cut_prose(arena, remedy->summary, level->summary);
    remedy->now = cut_lines(arena, remedy->now, level->now);
    remedy->for_good = cut_lines(arena, remedy->for_good, level->for_good);
    remedy->verify = cut_lines(arena, remedy->verify, level->verify);
    cut_cause(arena, &shorter->cause, level);
    cut_evidence(arena, shorter, level);
    cut_forecast(arena, shorter, level);
    cut_places(arena, shorter, level);
    return shorter;
}
