#include "probes/wordpress/builder_setting.h"

#include "probes/php/decoder.h"

/* A settings array has some hundreds of members, of a few levels. */
static const struct wpb_php_limits limits = {
    .max_bytes = (uint64_t)64 << 20, .max_elements = 1000000, .max_depth = 64};

struct search {
    struct wpb_slice key;
    struct wpb_slice value; /* the whole option */
    bool is_json;
    bool is_found;
    bool is_scalar; /* FOUND is what it holds; else it is of another kind */
    struct wpb_slice found;
    bool is_array; /* the option is one */
};

static const char *after_colon(struct wpb_slice encoded)
{
    return encoded.len > 3 ? encoded.data + 2 : NULL;
}

/* The text of the scalar that EVENT is about, as PHP would print it. */
static bool text_of(const struct search *search, const struct wpb_php_event *event,
                    struct wpb_slice *text)
{
    if (event->offset > search->value.len ||
        event->bytes > search->value.len - event->offset)
        return false;
    struct wpb_slice encoded =
        wpb_slice_of(search->value.data + event->offset, (size_t)event->bytes);

    switch (event->type) {
    case WPB_PHP_STRING: {
        size_t tail = search->is_json ? 1 : 2; /* the quote, and a semicolon */
        /* Escapes make it longer than what it means: no setting's value needs them. */
        if (encoded.len < event->length + tail + 1 ||
            (search->is_json && encoded.len != event->length + 2) ||
            (!search->is_json && encoded.data[0] != 's'))
            return false;
        *text = wpb_slice_of(encoded.data + encoded.len - tail - event->length,
                             (size_t)event->length);
        return true;
    }
    case WPB_PHP_BOOL:
    case WPB_PHP_INT:
        if (search->is_json) {
            *text = encoded;
            return true;
        }
        if (!after_colon(encoded))
            return false;
        *text = wpb_slice_of(after_colon(encoded), encoded.len - 3);
        return true;
    default:
        return false;
    }
}

static int visit(void *cookie, const struct wpb_php_event *event)
{
    struct search *search = cookie;

    if (event->depth == 0)
        search->is_array = event->type == WPB_PHP_ARRAY;
    if (event->depth != 1 || event->phase == WPB_PHP_LEAVE || !event->has_key ||
        event->key_is_int || event->key_len != search->key.len ||
        !wpb_slice_equal(event->key, search->key))
        return 0;
    /* As in PHP the last of equal names counts. */
    search->is_found = true;
    search->is_scalar =
        event->phase == WPB_PHP_LEAF && text_of(search, event, &search->found);
    return 0;
}

/* Walk the option; false when it is damaged. */
static bool look_for(struct search *search)
{
    struct wpb_err err = {0};
    struct wpb_slice value = search->value;

    search->is_json = value.len && (value.data[0] == '{' || value.data[0] == '[');
    struct wpb_decoder *decoder =
        wpb_decoder_new(search->is_json ? WPB_PHP_JSON_DECODE : WPB_PHP_UNSERIALIZE,
                        &limits, visit, search);
    if (!decoder)
        return false;
    bool is_whole = wpb_decoder_feed(decoder, value, &err) == 0 &&
                    wpb_decoder_finish(decoder, &err) == 0;
    wpb_decoder_free(decoder);
    return is_whole;
}

static bool is_listed(const char *const *values, struct wpb_slice value)
{
    for (; *values; values++)
        if (wpb_slice_is(value, *values))
            return true;
    return false;
}

static void decide(const struct wpb_builder_setting *setting, struct wpb_slice value,
                   struct wpb_builder_choice *choice)
{
    struct wpb_slice shown = wpb_slice_head(value, sizeof choice->value - 1);

    if (shown.len)
        memcpy(choice->value, shown.data, shown.len);
    choice->value_len = shown.len;
    choice->is_readable = true;
    choice->place = is_listed(setting->inline_values, value) ? WPB_CSS_INLINE
                    : is_listed(setting->file_values, value) ? WPB_CSS_FILE
                                                             : setting->otherwise;
}

static struct wpb_builder_choice default_of(const struct wpb_builder_setting *setting)
{
    return (struct wpb_builder_choice){
        .place = setting->absent, .is_default = true, .is_readable = true};
}

static struct wpb_builder_choice choose_by_key(const struct wpb_builder_setting *setting,
                                               enum wpb_option_state state,
                                               struct wpb_slice value)
{
    struct wpb_builder_choice choice = {.place = WPB_CSS_UNKNOWN};
    struct search search = {.key = wpb_slice_cstr(setting->key), .value = value};
    bool is_whole = look_for(&search);

    if (!is_whole && state == WPB_OPTION_WHOLE)
        return choice; /* PHP would read nothing of it either */
    if (search.is_found && search.is_scalar) {
        decide(setting, search.found, &choice);
        return choice;
    }
    return is_whole && search.is_array && !search.is_found ? default_of(setting) : choice;
}

struct wpb_builder_choice wpb_builder_choose(const struct wpb_builder *builder,
                                             enum wpb_option_state state,
                                             struct wpb_slice value)
{
    const struct wpb_builder_setting *setting = &builder->setting;
    struct wpb_builder_choice choice = {.place = WPB_CSS_UNKNOWN};

    switch (setting->kind) {
    case WPB_SETTING_OPTION:
        if (state == WPB_OPTION_ABSENT)
            return default_of(setting);
        if (state == WPB_OPTION_WHOLE)
            decide(setting, value, &choice);
        return choice;
    case WPB_SETTING_KEY:
        return state == WPB_OPTION_ABSENT ? default_of(setting)
                                          : choose_by_key(setting, state, value);
    case WPB_SETTING_FIXED:
        return default_of(setting);
    case WPB_SETTING_CODE: /* the code cannot be seen from here */
    case WPB_SETTING_NONE:
        break;
    }
    return choice;
}
