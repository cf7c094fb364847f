/*
 * component.h - which plugin or theme a PHP file belongs to, by its path.
 *
 *   path: anything ( "/wp-content/" | "/app/" ) kind "/" ( slug "/" anything | file )
 *   kind: "plugins" | "mu-plugins" | "themes"
 *
 * Named as elsewhere: "plugin:kestrel-pricing", "plugin:hello" of plugins/hello.php,
 * "mu-plugin:sync.php", "theme:storefront". Pure; any thread.
 */
#ifndef WPB_REQUESTS_COMPONENT_H
#define WPB_REQUESTS_COMPONENT_H

#include <stdbool.h>

#include "wpbloat/slice.h"

/* Of a name, with its NUL. A longer slug is none that WordPress.org would take. */
#define WPB_COMPONENT_MAX 128

/* Write the name of PATH's component to NAME and, where FILE is not NULL, set it to the
 * part of PATH from "wp-content" on. False, with NAME "", when PATH is in none. */
bool wpb_component_of(struct wpb_slice path, char name[WPB_COMPONENT_MAX],
                      struct wpb_slice *file);

/* PATH is a drop-in, or what one includes from its plugin: object-cache.php, db.php,
 * advanced-cache.php. They stand on the stack of whoever asked them. */
bool wpb_component_is_dropin(struct wpb_slice path);

#endif
