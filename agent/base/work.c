#include "wpbloat/work.h"

/* In the order of enum wpb_route (a test compares them). */
const char *wpb_work_class_name(unsigned class_index)
{
    static const char *const names[WPB_WORK_CLASSES] = {
        "front_page", "product", "cart",  "checkout", "admin_ajax", "wc_ajax",
        "rest",       "cron",    "login", "admin",    "other",
    };
    const char *name = class_index < WPB_WORK_CLASSES ? names[class_index] : "";

    return name ? name : "";
}
