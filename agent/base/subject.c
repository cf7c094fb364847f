#include "wpbloat/subject.h"

const char *wpb_subject_kind_name(enum wpb_subject_kind kind)
{
    static const char *const names[WPB_SUBJECT_KINDS] = {
        [WPB_SUBJECT_SITE] = "site",
        [WPB_SUBJECT_REDIS_SERVER] = "redis_server",
        [WPB_SUBJECT_REDIS_KEY] = "redis_key",
        [WPB_SUBJECT_REDIS_GROUP] = "redis_group",
        [WPB_SUBJECT_KEY_FAMILY] = "key_family",
        [WPB_SUBJECT_OPTION_FAMILY] = "option_family",
        [WPB_SUBJECT_PATH] = "path",
        [WPB_SUBJECT_HOST] = "host",
        [WPB_SUBJECT_MYSQL_SERVER] = "mysql_server",
        [WPB_SUBJECT_TABLE] = "table",
        [WPB_SUBJECT_OPTION] = "option",
        [WPB_SUBJECT_META_KEY] = "meta_key",
        [WPB_SUBJECT_POST] = "post",
        [WPB_SUBJECT_COMPONENT] = "component",
        [WPB_SUBJECT_POOL] = "pool",
        [WPB_SUBJECT_ROUTE] = "route",
        [WPB_SUBJECT_RESOURCE] = "resource",
        [WPB_SUBJECT_QUANTITY] = "quantity",
        [WPB_SUBJECT_STATEMENT] = "statement",
        [WPB_SUBJECT_PLACE] = "place",
    };
    return names[kind];
}

int wpb_subject_compare(const struct wpb_subject *a, const struct wpb_subject *b)
{
    for (; a && b && a != b; a = a->parent, b = b->parent) {
        int order;
        if (a->kind != b->kind)
            return a->kind < b->kind ? -1 : 1;
        if ((order = wpb_slice_compare(a->scope, b->scope)) != 0)
            return order;
        if ((order = wpb_slice_compare(a->name, b->name)) != 0)
            return order;
    }
    if (a == b)
        return 0;
    return a ? 1 : -1;
}

bool wpb_subject_equal(const struct wpb_subject *a, const struct wpb_subject *b)
{
    return wpb_subject_compare(a, b) == 0;
}

unsigned long long wpb_subject_hash(const struct wpb_subject *subject)
{
    unsigned long long hash = 0;

    for (; subject; subject = subject->parent) {
        hash = hash * 31 + (unsigned long long)subject->kind;
        hash = hash * 1099511628211ULL ^ wpb_slice_hash(subject->scope);
        hash = hash * 1099511628211ULL ^ wpb_slice_hash(subject->name);
    }
    return hash;
}
