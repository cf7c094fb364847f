/*
 * check_settings.h - a configuration as it is in the end, for a reader.
 */
#ifndef WPB_COMMAND_CHECK_SETTINGS_H
#define WPB_COMMAND_CHECK_SETTINGS_H

#include "agent/config/config.h"
#include "agent/output/page.h"

/* Every key of every section with its value and where it was set. Of URLs only the host
 * is shown, since their paths may be secrets. */
void wpb_check_settings(const struct wpb_conf *config, struct wpb_page *page);
/* What is wrong, one an entry. */
void wpb_check_problems(const struct wpb_conf_problems *problems, struct wpb_page *page);

#endif
