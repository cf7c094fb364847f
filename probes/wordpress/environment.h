/*
 * environment.h - the environment variables a site's PHP would see, as far as files
 * tell: env[] of its FPM pool, then .env.
 *
 *   .env   = { line "\n" }
 *   line   = blanks [ "export " ] name blanks "=" blanks value [ blanks "#" text ]
 *          | [ "#" text ]
 *   value  = "'" bytes "'" | '"' { escape | "${" name "}" | byte } '"' | bare
 *   escape = "\" ( "n" | "r" | "t" | '"' | "\" | "$" )
 *   bare   = bytes up to " #" or the end of the line; "${" name "}" inside
 *
 * A quoted value may span lines. Pure but for memory. One thread.
 */
#ifndef WPB_WORDPRESS_ENVIRONMENT_H
#define WPB_WORDPRESS_ENVIRONMENT_H

#include <stdbool.h>

#include "wpbloat/arena.h"
#include "wpbloat/slice.h"

#define WPB_ENVIRONMENT_MAX 1024

struct wpb_variable {
    struct wpb_slice name, value;
    bool is_known; /* false: it is set, to something that only its reader computes */
};

struct wpb_environment {
    struct wpb_arena *arena;
    struct wpb_variable *variables;
    size_t count, capacity;
    /* A .env was read: what is not here is not set. */
    bool is_complete;
};

/* An empty environment whose memory is ARENA's. */
void wpb_environment_init(struct wpb_environment *environment, struct wpb_arena *arena);

/* Set NAME (copied). An earlier value stays unless OVERRIDES. More than
 * WPB_ENVIRONMENT_MAX are ignored. */
void wpb_environment_set(struct wpb_environment *environment, struct wpb_slice name,
                         struct wpb_slice value, bool is_known, bool overrides);

/* The variable, or NULL. */
const struct wpb_variable *wpb_environment_find(const struct wpb_environment *environment,
                                                struct wpb_slice name);

/* Add what a .env says. Lines that make no sense are skipped. */
void wpb_environment_dotenv(struct wpb_environment *environment, struct wpb_slice bytes,
                            bool overrides);

#endif
