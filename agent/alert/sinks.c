#include "agent/alert/sinks.h"

#include <string.h>

#include "agent/alert/sink_alertmanager.h"
#include "agent/alert/sink_file.h"
#include "agent/alert/sink_syslog.h"
#include "agent/alert/sink_webhook.h"

const struct wpb_sink_type *const wpb_sink_types[] = {
    &wpb_sink_file,    &wpb_sink_stdout,       &wpb_sink_syslog,
    &wpb_sink_webhook, &wpb_sink_alertmanager, NULL};

const struct wpb_sink_type *wpb_sink_type_find(const char *name)
{
    for (const struct wpb_sink_type *const *type = wpb_sink_types; *type; type++) {
        if (strcmp((*type)->name, name) == 0)
            return *type;
    }
    return NULL;
}
