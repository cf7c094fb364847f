#include "agent/alert/kept_settings.h"

#include <stdlib.h>
#include <string.h>

/* The copy, its lists and its texts lie behind each other. */
struct kept {
    struct wpb_sink_settings settings; /* first */
    size_t size;                       /* of all */
    char memory[];
};

static size_t text_size(const char *text)
{
    return text ? strlen(text) + 1 : 0;
}

static size_t list_size(const char *const *list, size_t count)
{
    size_t size = count * sizeof(*list);

    for (size_t i = 0; i < count; i++)
        size += text_size(list[i]);
    return size;
}

static size_t size_of(const struct wpb_sink_settings *settings)
{
    return sizeof(struct kept) + text_size(settings->name) + text_size(settings->path) +
           text_size(settings->secret) + text_size(settings->ca_file) +
           text_size(settings->cert_file) + text_size(settings->key_file) +
           list_size(settings->urls, settings->url_count) +
           list_size(settings->labels, settings->label_count);
}

static const char *copy_text(char **free_memory, const char *text)
{
    size_t size = text_size(text);
    char *copy = *free_memory;

    if (!text)
        return NULL;
    memcpy(copy, text, size);
    *free_memory += size;
    return copy;
}

/* The pointers come first, where memory is aligned for them; their texts go to
 * FREE_MEMORY. */
static const char *const *copy_list(const char **pointers, char **free_memory,
                                    const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        pointers[i] = copy_text(free_memory, list[i]);
    return pointers;
}

struct wpb_sink_settings *wpb_kept_settings_new(const struct wpb_sink_settings *settings)
{
    size_t size = size_of(settings);
    struct kept *kept = malloc(size);
    const char **pointers;
    char *texts;

    if (!kept)
        return NULL;
    kept->settings = *settings;
    kept->size = size;
    pointers = (const char **)(void *)kept->memory;
    texts = (char *)(pointers + settings->url_count + settings->label_count);
    kept->settings.urls =
        copy_list(pointers, &texts, settings->urls, settings->url_count);
    kept->settings.labels = copy_list(pointers + settings->url_count, &texts,
                                      settings->labels, settings->label_count);
    kept->settings.name = copy_text(&texts, settings->name);
    kept->settings.path = copy_text(&texts, settings->path);
    kept->settings.secret = copy_text(&texts, settings->secret);
    kept->settings.ca_file = copy_text(&texts, settings->ca_file);
    kept->settings.cert_file = copy_text(&texts, settings->cert_file);
    kept->settings.key_file = copy_text(&texts, settings->key_file);
    return &kept->settings;
}

void wpb_kept_settings_free(struct wpb_sink_settings *settings)
{
    struct kept *kept = (struct kept *)settings;

    if (!kept)
        return;
    explicit_bzero(kept, kept->size);
    free(kept);
}

static bool equal_texts(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool equal_lists(const char *const *a, size_t a_count, const char *const *b,
                        size_t b_count)
{
    if (a_count != b_count)
        return false;
    for (size_t i = 0; i < a_count; i++) {
        if (!equal_texts(a[i], b[i]))
            return false;
    }
    return true;
}

bool wpb_kept_settings_equal(const struct wpb_sink_settings *a,
                             const struct wpb_sink_settings *b)
{
    return equal_texts(a->name, b->name) && equal_texts(a->path, b->path) &&
           equal_texts(a->secret, b->secret) && equal_texts(a->ca_file, b->ca_file) &&
           equal_texts(a->cert_file, b->cert_file) &&
           equal_texts(a->key_file, b->key_file) &&
           equal_lists(a->urls, a->url_count, b->urls, b->url_count) &&
           equal_lists(a->labels, a->label_count, b->labels, b->label_count) &&
           a->is_cloudevents == b->is_cloudevents && a->timeout_ms == b->timeout_ms &&
           a->resend_ms == b->resend_ms;
}
