/*
 * path.h - paths as text: joined, cut, cleaned. Nothing is looked up. Pure.
 */
#ifndef WPB_WORDPRESS_PATH_H
#define WPB_WORDPRESS_PATH_H

#include "wpbloat/arena.h"

/* FOLDER "/" NAME in ARENA, with one separator between them. */
const char *wpb_path_join(struct wpb_arena *arena, const char *folder, const char *name);
/* PATH without its last part; "/" at the top. */
const char *wpb_path_parent(struct wpb_arena *arena, const char *path);
/* The last part of PATH, inside PATH. */
const char *wpb_path_name(const char *path);
/* PATH without empty and "." parts and with ".." applied by name. */
const char *wpb_path_clean(struct wpb_arena *arena, const char *path);
/* A path that a configuration names, below ROOT ("" for the host's own); those made of
 * __DIR__ are there already. */
const char *wpb_path_rooted(struct wpb_arena *arena, const char *root, const char *path);

#endif
