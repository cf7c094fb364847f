/*
 * fingerprint.h - what an alert is about, as 16 hexadecimal digits that never change.
 *
 * SHA-256 of the finding's code, the host, the site and the subject, each with its length
 * before it, so that no two of them run into the same bytes; never of values, times or
 * texts. A site is its folder, its database and its table prefix: what it is called has
 * no part in it, so that naming one later changes nothing. Of a site without a folder it
 * is where its Redis and its database are; two of those in one database are one to this
 * file. In what several sites share, or could share (a server, a PHP-FPM pool with its
 * parts, the host), the site has no part: a second site on a server changes nothing
 * either.
 *
 * Pure, any thread.
 */
#ifndef WPB_ALERT_FINGERPRINT_H
#define WPB_ALERT_FINGERPRINT_H

#include "wpbloat/alert.h"

void wpb_fingerprint(const struct wpb_finding *finding, struct wpb_slice host_id,
                     char fingerprint[WPB_FINGERPRINT_LEN + 1]);

/* Is FINDING about what sites share, so that no site is part of its fingerprint? */
bool wpb_fingerprint_is_shared(const struct wpb_finding *finding);

/* The first 64 bits of the same over a part, to compare by; never 0. */
uint64_t wpb_fingerprint_site(const struct wpb_site *site);
/* NULL, the parent of what has none, is 0. */
uint64_t wpb_fingerprint_subject(const struct wpb_subject *subject);
uint64_t wpb_fingerprint_bytes(struct wpb_slice bytes);

/* Is FINGERPRINT spelled like one? */
bool wpb_fingerprint_is_valid(struct wpb_slice fingerprint);

#endif
