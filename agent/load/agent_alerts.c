#include "agent/load/agent_alerts.h"

#include <cjson/cJSON.h>
#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/buf.h"

#define ANSWER_BYTES_MAX ((size_t)64 << 10)
#define ANSWER_MS 2000L

static size_t take(char *bytes, size_t size, size_t count, void *cookie)
{
    struct wpb_buf *answer = cookie;

    wpb_buf_add(answer, bytes, size * count);
    return wpb_buf_failed(answer) ? 0 : size * count;
}

static bool fetch(const struct wpb_load_agent *agent, struct wpb_buf *answer)
{
    CURL *easy = curl_easy_init();
    char url[300];
    CURLcode result;

    if (!easy)
        return false;
    if (agent->path[0]) {
        snprintf(url, sizeof(url), "http://localhost/healthz");
        curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, agent->path);
    } else {
        bool is_v6 = strchr(agent->host, ':') != NULL;
        snprintf(url, sizeof(url), "http://%s%s%s:%u/healthz", is_v6 ? "[" : "",
                 agent->host, is_v6 ? "]" : "", agent->port);
    }
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, ANSWER_MS);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, answer);
    result = curl_easy_perform(easy);
    curl_easy_cleanup(easy);
    return result == CURLE_OK;
}

bool wpb_load_agent_alerts_of(struct wpb_slice answer, uint64_t *firing)
{
    cJSON *document = cJSON_ParseWithLength(answer.data, answer.len);
    const cJSON *number = cJSON_GetObjectItemCaseSensitive(document, "alerts_firing");
    bool is_told =
        cJSON_IsNumber(number) && number->valuedouble >= 0 && number->valuedouble < 1e9;

    if (is_told)
        *firing = (uint64_t)number->valuedouble;
    cJSON_Delete(document);
    return is_told;
}

bool wpb_load_agent_alerts(const struct wpb_load_agent *agent, uint64_t *firing)
{
    struct wpb_buf answer;
    bool is_told;

    wpb_buf_init(&answer, ANSWER_BYTES_MAX);
    is_told =
        fetch(agent, &answer) && wpb_load_agent_alerts_of(wpb_buf_view(&answer), firing);
    wpb_buf_fini(&answer);
    return is_told;
}
