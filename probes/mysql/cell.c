#include "probes/mysql/cell.h"

#include <stdio.h>

#include "probes/php/zend.h"

void wpb_cell_init(struct wpb_cell *cell, const struct wpb_builder_name *name,
                   uint64_t row_bytes, uint64_t cap)
{
    uint64_t pieces = WPB_CELL_SERVER_BYTES / (row_bytes ? row_bytes : 1);
    uint64_t bearable = (pieces ? pieces : 1) * WPB_CELL_PIECE;

    *cell = (struct wpb_cell){.name = name,
                              .row_bytes = row_bytes,
                              .value_bytes = row_bytes,
                              .cap = cap < bearable ? cap : bearable};
}

void wpb_cell_fini(struct wpb_cell *cell)
{
    wpb_layout_free(cell->layout);
    wpb_arena_free(cell->arena);
    cell->layout = NULL;
    cell->arena = NULL;
}

static uint64_t wanted(const struct wpb_cell *cell)
{
    return cell->value_bytes < cell->cap ? cell->value_bytes : cell->cap;
}

void wpb_cell_select(const struct wpb_cell *cell, struct wpb_sql *sql, const char *column)
{
    uint64_t piece = cell->cap - cell->read;

    if (piece > WPB_CELL_PIECE)
        piece = WPB_CELL_PIECE;
    wpb_sql_add(sql, "SELECT ");
    wpb_sql_bytes_of(sql, column, cell->read + 1, piece);
    wpb_sql_add(sql, ", LENGTH(");
    wpb_sql_add(sql, column);
    wpb_sql_add(sql, ")");
    if (!cell->has_begun && cell->row_bytes <= WPB_CELL_CONVERTED_MAX) {
        wpb_sql_add(sql, ", ");
        wpb_sql_length_of(sql, column);
    }
}

static bool begin(struct wpb_cell *cell, const struct wpb_mysql_rows *rows,
                  uint32_t version)
{
    cell->has_begun = true;
    cell->row_bytes = wpb_rows_count(rows, 0, 1);
    cell->value_bytes = wpb_rows_count(rows, 0, rows->columns > 2 ? 2 : 1);
    cell->arena = wpb_arena_new();
    cell->layout = wpb_layout_new(cell->name, cell->value_bytes, version);
    return cell->arena && cell->layout;
}

bool wpb_cell_take(struct wpb_cell *cell, const struct wpb_mysql_rows *rows,
                   uint32_t version)
{
    struct wpb_slice piece;

    if (rows->rows == 0) {
        cell->has_changed = true;
        return false;
    }
    if (!cell->has_begun && !begin(cell, rows, version))
        return false;
    cell->has_changed |= cell->row_bytes != wpb_rows_count(rows, 0, 1);
    piece = wpb_slice_head(wpb_rows_text(rows, 0, 0), wanted(cell) - cell->read);
    cell->read += piece.len;
    wpb_layout_feed(cell->layout, piece);
    /* A piece that is shorter than it should be: rewritten meanwhile. */
    return piece.len && !cell->has_changed && cell->read < wanted(cell);
}

/* A value that nobody looks into costs the string it is. */
static void describe_text(struct wpb_cell *cell)
{
    uint64_t bytes = wpb_zend_string_bytes(cell->value_bytes);

    snprintf(cell->result.encoding, sizeof(cell->result.encoding), "raw");
    cell->result.has_cost = true;
    cell->result.cost = (struct wpb_php_cost){.value_bytes = bytes,
                                              .read_peak_bytes = bytes,
                                              .rewrite_peak_bytes = bytes,
                                              .provenance = WPB_ESTIMATED};
}

void wpb_cell_finish(struct wpb_cell *cell)
{
    if (cell->layout)
        wpb_layout_finish(cell->layout, cell->row_bytes, cell->arena, &cell->result);
    else
        describe_text(cell);
    wpb_layout_free(cell->layout);
    cell->layout = NULL;
}

/* ---- posting ---- */

struct post {
    struct wpb_rung *rung;
    const struct wpb_subject *subject;
    enum wpb_provenance provenance;
};

static void put(const struct post *post, enum wpb_metric metric, struct wpb_value value)
{
    wpb_rung_post(post->rung, post->subject, metric, value, post->provenance);
}

static void put_count(const struct post *post, enum wpb_metric metric, uint64_t count)
{
    put(post, metric, wpb_value_count(count));
}

static void put_text(const struct post *post, enum wpb_metric metric, const char *text)
{
    put(post, metric, wpb_value_text(wpb_slice_cstr(text)));
}

void wpb_cell_post_builder(struct wpb_rung *rung, const struct wpb_subject *subject,
                           const struct wpb_builder_name *name)
{
    struct post post = {rung, subject, WPB_EXACT};

    if (!name)
        return;
    put_text(&post, WPB_M_BUILDER, wpb_builder(name->builder)->slug);
    put_text(&post, WPB_M_META_ROLE, wpb_builder_role_name(name->role));
}

static void put_paths(struct post post, const struct wpb_examination *examination)
{
    const struct wpb_subject *whole = post.subject;

    for (size_t i = 0; i < examination->path_count; i++) {
        const struct wpb_examination_path *path = &examination->paths[i];
        struct wpb_subject subject = {.kind = WPB_SUBJECT_PATH,
                                      .scope = whole->scope,
                                      .name = path->path,
                                      .parent = whole};
        post.subject = &subject;
        put_count(&post, WPB_M_VALUE_BYTES, path->bytes);
        put_count(&post, WPB_M_ENTRIES, path->count);
        put_text(&post, WPB_M_TYPE, wpb_php_type_name(path->type));
    }
}

static void put_families(struct post post, const struct wpb_examination *examination)
{
    const struct wpb_subject *whole = post.subject;
    double all = (double)examination->family_names;

    for (size_t i = 0; i < examination->family_count && all > 0; i++) {
        const struct wpb_family *family = &examination->families[i];
        struct wpb_subject subject = {.kind = WPB_SUBJECT_OPTION_FAMILY,
                                      .scope = whole->scope,
                                      .name = family->template_name,
                                      .parent = whole};
        post.subject = &subject;
        put_count(&post, WPB_M_NAMES, family->names);
        put(&post, WPB_M_SHARE_RATIO, wpb_value_double((double)family->names / all));
    }
}

static void put_cost(struct post post, const struct wpb_php_cost *cost)
{
    if (post.provenance == WPB_EXACT)
        post.provenance = cost->provenance;
    put_count(&post, WPB_M_PHP_VALUE_BYTES, cost->value_bytes);
    put_count(&post, WPB_M_PHP_READ_PEAK_BYTES, cost->read_peak_bytes);
    put_count(&post, WPB_M_PHP_REWRITE_PEAK_BYTES, cost->rewrite_peak_bytes);
}

static void put_found(struct post post, const struct wpb_cell *cell, bool has_families)
{
    const struct wpb_layout_result *result = &cell->result;
    const struct wpb_examination *structure =
        result->has_inner ? &result->inner : &result->outer;

    put_text(&post, WPB_M_ENCODING, result->encoding);
    if (result->flaw[0])
        put_text(&post, WPB_M_FLAW, result->flaw);
    if (cell->has_changed || cell->read < cell->value_bytes)
        post.provenance = WPB_ESTIMATED;
    if (result->has_widgets)
        put_count(&post, WPB_M_WIDGETS, result->widgets);
    if (post.provenance == WPB_EXACT)
        post.provenance = structure->provenance;
    if (structure->entries)
        put_count(&post, WPB_M_ENTRIES, structure->entries);
    if (result->has_cost)
        put_cost(post, &result->cost);
    put_paths(post, structure);
    if (has_families)
        put_families(post, structure);
}

void wpb_cell_post(const struct wpb_cell *cell, struct wpb_rung *rung,
                   const struct wpb_subject *subject, bool has_families)
{
    struct post post = {rung, subject, WPB_EXACT};

    put_count(&post, WPB_M_PRESENT, 1);
    put_count(&post, WPB_M_ROW_BYTES, cell->row_bytes);
    put_count(&post, WPB_M_VALUE_BYTES, cell->value_bytes);
    put_count(&post, WPB_M_EXAMINED_BYTES, cell->read);
    wpb_cell_post_builder(rung, subject, cell->name);
    put_found(post, cell, has_families);
}
