#include "agent/analyse/work_refusal.h"

#include <assert.h>

static const struct {
    const char *name, *text;
} refusals[WPB_WORK_REFUSALS] = {
    [WPB_WORK_NOT_REFUSED] = {"", ""},
    [WPB_WORK_TOO_FEW_WINDOWS] =
        {"too_few_windows",
         "Too few windows with enough requests were seen; it needs more "
         "time."},
    [WPB_WORK_TOO_FEW_REQUESTS] =
        {"too_few_requests",
         "Too few requests were seen; it needs more traffic or time."},
    [WPB_WORK_NARROW_RANGE] =
        {"narrow_range", "The load hardly varied, so that its effect cannot be seen; it "
                         "needs busier and quieter times."},
    [WPB_WORK_NOISY_WINDOWS] =
        {"noisy_windows",
         "A window has so few requests that chance moves it more than the "
         "load does; use longer windows."},
    [WPB_WORK_EPOCH_CHANGE] =
        {"epoch_change", "A deploy, a restart or a setting has changed the site; too "
                         "little was seen since."},
    [WPB_WORK_MIX_SHIFT] =
        {"mix_shift",
         "Busy times have other routes than quiet times, so that they cannot "
         "be compared."},
    [WPB_WORK_CACHE_REGIME] =
        {"cache_regime",
         "The hit ratio of the cache differs between busy and quiet times, "
         "so that they cannot be compared."},
    [WPB_WORK_ERROR_RATIO] =
        {"error_ratio", "More than one request in a hundred failed; failed requests cost "
                        "something else."},
    [WPB_WORK_THROTTLED] =
        {"throttled", "The host was throttled or its processors were taken by neighbours "
                      "while this was measured."},
    [WPB_WORK_SUPERLINEAR] =
        {"superlinear",
         "Requests seem to be faster the more run at once, which no server "
         "does: quiet times differ in something else."},
    [WPB_WORK_BETA_UNKNOWN] = {"beta_not_identified",
                               "Whether and where throughput turns down cannot be told "
                               "from what was seen."},
    [WPB_WORK_EXTRAPOLATES] = {"extrapolates",
                               "This is more than twice the load that was seen."},
    [WPB_WORK_CAPACITY_UNKNOWN] =
        {"capacity_unknown", "The number of PHP workers (pm.max_children) is not known."},
    [WPB_WORK_COLLINEAR] =
        {"collinear", "It always moves together with something else, so that the two "
                      "cannot be told apart."},
    [WPB_WORK_CONSTANT] = {"constant_column",
                           "Its number of requests hardly varies, so that it cannot be "
                           "told from background work."},
    [WPB_WORK_POOR_FIT] =
        {"poor_fit", "Requests explain less than half of it; something else is at work."},
    [WPB_WORK_INTERVAL_TOO_WIDE] =
        {"interval_too_wide",
         "What was seen allows too many answers; it needs more time."},
    [WPB_WORK_NO_WAITING] =
        {"no_waiting", "Hardly anybody waits for it, so that no limit is in sight."},
    [WPB_WORK_NOT_MEASURED] = {"not_measured", "It was not measured."},
};

const char *wpb_work_refusal_name(enum wpb_work_refusal refusal)
{
    assert(refusal < WPB_WORK_REFUSALS);
    return refusals[refusal].name;
}

const char *wpb_work_refusal_text(enum wpb_work_refusal refusal)
{
    assert(refusal < WPB_WORK_REFUSALS);
    return refusals[refusal].text;
}
