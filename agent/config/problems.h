/*
 * problems.h - what is wrong with a configuration: all of it, not just the first.
 *
 * A bounded list of sentences with their places. Messages may hold strangers' bytes:
 * whoever prints them escapes them. One thread.
 */
#ifndef WPB_CONFIG_PROBLEMS_H
#define WPB_CONFIG_PROBLEMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WPB_CONF_PROBLEMS_MAX 64
#define WPB_CONF_MESSAGE_MAX 320

struct wpb_conf_problem {
    bool is_error;    /* false: it works, but is probably not meant so */
    const char *file; /* "" when it is about no file */
    uint32_t line;    /* 0: about the file as a whole */
    char message[WPB_CONF_MESSAGE_MAX]; /* a sentence without its full stop */
};

struct wpb_conf_problems {
    struct wpb_arena *arena; /* the texts of `file` */
    struct wpb_conf_problem items[WPB_CONF_PROBLEMS_MAX];
    size_t count;   /* of items */
    size_t errors;  /* all of them, also those there was no room for */
    size_t dropped; /* problems there was no room for */
};

/* An empty list. NULL when memory is out. Free with wpb_conf_problems_free(). */
struct wpb_conf_problems *wpb_conf_problems_new(void);
void wpb_conf_problems_free(struct wpb_conf_problems *problems);

/* Add one, in the order of calls. FILE is copied. */
void wpb_conf_error(struct wpb_conf_problems *problems, const char *file, uint32_t line,
                    const char *format, ...) __attribute__((format(printf, 4, 5)));
void wpb_conf_warning(struct wpb_conf_problems *problems, const char *file, uint32_t line,
                      const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
