/*
 * family.h - many names folded into few families.
 *
 * The variable parts of a name (numbers, hex, hashes, uuids, dates, emails,
 * random words) become placeholders: kestrel_tariff_v2_<hex>, order_<n>_lock,
 * user_<email>. Families are counted in bounded memory: past the limit, rare
 * families are merged into fewer, shorter templates (prefix_<*>) and at last
 * into "<other>". The order of names must not change the top families of a
 * value that stays within the limit. Pure; one thread.
 *
 * Placeholders: <n> decimal number, <hex> 8 or more hex digits with a digit among
 * them, <uuid>, <date>, <email>, <id> a mixed random word, <*> merged rest,
 * <bytes> bytes that are not UTF-8.
 */
#ifndef WPB_PHP_FAMILY_H
#define WPB_PHP_FAMILY_H

#include <stddef.h>
#include <stdint.h>

#include "agent/base/buf.h"
#include "wpbloat/slice.h"

/* Fold NAME and append its template to OUT. */
void wpb_family_fold(struct wpb_slice name, struct wpb_buf *out);

/* The longest literal run of a template, at least 4 bytes, to search sources
 * for: "kestrel_tariff_v2_" of "kestrel_tariff_v2_<hex>". Empty when there is
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
 * TOP; returns how many. Valid until the next add or free. */
size_t wpb_families_top(struct wpb_families *families, struct wpb_family *top, size_t k);

#endif
