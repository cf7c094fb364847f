#include "agent/alert/alert_fields.h"

#include <cjson/cJSON.h>

static const char *text_of(const cJSON *object, const char *name)
{
    const cJSON *member = cJSON_GetObjectItemCaseSensitive(object, name);

    return cJSON_IsString(member) ? member->valuestring : "";
}

void wpb_alert_fields_init(struct wpb_alert_fields *fields, struct wpb_slice body)
{
    cJSON *document = body.len ? cJSON_ParseWithLength(body.data, body.len) : NULL;
    const cJSON *remedy = cJSON_GetObjectItemCaseSensitive(document, "remedy");
    const cJSON *agent = cJSON_GetObjectItemCaseSensitive(document, "agent");

    *fields = (struct wpb_alert_fields){
        .code = text_of(document, "code"),
        .site = text_of(document, "site"),
        .host = text_of(document, "host"),
        .owner = text_of(document, "owner"),
        .title = text_of(document, "title"),
        .summary = text_of(document, "summary"),
        .remedy = text_of(remedy, "summary"),
        .doc = text_of(remedy, "doc"),
        .instance = text_of(agent, "instance"),
        .document = document,
    };
}

void wpb_alert_fields_fini(struct wpb_alert_fields *fields)
{
    cJSON_Delete(fields->document);
    fields->document = NULL;
}
