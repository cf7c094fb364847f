#include "probes/requests/line_parse.h"
#include "probes/requests/line_reading.h"

static uint64_t number_of(const struct wpb_line_reading *reading,
                          enum wpb_line_target target)
{
    return wpb_line_reading_has(reading, target) ? reading->numbers[target] : 0;
}

static void know_text(struct wpb_request_line *request, enum wpb_line_knows what,
                      struct wpb_slice *text, struct wpb_slice value)
{
    *text = value;
    request->known |= what;
}

/* "-" is how servers write that there is none. */
static bool tells(const struct wpb_line_reading *reading, enum wpb_line_target target)
{
    return wpb_line_reading_has(reading, target) && reading->texts[target].len > 0 &&
           !wpb_slice_is(reading->texts[target], "-");
}

/* The time of the end, or what can be said of it from the time of the start. */
static void tell_end(const struct wpb_line_reading *reading,
                     struct wpb_request_line *request)
{
    uint64_t end_us;

    if (wpb_line_reading_has(reading, WPB_LINE_TO_END)) {
        end_us = reading->numbers[WPB_LINE_TO_END];
        request->end_unit_us = reading->units[WPB_LINE_TO_END];
    } else if (wpb_line_reading_has(reading, WPB_LINE_TO_START)) {
        end_us = reading->numbers[WPB_LINE_TO_START] + request->duration_us +
                 number_of(reading, WPB_LINE_TO_START_FRACTION);
        request->end_unit_us = wpb_line_reading_has(reading, WPB_LINE_TO_START_FRACTION)
                                   ? reading->units[WPB_LINE_TO_START_FRACTION]
                                   : reading->units[WPB_LINE_TO_START];
    } else {
        return;
    }
    request->end_us = (int64_t)end_us;
    request->known |= WPB_LINE_END;
}

static void tell_cpu(const struct wpb_line_reading *reading,
                     struct wpb_request_line *request)
{
    uint64_t share; /* of the duration, in hundredths of a percent */

    if (wpb_line_reading_has(reading, WPB_LINE_TO_CPU_TOTAL))
        share = reading->numbers[WPB_LINE_TO_CPU_TOTAL];
    else if (wpb_line_reading_has(reading, WPB_LINE_TO_CPU_USER) &&
             wpb_line_reading_has(reading, WPB_LINE_TO_CPU_SYSTEM))
        share = reading->numbers[WPB_LINE_TO_CPU_USER] +
                reading->numbers[WPB_LINE_TO_CPU_SYSTEM];
    else
        return;
    if (!wpb_line_reading_has(reading, WPB_LINE_TO_DURATION))
        return;
    double cpu_us = (double)request->duration_us * (double)share / 1e4;
    if (cpu_us > (double)WPB_LINE_DURATION_MAX_US)
        return;
    request->cpu_us = (uint64_t)cpu_us;
    request->known |= WPB_LINE_CPU;
}

static bool tell_numbers(const struct wpb_line_reading *reading,
                         struct wpb_request_line *request)
{
    static const struct {
        enum wpb_line_target target;
        enum wpb_line_knows what;
        uint64_t most;
    } rows[] = {
        {WPB_LINE_TO_END, 0, UINT64_C(8589934592) * 1000000},
        {WPB_LINE_TO_START, 0, UINT64_C(8589934592) * 1000000},
        {WPB_LINE_TO_START_FRACTION, 0, 999999},
        {WPB_LINE_TO_DURATION, WPB_LINE_DURATION, WPB_LINE_DURATION_MAX_US},
        {WPB_LINE_TO_MEMORY, WPB_LINE_MEMORY, UINT64_C(1) << 50},
        {WPB_LINE_TO_PID, WPB_LINE_PID, UINT32_MAX},
        {WPB_LINE_TO_STATUS, WPB_LINE_STATUS, 999},
        {WPB_LINE_TO_UPSTREAM, WPB_LINE_UPSTREAM, WPB_LINE_DURATION_MAX_US},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (!wpb_line_reading_has(reading, rows[i].target))
            continue;
        if (reading->numbers[rows[i].target] > rows[i].most)
            return false;
        request->known |= rows[i].what;
    }
    request->duration_us = number_of(reading, WPB_LINE_TO_DURATION);
    request->memory_bytes = number_of(reading, WPB_LINE_TO_MEMORY);
    request->pid = (uint32_t)number_of(reading, WPB_LINE_TO_PID);
    request->status = (unsigned)number_of(reading, WPB_LINE_TO_STATUS);
    request->upstream_us = number_of(reading, WPB_LINE_TO_UPSTREAM);
    if (request->known & WPB_LINE_UPSTREAM) {
        request->is_upstream = reading->tries > 0;
        request->upstream_tries = reading->tries;
        request->upstream_last_us = reading->last_try;
    }
    tell_end(reading, request);
    tell_cpu(reading, request);
    return true;
}

/* A path, and the query behind its first "?". A proxy's "https://host/path" loses what
 * stands before the path. */
static void tell_uri(struct wpb_request_line *request, struct wpb_slice uri)
{
    const char *mark = uri.len ? memchr(uri.data, '?', uri.len) : NULL;
    struct wpb_slice path = mark ? wpb_slice_head(uri, (size_t)(mark - uri.data)) : uri;

    if (path.len && path.data[0] != '/') {
        const char *host = memmem(path.data, path.len, "://", 3);
        struct wpb_slice rest =
            host ? wpb_slice_skip(path, (size_t)(host - path.data) + 3) : path;
        const char *slash = host && rest.len ? memchr(rest.data, '/', rest.len) : NULL;
        if (slash)
            path = wpb_slice_skip(rest, (size_t)(slash - rest.data));
    }
    know_text(request, WPB_LINE_PATH, &request->path, path);
    if (mark)
        know_text(request, WPB_LINE_QUERY, &request->query,
                  wpb_slice_skip(uri, (size_t)(mark - uri.data) + 1));
    else
        know_text(request, WPB_LINE_QUERY, &request->query, wpb_slice_of("", 0));
}

/* "GET /path?query HTTP/1.1"; a TLS hello sent to a plain port is none. */
static void tell_request(struct wpb_request_line *request, struct wpb_slice text)
{
    const char *space = text.len ? memchr(text.data, ' ', text.len) : NULL;

    if (!space)
        return;
    struct wpb_slice method = wpb_slice_head(text, (size_t)(space - text.data));
    struct wpb_slice uri = wpb_slice_skip(text, method.len + 1);
    const char *protocol = uri.len ? memrchr(uri.data, ' ', uri.len) : NULL;
    if (protocol &&
        wpb_slice_starts(wpb_slice_skip(uri, (size_t)(protocol - uri.data) + 1),
                         wpb_slice_cstr("HTTP/")))
        uri = wpb_slice_head(uri, (size_t)(protocol - uri.data));
    know_text(request, WPB_LINE_METHOD, &request->method, method);
    tell_uri(request, uri);
}

static void tell_query(const struct wpb_line_reading *reading,
                       struct wpb_request_line *request)
{
    struct wpb_slice query = reading->texts[WPB_LINE_TO_QUERY];

    if (query.len && query.data[0] == '?')
        query = wpb_slice_skip(query, 1);
    if (wpb_slice_is(query, "-"))
        query.len = 0;
    know_text(request, WPB_LINE_QUERY, &request->query, query);
}

static void tell_cache(struct wpb_request_line *request, struct wpb_slice word)
{
    static const struct {
        const char *word;
        enum wpb_line_cache cache;
    } rows[] = {
        {"HIT", WPB_LINE_CACHE_HIT},      {"STALE", WPB_LINE_CACHE_HIT},
        {"UPDATING", WPB_LINE_CACHE_HIT}, {"REVALIDATED", WPB_LINE_CACHE_HIT},
        {"MISS", WPB_LINE_CACHE_MISS},    {"EXPIRED", WPB_LINE_CACHE_MISS},
    };

    request->known |= WPB_LINE_CACHE;
    request->cache = WPB_LINE_CACHE_BYPASS;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (wpb_slice_is(word, rows[i].word))
            request->cache = rows[i].cache;
}

static void tell_queries(struct wpb_request_line *request, struct wpb_slice word)
{
    uint64_t count;
    const char *end = word.data + word.len;

    if (wpb_line_parse_decimal(word.data, end, 0, &count) != end || count > UINT32_MAX)
        return;
    request->queries = count;
    request->known |= WPB_LINE_QUERIES;
}

static void tell_texts(const struct wpb_line_reading *reading,
                       struct wpb_request_line *request)
{
    const struct wpb_slice *texts = reading->texts;

    if (tells(reading, WPB_LINE_TO_REQUEST))
        tell_request(request, texts[WPB_LINE_TO_REQUEST]);
    if (tells(reading, WPB_LINE_TO_URI))
        tell_uri(request, texts[WPB_LINE_TO_URI]);
    if (!(request->known & WPB_LINE_PATH) && tells(reading, WPB_LINE_TO_REWRITTEN)) {
        tell_uri(request, texts[WPB_LINE_TO_REWRITTEN]);
        request->is_rewritten = true;
        if (request->query.len == 0 && !reading->format->has_joined_query)
            request->known &= ~(uint32_t)WPB_LINE_QUERY;
    }
    if (wpb_line_reading_has(reading, WPB_LINE_TO_QUERY) && request->query.len == 0)
        tell_query(reading, request);
    if (tells(reading, WPB_LINE_TO_POOL))
        know_text(request, WPB_LINE_POOL, &request->pool, texts[WPB_LINE_TO_POOL]);
    if (tells(reading, WPB_LINE_TO_METHOD))
        know_text(request, WPB_LINE_METHOD, &request->method, texts[WPB_LINE_TO_METHOD]);
    if (tells(reading, WPB_LINE_TO_SCRIPT))
        know_text(request, WPB_LINE_SCRIPT, &request->script, texts[WPB_LINE_TO_SCRIPT]);
    if (tells(reading, WPB_LINE_TO_HOST))
        know_text(request, WPB_LINE_HOST, &request->host, texts[WPB_LINE_TO_HOST]);
    if (tells(reading, WPB_LINE_TO_AGENT))
        know_text(request, WPB_LINE_AGENT, &request->agent, texts[WPB_LINE_TO_AGENT]);
    if (tells(reading, WPB_LINE_TO_CACHE))
        tell_cache(request, texts[WPB_LINE_TO_CACHE]);
    if (tells(reading, WPB_LINE_TO_QUERIES))
        tell_queries(request, texts[WPB_LINE_TO_QUERIES]);
}

bool wpb_line_tell(const struct wpb_line_reading *reading,
                   struct wpb_request_line *request)
{
    if (!tell_numbers(reading, request))
        return false;
    tell_texts(reading, request);
    return true;
}
