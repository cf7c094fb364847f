/*
 * text.h - strangers' bytes made safe, once per destination.
 *
 * Every name, path, URI or message that came from outside passes one of these
 * on its way out; nothing else in the program escapes. Bytes that are not UTF-8
 * become \xNN, control characters and the terminal's escape bytes too, as do
 * Unicode's bidirectional and zero-width controls, which could make a name look
 * like another. Pure functions, any thread.
 */
#ifndef WPB_BASE_TEXT_H
#define WPB_BASE_TEXT_H

#include <stdbool.h>

#include "agent/base/buf.h"
#include "wpbloat/slice.h"

/* Names longer than this are cut and end in "...#" and 8 hex digits of a hash of
 * the whole, so that two long names stay apart. */
#define WPB_TEXT_NAME_MAX 200

/* True when BYTES are well-formed UTF-8 (RFC 3629: no surrogates, no overlongs). */
bool wpb_text_is_utf8(struct wpb_slice bytes);

/* For a terminal: printable, one line, no control bytes. */
void wpb_text_terminal(struct wpb_buf *out, struct wpb_slice bytes);
/* As above, but for names that can identify people: the local part and the host
 * of an email address are masked (a***@***), and the name is cut. */
void wpb_text_terminal_name(struct wpb_buf *out, struct wpb_slice name);

/* A JSON string with its quotes. Bytes that are not UTF-8 become the six
 * characters \\xNN (an escaped backslash), so that the document stays UTF-8. */
void wpb_text_json(struct wpb_buf *out, struct wpb_slice bytes);
/* As above with masking and cutting, for names. */
void wpb_text_json_name(struct wpb_buf *out, struct wpb_slice name);

/* One word of a POSIX shell command: bare when it is plain, '...' when it is
 * printable, $'...' (bash, zsh, ksh, dash >= 0.5.13) when it holds other bytes.
 * Not masked: a command must work. */
void wpb_text_shell(struct wpb_buf *out, struct wpb_slice word);

/* For a log line: key="value" safe, one line. */
void wpb_text_log(struct wpb_buf *out, struct wpb_slice bytes);

/* The value of a Prometheus label, without its quotes: a name, masked and cut, in which
 * a backslash, a quote and a newline are escaped as that format wants it. */
void wpb_text_label(struct wpb_buf *out, struct wpb_slice name);

/* NAME with email addresses masked and long names cut; raw bytes otherwise. */
void wpb_text_mask(struct wpb_buf *out, struct wpb_slice name);

/* "512 B", "3.8 MiB": three significant digits, powers of 1024. */
void wpb_text_bytes(struct wpb_buf *out, uint64_t bytes);
/* "65,768". */
void wpb_text_count(struct wpb_buf *out, uint64_t count);
/* "never expires", "59 s", "1.5 h", "3 days"; -1 is never. */
void wpb_text_ttl(struct wpb_buf *out, int64_t seconds);

/* Columns BYTES (already escaped, UTF-8) take on a terminal, counted as code
 * points with East Asian wide ones as 2. */
size_t wpb_text_columns(struct wpb_slice bytes);

#endif
