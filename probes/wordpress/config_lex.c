#include "probes/wordpress/config_lex.h"

#include <string.h>
#include <strings.h>

#define OPEN_TAG "<?php"
#define OPEN_TAG_LEN 5

static const char string_open[] = "a string is not closed";
static const char shell_open[] = "a `command` is not closed";
static const char comment_open[] = "a comment is not closed";
static const char heredoc_open[] = "a heredoc has no closing label";
static const char heredoc_label[] = "a heredoc has no label";
static const char nested_deep[] = "expressions in strings are nested too deep";
static const char stray_byte[] = "a byte that is no PHP";

/* Longest first: the first that matches is taken. */
static const char punctuations[][4] = {
    "<=>", "===", "!==", "<<=", ">>=", "**=", "...", "?\?=", "?->", "==", "!=", "<>",
    "<=",  ">=",  "&&",  "||",  "??",  "->",  "=>",  "::",   "++",  "--", "+=", "-=",
    "*=",  "/=",  ".=",  "%=",  "&=",  "|=",  "^=",  "<<",   ">>",  "**", "#[",
};

static bool is_label_start(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           (unsigned char)c >= 0x80;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_label(char c)
{
    return is_label_start(c) || is_digit(c);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* The byte OFFSET bytes on; NUL past the end, which no rule below accepts. */
static char peek(const struct wpb_config_lex *lex, size_t offset)
{
    size_t at = lex->at + offset;
    return at < lex->bytes.len ? lex->bytes.data[at] : '\0';
}

static bool at_end(const struct wpb_config_lex *lex)
{
    return lex->at >= lex->bytes.len;
}

static void advance(struct wpb_config_lex *lex, size_t count)
{
    for (; count > 0 && !at_end(lex); count--) {
        if (lex->bytes.data[lex->at] == '\n')
            lex->line++;
        lex->at++;
    }
}

static struct wpb_slice between(const struct wpb_config_lex *lex, size_t from, size_t to)
{
    return wpb_slice_of(lex->bytes.data + from, to - from);
}

static void fail(struct wpb_config_lex *lex, struct wpb_config_token *token,
                 const char *sentence)
{
    token->type = WPB_TOKEN_ERROR;
    token->text = wpb_slice_cstr(sentence);
    lex->at = lex->bytes.len;
}

void wpb_config_lex_init(struct wpb_config_lex *lex, struct wpb_slice bytes, bool is_php)
{
    *lex = (struct wpb_config_lex){.bytes = bytes, .line = 1, .is_php = is_php};
}

/* "<?php" wants a blank after it or the end; "<?=" does not. */
static size_t open_tag(const struct wpb_config_lex *lex)
{
    size_t left = lex->bytes.len - lex->at;
    const char *at = lex->bytes.data + lex->at;

    if (left >= 3 && memcmp(at, "<?=", 3) == 0)
        return 3;
    if (left < OPEN_TAG_LEN || strncasecmp(at, OPEN_TAG, OPEN_TAG_LEN) != 0)
        return 0;
    if (left == OPEN_TAG_LEN)
        return OPEN_TAG_LEN;
    char after = at[OPEN_TAG_LEN];
    return is_blank(after) || after == '\n' || after == '\r' ? OPEN_TAG_LEN + 1 : 0;
}

/* Text up to an opening tag; the tag itself is taken too, so that "<?php" needs no
 * token of its own. */
static void lex_text(struct wpb_config_lex *lex, struct wpb_config_token *token)
{
    size_t from = lex->at;

    while (!at_end(lex)) {
        if (peek(lex, 0) != '<' || !open_tag(lex)) {
            advance(lex, 1);
            continue;
        }
        if (lex->at > from)
            break;
        size_t tag = open_tag(lex);
        token->type = tag == 3 ? WPB_TOKEN_ECHO : WPB_TOKEN_TEXT;
        advance(lex, tag);
        token->text = between(lex, from, from);
        lex->is_php = true;
        return;
    }
    token->type = WPB_TOKEN_TEXT;
    token->text = between(lex, from, lex->at);
}

/* Returns false when a comment is not closed. */
static bool skip_blanks(struct wpb_config_lex *lex)
{
    while (!at_end(lex)) {
        char c = peek(lex, 0), next = peek(lex, 1);
        if (is_blank(c) || c == '\n' || c == '\r') {
            advance(lex, 1);
        } else if ((c == '#' && next != '[') || (c == '/' && next == '/')) {
            while (!at_end(lex) && peek(lex, 0) != '\n' &&
                   !(peek(lex, 0) == '?' && peek(lex, 1) == '>'))
                advance(lex, 1);
        } else if (c == '/' && next == '*') {
            advance(lex, 2);
            while (!at_end(lex) && !(peek(lex, 0) == '*' && peek(lex, 1) == '/'))
                advance(lex, 1);
            if (at_end(lex))
                return false;
            advance(lex, 2);
        } else {
            break;
        }
    }
    return true;
}

static void lex_single(struct wpb_config_lex *lex, struct wpb_config_token *token)
{
    advance(lex, 1);
    size_t from = lex->at;
    while (!at_end(lex) && peek(lex, 0) != '\'')
        advance(lex, peek(lex, 0) == '\\' ? 2 : 1);
    if (at_end(lex)) {
        fail(lex, token, string_open);
        return;
    }
    token->type = WPB_TOKEN_STRING;
    token->text = between(lex, from, lex->at);
    advance(lex, 1);
}

/* A quoted text inside {$...}, where nothing but its end matters. */
static void skip_single(struct wpb_config_lex *lex)
{
    advance(lex, 1);
    while (!at_end(lex) && peek(lex, 0) != '\'')
        advance(lex, peek(lex, 0) == '\\' ? 2 : 1);
    advance(lex, 1);
}

/* Strings hold expressions in braces that hold strings: `modes` remembers in which
 * we are, from the outermost on. */
static void lex_template(struct wpb_config_lex *lex, struct wpb_config_token *token)
{
    char modes[WPB_CONFIG_LEX_NESTING_MAX];
    size_t depth = 1;
    size_t from = lex->at + 1;

    modes[0] = peek(lex, 0);
    token->type = modes[0] == '`' ? WPB_TOKEN_SHELL : WPB_TOKEN_TEMPLATE;
    advance(lex, 1);
    while (!at_end(lex) && depth > 0) {
        char c = peek(lex, 0), next = peek(lex, 1), mode = modes[depth - 1];
        bool is_code = mode == '{';
        char push = '\0';

        if (!is_code && c == '\\') {
            advance(lex, 2);
            continue;
        }
        if (is_code && c == '\'') {
            skip_single(lex);
            continue;
        }
        if (c == (is_code ? '}' : mode))
            depth--;
        else if (is_code && (c == '{' || c == '"' || c == '`'))
            push = c;
        else if (!is_code && ((c == '{' && next == '$') || (c == '$' && next == '{')))
            push = '{';
        if (push && depth == WPB_CONFIG_LEX_NESTING_MAX) {
            fail(lex, token, nested_deep);
            return;
        }
        if (push)
            modes[depth++] = push;
        advance(lex, push == '{' && c == '$' ? 2 : 1);
    }
    if (depth > 0) {
        fail(lex, token, token->type == WPB_TOKEN_SHELL ? shell_open : string_open);
        return;
    }
    token->text = between(lex, from, lex->at - 1);
}

/* True when a line that starts here is the closing label; *INDENT its blanks. */
static bool at_closing_label(const struct wpb_config_lex *lex, struct wpb_slice label,
                             size_t *indent)
{
    size_t blanks = 0;
    while (is_blank(peek(lex, blanks)))
        blanks++;
    struct wpb_slice rest = wpb_slice_skip(lex->bytes, lex->at + blanks);
    if (!wpb_slice_starts(rest, label) || is_label(peek(lex, blanks + label.len)))
        return false;
    *indent = blanks;
    return true;
}

static void skip_line(struct wpb_config_lex *lex)
{
    while (!at_end(lex) && peek(lex, 0) != '\n')
        advance(lex, 1);
    advance(lex, 1);
}

static void lex_heredoc(struct wpb_config_lex *lex, struct wpb_config_token *token)
{
    advance(lex, 3);
    while (is_blank(peek(lex, 0)))
        advance(lex, 1);
    char quote = peek(lex, 0) == '\'' || peek(lex, 0) == '"' ? peek(lex, 0) : '\0';
    advance(lex, quote ? 1 : 0);
    size_t from = lex->at;
    while (is_label(peek(lex, 0)))
        advance(lex, 1);
    struct wpb_slice label = between(lex, from, lex->at);
    if (label.len == 0 || is_digit(label.data[0]) || (quote && peek(lex, 0) != quote)) {
        fail(lex, token, heredoc_label);
        return;
    }
    advance(lex, quote ? 1 : 0);
    skip_line(lex);

    size_t indent = 0, body = lex->at;
    while (!at_end(lex) && !at_closing_label(lex, label, &indent))
        skip_line(lex);
    if (at_end(lex)) {
        fail(lex, token, heredoc_open);
        return;
    }
    /* The newline before the closing label belongs to it. */
    size_t end = lex->at;
    if (end > body)
        end--;
    if (end > body && lex->bytes.data[end - 1] == '\r')
        end--;
    token->type = quote == '\'' ? WPB_TOKEN_STRING : WPB_TOKEN_TEMPLATE;
    token->text = between(lex, body, end);
    token->is_heredoc = true;
    token->indent = indent > UINT16_MAX ? UINT16_MAX : (uint16_t)indent;
    advance(lex, indent + label.len);
}

/* "<<<" is a heredoc only when a label follows; else it is a shift. */
static bool at_heredoc(const struct wpb_config_lex *lex)
{
    size_t offset = 3;
    if (peek(lex, 0) != '<' || peek(lex, 1) != '<' || peek(lex, 2) != '<')
        return false;
    while (is_blank(peek(lex, offset)))
        offset++;
    char c = peek(lex, offset);
    return c == '\'' || c == '"' || is_label_start(c);
}

static void lex_name(struct wpb_config_lex *lex, struct wpb_config_token *token)
{
    size_t from = lex->at;
    do {
        advance(lex, peek(lex, 0) == '\\' ? 1 : 0);
        while (is_label(peek(lex, 0)))
            advance(lex, 1);
    } while (peek(lex, 0) == '\\' && is_label_start(peek(lex, 1)));
    token->type = WPB_TOKEN_NAME;
    token->text = between(lex, from, lex->at);
}

static void lex_variable(struct wpb_config_lex *lex, struct wpb_config_token *token)
{
    advance(lex, 1);
    size_t from = lex->at;
    while (is_label(peek(lex, 0)))
        advance(lex, 1);
    token->type = WPB_TOKEN_VARIABLE;
    token->text = between(lex, from, lex->at);
}

static void skip_digits(struct wpb_config_lex *lex)
{
    while (is_digit(peek(lex, 0)) || (peek(lex, 0) == '_' && is_digit(peek(lex, 1))))
        advance(lex, 1);
}

static void lex_number(struct wpb_config_lex *lex, struct wpb_config_token *token)
{
    size_t from = lex->at;
    char base = (char)(peek(lex, 1) | 0x20);

    token->type = WPB_TOKEN_INTEGER;
    if (peek(lex, 0) == '0' && (base == 'x' || base == 'b' || base == 'o')) {
        advance(lex, 2);
        while (is_label(peek(lex, 0)) && (unsigned char)peek(lex, 0) < 0x80)
            advance(lex, 1);
    } else {
        skip_digits(lex);
        if (peek(lex, 0) == '.' && (is_digit(peek(lex, 1)) || peek(lex, 1) != '.')) {
            token->type = WPB_TOKEN_FLOAT;
            advance(lex, 1);
            skip_digits(lex);
        }
        size_t sign = peek(lex, 1) == '+' || peek(lex, 1) == '-' ? 1 : 0;
        if ((peek(lex, 0) | 0x20) == 'e' && is_digit(peek(lex, 1 + sign))) {
            token->type = WPB_TOKEN_FLOAT;
            advance(lex, 1 + sign);
            skip_digits(lex);
        }
    }
    token->text = between(lex, from, lex->at);
}

static void lex_punctuation(struct wpb_config_lex *lex, struct wpb_config_token *token)
{
    static const char singles[] = ";,()[]{}.+-*/%=<>!~^&|?:@$";
    struct wpb_slice rest = wpb_slice_skip(lex->bytes, lex->at);
    size_t len = 0;

    for (size_t i = 0; i < sizeof punctuations / sizeof punctuations[0] && !len; i++) {
        if (wpb_slice_starts(rest, wpb_slice_cstr(punctuations[i])))
            len = strlen(punctuations[i]);
    }
    if (!len && rest.data[0] && strchr(singles, rest.data[0]))
        len = 1;
    if (!len) {
        fail(lex, token, stray_byte);
        return;
    }
    token->type = WPB_TOKEN_PUNCTUATION;
    token->text = wpb_slice_head(rest, len);
    token->punctuation =
        WPB_PUNCT(rest.data[0], len > 1 ? rest.data[1] : 0, len > 2 ? rest.data[2] : 0);
    advance(lex, len);
}

static void lex_close(struct wpb_config_lex *lex, struct wpb_config_token *token)
{
    token->type = WPB_TOKEN_CLOSE;
    advance(lex, 2);
    if (peek(lex, 0) == '\r' && peek(lex, 1) == '\n')
        advance(lex, 2);
    else if (peek(lex, 0) == '\n')
        advance(lex, 1);
    lex->is_php = false;
}

void wpb_config_lex_next(struct wpb_config_lex *lex, struct wpb_config_token *token)
{
    *token = (struct wpb_config_token){.type = WPB_TOKEN_END, .line = lex->line};
    if (lex->is_php) {
        bool is_closed = skip_blanks(lex);
        if (!is_closed) {
            fail(lex, token, comment_open);
            return;
        }
        token->line = lex->line;
    }
    if (at_end(lex))
        return;
    char c = peek(lex, 0), next = peek(lex, 1);
    if (!lex->is_php) {
        lex_text(lex, token);
    } else if (c == '?' && next == '>') {
        lex_close(lex, token);
    } else if (c == '\'') {
        lex_single(lex, token);
    } else if (c == '"' || c == '`') {
        lex_template(lex, token);
    } else if (at_heredoc(lex)) {
        lex_heredoc(lex, token);
    } else if (c == '$' && is_label_start(next)) {
        lex_variable(lex, token);
    } else if (is_label_start(c) || (c == '\\' && is_label_start(next))) {
        lex_name(lex, token);
    } else if (is_digit(c) || (c == '.' && is_digit(next))) {
        lex_number(lex, token);
    } else {
        lex_punctuation(lex, token);
    }
}
