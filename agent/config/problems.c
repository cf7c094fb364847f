#include "agent/config/problems.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "wpbloat/arena.h"

struct wpb_conf_problems *wpb_conf_problems_new(void)
{
    struct wpb_conf_problems *problems = calloc(1, sizeof(*problems));

    if (!problems)
        return NULL;
    problems->arena = wpb_arena_new();
    if (!problems->arena) {
        free(problems);
        return NULL;
    }
    return problems;
}

void wpb_conf_problems_free(struct wpb_conf_problems *problems)
{
    if (!problems)
        return;
    wpb_arena_free(problems->arena);
    free(problems);
}

static void add(struct wpb_conf_problems *problems, bool is_error, const char *file,
                uint32_t line, const char *format, va_list args)
{
    struct wpb_conf_problem *problem;

    problems->errors += is_error;
    if (problems->count == WPB_CONF_PROBLEMS_MAX) {
        problems->dropped++;
        return;
    }
    problem = &problems->items[problems->count++];
    problem->is_error = is_error;
    problem->file = wpb_arena_cstr(problems->arena, wpb_slice_cstr(file));
    problem->line = line;
    vsnprintf(problem->message, sizeof(problem->message), format, args);
}

void wpb_conf_error(struct wpb_conf_problems *problems, const char *file, uint32_t line,
                    const char *format, ...)
{
    va_list args;

    va_start(args, format);
    add(problems, true, file, line, format, args);
    va_end(args);
}

void wpb_conf_warning(struct wpb_conf_problems *problems, const char *file, uint32_t line,
                      const char *format, ...)
{
    va_list args;

    va_start(args, format);
    add(problems, false, file, line, format, args);
    va_end(args);
}
