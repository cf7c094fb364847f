#include "probes/wordpress/config_run.h"

#include <strings.h>

static const struct wpb_config_token end_token = {.type = WPB_TOKEN_END};

/* After an error nothing more is seen. */
const struct wpb_config_token *wpb_config_run_ahead(const struct wpb_config *config,
                                                    size_t offset)
{
    const struct wpb_config_source *source = config->source;
    if (config->flow == WPB_FLOW_ERROR || offset >= source->count - source->at)
        return &end_token;
    return &source->tokens[source->at + offset];
}

const struct wpb_config_token *wpb_config_run_peek(const struct wpb_config *config)
{
    return wpb_config_run_ahead(config, 0);
}

static void charge(struct wpb_config *config, uint64_t steps)
{
    config->steps += steps;
    if (config->flow == WPB_FLOW_ERROR)
        return;
    if (config->steps > WPB_CONFIG_STEPS_MAX)
        wpb_config_run_fail(config, WPB_CONFIG_OVERBUDGET, 0,
                            "evaluating it takes too many steps");
    else if (wpb_arena_used(config->arena) > WPB_CONFIG_MEMORY_MAX)
        wpb_config_run_fail(config, WPB_CONFIG_OVERBUDGET, 0,
                            "evaluating it takes too much memory");
}

void wpb_config_run_advance(struct wpb_config *config)
{
    if (config->source->at + 1 < config->source->count)
        config->source->at++;
    charge(config, 1);
}

bool wpb_config_run_is(const struct wpb_config *config, uint32_t punctuation)
{
    const struct wpb_config_token *token = wpb_config_run_peek(config);
    return token->type == WPB_TOKEN_PUNCTUATION && token->punctuation == punctuation;
}

bool wpb_config_run_accept(struct wpb_config *config, uint32_t punctuation)
{
    if (!wpb_config_run_is(config, punctuation))
        return false;
    wpb_config_run_advance(config);
    return true;
}

void wpb_config_run_expect(struct wpb_config *config, uint32_t punctuation)
{
    if (!wpb_config_run_accept(config, punctuation))
        wpb_config_run_unexpected(config);
}

bool wpb_config_run_is_word(const struct wpb_config_token *token, const char *word)
{
    size_t len = strlen(word);
    return token->type == WPB_TOKEN_NAME && token->text.len == len &&
           strncasecmp(token->text.data, word, len) == 0;
}

bool wpb_config_run_accept_word(struct wpb_config *config, const char *word)
{
    if (!wpb_config_run_is_word(wpb_config_run_peek(config), word))
        return false;
    wpb_config_run_advance(config);
    return true;
}

static int group_step(const struct wpb_config_token *token)
{
    if (token->type != WPB_TOKEN_PUNCTUATION)
        return 0;
    switch (token->punctuation) {
    case WPB_PUNCT('(', 0, 0):
    case WPB_PUNCT('[', 0, 0):
    case WPB_PUNCT('{', 0, 0):
    case WPB_PUNCT('#', '[', 0):
        return 1;
    case WPB_PUNCT(')', 0, 0):
    case WPB_PUNCT(']', 0, 0):
    case WPB_PUNCT('}', 0, 0):
        return -1;
    default:
        return 0;
    }
}

void wpb_config_run_skip_group(struct wpb_config *config)
{
    size_t depth = 0;
    do {
        const struct wpb_config_token *token = wpb_config_run_peek(config);
        if (token->type == WPB_TOKEN_END || token->type == WPB_TOKEN_ERROR) {
            wpb_config_run_unexpected(config);
            return;
        }
        int step = group_step(token);
        depth += step > 0 ? 1 : 0;
        depth -= step < 0 ? 1 : 0;
        wpb_config_run_advance(config);
    } while (depth > 0);
}

int wpb_config_run_tokens(struct wpb_config *config, struct wpb_slice bytes, bool is_php,
                          uint32_t line, struct wpb_config_source *source)
{
    struct wpb_config_lex lex;
    struct wpb_config_token *tokens = NULL;
    size_t count = 0, capacity = 0;

    wpb_config_lex_init(&lex, bytes, is_php);
    lex.line = line;
    enum wpb_config_token_type type;
    do {
        if (count == WPB_CONFIG_TOKENS_MAX)
            return -1;
        if (count == capacity) {
            capacity = capacity ? capacity * 2 : 32;
            struct wpb_config_token *larger =
                wpb_arena_alloc(config->arena, capacity * sizeof(*larger));
            if (count)
                memcpy(larger, tokens, count * sizeof(*larger));
            tokens = larger;
        }
        wpb_config_lex_next(&lex, &tokens[count]);
        type = tokens[count++].type;
    } while (type != WPB_TOKEN_ERROR && type != WPB_TOKEN_END);
    source->tokens = tokens;
    source->count = count;
    source->at = 0;
    charge(config, count / 8);
    return 0;
}

bool wpb_config_run_is_dead(const struct wpb_config *config)
{
    return config->dead > 0 || config->flow != WPB_FLOW_NEXT;
}

void wpb_config_run_problem(struct wpb_config *config, enum wpb_config_problem_type type,
                            uint32_t line, const char *what)
{
    const size_t most = 64;
    if (config->problem_count == most)
        return;
    if (!config->problems)
        config->problems =
            wpb_arena_alloc(config->arena, most * sizeof(*config->problems));
    config->problems[config->problem_count++] =
        (struct wpb_config_problem){type, config->source->path, line, what};
}

void wpb_config_run_fail(struct wpb_config *config, enum wpb_config_problem_type type,
                         uint32_t line, const char *what)
{
    if (config->flow == WPB_FLOW_ERROR)
        return;
    if (line == 0)
        line = wpb_config_run_peek(config)->line;
    wpb_config_run_problem(config, type, line, what);
    config->flow = WPB_FLOW_ERROR;
}

/* Kinds only: the text may be the rest of a password whose quote is misplaced. */
static const char *const unexpected[] = {
    [WPB_TOKEN_END] = "syntax error: the file ends in the middle of a statement",
    [WPB_TOKEN_TEXT] = "syntax error: unexpected text outside PHP",
    [WPB_TOKEN_ECHO] = "syntax error: unexpected <?=",
    [WPB_TOKEN_CLOSE] = "syntax error: unexpected ?>",
    [WPB_TOKEN_VARIABLE] = "syntax error: unexpected variable",
    [WPB_TOKEN_NAME] = "syntax error: unexpected word",
    [WPB_TOKEN_INTEGER] = "syntax error: unexpected number",
    [WPB_TOKEN_FLOAT] = "syntax error: unexpected number",
    [WPB_TOKEN_STRING] = "syntax error: unexpected string",
    [WPB_TOKEN_TEMPLATE] = "syntax error: unexpected string",
    [WPB_TOKEN_SHELL] = "syntax error: unexpected `command`",
    [WPB_TOKEN_PUNCTUATION] = "syntax error: unexpected punctuation",
};

void wpb_config_run_unexpected(struct wpb_config *config)
{
    const struct wpb_config_token *token = wpb_config_run_peek(config);
    if (config->flow == WPB_FLOW_ERROR)
        return;
    if (token->type == WPB_TOKEN_ERROR)
        wpb_config_run_fail(config, WPB_CONFIG_SYNTAX, token->line,
                            wpb_arena_printf(config->arena, "syntax error: %.*s",
                                             (int)token->text.len, token->text.data));
    else
        wpb_config_run_fail(config, WPB_CONFIG_SYNTAX, token->line,
                            unexpected[token->type]);
}

bool wpb_config_run_enter(struct wpb_config *config)
{
    if (config->flow == WPB_FLOW_ERROR)
        return false;
    if (config->depth >= WPB_CONFIG_NESTING_MAX) {
        wpb_config_run_fail(config, WPB_CONFIG_OVERBUDGET, 0, "nested too deep");
        return false;
    }
    config->depth++;
    return true;
}

void wpb_config_run_leave(struct wpb_config *config)
{
    config->depth--;
}

struct wpb_config_value wpb_config_run_unresolved(struct wpb_config *config,
                                                  uint32_t line, const char *reason)
{
    if (wpb_config_run_is_dead(config))
        return wpb_config_value_null();
    return wpb_config_value_unresolved(config->arena, config->source->path, line, reason);
}

struct wpb_config_value wpb_config_run_take_text(struct wpb_config *config,
                                                 struct wpb_buf *text, uint32_t line)
{
    struct wpb_config_value value;
    if (wpb_buf_failed(text))
        value = wpb_config_run_unresolved(config, line, "the string is too long");
    else
        value =
            wpb_config_value_string(wpb_arena_copy(config->arena, wpb_buf_view(text)));
    wpb_buf_fini(text);
    charge(config, value.type == WPB_CONFIG_STRING ? value.text.len / 64 : 0);
    return value;
}

static void bind(struct wpb_config *config, int slot, struct wpb_config_binding binding)
{
    if (slot < 0)
        wpb_config_run_fail(config, WPB_CONFIG_OVERBUDGET, 0, "it sets too many names");
    else if (!wpb_config_state_set(config->state, slot, binding))
        wpb_config_run_fail(config, WPB_CONFIG_OVERBUDGET, 0,
                            "it sets names too many times");
}

void wpb_config_run_set(struct wpb_config *config, enum wpb_config_kind kind,
                        struct wpb_slice name, struct wpb_config_value value,
                        uint32_t line)
{
    if (wpb_config_run_is_dead(config))
        return;
    int slot = wpb_config_state_slot(config->state, kind, name);
    /* Line 0 is a pin: see wpb_config_pin(). */
    if (slot >= 0 && kind == WPB_CONFIG_VARIABLE) {
        const struct wpb_config_slot *old = wpb_config_state_at(config->state, slot);
        if (old->now.presence == WPB_CONFIG_PRESENT && old->now.line == 0)
            return;
    }
    bind(config, slot,
         (struct wpb_config_binding){.presence = WPB_CONFIG_PRESENT,
                                     .value = value,
                                     .file = config->source->path,
                                     .line = line});
}

/* On some paths the name has a value already, on the others it gets this one. */
static void define_maybe(struct wpb_config *config, int slot,
                         struct wpb_config_binding before,
                         struct wpb_config_binding after)
{
    enum wpb_config_truth same = wpb_config_value_identical(before.value, after.value);
    if (before.value.type == WPB_CONFIG_UNRESOLVED)
        after.value = before.value;
    else if (after.value.type != WPB_CONFIG_UNRESOLVED && same != WPB_CONFIG_TRUE)
        after.value = wpb_config_value_unresolved(
            config->arena, before.why->file, before.why->line,
            wpb_arena_printf(config->arena,
                             "set in lines %u and %u to different values: %s",
                             before.line, after.line, before.why->reason));
    bind(config, slot, after);
}

void wpb_config_run_define(struct wpb_config *config, struct wpb_slice name,
                           struct wpb_config_value value, uint32_t line)
{
    if (wpb_config_run_is_dead(config))
        return;
    int slot = wpb_config_state_slot(config->state, WPB_CONFIG_CONSTANT, name);
    struct wpb_config_binding binding = {.presence = WPB_CONFIG_PRESENT,
                                         .value = value,
                                         .file = config->source->path,
                                         .line = line};
    if (slot < 0) {
        bind(config, slot, binding);
        return;
    }
    struct wpb_config_binding before = wpb_config_state_at(config->state, slot)->now;
    if (before.presence == WPB_CONFIG_ABSENT)
        bind(config, slot, binding);
    else if (before.presence == WPB_CONFIG_MAYBE)
        define_maybe(config, slot, before, binding);
}

enum wpb_config_truth wpb_config_run_has(struct wpb_config *config,
                                         enum wpb_config_kind kind, struct wpb_slice name)
{
    int slot = wpb_config_state_find(config->state, kind, name);
    if (slot < 0)
        return WPB_CONFIG_FALSE;
    switch (wpb_config_state_at(config->state, slot)->now.presence) {
    case WPB_CONFIG_PRESENT:
        return WPB_CONFIG_TRUE;
    case WPB_CONFIG_MAYBE:
        return WPB_CONFIG_UNKNOWN;
    case WPB_CONFIG_ABSENT:
        break;
    }
    return WPB_CONFIG_FALSE;
}

static const char *const unset_reasons[] = {
    [WPB_CONFIG_CONSTANT] = "it names a constant that is not defined before this line",
    [WPB_CONFIG_VARIABLE] = "it uses a variable that is not set before this line",
    [WPB_CONFIG_SETTING] = "it uses a setting that is not set before this line",
    [WPB_CONFIG_INI] = "it uses an ini value that is not set before this line",
};

struct wpb_config_value wpb_config_run_get(struct wpb_config *config,
                                           enum wpb_config_kind kind,
                                           struct wpb_slice name, uint32_t line)
{
    int slot = wpb_config_state_find(config->state, kind, name);
    struct wpb_config_value value;

    if (slot >= 0) {
        const struct wpb_config_binding *now =
            &wpb_config_state_at(config->state, slot)->now;
        if (now->presence == WPB_CONFIG_PRESENT)
            return now->value;
        if (now->presence == WPB_CONFIG_MAYBE)
            return wpb_config_run_unresolved(config, line,
                                             now->value.type == WPB_CONFIG_UNRESOLVED
                                                 ? now->value.why->reason
                                                 : now->why->reason);
    }
    value = wpb_config_run_unresolved(config, line, unset_reasons[kind]);
    value.is_unset = value.type == WPB_CONFIG_UNRESOLVED;
    return value;
}
