#include "probes/wordpress/config_expr.h"
#include "probes/wordpress/config_literal.h"

static struct wpb_config_value
part_value(struct wpb_config *config, const struct wpb_config_part *part, uint32_t line)
{
    static const char reason[] = "the string holds a variable that is not known here";
    struct wpb_config_value value = wpb_config_run_unresolved(config, line, reason);

    if (part->type == WPB_PART_EXPRESSION) {
        struct wpb_config_source inner = {.path = config->source->path}, *outer;
        if (wpb_config_run_tokens(config, part->name, true, line, &inner) ||
            !wpb_config_run_enter(config))
            return value;
        outer = config->source;
        config->source = &inner;
        value = wpb_config_expr(config);
        if (wpb_config_run_peek(config)->type != WPB_TOKEN_END)
            wpb_config_run_unexpected(config);
        config->source = outer;
        wpb_config_run_leave(config);
    } else if (part->type == WPB_PART_VARIABLE || part->type == WPB_PART_ELEMENT) {
        value = wpb_config_run_get(config, WPB_CONFIG_VARIABLE, part->name, line);
    }
    if (part->type == WPB_PART_ELEMENT && value.type == WPB_CONFIG_ARRAY) {
        const struct wpb_config_element *element =
            wpb_config_value_find(value.array, wpb_config_value_string(part->key));
        if (element)
            value = element->value;
    }
    /* The usual reasons name the variable: here it may be half of a password. */
    if (value.type == WPB_CONFIG_UNRESOLVED || value.type == WPB_CONFIG_ARRAY)
        return wpb_config_run_unresolved(config, line, reason);
    return value;
}

static struct wpb_config_value template_value(struct wpb_config *config,
                                              const struct wpb_config_token *token)
{
    struct wpb_config_value result = wpb_config_value_null();
    struct wpb_config_part part;
    struct wpb_buf text;
    struct wpb_slice piece;
    size_t at = 0;

    wpb_buf_init(&text, WPB_CONFIG_STRING_MAX);
    for (;;) {
        wpb_config_literal_part(token, &at, &text, &part);
        if (part.type == WPB_PART_END || config->flow == WPB_FLOW_ERROR)
            break;
        if (part.type == WPB_PART_LITERAL)
            continue;
        struct wpb_config_value value = part_value(config, &part, token->line);
        if (wpb_config_value_text(value, config->arena, &piece))
            wpb_buf_slice(&text, piece);
        else
            result = value;
    }
    if (result.type == WPB_CONFIG_UNRESOLVED) {
        wpb_buf_fini(&text);
        return result;
    }
    return wpb_config_run_take_text(config, &text, token->line);
}

struct wpb_config_value wpb_config_string_value(struct wpb_config *config,
                                                const struct wpb_config_token *token)
{
    struct wpb_buf text;

    if (wpb_config_run_is_dead(config))
        return wpb_config_value_null();
    if (token->type == WPB_TOKEN_TEMPLATE)
        return template_value(config, token);
    wpb_buf_init(&text, WPB_CONFIG_STRING_MAX);
    wpb_config_literal_string(token, &text);
    return wpb_config_run_take_text(config, &text, token->line);
}
