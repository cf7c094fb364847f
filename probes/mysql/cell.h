/*
 * cell.h - one value of a row, read piece by piece and taken apart: part of a rung's
 * step that is asked again for each piece.
 *
 * No more than a piece is held. The value is read as PHP would read it, up to a cap;
 * that it changed meanwhile is noticed. What leaves is names, types and sizes.
 */
#ifndef WPB_MYSQL_CELL_H
#define WPB_MYSQL_CELL_H

#include "probes/mysql/rung.h"
#include "probes/wordpress/layout.h"

#define WPB_CELL_PIECE ((uint64_t)1 << 20)
/* Of a step that reads a piece: the two lengths come with it. A column's conversion
 * takes the server most time; the pages of a value at most as long as the cap are
 * counted where its length was asked for. */
#define WPB_CELL_BOUNDS                                                                  \
    {                                                                                    \
        1, WPB_CELL_PIECE + 1024, 10000                                                  \
    }
#define WPB_CELL_PAGES 600

struct wpb_cell {
    const struct wpb_builder_name *name; /* the builder's row for it, or NULL */
    uint64_t row_bytes;                  /* LENGTH() of the column */
    uint64_t value_bytes;                /* as PHP reads it */
    uint64_t cap, read;
    bool has_begun, has_changed;
    struct wpb_layout *layout;
    struct wpb_arena *arena; /* of the result */
    struct wpb_layout_result result;
};

/* The server reads the whole value for each piece of it: at most so much in all, but for
 * one piece. A value of a gigabyte gives its first piece. */
#define WPB_CELL_SERVER_BYTES ((uint64_t)512 << 20)
/* A longer one is not converted to tell its length as PHP reads it: the server would hold
 * it twice. */
#define WPB_CELL_CONVERTED_MAX ((uint64_t)16 << 20)

/* Zero the cell for a value of ROW_BYTES, of which no more than CAP are read. */
void wpb_cell_init(struct wpb_cell *cell, const struct wpb_builder_name *name,
                   uint64_t row_bytes, uint64_t cap);
void wpb_cell_fini(struct wpb_cell *cell);

/* Append "SELECT ..." up to the FROM, for the next piece of COLUMN. */
void wpb_cell_select(const struct wpb_cell *cell, struct wpb_sql *sql,
                     const char *column);
/* Take the piece in row 0. True: there is more to ask for. PHP's VERSION as in the
 * site. */
bool wpb_cell_take(struct wpb_cell *cell, const struct wpb_mysql_rows *rows,
                   uint32_t version);
/* No more pieces: fills `result`, once. */
void wpb_cell_finish(struct wpb_cell *cell);
/* After that: post what was found about SUBJECT of the rung's site; the families of its
 * names too when HAS_FAMILIES. */
void wpb_cell_post(const struct wpb_cell *cell, struct wpb_rung *rung,
                   const struct wpb_subject *subject, bool has_families);

/* BUILDER and META_ROLE of SUBJECT, when NAME is not NULL. */
void wpb_cell_post_builder(struct wpb_rung *rung, const struct wpb_subject *subject,
                           const struct wpb_builder_name *name);

#endif
