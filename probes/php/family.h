/*
 * family.h - many names folded into few families.
 *
 * The variable parts of a name (numbers, hex, hashes, uuids, dates, emails,
 * random words) become placeholders: kestrel_tariff_v2_<hex>, order_<n>_lock,
 * user_<email>; fold.h has the rules. Families are counted in bounded memory:
 * past the limit, rare families are merged into fewer, shorter templates
 * (prefix_<*>) and at last into "<other>". The order of names must not change
 * the top families of a value that stays within the limit. Pure; one thread.
 *
 * Placeholders: <n> decimal number, <hex> 8 or more hex digits with a digit among
 * them, <uuid>, <date>, <email>, <id> a mixed random word, <*> merged rest,
 * <bytes> a word that is not UTF-8 or holds control bytes, "<" or ">". Since
 * these two never pass a fold, a name cannot forge a placeholder: every "<" of a
 * template opens one of ours and the next ">" ends it.
 */
#ifndef WPB_PHP_FAMILY_H
#define WPB_PHP_FAMILY_H

#include <stddef.h>
#include <stdint.h>

#include "agent/base/buf.h"
#include "wpbloat/slice.h"

/* Fold NAME and append its template to OUT. */
void wpb_family_fold(struct wpb_slice name, struct wpb_buf *out);

/* The longest literal run of a template, at least 4 bytes with a letter among
 * them, to search sources for: "kestrel_tariff_v2_" of "kestrel_tariff_v2_<hex>".
 * What WordPress itself puts in front (_transient_, _site_transient_timeout_,
 * ...) is not part of it, since no plugin's source holds it. Empty when there is
 * none. Points into TEMPLATE. */
struct wpb_slice wpb_family_literal(struct wpb_slice template_name);

struct wpb_families;

struct wpb_family {
    struct wpb_slice template_name;
    uint64_t names;
    uint64_t name_bytes;
};

/* LIMIT: most families held at once, 16 to 65,536. NULL when memory is out. */
struct wpb_families *wpb_families_new(size_t limit);
void wpb_families_free(struct wpb_families *families);
void wpb_families_add(struct wpb_families *families, struct wpb_slice name);
uint64_t wpb_families_names(const struct wpb_families *families);
/* Write the K largest, most names first, template order among equals, into
 * TOP; returns how many. Valid until the next add, top or free.
 *
 * Where one family differs from a much larger one only because random text
 * happened to be all decimal or a valid date, it is counted there. When there
 * are more than K, light families (below 1 % of the names) come together: 8 or
 * more with a common prefix as "prefix_<*>", or with "prefix_<id>" when that is
 * twice as large. */
size_t wpb_families_top(struct wpb_families *families, struct wpb_family *top, size_t k);

#endif
