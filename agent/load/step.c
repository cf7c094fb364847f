#include "agent/load/step.h"

const char *wpb_load_outcome_name(enum wpb_load_outcome outcome)
{
    static const char *const names[WPB_LOAD_OUTCOMES] = {
        [WPB_LOAD_ANSWERED] = "answered",
        [WPB_LOAD_SERVER_ERROR] = "server_error",
        [WPB_LOAD_CLIENT_ERROR] = "client_error",
        [WPB_LOAD_REDIRECTED] = "redirected",
        [WPB_LOAD_TIMED_OUT] = "timed_out",
        [WPB_LOAD_NOT_CONNECTED] = "not_connected",
        [WPB_LOAD_BROKEN] = "broken",
        [WPB_LOAD_TOO_LARGE] = "too_large",
        [WPB_LOAD_CUT_OFF] = "cut_off"};

    return names[outcome];
}

double wpb_load_step_offered(const struct wpb_load_step *step)
{
    return step->lasted_s > 0 ? (double)step->offered / step->lasted_s : 0;
}

double wpb_load_step_achieved(const struct wpb_load_step *step)
{
    return step->lasted_s > 0 ? (double)step->in_time / step->lasted_s : 0;
}

uint64_t wpb_load_step_ended(const struct wpb_load_step *step)
{
    uint64_t ended = 0;

    for (size_t i = 0; i < WPB_LOAD_CUT_OFF; i++)
        ended += step->outcomes[i];
    return ended;
}

uint64_t wpb_load_step_failed(const struct wpb_load_step *step)
{
    return wpb_load_step_ended(step) - step->outcomes[WPB_LOAD_ANSWERED];
}
