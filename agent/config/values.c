#include "agent/config/values.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/address.h"
#include "agent/base/mysql_address.h"
#include "agent/base/text.h"
#include "wpbloat/route.h"

#define STAGE "config"
#define SHOWN_MAX 60

static int refuse(struct wpb_err *err, const char *text, const char *form)
{
    return wpb_err_set(err, WPB_E_ARGUMENT, STAGE, "'%.*s' is not %s", SHOWN_MAX, text,
                       form);
}

/* TEXT without the quotes around it, in ARENA. */
static int unquote(struct wpb_slice text, struct wpb_arena *arena, const char **plain,
                   struct wpb_err *err)
{
    bool opens = text.len > 0 && text.data[0] == '"';
    bool closes = text.len > 1 && text.data[text.len - 1] == '"';

    if (opens != closes)
        return wpb_err_set(err, WPB_E_ARGUMENT, STAGE,
                           "a quote '\"' is missing (what follows ' ;' is a comment)");
    if (opens)
        text = wpb_slice_of(text.data + 1, text.len - 2);
    if (text.len == 0)
        return wpb_err_set(err, WPB_E_ARGUMENT, STAGE, "the value is empty");
    *plain = wpb_arena_cstr(arena, text);
    return 0;
}

static int check_text(const char *text, struct wpb_err *err)
{
    if (wpb_text_is_utf8(wpb_slice_cstr(text)))
        return 0;
    return wpb_err_set(err, WPB_E_ARGUMENT, STAGE, "the value is not UTF-8");
}

static int check_path(const char *path, struct wpb_err *err)
{
    if (path[0] == '/')
        return 0;
    return refuse(err, path, "an absolute path");
}

static int check_file(const char *path, struct wpb_err *err)
{
    if (path[0] == '/' || (!strchr(path, '/') && path[0] != '.'))
        return 0;
    return refuse(err, path,
                  "an absolute path, nor the name of a credential (LoadCredential=)");
}

/* The host of a URL's authority, userinfo excluded; NULL when there is none. */
static const char *authority_of(const char *url, size_t *len)
{
    const char *start = NULL;

    if (strncmp(url, "http://", 7) == 0)
        start = url + 7;
    else if (strncmp(url, "https://", 8) == 0)
        start = url + 8;
    if (!start)
        return NULL;
    *len = strcspn(start, "/?#");
    return start;
}

static bool is_port(const char *text, size_t len)
{
    unsigned long port = 0;

    if (len == 0 || len > 5)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        port = port * 10 + (unsigned long)(text[i] - '0');
    }
    return port >= 1 && port <= 65535;
}

static int check_url(const char *url, struct wpb_err *err)
{
    size_t len = 0, host;
    const char *authority = authority_of(url, &len);

    if (!authority)
        return wpb_err_set(err, WPB_E_ARGUMENT, STAGE,
                           "a URL begins with http:// or https://");
    if (memchr(authority, '@', len))
        return wpb_err_set(err, WPB_E_ARGUMENT, STAGE,
                           "the URL holds a user or a password; those belong in a file");
    for (const char *at = url; *at; at++) {
        if ((unsigned char)*at <= ' ' || (unsigned char)*at > '~' ||
            strchr("<>\"\\", *at))
            return wpb_err_set(err, WPB_E_ARGUMENT, STAGE,
                               "the URL holds a byte that must be percent-encoded");
    }
    host = authority[0] == '[' ? strcspn(authority, "]") + 1 : strcspn(authority, ":/?#");
    if (host == 0 || host > len || (authority[0] == '[' && host < 4))
        return wpb_err_set(err, WPB_E_ARGUMENT, STAGE, "the URL names no host");
    if (host < len &&
        (authority[host] != ':' || !is_port(authority + host + 1, len - host - 1)))
        return wpb_err_set(err, WPB_E_ARGUMENT, STAGE,
                           "the URL's port is not a number from 1 to 65535");
    return 0;
}

static bool is_name_letter(char letter)
{
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
           letter == '_';
}

/* NAME=VALUE, the name as Prometheus has it. */
static int check_label(const char *label, struct wpb_err *err)
{
    size_t len = strcspn(label, "=");
    bool is_name = len > 0 && is_name_letter(label[0]) && strncmp(label, "__", 2) != 0;

    for (size_t i = 0; is_name && i < len; i++)
        is_name = is_name_letter(label[i]) || (label[i] >= '0' && label[i] <= '9');
    if (!is_name || label[len] != '=' || !label[len + 1])
        return refuse(err, label, "NAME=VALUE, the name of letters, digits and '_'");
    return check_text(label, err);
}

/* PATH=CLASS. */
static int check_route(const char *word, struct wpb_err *err)
{
    struct wpb_slice prefix;
    enum wpb_route route;

    if (!wpb_route_word(wpb_slice_cstr(word), &prefix, &route))
        return refuse(err, word,
                      "PATH=CLASS, the class one of front_page, product, cart, checkout, "
                      "admin_ajax, wc_ajax, rest, cron, login, admin and other");
    return check_text(word, err);
}

static int check_word(enum wpb_setting_type type, const char *word, struct wpb_err *err)
{
    switch (type) {
    case WPB_SETTING_PATHS:
        return check_path(word, err);
    case WPB_SETTING_URLS:
        return check_url(word, err);
    case WPB_SETTING_ROUTES:
        return check_route(word, err);
    default:
        return check_label(word, err);
    }
}

/* The next word of *REST: up to a space, or to the end of its quotes. */
static int next_word(struct wpb_slice *rest, struct wpb_slice *word, struct wpb_err *err)
{
    size_t len = 0;

    while (rest->len && (rest->data[0] == ' ' || rest->data[0] == '\t'))
        *rest = wpb_slice_skip(*rest, 1);
    if (rest->len && rest->data[0] == '"') {
        const char *end = memchr(rest->data + 1, '"', rest->len - 1);
        if (!end)
            return wpb_err_set(err, WPB_E_ARGUMENT, STAGE,
                               "a quote '\"' is missing (what follows ' ;' is a "
                               "comment)");
        *word = wpb_slice_of(rest->data + 1, (size_t)(end - rest->data) - 1);
        *rest = wpb_slice_skip(*rest, word->len + 2);
        return 0;
    }
    while (len < rest->len && rest->data[len] != ' ' && rest->data[len] != '\t')
        len++;
    *word = wpb_slice_head(*rest, len);
    *rest = wpb_slice_skip(*rest, len);
    return 0;
}

static const char *join(const char *const *words, size_t count, struct wpb_arena *arena)
{
    size_t len = 0, at = 0;
    char *text;

    for (size_t i = 0; i < count; i++)
        len += strlen(words[i]) + 1;
    text = wpb_arena_alloc(arena, len);
    for (size_t i = 0; i < count; i++) {
        memcpy(text + at, words[i], strlen(words[i]));
        at += strlen(words[i]);
        text[at++] = i + 1 < count ? ' ' : '\0';
    }
    return text;
}

static int parse_list(struct wpb_conf_value *value, struct wpb_slice text,
                      struct wpb_arena *arena, struct wpb_err *err)
{
    const char *words[WPB_CONF_WORDS_MAX + 1] = {NULL}, **kept;
    size_t count = value->word_count;
    struct wpb_slice word;

    if (count)
        memcpy(words, value->words, count * sizeof(*words));
    do {
        if (next_word(&text, &word, err))
            return -1;
        if (word.len == 0)
            continue;
        if (count == WPB_CONF_WORDS_MAX)
            return wpb_err_set(err, WPB_E_BUDGET, STAGE, "a list has at most %d words",
                               WPB_CONF_WORDS_MAX);
        words[count] = wpb_arena_cstr(arena, word);
        if (check_word(value->setting->type, words[count], err))
            return -1;
        count++;
    } while (text.len);
    if (count == value->word_count)
        return wpb_err_set(err, WPB_E_ARGUMENT, STAGE, "the value is empty");
    kept = wpb_arena_alloc(arena, (count + 1) * sizeof(*kept));
    memcpy(kept, words, count * sizeof(*kept));
    value->words = kept;
    value->word_count = count;
    value->text = join(kept, count, arena);
    return 0;
}

static int parse_boolean(const char *text, double *number, struct wpb_err *err)
{
    static const char *const words[] = {"no",    "yes",  "off", "on",
                                        "false", "true", "0",   "1"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(text, words[i]) == 0) {
            *number = (double)(i % 2);
            return 0;
        }
    }
    return refuse(err, text, "yes or no");
}

static int parse_choice(const char *text, const char *const *choices, double *number,
                        struct wpb_err *err)
{
    char list[128] = "";

    for (size_t i = 0; choices[i]; i++) {
        size_t len = strlen(list);
        if (strcmp(text, choices[i]) == 0) {
            *number = (double)i;
            return 0;
        }
        snprintf(list + len, sizeof(list) - len, "%s%s", i ? ", " : "", choices[i]);
    }
    return wpb_err_set(err, WPB_E_ARGUMENT, STAGE, "'%.*s' is not one of %s", SHOWN_MAX,
                       text, list);
}

static int parse_quorum(const struct wpb_setting *setting, const char *text,
                        double *number, double *of, struct wpb_err *err)
{
    unsigned n = 0, m = 0;
    int end = 0;

    if (strspn(text, "0123456789/") != strlen(text) || strlen(text) > 7 ||
        sscanf(text, "%3u/%3u%n", &n, &m, &end) != 2 || text[end])
        return refuse(err, text, "N/OF, such as 3/5");
    if (n < 1 || n > m || m > setting->max)
        return wpb_err_set(err, WPB_E_ARGUMENT, STAGE,
                           "'%s': the first number is 1 to the second, and that is at "
                           "most %.0f",
                           text, setting->max);
    *number = n;
    *of = m;
    return 0;
}

/* Its own message names the option first; the caller of ours names the key. */
static int parse_option(const struct wpb_option *option, const char *text, double *number,
                        struct wpb_err *err)
{
    struct wpb_err why = {0};
    size_t name = strlen(option->name);

    if (wpb_option_parse(option, wpb_slice_cstr(text), number, &why) == 0)
        return 0;
    return wpb_err_set(err, why.code, STAGE, "%s",
                       why.message + (strncmp(why.message, option->name, name) == 0
                                          ? name + strlen(": ")
                                          : 0));
}

static int parse_one(const struct wpb_setting *setting, const char *text,
                     struct wpb_arena *arena, struct wpb_conf_value *value,
                     struct wpb_err *err)
{
    struct wpb_redis_address redis;
    struct wpb_mysql_address mysql;
    struct wpb_conf_listen listen;
    struct wpb_option option;

    if (wpb_setting_as_option(setting, &option))
        return parse_option(&option, text, &value->number, err);
    switch (setting->type) {
    case WPB_SETTING_TEXT:
        return check_text(text, err);
    case WPB_SETTING_PATH:
        return check_path(text, err);
    case WPB_SETTING_FILE:
    case WPB_SETTING_SECRET:
        return check_file(text, err);
    case WPB_SETTING_BOOLEAN:
        return parse_boolean(text, &value->number, err);
    case WPB_SETTING_CHOICE:
        return parse_choice(text, setting->choices, &value->number, err);
    case WPB_SETTING_QUORUM:
        return parse_quorum(setting, text, &value->number, &value->of, err);
    case WPB_SETTING_LISTEN:
        return wpb_conf_listen_parse(text, arena, &listen, err);
    case WPB_SETTING_REDIS_URI:
        return wpb_redis_address_parse(text, arena, &redis, err);
    case WPB_SETTING_MYSQL_URI:
        return wpb_mysql_address_parse(text, arena, &mysql, err);
    case WPB_SETTING_URL:
        return check_url(text, err);
    default:
        return 0;
    }
}

int wpb_conf_value_parse(struct wpb_conf_value *value, struct wpb_slice text,
                         struct wpb_arena *arena, struct wpb_err *err)
{
    struct wpb_conf_value parsed = *value;

    if (value->setting && wpb_setting_is_list(value->setting))
        return parse_list(value, text, arena, err);
    if (unquote(text, arena, &parsed.text, err))
        return -1;
    if (value->option ? parse_option(value->option, parsed.text, &parsed.number, err)
                      : parse_one(value->setting, parsed.text, arena, &parsed, err))
        return -1;
    *value = parsed;
    return 0;
}

int wpb_conf_listen_parse(const char *text, struct wpb_arena *arena,
                          struct wpb_conf_listen *listen, struct wpb_err *err)
{
    const char *colon = strrchr(text, ':');
    unsigned char address[16];
    struct wpb_slice host;
    bool is_bracketed;

    *listen = (struct wpb_conf_listen){.kind = WPB_LISTEN_NONE, .host = "", .path = ""};
    if (strcmp(text, "none") == 0)
        return 0;
    if (strncmp(text, "unix:", 5) == 0) {
        if (text[5] != '/' || strlen(text + 5) > 107)
            return wpb_err_set(err, WPB_E_ARGUMENT, STAGE,
                               "unix: is followed by an absolute path of at most 107 "
                               "bytes");
        listen->kind = WPB_LISTEN_UNIX;
        listen->path = wpb_arena_cstr(arena, wpb_slice_cstr(text + 5));
        return 0;
    }
    if (!colon || !is_port(colon + 1, strlen(colon + 1)))
        return refuse(err, text, "ADDRESS:PORT, unix:/PATH or none");
    host = wpb_slice_of(text, (size_t)(colon - text));
    is_bracketed = host.len > 2 && host.data[0] == '[' && host.data[host.len - 1] == ']';
    if (is_bracketed)
        host = wpb_slice_of(host.data + 1, host.len - 2);
    listen->host = wpb_arena_cstr(arena, host);
    listen->port = (uint16_t)strtoul(colon + 1, NULL, 10);
    listen->kind = WPB_LISTEN_TCP;
    if (is_bracketed ? inet_pton(AF_INET6, listen->host, address) != 1
                     : inet_pton(AF_INET, listen->host, address) != 1 &&
                           strcmp(listen->host, "localhost") != 0)
        return wpb_err_set(err, WPB_E_ARGUMENT, STAGE,
                           "'%.*s' is no address: 127.0.0.1, [::1] and localhost are",
                           SHOWN_MAX, listen->host);
    return 0;
}

bool wpb_conf_listen_is_local(const struct wpb_conf_listen *listen)
{
    return listen->kind != WPB_LISTEN_TCP || strcmp(listen->host, "localhost") == 0 ||
           strncmp(listen->host, "127.", 4) == 0 || strcmp(listen->host, "::1") == 0;
}

void wpb_conf_url_shown(const char *url, char *shown, size_t size)
{
    size_t len = 0;
    const char *authority = authority_of(url, &len);
    const char *rest;

    if (!authority) {
        snprintf(shown, size, "...");
        return;
    }
    rest = authority + len;
    snprintf(shown, size, "%.*s%s", (int)(rest - url), url,
             !*rest                   ? ""
             : strcmp(rest, "/") == 0 ? "/"
                                      : "/...");
}
