#include "probes/requests/cgi_head.h"

#include <ctype.h>
#include <strings.h>

#define STAGE "fastcgi"
#define STATUS_DEFAULT 200

static struct wpb_slice trimmed(struct wpb_slice text)
{
    while (text.len && isspace((unsigned char)text.data[0]))
        text = wpb_slice_skip(text, 1);
    while (text.len && isspace((unsigned char)text.data[text.len - 1]))
        text.len--;
    return text;
}

/* The value of LINE when it is the field NAME (with its colon); false otherwise. */
static bool field(struct wpb_slice line, const char *name, struct wpb_slice *value)
{
    size_t len = strlen(name);

    if (line.len < len || strncasecmp(line.data, name, len) != 0)
        return false;
    *value = trimmed(wpb_slice_skip(line, len));
    return true;
}

/* "404 Not Found"; 0 when it is no status. */
static unsigned status_of(struct wpb_slice text)
{
    unsigned status = 0;

    if (text.len < 3 || (text.len > 3 && text.data[3] != ' '))
        return 0;
    for (size_t i = 0; i < 3; i++) {
        if (!isdigit((unsigned char)text.data[i]))
            return 0;
        status = status * 10 + (unsigned)(text.data[i] - '0');
    }
    return status;
}

static void take_line(struct wpb_slice line, struct wpb_cgi_head *head)
{
    struct wpb_slice value;

    if (field(line, "Status:", &value)) {
        head->status = status_of(value);
    } else if (field(line, "Content-Type:", &value)) {
        const char *end = value.len ? memchr(value.data, ';', value.len) : NULL;
        head->content_type =
            trimmed(wpb_slice_head(value, end ? (size_t)(end - value.data) : value.len));
    }
}

int wpb_cgi_head_parse(struct wpb_slice answer, struct wpb_cgi_head *head,
                       struct wpb_err *err)
{
    struct wpb_slice rest = answer;

    *head = (struct wpb_cgi_head){.status = STATUS_DEFAULT,
                                  .content_type = wpb_slice_of("", 0)};
    while (rest.len) {
        const char *end = memchr(rest.data, '\n', rest.len);
        if (!end)
            break;
        struct wpb_slice line = wpb_slice_head(rest, (size_t)(end - rest.data));
        rest = wpb_slice_skip(rest, line.len + 1);
        if (line.len && line.data[line.len - 1] == '\r')
            line.len--;
        if (line.len == 0) {
            head->body = rest;
            return 0;
        }
        take_line(line, head);
    }
    return wpb_err_set(err, WPB_E_SYNTAX, STAGE, "the answer has no end of its head");
}
