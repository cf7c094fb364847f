/*
 * source.h - the probe wordpress.source: which plugin, theme or drop-in asks for a
 * family of option names.
 *
 * Examines WPB_SUBJECT_OPTION_FAMILY subjects of a site that has a folder. Posts on
 * each: SOURCE_MATCHES (0: searched, none found), and of the best match
 * SOURCE_COMPONENT, SOURCE_FILE, SOURCE_LINE, SOURCE_EXCERPT. All are ESTIMATED when
 * only a leading part of the family's literal was found, and a 0 is when not all
 * could be read or the family has no literal that is worth a search.
 */
#ifndef WPB_WORDPRESS_SOURCE_H
#define WPB_WORDPRESS_SOURCE_H

#include "wpbloat/probe.h"

extern const struct wpb_probe wpb_probe_wordpress_source;

#endif
