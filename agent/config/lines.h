/*
 * lines.h - the lines of one INI file, read through inih.
 *
 *   file    = *( [space] [ section / entry / comment ] LF )
 *   section = "[" text "]" [ comment ]
 *   entry   = key [space] "=" [space] value [ space comment ]
 *   key     = 1*49( a-z / 0-9 / "_" )
 *   comment = ";" *byte          ("#" too, but only at the start of a line)
 *
 * inih splits keys, values and comments. What it does not do is done here before a line
 * reaches it: line numbers, sections without entries, all errors instead of the first,
 * and no silent cuts (it cuts lines at a length that differs between builds, and names at
 * 49 bytes, and takes an indented line for the continuation of the one before). Pure but
 * for the sink of problems; one thread at a time in the whole program.
 */
#ifndef WPB_CONFIG_LINES_H
#define WPB_CONFIG_LINES_H

#include "agent/config/problems.h"
#include "wpbloat/slice.h"

/* Longest line, its end not counted; with an inih that cannot be told, less. */
#define WPB_CONF_LINE_MAX 4096
/* Longest name of a section, and of a key. */
#define WPB_CONF_NAME_MAX 49

struct wpb_conf_lines {
    void *cookie;
    /* A section begins: "site shop". "" when its line is wrong: what follows belongs to
     * nothing. */
    void (*section)(void *cookie, uint32_t line, struct wpb_slice name);
    /* KEY = VALUE, both without the spaces around them; valid during the call. */
    void (*entry)(void *cookie, uint32_t line, const char *key, const char *value);
};

/* Read BYTES, which FILE holds. What is no line of a configuration becomes an error in
 * PROBLEMS, and is left out. */
void wpb_conf_read_lines(struct wpb_slice bytes, const char *file,
                         const struct wpb_conf_lines *lines,
                         struct wpb_conf_problems *problems);

#endif
