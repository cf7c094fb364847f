#include "probes/requests/php_errors.h"

#include "probes/requests/time_format.h"

/* No log wraps a message more often. */
#define WRAPPINGS_MAX 8
/* Syslog's header, with a long host's name, and nginx's, end within so many bytes. */
#define HEADER_MAX 256

/* ---- words ---- */

static bool skip(struct wpb_slice *text, const char *word)
{
    if (!wpb_slice_starts(*text, wpb_slice_cstr(word)))
        return false;
    *text = wpb_slice_skip(*text, strlen(word));
    return true;
}

static const char *find(struct wpb_slice text, const char *word)
{
    return text.len ? memmem(text.data, text.len, word, strlen(word)) : NULL;
}

static bool skip_past(struct wpb_slice *text, const char *word)
{
    const char *at = find(*text, word);

    if (!at)
        return false;
    *text = wpb_slice_skip(*text, (size_t)(at - text->data) + strlen(word));
    return true;
}

static bool take_number(struct wpb_slice *text, uint64_t *value)
{
    uint64_t sum = 0;
    size_t len = 0;

    for (; len < text->len && text->data[len] >= '0' && text->data[len] <= '9'; len++) {
        if (len == 18)
            return false;
        sum = sum * 10 + (uint64_t)(text->data[len] - '0');
    }
    *text = wpb_slice_skip(*text, len);
    *value = sum;
    return len > 0;
}

/* ---- wrapping ---- */

/* "[29-Nov-2026 19:44:13 UTC] ". Anything else in brackets at the front is passed over:
 * other programs have other times. */
static bool skip_time(struct wpb_slice *text, struct wpb_php_error *error)
{
    struct wpb_time_format format;
    int64_t unix_s;
    struct wpb_slice rest = *text;

    if (!skip(&rest, "["))
        return false;
    const char *close =
        memchr(rest.data, ']', rest.len < HEADER_MAX ? rest.len : HEADER_MAX);
    if (!close)
        return false;
    struct wpb_slice inside = wpb_slice_head(rest, (size_t)(close - rest.data));
    if (!error->has_time && wpb_slice_ends(inside, wpb_slice_cstr(" UTC")) &&
        !wpb_time_format(&format, wpb_slice_cstr("%d-%b-%Y %H:%M:%S"), NULL) &&
        wpb_time_format_take(&format, inside, 0, &unix_s)) {
        error->has_time = true;
        error->unix_s = unix_s;
    }
    *text = wpb_slice_skip(rest, inside.len + 1);
    while (skip(text, " "))
        ;
    return true;
}

/* "Nov 29 19:44:13 web-17 php-fpm[123]: ", in any of syslog's forms. */
static bool skip_syslog(struct wpb_slice *text)
{
    struct wpb_slice head = wpb_slice_head(*text, HEADER_MAX);
    const char *end = find(head, "]: ");

    if (!end || !find(wpb_slice_head(head, (size_t)(end - head.data)), "php"))
        return false;
    *text = wpb_slice_skip(*text, (size_t)(end - head.data) + 3);
    return true;
}

/* "2026/11/29 19:44:13 [error] 73#73: *26 FastCGI sent in stderr: \"PHP message: "; what
 * nginx writes behind the message is not PHP's. */
static bool skip_nginx(struct wpb_slice *text)
{
    static const char begin[] = "FastCGI sent in stderr: \"";
    const char *at = find(wpb_slice_head(*text, HEADER_MAX), begin);

    if (!at)
        return false;
    *text = wpb_slice_skip(*text, (size_t)(at - text->data) + sizeof begin - 1);
    const char *end = find(*text, "\" while ");
    if (end)
        *text = wpb_slice_head(*text, (size_t)(end - text->data));
    return true;
}

static bool skip_child(struct wpb_slice *text)
{
    struct wpb_slice rest = *text;

    if (!skip(&rest, "WARNING: [pool ") || !skip_past(&rest, " said into stderr: \""))
        return false;
    *text = rest;
    return true;
}

/* What a message begins with is never wrapping, whatever it holds. */
static bool skip_wrapping(struct wpb_slice *text, struct wpb_php_error *error)
{
    if (text->len == 0)
        return false;
    switch (text->data[0]) {
    case '[':
        return skip_time(text, error);
    case 'P':
        return skip(text, "PHP message: ");
    case 'N':
        return skip(text, "NOTICE: ") || skip_syslog(text);
    case 'W':
        return skip_child(text);
    default:
        return skip_nginx(text) || skip_syslog(text);
    }
}

/* ---- messages ---- */

static bool is_fatal(struct wpb_slice *text, bool *is_parse)
{
    static const struct {
        const char *words;
        bool is_parse;
    } rows[] = {
        {"PHP Fatal error: ", false},  {"PHP Recoverable fatal error: ", false},
        {"PHP Core error: ", false},   {"PHP Parse error: ", true},
        {"PHP Compile error: ", true},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (!skip(text, rows[i].words))
            continue;
        *is_parse = rows[i].is_parse;
        while (skip(text, " "))
            ;
        return true;
    }
    return false;
}

/* The last " in PATH on line N" or " in PATH:N"; what stands before it may quote another.
 * nginx writes its own words behind the message. */
static void read_place(struct wpb_slice text, struct wpb_php_error *error)
{
    const char *at = NULL;
    struct wpb_slice rest = text;
    uint64_t line;

    while (skip_past(&rest, " in /"))
        at = rest.data - 1;
    if (!at)
        return;
    rest = wpb_slice_of(at, (size_t)(text.data + text.len - at));
    struct wpb_slice path = rest;
    if (skip_past(&rest, " on line ")) {
        path.len -= rest.len + strlen(" on line ");
    } else {
        const char *colon = memchr(rest.data, ':', rest.len);
        if (!colon)
            return;
        path = wpb_slice_head(rest, (size_t)(colon - rest.data));
        rest = wpb_slice_skip(rest, path.len + 1);
    }
    if (!take_number(&rest, &line) || line > UINT32_MAX)
        return;
    error->file = path;
    error->line = (uint32_t)line;
}

static bool read_memory(struct wpb_slice text, struct wpb_php_error *error)
{
    return skip(&text, "Allowed memory size of ") &&
           take_number(&text, &error->limit_bytes) && skip(&text, " bytes exhausted") &&
           skip_past(&text, "tried to allocate ") &&
           take_number(&text, &error->tried_bytes);
}

static enum wpb_php_error_kind kind_of(struct wpb_slice text, bool is_parse,
                                       struct wpb_php_error *error)
{
    if (is_parse)
        return WPB_PHP_PARSE;
    if (read_memory(text, error))
        return WPB_PHP_MEMORY;
    error->limit_bytes = error->tried_bytes = 0;
    if (wpb_slice_starts(text, wpb_slice_cstr("Out of memory")))
        return WPB_PHP_OUT_OF_MEMORY;
    if (wpb_slice_starts(text, wpb_slice_cstr("Maximum execution time of ")))
        return WPB_PHP_TIMEOUT;
    if (wpb_slice_starts(text, wpb_slice_cstr("Uncaught ")))
        return WPB_PHP_UNCAUGHT;
    return WPB_PHP_OTHER;
}

/* nginx puts the messages of one request on one line; the first that is fatal counts. */
static bool read_message(struct wpb_slice text, struct wpb_php_error *error)
{
    bool is_parse;

    if (skip(&text, "WordPress database error ")) {
        error->kind = WPB_PHP_LOCK;
        return wpb_slice_starts(text, wpb_slice_cstr("Deadlock found")) ||
               wpb_slice_starts(text, wpb_slice_cstr("Lock wait timeout"));
    }
    if (!is_fatal(&text, &is_parse))
        return false;
    const char *next = find(text, "; PHP message: ");
    if (next)
        text = wpb_slice_head(text, (size_t)(next - text.data));
    error->kind = kind_of(text, is_parse, error);
    read_place(text, error);
    return true;
}

bool wpb_php_errors_read(struct wpb_slice line, struct wpb_php_error *error)
{
    *error = (struct wpb_php_error){.kind = WPB_PHP_OTHER};
    for (int i = 0; i < WRAPPINGS_MAX; i++)
        if (!skip_wrapping(&line, error))
            break;
    do {
        if (read_message(line, error))
            return true;
    } while (skip_past(&line, "; PHP message: "));
    return false;
}

const char *wpb_php_errors_name(enum wpb_php_error_kind kind)
{
    static const char *const names[WPB_PHP_ERROR_KINDS] = {
        [WPB_PHP_MEMORY] = "memory_exhausted",
        [WPB_PHP_OUT_OF_MEMORY] = "out_of_memory",
        [WPB_PHP_TIMEOUT] = "timeout",
        [WPB_PHP_UNCAUGHT] = "uncaught",
        [WPB_PHP_PARSE] = "parse_error",
        [WPB_PHP_LOCK] = "database_lock",
        [WPB_PHP_OTHER] = "fatal",
    };

    return kind < WPB_PHP_ERROR_KINDS ? names[kind] : "fatal";
}
