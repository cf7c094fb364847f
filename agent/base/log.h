/*
 * log.h - messages for the operator, on stderr, one line each.
 *
 * "wpbloat: warning: text". Messages may hold strangers' bytes: the whole line
 * is escaped here. Any thread; lines do not interleave.
 */
#ifndef WPB_BASE_LOG_H
#define WPB_BASE_LOG_H

enum wpb_log_level { WPB_LOG_ERROR, WPB_LOG_WARNING, WPB_LOG_INFO, WPB_LOG_DEBUG };

/* Messages above LEVEL are dropped; the default is WPB_LOG_WARNING. Call before
 * other threads start. */
void wpb_log_level(enum wpb_log_level level);
void wpb_log(enum wpb_log_level level, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
