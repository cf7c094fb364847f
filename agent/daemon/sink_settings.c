#include "agent/daemon/sink_settings.h"

#include "agent/base/log.h"

static const struct wpb_sink_type *type_of(const struct wpb_conf_section *section)
{
    for (size_t t = 0; wpb_sink_types[t]; t++) {
        if (strcmp(wpb_sink_types[t]->name, wpb_sink_type_names[section->sink]) == 0)
            return wpb_sink_types[t];
    }
    return NULL;
}

static bool takes(const struct wpb_conf_section *section, const char *key)
{
    const struct wpb_setting *setting = wpb_setting_find(WPB_SECTION_SINK, key);

    return setting && (setting->sinks & (1U << section->sink));
}

static int read_web(const struct wpb_conf_section *section, struct wpb_arena *arena,
                    struct wpb_sink_settings *settings, struct wpb_err *err)
{
    if (wpb_conf_file_path(section, "ca_file", arena, &settings->ca_file, err) ||
        wpb_conf_file_path(section, "cert_file", arena, &settings->cert_file, err) ||
        wpb_conf_file_path(section, "key_file", arena, &settings->key_file, err))
        return -1;
    settings->timeout_ms = wpb_conf_seconds(section, "timeout") * 1000;
    return 0;
}

static int read_webhook(const struct wpb_conf_section *section, struct wpb_arena *arena,
                        struct wpb_sink_settings *settings, struct wpb_err *err)
{
    const char **url = wpb_arena_alloc(arena, sizeof(*url));

    *url = wpb_conf_text(section, "url");
    settings->urls = url;
    settings->url_count = 1;
    settings->is_cloudevents = wpb_conf_boolean(section, "cloudevents");
    if (wpb_conf_secret(section, "secret_file", arena, &settings->secret, err))
        return -1;
    return read_web(section, arena, settings, err);
}

static int read_settings(const struct wpb_conf_section *section, struct wpb_arena *arena,
                         struct wpb_sink_settings *settings, struct wpb_err *err)
{
    settings->name = section->name;
    if (takes(section, "path"))
        settings->path = wpb_conf_text(section, "path");
    if (section->sink == WPB_SINK_WEBHOOK)
        return read_webhook(section, arena, settings, err);
    if (section->sink != WPB_SINK_ALERTMANAGER)
        return 0;
    settings->urls = wpb_conf_list(section, "urls", &settings->url_count);
    settings->labels = wpb_conf_list(section, "labels", &settings->label_count);
    settings->resend_ms = wpb_conf_seconds(section, "resend") * 1000;
    return read_web(section, arena, settings, err);
}

const struct wpb_pump_sink *wpb_sinks_of(const struct wpb_conf *config,
                                         struct wpb_arena *arena, size_t *count,
                                         size_t *failed)
{
    const struct wpb_conf_section *first = wpb_conf_sections(config, WPB_SECTION_SINK);
    struct wpb_pump_sink *sinks;
    size_t room = 1;

    for (const struct wpb_conf_section *s = first; s; s = s->next)
        room++;
    sinks = wpb_arena_alloc(arena, room * sizeof(*sinks));
    *count = *failed = 0;
    for (const struct wpb_conf_section *s = first; s; s = s->next) {
        struct wpb_pump_sink *sink = &sinks[*count];
        struct wpb_err err = {0};
        sink->type = type_of(s);
        if (sink->type && read_settings(s, arena, &sink->settings, &err) == 0) {
            ++*count;
            continue;
        }
        *sink = (struct wpb_pump_sink){0};
        ++*failed;
        wpb_log(WPB_LOG_ERROR, "alerts do not go to [sink %s]: %s", s->name, err.message);
    }
    return sinks;
}
