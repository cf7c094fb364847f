#include "agent/load/admit.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "agent/alert/host_id.h"
#include "agent/load/owner.h"
#include "agent/load/request.h"

#define STAGE "load"
#define PROOF_MS 5000

/* An abstract socket: no file is left when we end, however we end. */
int wpb_load_admit_alone(const char *place, struct wpb_err *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
                                strnlen(place, sizeof(address.sun_path) - 1));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    memcpy(address.sun_path + 1, place, strnlen(place, sizeof(address.sun_path) - 1));
    if (fd >= 0 && bind(fd, (const struct sockaddr *)&address, len) == 0)
        return fd;
    if (fd >= 0 && errno == EADDRINUSE)
        wpb_err_set(err, WPB_E_DENIED, STAGE,
                    "another wpbloat load is running on this machine; one at a time");
    else
        wpb_err_errno(err, errno, STAGE, "a socket cannot be made");
    if (fd >= 0)
        close(fd);
    return -1;
}

/* One GET of URL. BODY keeps what its limit allows, or is NULL. */
static enum wpb_load_outcome get(const struct wpb_load_target *target, const char *url,
                                 const char *user_agent, uint64_t timeout_ms,
                                 struct wpb_buf *body, const char **redirect,
                                 long *status, struct wpb_arena *arena)
{
    struct wpb_load_request request;
    enum wpb_load_outcome outcome = WPB_LOAD_NOT_CONNECTED;
    char *to = NULL;

    *status = 0;
    *redirect = "";
    if (wpb_load_request_init(&request, timeout_ms, user_agent) == 0 &&
        wpb_load_request_aim(&request, target, url) == 0) {
        request.body = body;
        outcome = wpb_load_request_outcome(&request, curl_easy_perform(request.easy));
        curl_easy_getinfo(request.easy, CURLINFO_RESPONSE_CODE, status);
        curl_easy_getinfo(request.easy, CURLINFO_REDIRECT_URL, &to);
        if (to)
            *redirect = wpb_arena_cstr(arena, wpb_slice_cstr(to));
    }
    wpb_load_request_fini(&request);
    return outcome;
}

/* ---- whose is it */

bool wpb_load_admit_proven(const struct wpb_load_plan *plan,
                           const struct wpb_load_target *target, const char *token,
                           struct wpb_arena *arena)
{
    const char *url =
        wpb_arena_printf(arena, "%s%s", target->origin, WPB_LOAD_PROOF_PATH);
    const char *redirect;
    struct wpb_buf file;
    bool is_proven;
    long status;

    wpb_buf_init(&file, WPB_LOAD_PROOF_BYTES_MAX);
    is_proven = get(target, url, plan->user_agent, PROOF_MS, &file, &redirect, &status,
                    arena) == WPB_LOAD_ANSWERED &&
                wpb_load_owner_proves(wpb_buf_view(&file), token);
    wpb_buf_fini(&file);
    return is_proven;
}

static void token_of(const char *host, char token[WPB_LOAD_TOKEN_DIGITS + 1])
{
    struct wpb_buf machine;

    wpb_buf_init(&machine, 0);
    wpb_host_id(&machine, NULL, NULL);
    wpb_load_owner_token(wpb_buf_view(&machine), host, token);
    wpb_buf_fini(&machine);
}

static int admit_target(const struct wpb_load_plan *plan, struct wpb_load_target *target,
                        const struct wpb_load_owned *owned, struct wpb_arena *arena,
                        struct wpb_err *err)
{
    char token[WPB_LOAD_TOKEN_DIGITS + 1];
    bool is_local;

    if (!wpb_load_owner_says(target->host, owned->hosts, owned->count))
        return wpb_err_set(err, WPB_E_DENIED, STAGE,
                           "%.100s is not loaded: only its owner may, and says so with "
                           "--i-own-this-site %.100s",
                           target->host, target->host);
    if (wpb_load_target_resolve(target, owned->connect, arena, err) ||
        wpb_load_target_is_local(target, &is_local, err))
        return -1;
    if (is_local)
        return 0;
    token_of(target->host, token);
    if (wpb_load_admit_proven(plan, target, token, arena))
        return 0;
    return wpb_err_set(
        err, WPB_E_DENIED, STAGE,
        "%.60s is not this machine's; give --connect if it is served here, "
        "else prove that it is yours: put the line %s into "
        "%.60s" WPB_LOAD_PROOF_PATH,
        target->host, token, target->origin);
}

int wpb_load_admit_owner(struct wpb_load_plan *plan, const struct wpb_load_owned *owned,
                         struct wpb_arena *arena, struct wpb_err *err)
{
    for (size_t i = 0; i < plan->target_count; i++) {
        if (admit_target(plan, &plan->targets[i], owned, arena, err))
            return -1;
    }
    return 0;
}

/* ---- does it answer */

static int refuse_page(const struct wpb_load_target *target,
                       enum wpb_load_outcome outcome, long status, const char *redirect,
                       struct wpb_err *err)
{
    switch (outcome) {
    case WPB_LOAD_REDIRECTED:
        return wpb_err_set(err, WPB_E_ARGUMENT, STAGE,
                           "%.90s answers %ld and leads to %.90s, which is not followed; "
                           "load the page itself",
                           target->url, status, redirect);
    case WPB_LOAD_SERVER_ERROR:
    case WPB_LOAD_CLIENT_ERROR:
        return wpb_err_set(err, WPB_E_PROTOCOL, STAGE,
                           "%.120s answers %ld to a single request; mend that first",
                           target->url, status);
    case WPB_LOAD_TOO_LARGE:
        return wpb_err_set(err, WPB_E_BUDGET, STAGE,
                           "%.120s answers more than %u bytes; such pages are not loaded",
                           target->url, WPB_LOAD_BODY_BYTES_MAX);
    case WPB_LOAD_TIMED_OUT:
        return wpb_err_set(err, WPB_E_TIMEOUT, STAGE,
                           "%.120s does not answer a single request within --timeout",
                           target->url);
    case WPB_LOAD_BROKEN:
        return wpb_err_set(err, WPB_E_PROTOCOL, STAGE, "%.120s answers no whole HTTP",
                           target->url);
    default:
        return wpb_err_set(err, WPB_E_CONNECT, STAGE,
                           "%.120s: no connection, or it was closed before an answer",
                           target->url);
    }
}

int wpb_load_admit_pages(const struct wpb_load_plan *plan, struct wpb_arena *arena,
                         struct wpb_err *err)
{
    for (size_t i = 0; i < plan->target_count; i++) {
        const struct wpb_load_target *target = &plan->targets[i];
        const char *redirect;
        long status;
        enum wpb_load_outcome outcome =
            get(target, target->url, plan->user_agent, plan->timeout_ms, NULL, &redirect,
                &status, arena);
        if (outcome != WPB_LOAD_ANSWERED)
            return refuse_page(target, outcome, status, redirect, err);
    }
    return 0;
}
