/*
 * golden.h - what a user sees, compared with a file that was read by a person.
 *
 * Files are in tests/golden; the working directory is tests/. With
 * WPB_GOLDEN_UPDATE=1 in the environment they are written instead of compared:
 * look at the difference before you commit it.
 */
#ifndef WPB_TESTS_GOLDEN_H
#define WPB_TESTS_GOLDEN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "wpbloat/slice.h"

/* Fail the running test unless TEXT is what golden/NAME holds. */
void golden_expect(const char *name, struct wpb_slice text);
/* Fail unless TEXT is UTF-8, holds no control byte but newlines, ends in exactly
 * one newline, and no line ends in a space. */
void golden_expect_clean(struct wpb_slice text);
/* How often WORD occurs in TEXT. */
size_t golden_count(struct wpb_slice text, const char *word);

#endif
