#include "agent/rules/database.h"

const struct wpb_subject *wpb_database_table_with(const struct wpb_rule_context *context,
                                                  enum wpb_metric metric, size_t *cursor)
{
    const struct wpb_subject *table;

    do {
        table = wpb_window_next(context->window, WPB_SUBJECT_TABLE, NULL, cursor);
    } while (table && !wpb_window_get(context->window, table, metric));
    return table;
}

bool wpb_database_is_table(const struct wpb_subject *table, const char *name)
{
    return wpb_slice_ends(table->name, wpb_slice_cstr(name));
}

bool wpb_database_reaches(const struct wpb_rule_context *context,
                          const struct wpb_subject *subject, enum wpb_metric metric,
                          const char *code, const char *option)
{
    double number;

    return wpb_rule_number(context, subject, metric, &number) &&
           number >= wpb_rule_option(context, code, option);
}

bool wpb_database_has_cache(const struct wpb_site *site)
{
    if (site->flavour == WPB_FLAVOUR_UNKNOWN)
        return site->has_redis;
    return site->flavour != WPB_FLAVOUR_NONE;
}

uint64_t wpb_database_ram_of_php(const struct wpb_rule_context *context)
{
    static const struct wpb_subject host = {
        .kind = WPB_SUBJECT_HOST, .scope = WPB_SLICE(""), .name = WPB_SLICE("")};
    int64_t ram = wpb_window_integer(context->window, &host, WPB_M_RAM_BYTES, 0);

    if (!context->site->path || !context->site->path[0])
        return 0;
    return ram > 0 ? (uint64_t)ram : 0;
}
