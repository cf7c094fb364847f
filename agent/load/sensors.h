/*
 * sensors.h - everything that is looked at while a site is loaded, in one place.
 *
 * Each works alone. One that is not there, or is lost on the way, leaves what it would
 * have measured unknown, and one line that says why. One thread; blocking between steps.
 */
#ifndef WPB_LOAD_SENSORS_H
#define WPB_LOAD_SENSORS_H

#include "agent/load/counters.h"
#include "agent/load/pool_watch.h"
#include "wpbloat/site.h"

enum wpb_load_sensor {
    WPB_LOAD_SENSOR_POOL,
    WPB_LOAD_SENSOR_MYSQL,
    WPB_LOAD_SENSOR_REDIS,
    WPB_LOAD_SENSOR_HOST,
    WPB_LOAD_SENSORS
};

/* "fpm", "mysql", ...; they do not change. */
const char *wpb_load_sensor_name(enum wpb_load_sensor sensor);

/* What the operator said; must outlive the sensors. */
struct wpb_load_sources {
    const struct wpb_site *site;           /* that names the pool; NULL: the only one */
    const struct wpb_mysql_address *mysql; /* NULL: not asked for */
    const struct wpb_redis_address *redis; /* NULL: not asked for */
};

struct wpb_load_sensors;

/* Open what is there. NULL when memory is out. ARENA outlives them. */
struct wpb_load_sensors *wpb_load_sensors_new(const struct wpb_load_sources *sources,
                                              struct wpb_arena *arena);
void wpb_load_sensors_free(struct wpb_load_sensors *sensors);

/* Why SENSOR tells nothing; "" when it does. */
const char *wpb_load_sensors_missing(const struct wpb_load_sensors *sensors,
                                     enum wpb_load_sensor sensor);
/* The pool that is watched, or NULL. */
const struct wpb_load_pool *wpb_load_sensors_pool(const struct wpb_load_sensors *sensors);
/* Processors of the host, or what its quota amounts to. */
double wpb_load_sensors_processors(void);

/* Read all counters. */
void wpb_load_sensors_read(struct wpb_load_sensors *sensors,
                           struct wpb_load_counters *counters);
/* Those of the host alone, which cost nothing. */
void wpb_load_sensors_read_host(struct wpb_load_sensors *sensors,
                                struct wpb_load_counters *counters);
/* Look at the pool. False when it cannot be seen. */
bool wpb_load_sensors_look(struct wpb_load_sensors *sensors,
                           struct wpb_load_pool_look *look);

#endif
