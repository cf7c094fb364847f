#include "probes/requests/fpm_status.h"

#include <cjson/cJSON.h>
#include <math.h>

#include "probes/requests/cgi_head.h"

#define STAGE "php-fpm status"
/* Integers beyond are not exact in JSON's numbers. */
#define EXACT_MAX 9007199254740992.0
/* More processes than any host runs: a page that tells more is not believed. */
#define PROCESSES_BELIEVED 1000000u
/* Keys of a process that are told at most, and elements of a page: more are not FPM's. */
#define KEYS_MAX 32
#define ELEMENTS_MAX (WPB_FPM_PROCESSES_MAX * KEYS_MAX)

/* ---- JSON ---- */

/* The first NAME of OBJECT: what a visitor could add comes after what FPM says. */
static const cJSON *member(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

/* A whole number that is not negative; false when NAME is none. */
static bool whole(const cJSON *object, const char *name, uint64_t *value)
{
    const cJSON *item = member(object, name);

    if (!cJSON_IsNumber(item) || !isfinite(item->valuedouble) || item->valuedouble < 0 ||
        item->valuedouble > EXACT_MAX || floor(item->valuedouble) != item->valuedouble)
        return false;
    *value = (uint64_t)item->valuedouble;
    return true;
}

static uint64_t whole_or(const cJSON *object, const char *name, uint64_t otherwise)
{
    uint64_t value;
    return whole(object, name, &value) ? value : otherwise;
}

static bool processes(const cJSON *object, const char *name, uint32_t *count)
{
    uint64_t value;

    if (!whole(object, name, &value) || value > PROCESSES_BELIEVED)
        return false;
    *count = (uint32_t)value;
    return true;
}

static struct wpb_slice text(const cJSON *object, const char *name,
                             struct wpb_arena *arena)
{
    const cJSON *item = member(object, name);
    struct wpb_slice bytes =
        wpb_slice_cstr(cJSON_IsString(item) ? item->valuestring : "");
    return wpb_arena_copy(arena, wpb_slice_head(bytes, WPB_FPM_URI_MAX));
}

/* ---- the pool ---- */

static int contradiction(struct wpb_err *err, const char *what)
{
    return wpb_err_set(err, WPB_E_PROTOCOL, STAGE, "the status page is not believed: %s",
                       what);
}

static int parse_counts(const cJSON *head, struct wpb_fpm_status *status,
                        struct wpb_err *err)
{
    if (!whole(head, "accepted conn", &status->counters.accepted))
        return contradiction(err, "\"accepted conn\" is missing, or no count");
    if (!processes(head, "active processes", &status->told_active) ||
        !processes(head, "idle processes", &status->told_idle) ||
        !processes(head, "total processes", &status->told_total))
        return contradiction(err,
                             "\"active\", \"idle\" or \"total processes\" is missing, "
                             "or no count");
    if (status->told_active + status->told_idle != status->told_total)
        return contradiction(err, "\"active\" and \"idle\" are not \"total processes\"");
    return 0;
}

static int parse_head(const cJSON *head, const struct wpb_fpm_expected *expected,
                      struct wpb_arena *arena, struct wpb_fpm_status *status,
                      struct wpb_err *err)
{
    struct wpb_fpm_counters *counters = &status->counters;
    uint64_t start;

    if (parse_counts(head, status, err) != 0)
        return -1;
    status->pool = text(head, "pool", arena);
    status->manager = text(head, "process manager", arena);
    if (*expected->pool && !wpb_slice_is(status->pool, expected->pool))
        return contradiction(err, "it is another pool's: does the socket of this one "
                                  "belong to another PHP-FPM?");
    counters->start_time_s = whole(head, "start time", &start) ? (int64_t)start : -1;
    counters->start_since_s = whole_or(head, "start since", 0);
    counters->slow_requests = whole_or(head, "slow requests", 0);
    counters->children_reached = whole_or(head, "max children reached", 0);
    status->listen_queue = whole_or(head, "listen queue", 0);
    processes(head, "max active processes", &status->max_active);
    status->has_memory_peak = whole(head, "memory peak", &status->memory_peak_bytes);
    return 0;
}

/* ---- its processes ---- */

static enum wpb_fpm_state state_of(const cJSON *process)
{
    static const struct {
        const char *word;
        enum wpb_fpm_state state;
    } words[] = {
        {"Idle", WPB_FPM_IDLE},
        {"Creating", WPB_FPM_CREATING},
        {"(null)", WPB_FPM_CREATING}, /* what PHP 8.2 makes of it */
        {"Reading headers", WPB_FPM_READING},
        {"Getting request information", WPB_FPM_READING},
        {"Getting request informations", WPB_FPM_READING}, /* before PHP 8 */
        {"Running", WPB_FPM_RUNNING},
        {"Ending", WPB_FPM_ENDING},
        {"Finishing", WPB_FPM_ENDING},
    };
    const cJSON *item = member(process, "state");

    for (size_t i = 0; cJSON_IsString(item) && i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(item->valuestring, words[i].word) == 0)
            return words[i].state;
    }
    return WPB_FPM_UNKNOWN;
}

/* FPM says each thing once: a second "state" is a visitor's. */
static bool has_equal_keys(const cJSON *process)
{
    for (const cJSON *a = process->child; a; a = a->next) {
        for (const cJSON *b = a->next; b; b = b->next) {
            if (strcmp(a->string, b->string) == 0)
                return true;
        }
    }
    return false;
}

static bool parse_process(const cJSON *item, struct wpb_arena *arena,
                          struct wpb_fpm_process *process)
{
    const cJSON *cpu = member(item, "last request cpu");
    uint64_t pid;

    if (!cJSON_IsObject(item) || cJSON_GetArraySize(item) > KEYS_MAX ||
        has_equal_keys(item) || !whole(item, "pid", &pid) || pid == 0 ||
        pid > UINT32_MAX || !cJSON_IsString(member(item, "state")))
        return false;
    *process = (struct wpb_fpm_process){
        .pid = (uint32_t)pid,
        .state = state_of(item),
        .age_seconds = whole_or(item, "start since", 0),
        .requests = whole_or(item, "requests", 0),
        .duration_us = whole_or(item, "request duration", 0),
        .last_memory_bytes = whole_or(item, "last request memory", 0),
        .method = text(item, "request method", arena),
        .script = text(item, "script", arena),
        .uri = text(item, "request uri", arena)};
    if (cJSON_IsNumber(cpu) && isfinite(cpu->valuedouble) && cpu->valuedouble >= 0)
        process->last_cpu_percent = cpu->valuedouble;
    return true;
}

/* Is PROCESS the one that runs our own request? It asks for the status path itself. */
static bool is_own(const struct wpb_fpm_process *process,
                   const struct wpb_fpm_expected *expected)
{
    struct wpb_slice path = wpb_slice_cstr(expected->status_path);

    return expected->is_own_counted && process->state == WPB_FPM_RUNNING && path.len &&
           wpb_slice_starts(process->uri, path) &&
           wpb_slice_is(wpb_slice_skip(process->uri, path.len), "?" WPB_FPM_STATUS_QUERY);
}

static bool is_listed(const struct wpb_fpm_status *status, uint32_t pid)
{
    for (size_t i = 0; i < status->process_count; i++) {
        if (status->processes[i].pid == pid)
            return true;
    }
    return false;
}

/* Take the list; what is wrong with one is wrong with all, since who forged it may have
 * forged the others. */
static enum wpb_fpm_list parse_list(const cJSON *list,
                                    const struct wpb_fpm_expected *expected,
                                    struct wpb_arena *arena,
                                    struct wpb_fpm_status *status, bool *is_own_listed)
{
    const cJSON *item;

    if (!cJSON_IsArray(list))
        return WPB_FPM_LIST_UNREADABLE;
    status->processes =
        wpb_arena_alloc(arena, WPB_FPM_PROCESSES_MAX * sizeof *status->processes);
    /* FPM keeps a slot for each of pm.max_children; more can only be told after the file
     * was changed, and then the counts tell more too. */
    size_t most =
        expected->workers > status->told_total ? expected->workers : status->told_total;
    if (expected->workers && (size_t)cJSON_GetArraySize(list) > most)
        return WPB_FPM_LIST_UNREADABLE;
    cJSON_ArrayForEach(item, list)
    {
        struct wpb_fpm_process process;
        if (status->process_count == WPB_FPM_PROCESSES_MAX)
            return WPB_FPM_LIST_CUT;
        if (!parse_process(item, arena, &process) || is_listed(status, process.pid))
            return WPB_FPM_LIST_UNREADABLE;
        if (!*is_own_listed && is_own(&process, expected))
            *is_own_listed = true;
        else
            status->processes[status->process_count++] = process;
    }
    return WPB_FPM_LIST_WHOLE;
}

/* What is told, and what the list holds, without our own request. */
static void count(struct wpb_fpm_status *status, bool is_own_counted, bool is_own_listed)
{
    uint32_t own = is_own_counted && status->told_active ? 1 : 0;
    uint32_t busy = 0, idle = 0;

    status->told_active -= own;
    status->told_total -= own;
    status->active = status->told_active;
    status->idle = status->told_idle;
    if (status->list != WPB_FPM_LIST_WHOLE)
        return;
    for (size_t i = 0; i < status->process_count; i++) {
        enum wpb_fpm_state state = status->processes[i].state;
        idle += state == WPB_FPM_IDLE;
        busy += state != WPB_FPM_IDLE && state != WPB_FPM_CREATING;
    }
    /* Who answered us is busy, whether we have found it or not. */
    if (is_own_counted && !is_own_listed && busy)
        busy--;
    status->is_counted = true;
    status->active = busy;
    status->idle = idle;
    status->is_miscounting = busy + idle != status->told_total;
}

/* ---- the page ---- */

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

/* Does a tree of BYTES stay small? Each element has one of these before it. */
static bool is_modest(struct wpb_slice bytes)
{
    size_t elements = 0;

    for (size_t i = 0; i < bytes.len; i++)
        elements += bytes.data[i] == ',' || bytes.data[i] == '[' || bytes.data[i] == '{';
    return elements <= ELEMENTS_MAX;
}

/* BYTES as JSON, after which only blanks and CLOSING may come; NULL when they are not. */
static cJSON *document(struct wpb_slice bytes, struct wpb_slice closing)
{
    const char *end = NULL;
    cJSON *root = is_modest(bytes)
                      ? cJSON_ParseWithLengthOpts(bytes.data, bytes.len, &end, false)
                      : NULL;
    struct wpb_slice rest;

    if (!root)
        return NULL;
    rest = wpb_slice_skip(bytes, (size_t)(end - bytes.data));
    while (rest.len &&
           (is_blank(rest.data[0]) || (closing.len && rest.data[0] == closing.data[0]))) {
        if (!is_blank(rest.data[0]))
            closing = wpb_slice_skip(closing, 1);
        rest = wpb_slice_skip(rest, 1);
    }
    if (rest.len == 0 && closing.len == 0)
        return root;
    cJSON_Delete(root);
    return NULL;
}

/* Cut the list off PAGE: what stands before it is FPM's own word, whatever a visitor made
 * of the list. False when there is none. */
static bool cut_list(struct wpb_slice *page, struct wpb_slice *list)
{
    static const struct wpb_slice name = WPB_SLICE("\"processes\"");
    const char *at =
        page->len ? memmem(page->data, page->len, name.data, name.len) : NULL;
    size_t len = at ? (size_t)(at - page->data) : page->len;

    if (!at)
        return false;
    *list = wpb_slice_skip(*page, len + name.len);
    while (list->len && (is_blank(list->data[0]) || list->data[0] == ':'))
        *list = wpb_slice_skip(*list, 1);
    while (len && (is_blank(page->data[len - 1]) || page->data[len - 1] == ','))
        len--;
    *page = wpb_slice_head(*page, len);
    return true;
}

/* The numbers of the pool, from PAGE without its list. */
static int read_head(struct wpb_slice page, bool is_cut,
                     const struct wpb_fpm_expected *expected, struct wpb_arena *arena,
                     struct wpb_fpm_status *status, struct wpb_err *err)
{
    struct wpb_slice whole_page = page;
    int result;

    if (is_cut)
        whole_page =
            wpb_slice_cstr(wpb_arena_printf(arena, "%.*s}", (int)page.len, page.data));
    cJSON *head = document(whole_page, wpb_slice_of("", 0));
    if (!cJSON_IsObject(head))
        result =
            wpb_err_set(err, WPB_E_SYNTAX, STAGE,
                        "the status page is no JSON object that PHP-FPM would print");
    else
        result = parse_head(head, expected, arena, status, err);
    cJSON_Delete(head);
    return result;
}

int wpb_fpm_status_parse(struct wpb_slice page, const struct wpb_fpm_expected *expected,
                         struct wpb_arena *arena, struct wpb_fpm_status *status,
                         struct wpb_err *err)
{
    static const struct wpb_slice closing = WPB_SLICE("}");
    struct wpb_slice list;
    bool is_own_listed = false;

    *status = (struct wpb_fpm_status){.list = WPB_FPM_LIST_NONE};
    if (page.len > WPB_FPM_STATUS_MAX)
        return wpb_err_set(err, WPB_E_BUDGET, STAGE,
                           "the status page is longer than %zu bytes",
                           WPB_FPM_STATUS_MAX);
    bool has_list = cut_list(&page, &list);
    if (read_head(page, has_list, expected, arena, status, err) != 0)
        return -1;
    if (has_list) {
        cJSON *root = document(list, closing);
        status->list = parse_list(root, expected, arena, status, &is_own_listed);
        cJSON_Delete(root);
    }
    if (status->list == WPB_FPM_LIST_UNREADABLE)
        status->process_count = 0;
    count(status, expected->is_own_counted, is_own_listed);
    return 0;
}

/* ---- an answer that may be something else ---- */

static bool is_html(const struct wpb_cgi_head *head)
{
    size_t at = 0;

    while (at < head->body.len && is_blank(head->body.data[at]))
        at++;
    return (at < head->body.len && head->body.data[at] == '<') ||
           wpb_slice_is(head->content_type, "text/html");
}

static int refuse(const struct wpb_cgi_head *head, const char *status_path,
                  struct wpb_err *err)
{
    switch (head->status) {
    case 404:
        return wpb_err_set(err, WPB_E_NOT_FOUND, STAGE,
                           "this PHP-FPM has no status page at %.100s: set "
                           "pm.status_path in the pool's file and reload it",
                           status_path);
    case 403:
        return wpb_err_set(err, WPB_E_DENIED, STAGE,
                           "PHP-FPM denies its status page: is %.100s the pool's "
                           "pm.status_path?",
                           status_path);
    case 503:
        return wpb_err_set(err, WPB_E_TIMEOUT, STAGE,
                           "PHP-FPM is too busy to tell its status at this moment");
    default:
        return wpb_err_set(err, WPB_E_PROTOCOL, STAGE,
                           "PHP-FPM answers its status page with status %u",
                           head->status);
    }
}

int wpb_fpm_status_read(struct wpb_slice answer, const struct wpb_fpm_expected *expected,
                        struct wpb_arena *arena, struct wpb_fpm_status *status,
                        struct wpb_err *err)
{
    struct wpb_cgi_head head;

    *status = (struct wpb_fpm_status){.list = WPB_FPM_LIST_NONE};
    if (wpb_cgi_head_parse(answer, &head, err) != 0)
        return -1;
    if (head.status != 200)
        return refuse(&head, expected->status_path, err);
    if (is_html(&head))
        return wpb_err_set(err, WPB_E_PROTOCOL, STAGE,
                           "an HTML page came instead of the status page: something else "
                           "answers at %.100s",
                           expected->status_path);
    return wpb_fpm_status_parse(head.body, expected, arena, status, err);
}
