#include "probes/requests/slow_log.h"

#include "probes/requests/time_format.h"

#define TIME_PATTERN "%d-%b-%Y %H:%M:%S"

void wpb_slow_log_init(struct wpb_slow_log *log, int32_t local_offset_s)
{
    *log = (struct wpb_slow_log){.local_offset_s = local_offset_s};
}

/* ---- words ---- */

static bool skip(struct wpb_slice *text, const char *word)
{
    if (!wpb_slice_starts(*text, wpb_slice_cstr(word)))
        return false;
    *text = wpb_slice_skip(*text, strlen(word));
    return true;
}

/* A whole number that ends the text. */
static bool read_number(struct wpb_slice text, uint32_t *value)
{
    uint64_t sum = 0;

    if (text.len == 0 || text.len > 10)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        sum = sum * 10 + (uint64_t)(text.data[i] - '0');
    }
    *value = (uint32_t)sum;
    return sum <= UINT32_MAX;
}

static void copy(char *to, size_t size, struct wpb_slice text)
{
    size_t len = text.len < size ? text.len : size - 1;

    if (len)
        memcpy(to, text.data, len);
    to[len] = '\0';
}

/* ---- the parts of an entry ---- */

static bool read_header(const struct wpb_slow_log *log, struct wpb_slice line,
                        struct wpb_slow_entry *entry)
{
    struct wpb_time_format format;
    int64_t unix_s;
    size_t used;

    if (!skip(&line, "[") ||
        wpb_time_format(&format, wpb_slice_cstr(TIME_PATTERN), NULL) ||
        (used = wpb_time_format_take(&format, line, log->local_offset_s, &unix_s)) == 0)
        return false;
    line = wpb_slice_skip(line, used);
    /* fractions of a second, where log_level is debug */
    while (line.len &&
           (line.data[0] == '.' || (line.data[0] >= '0' && line.data[0] <= '9')))
        line = wpb_slice_skip(line, 1);
    if (!skip(&line, "]"))
        return false;
    while (skip(&line, " "))
        ;
    if (!skip(&line, "[pool "))
        return false;
    const char *end = memmem(line.data, line.len, "] pid ", 6);
    if (!end)
        return false;
    struct wpb_slice pool = wpb_slice_head(line, (size_t)(end - line.data));
    *entry = (struct wpb_slow_entry){.unix_s = unix_s};
    copy(entry->pool, sizeof entry->pool, pool);
    return read_number(wpb_slice_skip(line, pool.len + 6), &entry->pid);
}

struct frame {
    struct wpb_slice function, path;
    uint32_t line;
};

/* The line's number is behind its last colon; a function's name holds no "() ". */
static bool read_frame(struct wpb_slice line, struct frame *frame)
{
    if (!skip(&line, "[0x"))
        return false;
    const char *close = memchr(line.data, ']', line.len);
    if (!close)
        return false;
    line = wpb_slice_skip(line, (size_t)(close - line.data) + 1);
    if (!skip(&line, " "))
        return false;
    const char *end = line.len ? memmem(line.data, line.len, "() ", 3) : NULL;
    if (!end)
        return false;
    frame->function = wpb_slice_head(line, (size_t)(end - line.data));
    line = wpb_slice_skip(line, frame->function.len + 3);
    const char *colon = line.len ? memrchr(line.data, ':', line.len) : NULL;
    if (!colon)
        return false;
    frame->path = wpb_slice_head(line, (size_t)(colon - line.data));
    return read_number(wpb_slice_skip(line, frame->path.len + 1), &frame->line);
}

static void forget_culprit(struct wpb_slow_log *log)
{
    struct wpb_slow_entry *entry = &log->entry;

    entry->component[0] = entry->file[0] = entry->function[0] = '\0';
    entry->line = 0;
    log->wants_function = false;
}

static void note_frame(struct wpb_slow_log *log, const struct frame *frame)
{
    struct wpb_slow_entry *entry = &log->entry;
    struct wpb_slice file;

    if (entry->frames >= WPB_SLOW_FRAMES_MAX)
        return;
    if (entry->frames++ == 0)
        copy(entry->doing, sizeof entry->doing, frame->function);
    /* the function that a place lies in is what the next frame calls */
    if (log->wants_function && !wpb_slice_is(frame->function, "[INCLUDE_OR_EVAL]"))
        copy(entry->function, sizeof entry->function, frame->function);
    log->wants_function = false;
    if (wpb_component_is_dropin(frame->path)) {
        forget_culprit(log);
        return;
    }
    if (entry->component[0] || !wpb_component_of(frame->path, entry->component, &file))
        return;
    copy(entry->file, sizeof entry->file, file);
    entry->line = frame->line;
    log->wants_function = true;
}

/* ---- entries ---- */

bool wpb_slow_log_pause(struct wpb_slow_log *log, struct wpb_slow_entry *done)
{
    bool is_done = log->is_open && log->entry.frames > 0;

    if (is_done)
        *done = log->entry;
    log->is_open = false;
    return is_done;
}

bool wpb_slow_log_line(struct wpb_slow_log *log, struct wpb_slice line,
                       struct wpb_slow_entry *done)
{
    struct wpb_slow_entry next;
    struct frame frame;

    if (read_header(log, line, &next)) {
        bool is_done = wpb_slow_log_pause(log, done);
        log->entry = next;
        log->is_open = true;
        log->wants_function = false;
        return is_done;
    }
    if (!log->is_open)
        return false;
    if (line.len == 0 || line.data[0] == '+') /* "+++ dump failed" */
        return wpb_slow_log_pause(log, done);
    if (skip(&line, "script_filename = "))
        copy(log->entry.script, sizeof log->entry.script, line);
    else if (read_frame(line, &frame))
        note_frame(log, &frame);
    return false;
}
