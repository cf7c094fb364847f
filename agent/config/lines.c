#include "agent/config/lines.h"

#include <ini.h>
#include <string.h>

struct reader {
    struct wpb_slice rest;
    const char *file;
    uint32_t line; /* of the line that inih has in hand */
    const struct wpb_conf_lines *lines;
    struct wpb_conf_problems *problems;
};

static bool is_space(char byte)
{
    return byte == ' ' || byte == '\t';
}

static struct wpb_slice trim(struct wpb_slice text)
{
    while (text.len && is_space(text.data[0]))
        text = wpb_slice_skip(text, 1);
    while (text.len && is_space(text.data[text.len - 1]))
        text.len--;
    return text;
}

/* The next line, without its end. */
static struct wpb_slice next_line(struct reader *reader)
{
    const char *end = memchr(reader->rest.data, '\n', reader->rest.len);
    size_t len = end ? (size_t)(end - reader->rest.data) : reader->rest.len;
    struct wpb_slice line = wpb_slice_head(reader->rest, len);

    reader->rest = wpb_slice_skip(reader->rest, len + (end != NULL));
    reader->line++;
    if (line.len && line.data[line.len - 1] == '\r')
        line.len--;
    return line;
}

/* Shown in messages: a line may be long. */
#define SHOWN(text) (int)((text).len < 40 ? (text).len : 40), (text).data

static bool has_only_text(struct reader *reader, struct wpb_slice line)
{
    for (size_t i = 0; i < line.len; i++) {
        unsigned char byte = (unsigned char)line.data[i];
        if ((byte < 0x20 && byte != '\t') || byte == 0x7f) {
            wpb_conf_error(reader->problems, reader->file, reader->line,
                           "byte %zu of the line is 0x%02x, which is no text", i + 1,
                           byte);
            return false;
        }
    }
    return true;
}

/* LINE begins with "[". */
static void read_section(struct reader *reader, struct wpb_slice line)
{
    const char *end = memchr(line.data, ']', line.len);
    struct wpb_slice name = {line.data, 0}, after;

    if (!end) {
        wpb_conf_error(reader->problems, reader->file, reader->line,
                       "the section %.*s has no ']'", SHOWN(line));
        goto out;
    }
    after = trim(wpb_slice_skip(line, (size_t)(end - line.data) + 1));
    if (after.len && after.data[0] != ';' && after.data[0] != '#') {
        wpb_conf_error(reader->problems, reader->file, reader->line,
                       "'%.*s' stands after the section's ']'", SHOWN(after));
        goto out;
    }
    name = trim(wpb_slice_of(line.data + 1, (size_t)(end - line.data) - 1));
    if (name.len == 0)
        wpb_conf_error(reader->problems, reader->file, reader->line,
                       "the section has no name");
    if (name.len > WPB_CONF_NAME_MAX) {
        wpb_conf_error(reader->problems, reader->file, reader->line,
                       "the name of the section is longer than %d bytes",
                       WPB_CONF_NAME_MAX);
        name.len = 0;
    }
out:
    reader->lines->section(reader->lines->cookie, reader->line, name);
}

static bool is_entry(struct reader *reader, struct wpb_slice line)
{
    const char *equals = memchr(line.data, '=', line.len);
    struct wpb_slice key;

    if (!equals) {
        wpb_conf_error(reader->problems, reader->file, reader->line,
                       "'%.*s' is neither a [section], nor key = value, nor a comment",
                       SHOWN(line));
        return false;
    }
    key = trim(wpb_slice_head(line, (size_t)(equals - line.data)));
    for (size_t i = 0; i < key.len; i++) {
        if (strchr("abcdefghijklmnopqrstuvwxyz0123456789_", key.data[i]))
            continue;
        wpb_conf_error(reader->problems, reader->file, reader->line,
                       "'%.*s' is no key: those have small letters, digits and '_'",
                       SHOWN(key));
        return false;
    }
    if (key.len > 0 && key.len <= WPB_CONF_NAME_MAX)
        return true;
    if (key.len == 0)
        wpb_conf_error(reader->problems, reader->file, reader->line,
                       "there is no key before '='");
    else
        wpb_conf_error(reader->problems, reader->file, reader->line,
                       "the key is longer than %d bytes", WPB_CONF_NAME_MAX);
    return false;
}

/* Is LINE one that inih shall split? */
static bool is_for_inih(struct reader *reader, struct wpb_slice line, size_t room)
{
    if (line.len > WPB_CONF_LINE_MAX || line.len > room) {
        wpb_conf_error(reader->problems, reader->file, reader->line,
                       "the line is longer than %zu bytes; a key that takes a list may "
                       "be given several times",
                       room < WPB_CONF_LINE_MAX ? room : WPB_CONF_LINE_MAX);
        if (line.data[0] == '[')
            reader->lines->section(reader->lines->cookie, reader->line,
                                   wpb_slice_head(line, 0));
        return false;
    }
    if (!has_only_text(reader, line))
        return false;
    if (line.data[0] == '[') {
        read_section(reader, line);
        return false;
    }
    return is_entry(reader, line);
}

/* What inih calls in the place of fgets(): one whole line, at most SIZE bytes with its
 * end, or NULL. Lines that are not for it are passed over. */
static char *read_line(char *into, int size, void *stream)
{
    struct reader *reader = stream;

    while (reader->rest.len) {
        struct wpb_slice line = trim(next_line(reader));
        if (line.len == 0 || line.data[0] == ';' || line.data[0] == '#')
            continue;
        if (!is_for_inih(reader, line, size > 3 ? (size_t)size - 3 : 0))
            continue;
        memcpy(into, line.data, line.len);
        memcpy(into + line.len, "\n", 2);
        return into;
    }
    return NULL;
}

#if INI_HANDLER_LINENO
static int take_entry(void *cookie, const char *section, const char *name,
                      const char *value, int lineno)
{
    (void)lineno; /* of the lines that inih was given */
#else
static int take_entry(void *cookie, const char *section, const char *name,
                      const char *value)
{
#endif
    struct reader *reader = cookie;

    (void)section;
    if (name && value)
        reader->lines->entry(reader->lines->cookie, reader->line, name, value);
    return 1;
}

void wpb_conf_read_lines(struct wpb_slice bytes, const char *file,
                         const struct wpb_conf_lines *lines,
                         struct wpb_conf_problems *problems)
{
    static const struct wpb_slice mark = WPB_SLICE("\xef\xbb\xbf");
    struct reader reader = {
        .rest = bytes, .file = file, .lines = lines, .problems = problems};

    if (wpb_slice_starts(bytes, mark))
        reader.rest = wpb_slice_skip(bytes, mark.len);
#ifdef WPB_INIH_HAS_MAX_LINE
    ini_max_line = WPB_CONF_LINE_MAX + 3;
#endif
    if (ini_parse_stream(read_line, &reader, take_entry, &reader) != 0)
        wpb_conf_error(problems, file, 0,
                       "the INI parser refuses a line that looked well-formed");
}
