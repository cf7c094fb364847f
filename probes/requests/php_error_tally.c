#include "probes/requests/php_error_tally.h"

#define HOUR_S 3600

void wpb_php_error_tally_init(struct wpb_php_error_tally *tally)
{
    tally->count = 0;
    tally->dropped = 0;
}

/* Paths are told apart by their ends. */
static struct wpb_slice end_of(struct wpb_slice file)
{
    size_t most = WPB_PHP_ERROR_FILE_MAX - 1;

    return file.len > most ? wpb_slice_skip(file, file.len - most) : file;
}

static uint64_t total(const struct wpb_php_error_place *place)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < WPB_PHP_ERROR_HOURS; i++)
        sum += place->hours[i];
    return sum;
}

static struct wpb_php_error_place *find(struct wpb_php_error_tally *tally,
                                        const struct wpb_php_error *error)
{
    struct wpb_slice file = end_of(error->file);

    for (size_t i = 0; i < tally->count; i++) {
        struct wpb_php_error_place *place = &tally->places[i];
        if (place->kind == error->kind && place->line == error->line &&
            wpb_slice_is(file, place->file))
            return place;
    }
    return NULL;
}

/* A place for a new kind of error: a free one, or that of the one quiet for longest. */
static struct wpb_php_error_place *make_room(struct wpb_php_error_tally *tally)
{
    struct wpb_php_error_place *oldest = &tally->places[0];

    if (tally->count < WPB_PHP_ERROR_PLACES)
        return &tally->places[tally->count++];
    for (size_t i = 1; i < tally->count; i++)
        if (tally->places[i].last_s < oldest->last_s)
            oldest = &tally->places[i];
    tally->dropped += total(oldest);
    return oldest;
}

static void begin(struct wpb_php_error_place *place, const struct wpb_php_error *error,
                  int64_t at_s)
{
    struct wpb_slice file = end_of(error->file);

    *place = (struct wpb_php_error_place){
        .kind = error->kind, .line = error->line, .last_s = at_s, .hour = at_s / HOUR_S};
    wpb_component_of(error->file, place->component, NULL);
    if (file.len)
        memcpy(place->file, file.data, file.len);
}

/* Make HOUR the newest: those between are empty. */
static void turn_to(struct wpb_php_error_place *place, int64_t hour)
{
    for (int i = 0; place->hour < hour && i < WPB_PHP_ERROR_HOURS; i++)
        place->hours[++place->hour % WPB_PHP_ERROR_HOURS] = 0;
    if (place->hour < hour)
        place->hour = hour;
}

void wpb_php_error_tally_add(struct wpb_php_error_tally *tally,
                             const struct wpb_php_error *error, int64_t now_s)
{
    int64_t at_s = now_s;

    if (now_s < 0)
        return;
    if (error->has_time && error->unix_s <= now_s &&
        now_s - error->unix_s < (WPB_PHP_ERROR_HOURS - 1) * HOUR_S)
        at_s = error->unix_s;
    struct wpb_php_error_place *place = find(tally, error);
    if (!place) {
        place = make_room(tally);
        begin(place, error, at_s);
    }
    turn_to(place, at_s / HOUR_S);
    /* an hour before those that are kept: the clock was set back */
    int64_t hour = at_s / HOUR_S;
    if (place->hour - hour >= WPB_PHP_ERROR_HOURS)
        hour = place->hour;
    uint32_t *counted = &place->hours[hour % WPB_PHP_ERROR_HOURS];
    if (*counted < UINT32_MAX)
        ++*counted;
    place->last_s = at_s;
    place->limit_bytes = error->limit_bytes;
    place->tried_bytes = error->tried_bytes;
    if (error->tried_bytes > place->tried_most_bytes)
        place->tried_most_bytes = error->tried_bytes;
}

uint64_t wpb_php_error_tally_count(const struct wpb_php_error_place *place, int64_t now_s,
                                   unsigned hours)
{
    int64_t now_hour = now_s / HOUR_S;
    uint64_t sum = 0;

    for (int64_t hour = place->hour;
         hour > place->hour - WPB_PHP_ERROR_HOURS && hour >= 0; hour--)
        if (hour > now_hour - (int64_t)hours)
            sum += place->hours[hour % WPB_PHP_ERROR_HOURS];
    return sum;
}
