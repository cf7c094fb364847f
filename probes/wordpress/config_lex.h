/*
 * config_lex.h - PHP source as tokens.
 *
 * A state machine over bytes, pure: it never recurses, allocates nothing and
 * reads each byte a bounded number of times. Tokens are slices of the input.
 * Nothing is decoded here before somebody asks for the value.
 *
 *   document  = text { "<?php" blank php ( "?>" [newline] | end ) text | "<?=" ... }
 *   php       = { blank | comment | token }
 *   comment   = ( "//" | "#" ) to the end of the line or "?>"      ("#[" is a token)
 *             | "/ *" ... "* /"                                    (not nested)
 *   token     = variable | name | number | string | template | shell | punctuation
 *   variable  = "$" label
 *   name      = [ "\" ] label { "\" label }
 *   label     = ( letter | "_" | byte >= 0x80 ) { letter | digit | "_" | byte >= 0x80 }
 *   number    = decimal | "0x" hex | "0b" binary | "0" ["o"] octal | float; "_" between
 *               digits
 *   string    = "'" { "\\" | "\'" | byte } "'" | nowdoc
 *   template  = '"' { escape | "$" label ... | "{$" php "}" | "${" php "}" | byte } '"'
 *             | heredoc
 *   heredoc   = "<<<" label | '<<<"' label '"'  newline lines  blanks label
 *   nowdoc    = "<<<'" label "'"                newline lines  blanks label
 *   shell     = "`" ... "`"
 */
#ifndef WPB_WORDPRESS_CONFIG_LEX_H
#define WPB_WORDPRESS_CONFIG_LEX_H

#include <stdbool.h>
#include <stdint.h>

#include "wpbloat/slice.h"

/* Templates inside expressions inside templates ...: deeper is an error. */
#define WPB_CONFIG_LEX_NESTING_MAX 32

enum wpb_config_token_type {
    WPB_TOKEN_END,
    WPB_TOKEN_ERROR,    /* `text` is a static sentence without any of the input */
    WPB_TOKEN_TEXT,     /* outside <?php */
    WPB_TOKEN_ECHO,     /* <?= */
    WPB_TOKEN_CLOSE,    /* ?>, which ends a statement */
    WPB_TOKEN_VARIABLE, /* `text` is the name without "$" */
    WPB_TOKEN_NAME,     /* with its backslashes */
    WPB_TOKEN_INTEGER,
    WPB_TOKEN_FLOAT,
    WPB_TOKEN_STRING,   /* no variables inside; `text` is the body without quotes */
    WPB_TOKEN_TEMPLATE, /* may hold variables; the same */
    WPB_TOKEN_SHELL,    /* `...` */
    WPB_TOKEN_PUNCTUATION,
};

struct wpb_config_token {
    enum wpb_config_token_type type;
    uint32_t line;        /* where it begins; the first line is 1 */
    uint32_t punctuation; /* WPB_PUNCT() of its bytes */
    uint16_t indent;      /* heredoc: blanks to take off each line */
    bool is_heredoc;
    struct wpb_slice text;
};

/* Up to three bytes of punctuation as a number: WPB_PUNCT('.', '=', 0). */
#define WPB_PUNCT(a, b, c)                                                               \
    ((uint32_t)(unsigned char)(a) | (uint32_t)(unsigned char)(b) << 8 |                  \
     (uint32_t)(unsigned char)(c) << 16)

struct wpb_config_lex {
    struct wpb_slice bytes;
    size_t at;
    uint32_t line;
    bool is_php;
};

/* Start at the beginning of BYTES, which must outlive the tokens. With IS_PHP the
 * bytes are code, as in eval(), without an opening tag. */
void wpb_config_lex_init(struct wpb_config_lex *lex, struct wpb_slice bytes, bool is_php);

/* The next token. After WPB_TOKEN_END or WPB_TOKEN_ERROR only WPB_TOKEN_END follows. */
void wpb_config_lex_next(struct wpb_config_lex *lex, struct wpb_config_token *token);

#endif
