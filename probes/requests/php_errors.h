/*
 * php_errors.h - what ended requests early, line by line from PHP's error log.
 *
 *   line:    { wrapping } ( "PHP " kind ": " spaces message | database )
 *   wrapping: "[" dd-Mon-YYYY HH:MM:SS [ " " zone ] "] "           PHP's log, FPM's log
 *           | "WARNING: [pool " name "] child " digits " said into stderr: \""       FPM
 *           | "NOTICE: " | "PHP message: " | syslog's header | nginx's error log up to
 *             "FastCGI sent in stderr: \""
 *   kind:    "Fatal error" | "Parse error" | "Compile error" | "Core error"
 *           | "Recoverable fatal error"
 *   message: "Allowed memory size of " limit " bytes exhausted (tried to allocate " tried
 *            " bytes)" | "Out of memory..." | "Maximum execution time of ..."
 *           | "Uncaught " ... | anything
 *            then " in " path " on line " digits, or " in " path ":" digits
 *   database: "WordPress database error " ( "Deadlock found" | "Lock wait timeout" ) ...
 *
 * Other lines (warnings, stack traces, what plugins write) are none. When memory is
 * exhausted the place is where the last straw was asked for, which is often the object
 * cache, not who filled the memory. Pure; any thread.
 */
#ifndef WPB_REQUESTS_PHP_ERRORS_H
#define WPB_REQUESTS_PHP_ERRORS_H

#include <stdbool.h>
#include <stdint.h>

#include "wpbloat/slice.h"

enum wpb_php_error_kind {
    WPB_PHP_MEMORY,        /* memory_limit reached */
    WPB_PHP_OUT_OF_MEMORY, /* the system's */
    WPB_PHP_TIMEOUT,       /* max_execution_time */
    WPB_PHP_UNCAUGHT,      /* exception or Error */
    WPB_PHP_PARSE,         /* parse and compile errors */
    WPB_PHP_LOCK,          /* MySQL: deadlock, or a lock that did not come in time */
    WPB_PHP_OTHER,         /* other fatal errors */
    WPB_PHP_ERROR_KINDS
};

struct wpb_php_error {
    enum wpb_php_error_kind kind;
    bool has_time; /* the line tells it, in UTC; local times of unknown zones do not */
    int64_t unix_s;
    struct wpb_slice file; /* as PHP wrote it; empty when the line does not tell */
    uint32_t line;
    uint64_t limit_bytes, tried_bytes; /* of MEMORY */
};

/* True when LINE, without its newline, tells such an error; texts point into it. */
bool wpb_php_errors_read(struct wpb_slice line, struct wpb_php_error *error);

/* "memory_exhausted"; static. */
const char *wpb_php_errors_name(enum wpb_php_error_kind kind);

#endif
