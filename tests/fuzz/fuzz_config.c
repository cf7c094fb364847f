/* A configuration of any bytes: taken or refused, with whole sentences, and never both.
 */
#include <stdlib.h>
#include <string.h>

#include "agent/config/config.h"
#include "tests/fuzz/fuzz.h"

/* What it has taken, it takes again; what it says of itself holds. */
static void look_at(const struct wpb_conf *config)
{
    const struct wpb_conf_listen *listen = wpb_conf_listen(config);

    if ((listen->kind == WPB_LISTEN_TCP) != (listen->port != 0))
        abort();
    if (!wpb_conf_equal(config, config))
        abort();
    for (unsigned kind = 0; kind < WPB_SECTION_KINDS; kind++) {
        const struct wpb_conf_section *section =
            wpb_conf_sections(config, (enum wpb_section_kind)kind);
        for (; section; section = section->next) {
            for (size_t i = 0; i < section->value_count; i++) {
                const struct wpb_conf_value *value = &section->values[i];
                char shown[64];
                if (value->file && (!value->text || !*value->text || value->line == 0))
                    abort();
                if (value->option && (value->number < value->option->min ||
                                      value->number > value->option->max))
                    abort();
                if (value->text)
                    wpb_conf_url_shown(value->text, shown, sizeof(shown));
            }
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wpb_conf_problems *problems = wpb_conf_problems_new();
    struct wpb_slice bytes = wpb_slice_of(size ? (const char *)data : "", size);
    struct wpb_conf *config;

    if (!problems)
        abort();
    config = wpb_conf_of_bytes(bytes, "f", problems);
    if ((config == NULL) != (problems->errors > 0) ||
        problems->count > WPB_CONF_PROBLEMS_MAX)
        abort();
    for (size_t i = 0; i < problems->count; i++) {
        if (!problems->items[i].message[0])
            abort();
    }
    if (config)
        look_at(config);
    wpb_conf_free(config);
    wpb_conf_problems_free(problems);
    return 0;
}
