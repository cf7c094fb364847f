#include "agent/base/log.h"

#include <stdarg.h>
#include <stdio.h>

#include "agent/base/buf.h"
#include "agent/base/text.h"

static enum wpb_log_level threshold = WPB_LOG_WARNING;

void wpb_log_level(enum wpb_log_level level)
{
    threshold = level;
}

void wpb_log(enum wpb_log_level level, const char *format, ...)
{
    static const char *const names[] = {"error", "warning", "info", "debug"};
    struct wpb_buf raw, line;
    va_list args;

    if (level > threshold)
        return;
    wpb_buf_init(&raw, 8192);
    wpb_buf_init(&line, 65536);
    va_start(args, format);
    wpb_buf_vprintf(&raw, format, args);
    va_end(args);
    wpb_buf_printf(&line, "wpbloat: %s: ", names[level]);
    wpb_text_log(&line, wpb_buf_view(&raw));
    wpb_buf_char(&line, '\n');
    fwrite(line.data, 1, line.len, stderr);
    wpb_buf_fini(&raw);
    wpb_buf_fini(&line);
}
