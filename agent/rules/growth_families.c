/* Which family of names makes a list grow: where lists were examined more than once, the
 * history knows how many names each family has gained. */
#include "agent/rules/cache.h"
#include "agent/rules/prospect.h"

#define FAMILIES_TOLD 3

struct grower {
    struct wpb_family_cause family;
    const struct wpb_outlook *outlook; /* NULL: unknown, or it does not grow */
};

static double pace_of(const struct grower *grower)
{
    return grower->outlook ? grower->outlook->per_day : 0;
}

/* What does not grow keeps its order, most names first. */
static void insert(struct grower *growers, size_t count, struct grower grower)
{
    size_t at = count;

    for (; at > 0 && pace_of(&grower) > pace_of(&growers[at - 1]); at--)
        growers[at] = growers[at - 1];
    growers[at] = grower;
}

static const char *say_growers(const struct wpb_rule_context *context,
                               const struct grower *growers, size_t count)
{
    const char *text = "";

    for (size_t i = 0; i < count && i < FAMILIES_TOLD && growers[i].outlook; i++)
        text = wpb_arena_printf(
            context->arena, "%s%s%s (%s)", text, i ? ", " : "",
            wpb_say_name(context->arena, growers[i].family.template_name),
            wpb_prospect_say_pace(context, growers[i].outlook));
    return text;
}

void wpb_cause_order_by_growth(struct wpb_draft *draft)
{
    struct wpb_rule_context *context = draft->context;
    struct wpb_cause *cause = &draft->finding.cause;
    size_t count = cause->family_count;
    struct wpb_family_cause *families;
    struct grower *growers;
    const char *text;

    if (count == 0)
        return;
    growers = wpb_arena_alloc(context->arena, count * sizeof(*growers));
    families = wpb_arena_alloc(context->arena, count * sizeof(*families));
    for (size_t i = 0; i < count; i++) {
        struct wpb_subject family = {.kind = WPB_SUBJECT_OPTION_FAMILY,
                                     .scope = draft->finding.subject->scope,
                                     .name = cause->families[i].template_name,
                                     .parent = draft->finding.subject};
        struct grower grower = {.family = cause->families[i],
                                .outlook =
                                    wpb_prospect_growth(context, &family, WPB_M_NAMES)};
        insert(growers, i, grower);
    }
    for (size_t i = 0; i < count; i++)
        families[i] = growers[i].family;
    cause->families = families;
    text = say_growers(context, growers, count);
    if (text[0])
        cause->note = wpb_arena_printf(context->arena, "New names come from: %s.%s%s",
                                       text, cause->note[0] ? " " : "", cause->note);
}
