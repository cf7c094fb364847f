#include "probes/wordpress/source_match.h"

/* How far back the call that encloses a string is looked for. */
#define CALL_WINDOW 512
/* Blanks that are skipped at a time: work stays linear on lines of nothing else. */
#define BLANK_MAX 256

static const struct wpb_slice transient_prefixes[] = {
    WPB_SLICE("_site_transient_timeout_"),
    WPB_SLICE("_site_transient_"),
    WPB_SLICE("_transient_timeout_"),
    WPB_SLICE("_transient_"),
};

/* Words with which so many names begin that finding them proves nothing. */
static const struct wpb_slice common_words[] = {
    WPB_SLICE("_site_transient_timeout"),
    WPB_SLICE("_site_transient"),
    WPB_SLICE("_transient_timeout"),
    WPB_SLICE("_transient"),
    WPB_SLICE("_options"),
    WPB_SLICE("_wp_session"),
    WPB_SLICE("action"),
    WPB_SLICE("category"),
    WPB_SLICE("default"),
    WPB_SLICE("elementor"),
    WPB_SLICE("option"),
    WPB_SLICE("options"),
    WPB_SLICE("plugin"),
    WPB_SLICE("post_tag"),
    WPB_SLICE("product"),
    WPB_SLICE("product_cat"),
    WPB_SLICE("settings"),
    WPB_SLICE("sidebars"),
    WPB_SLICE("site_transient"),
    WPB_SLICE("taxonomy"),
    WPB_SLICE("theme_mods"),
    WPB_SLICE("transient"),
    WPB_SLICE("transient_timeout"),
    WPB_SLICE("widget"),
    WPB_SLICE("woocommerce"),
    WPB_SLICE("wordpress"),
};

struct call {
    struct wpb_slice name;
    enum wpb_source_use use;
};

/* clang-format off */
static const struct call calls[] = {
    {WPB_SLICE("get_option"), WPB_SOURCE_READ},
    {WPB_SLICE("get_options"), WPB_SOURCE_READ},
    {WPB_SLICE("get_site_option"), WPB_SOURCE_READ},
    {WPB_SLICE("get_network_option"), WPB_SOURCE_READ},
    {WPB_SLICE("get_blog_option"), WPB_SOURCE_READ},
    {WPB_SLICE("get_transient"), WPB_SOURCE_READ},
    {WPB_SLICE("get_site_transient"), WPB_SOURCE_READ},
    {WPB_SLICE("wp_cache_get"), WPB_SOURCE_READ},
    {WPB_SLICE("wp_cache_get_multiple"), WPB_SOURCE_READ},
    {WPB_SLICE("wp_prime_option_caches"), WPB_SOURCE_READ},
    {WPB_SLICE("add_option"), WPB_SOURCE_WRITE},
    {WPB_SLICE("update_option"), WPB_SOURCE_WRITE},
    {WPB_SLICE("delete_option"), WPB_SOURCE_WRITE},
    {WPB_SLICE("add_site_option"), WPB_SOURCE_WRITE},
    {WPB_SLICE("update_site_option"), WPB_SOURCE_WRITE},
    {WPB_SLICE("delete_site_option"), WPB_SOURCE_WRITE},
    {WPB_SLICE("add_network_option"), WPB_SOURCE_WRITE},
    {WPB_SLICE("update_network_option"), WPB_SOURCE_WRITE},
    {WPB_SLICE("delete_network_option"), WPB_SOURCE_WRITE},
    {WPB_SLICE("add_blog_option"), WPB_SOURCE_WRITE},
    {WPB_SLICE("update_blog_option"), WPB_SOURCE_WRITE},
    {WPB_SLICE("delete_blog_option"), WPB_SOURCE_WRITE},
    {WPB_SLICE("set_transient"), WPB_SOURCE_WRITE},
    {WPB_SLICE("delete_transient"), WPB_SOURCE_WRITE},
    {WPB_SLICE("set_site_transient"), WPB_SOURCE_WRITE},
    {WPB_SLICE("delete_site_transient"), WPB_SOURCE_WRITE},
    {WPB_SLICE("wp_cache_add"), WPB_SOURCE_WRITE},
    {WPB_SLICE("wp_cache_set"), WPB_SOURCE_WRITE},
    {WPB_SLICE("wp_cache_delete"), WPB_SOURCE_WRITE},
};
/* clang-format on */

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static bool is_separator(char c)
{
    return c == '_' || c == '-' || c == '.' || c == ':' || c == '/' || c == '|';
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '_';
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* PART with or without a separator at its end. */
static bool is_common(struct wpb_slice part)
{
    while (part.len > 0 && is_separator(part.data[part.len - 1]))
        part.len--;
    for (size_t i = 0; i < COUNT_OF(common_words); i++) {
        if (wpb_slice_equal(part, common_words[i]))
            return true;
    }
    return false;
}

bool wpb_source_literal_init(struct wpb_source_literal *literal, struct wpb_slice text)
{
    for (size_t i = 0; i < COUNT_OF(transient_prefixes); i++) {
        if (wpb_slice_starts(text, transient_prefixes[i])) {
            text = wpb_slice_skip(text, transient_prefixes[i].len);
            break;
        }
    }
    *literal = (struct wpb_source_literal){.text = text, .shortest = text.len};
    if (text.len < 4)
        return false;
    for (size_t len = WPB_SOURCE_PART_MIN; len < text.len; len++) {
        bool ends_a_token =
            is_separator(text.data[len]) && !is_separator(text.data[len - 1]);
        if (ends_a_token && !is_common(wpb_slice_head(text, len))) {
            literal->shortest = len;
            break;
        }
    }
    return true;
}

/* ---- where in the code a position is ---- */

enum region { OUTSIDE, CODE, SINGLE, DOUBLE, LINE_COMMENT, BLOCK_COMMENT, HEREDOC };

struct lexer {
    struct wpb_slice code;
    size_t at;
    enum region region;
    uint64_t line;
    size_t line_begin;
    struct wpb_slice heredoc; /* its closing identifier */
};

static bool looking_at(const struct lexer *lexer, const char *text)
{
    return wpb_slice_starts(wpb_slice_skip(lexer->code, lexer->at), wpb_slice_cstr(text));
}

/* At "<<<": enter a heredoc or nowdoc if it is one. Returns the bytes to skip. */
static size_t enter_heredoc(struct lexer *lexer)
{
    struct wpb_slice rest = wpb_slice_skip(lexer->code, lexer->at + 3);
    size_t i = 0;
    while (i < rest.len && (rest.data[i] == ' ' || rest.data[i] == '\t'))
        i++;
    if (i < rest.len && (rest.data[i] == '"' || rest.data[i] == '\''))
        i++;
    size_t begin = i;
    while (i < rest.len && is_word(rest.data[i]))
        i++;
    if (i == begin)
        return 3;
    lexer->heredoc = wpb_slice_of(rest.data + begin, i - begin);
    lexer->region = HEREDOC;
    if (i < rest.len && (rest.data[i] == '"' || rest.data[i] == '\''))
        i++;
    return 3 + i;
}

/* Behind a newline of a heredoc: is its closing identifier next? */
static bool leaves_heredoc(const struct lexer *lexer, size_t at)
{
    struct wpb_slice rest = wpb_slice_skip(lexer->code, at);
    size_t blank = 0;
    while (blank < rest.len && blank < BLANK_MAX &&
           (rest.data[blank] == ' ' || rest.data[blank] == '\t'))
        blank++;
    rest = wpb_slice_skip(rest, blank);
    return wpb_slice_starts(rest, lexer->heredoc) &&
           (rest.len == lexer->heredoc.len || !is_word(rest.data[lexer->heredoc.len]));
}

/* One step in PHP code; returns its bytes. */
static size_t step_code(struct lexer *lexer, char c)
{
    switch (c) {
    case '\'':
        lexer->region = SINGLE;
        return 1;
    case '"':
        lexer->region = DOUBLE;
        return 1;
    case '#':
        if (!looking_at(lexer, "#["))
            lexer->region = LINE_COMMENT;
        return 1;
    case '/':
        if (looking_at(lexer, "//"))
            lexer->region = LINE_COMMENT;
        else if (looking_at(lexer, "/*"))
            lexer->region = BLOCK_COMMENT;
        else
            return 1;
        return 2;
    case '?':
        if (!looking_at(lexer, "?>"))
            return 1;
        lexer->region = OUTSIDE;
        return 2;
    case '<':
        return looking_at(lexer, "<<<") ? enter_heredoc(lexer) : 1;
    default:
        return 1;
    }
}

static size_t step(struct lexer *lexer)
{
    char c = lexer->code.data[lexer->at];
    switch (lexer->region) {
    case CODE:
        return step_code(lexer, c);
    case OUTSIDE:
        if (c != '<' || !looking_at(lexer, "<?"))
            return 1;
        lexer->region = CODE;
        return 2;
    case SINGLE:
    case DOUBLE:
        if (c == '\\' && lexer->at + 1 < lexer->code.len &&
            lexer->code.data[lexer->at + 1] != '\n')
            return 2;
        if (c == (lexer->region == SINGLE ? '\'' : '"'))
            lexer->region = CODE;
        return 1;
    case LINE_COMMENT:
        if (c == '\n')
            lexer->region = CODE;
        if (c != '?' || !looking_at(lexer, "?>"))
            return 1;
        lexer->region = OUTSIDE;
        return 2;
    case BLOCK_COMMENT:
        if (c != '*' || !looking_at(lexer, "*/"))
            return 1;
        lexer->region = CODE;
        return 2;
    case HEREDOC:
        if (c != '\n' || !leaves_heredoc(lexer, lexer->at + 1))
            return 1;
        lexer->region = CODE;
        return 1;
    }
    return 1;
}

static void advance(struct lexer *lexer, size_t to)
{
    while (lexer->at < to) {
        bool is_newline = lexer->code.data[lexer->at] == '\n';
        lexer->at += step(lexer);
        if (is_newline) {
            lexer->line++;
            lexer->line_begin = lexer->at;
        }
    }
}

/* ---- what is done there ---- */

/* The identifier that ends right before END (blanks skipped), and where it begins. */
static struct wpb_slice word_before(struct wpb_slice code, size_t end, size_t *begin)
{
    for (size_t blank = 0; end > 0 && blank < BLANK_MAX; blank++) {
        if (!is_space(code.data[end - 1]))
            break;
        end--;
    }
    size_t at = end;
    while (at > 0 && end - at < CALL_WINDOW && is_word(code.data[at - 1]))
        at--;
    *begin = at;
    return wpb_slice_of(code.data + at, end - at);
}

/* What a call of the word before END means; WPB_SOURCE_STRING when nothing. */
static enum wpb_source_use use_of_call(struct wpb_slice code, size_t end)
{
    size_t begin;
    struct wpb_slice word = word_before(code, end, &begin);
    if (word.len < 10)
        return WPB_SOURCE_STRING;
    for (size_t i = 0; i < COUNT_OF(calls); i++) {
        if (!wpb_slice_equal(word, calls[i].name))
            continue;
        bool is_method = begin > 1 && (memcmp(code.data + begin - 2, "->", 2) == 0 ||
                                       memcmp(code.data + begin - 2, "::", 2) == 0);
        return is_method ? WPB_SOURCE_METHOD : calls[i].use;
    }
    return WPB_SOURCE_STRING;
}

/* Walk back from the string at AT through the parentheses around it. Those inside
 * of other strings are taken for real: the cost is a weaker rank, not a wrong line. */
static enum wpb_source_use enclosing_call(struct wpb_slice code, size_t at)
{
    size_t floor = at > CALL_WINDOW ? at - CALL_WINDOW : 0;
    unsigned closed = 0;
    for (; at > floor && code.data[at - 1] != ';'; at--) {
        char c = code.data[at - 1];
        if (c == ')') {
            closed++;
        } else if (c == '(' && closed > 0) {
            closed--;
        } else if (c == '(') {
            enum wpb_source_use use = use_of_call(code, at - 1);
            if (use != WPB_SOURCE_STRING)
                return use;
        }
    }
    return WPB_SOURCE_STRING;
}

/* Is there such a call anywhere on the line, near AT? */
static bool line_has_call(struct wpb_slice code, size_t line_begin, size_t at)
{
    size_t from = at > line_begin + CALL_WINDOW ? at - CALL_WINDOW : line_begin;
    size_t to = at + CALL_WINDOW < code.len ? at + CALL_WINDOW : code.len;
    for (; from < to && (from < at || code.data[from] != '\n'); from++) {
        if (code.data[from] == '(' && use_of_call(code, from) != WPB_SOURCE_STRING)
            return true;
    }
    return false;
}

static enum wpb_source_use use_at(const struct lexer *lexer, size_t at)
{
    switch (lexer->region) {
    case LINE_COMMENT:
    case BLOCK_COMMENT:
        return WPB_SOURCE_COMMENT;
    case OUTSIDE:
    case CODE:
        return WPB_SOURCE_MENTION;
    case SINGLE:
    case DOUBLE:
    case HEREDOC:
        break;
    }
    enum wpb_source_use use = enclosing_call(lexer->code, at);
    if (use == WPB_SOURCE_STRING && line_has_call(lexer->code, lexer->line_begin, at))
        return WPB_SOURCE_METHOD;
    return use;
}

/* ---- matches ---- */

/* May a name begin at AT: behind a quote, or behind a transient's prefix? */
static bool begins_name(struct wpb_slice code, size_t at)
{
    if (at == 0 || !is_word(code.data[at - 1]))
        return true;
    struct wpb_slice before = wpb_slice_head(code, at);
    for (size_t i = 0; i < COUNT_OF(transient_prefixes); i++) {
        if (wpb_slice_ends(before, transient_prefixes[i]))
            return true;
    }
    return false;
}

/* Does the code go on at AT with something other than more of the same word: a
 * placeholder of sprintf() or of a string, or the string's end? PART is what stands
 * before AT. A closed 'kestrel' may be a text domain, so it must end in a separator
 * or be concatenated. */
static bool ends_part(struct wpb_slice code, size_t at, struct wpb_slice part)
{
    if (at == code.len)
        return false;
    char c = code.data[at];
    if (c == '%' || c == '{' || c == '$')
        return true;
    if (c != '\'' && c != '"')
        return false;
    if (is_separator(part.data[part.len - 1]))
        return true;
    size_t next = at + 1;
    while (next < code.len && next < at + BLANK_MAX && is_space(code.data[next]))
        next++;
    return next < code.len && code.data[next] == '.';
}

/* How many bytes of LITERAL's text stand at AT, as one that may be part of its names;
 * 0 when the code goes on to something else. */
static size_t match_at(struct wpb_slice code, size_t at,
                       const struct wpb_source_literal *literal)
{
    size_t len = literal->shortest;
    struct wpb_slice text = literal->text;
    while (len < text.len && at + len < code.len && code.data[at + len] == text.data[len])
        len++;
    if (len == text.len)
        return len;
    struct wpb_slice part = wpb_slice_head(text, len);
    char before = at > 0 ? code.data[at - 1] : '\0';
    bool is_begun =
        before == '\'' || before == '"' || (before == '_' && begins_name(code, at));
    return is_begun && ends_part(code, at + len, part) && !is_common(part) ? len : 0;
}

/* Is the literal there part of another name: my_kestrel_, or kestrel_v2_settings
 * where names have a variable part? */
static bool is_other_name(struct wpb_slice code, size_t at, size_t len)
{
    bool goes_on = at + len < code.len && is_word(code.data[at + len]);
    bool begins_a_word = is_word(code.data[at]) && code.data[at] != '_';
    return goes_on || (begins_a_word && !begins_name(code, at));
}

/* The line around AT, without blanks at its ends, cut so that the match is in it. */
static struct wpb_slice excerpt_at(struct wpb_slice code, size_t line_begin, size_t at,
                                   size_t len)
{
    size_t blank_end = line_begin + BLANK_MAX < at ? line_begin + BLANK_MAX : at;
    while (line_begin < blank_end && is_space(code.data[line_begin]))
        line_begin++;
    if (at + len > line_begin + WPB_SOURCE_EXCERPT_MAX)
        line_begin = at;
    size_t end = line_begin;
    while (end < code.len && end < line_begin + WPB_SOURCE_EXCERPT_MAX &&
           code.data[end] != '\n')
        end++;
    if (end == line_begin + WPB_SOURCE_EXCERPT_MAX) {
        /* do not cut a character of UTF-8 */
        while (end < code.len && end > at + len && (code.data[end] & 0xC0) == 0x80)
            end--;
    }
    while (end > line_begin && is_space(code.data[end - 1]))
        end--;
    return wpb_slice_of(code.data + line_begin, end - line_begin);
}

void wpb_source_scan(struct wpb_slice code, const struct wpb_source_literal *literal,
                     wpb_source_visit *visit, void *cookie)
{
    struct lexer lexer = {.code = code, .region = OUTSIDE, .line = 1};
    struct wpb_source_match best = {.line = 0};
    size_t from = 0;

    while (from < code.len) {
        const char *hit = memmem(code.data + from, code.len - from, literal->text.data,
                                 literal->shortest);
        if (!hit)
            break;
        size_t at = (size_t)(hit - code.data);
        from = at + 1;
        size_t len = match_at(code, at, literal);
        if (len == 0)
            continue;
        advance(&lexer, at);
        struct wpb_source_match match = {.len = len, .line = lexer.line};
        match.use = use_at(&lexer, at);
        if (match.use > WPB_SOURCE_MENTION && is_other_name(code, at, len))
            match.use = WPB_SOURCE_MENTION;
        match.excerpt = excerpt_at(code, lexer.line_begin, at, len);
        if (match.line != best.line) {
            if (best.line)
                visit(cookie, &best);
            best = match;
        } else if (match.len > best.len ||
                   (match.len == best.len && match.use > best.use)) {
            best = match;
        }
    }
    if (best.line)
        visit(cookie, &best);
}
