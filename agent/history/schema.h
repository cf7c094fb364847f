/*
 * schema.h - the tables of history.db, and whose file it is.
 */
#ifndef WPB_HISTORY_SCHEMA_H
#define WPB_HISTORY_SCHEMA_H

#include "agent/history/database.h"

/* In the file's header: "WPBL". */
#define WPB_SCHEMA_APPLICATION 0x5750424c
/* Counts up with every change of a table. */
#define WPB_SCHEMA_VERSION 1

enum wpb_schema_state {
    WPB_SCHEMA_OURS,
    WPB_SCHEMA_EMPTY,   /* nothing in it yet */
    WPB_SCHEMA_NEWER,   /* ours, of a later version of the program */
    WPB_SCHEMA_FOREIGN, /* another program's */
    WPB_SCHEMA_DAMAGED, /* ours, with other tables than it should have */
};

/* Look, without writing. SQLite's result when the file cannot be read. */
int wpb_schema_look(struct wpb_database *database, enum wpb_schema_state *state);
/* Make the tables in an empty database. */
int wpb_schema_make(struct wpb_database *database);

#endif
