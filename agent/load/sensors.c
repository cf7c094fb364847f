#include "agent/load/sensors.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "agent/load/clients.h"
#include "agent/load/mysql_counters.h"
#include "agent/load/redis_counters.h"
#include "probes/host/cpu_quota.h"

#define STAT_FILE "/proc/stat"
#define STAT_BYTES 512 /* of its first line */

struct wpb_load_sensors {
    struct wpb_load_pool *pool;
    struct wpb_load_mysql *mysql;
    struct wpb_load_redis *redis;
    struct wpb_err missing[WPB_LOAD_SENSORS];
};

const char *wpb_load_sensor_name(enum wpb_load_sensor sensor)
{
    static const char *const names[WPB_LOAD_SENSORS] = {[WPB_LOAD_SENSOR_POOL] = "fpm",
                                                        [WPB_LOAD_SENSOR_MYSQL] = "mysql",
                                                        [WPB_LOAD_SENSOR_REDIS] = "redis",
                                                        [WPB_LOAD_SENSOR_HOST] = "host"};

    return names[sensor];
}

struct wpb_load_sensors *wpb_load_sensors_new(const struct wpb_load_sources *sources,
                                              struct wpb_arena *arena)
{
    struct wpb_load_sensors *sensors = calloc(1, sizeof(*sensors));
    struct wpb_err *missing;

    if (!sensors)
        return NULL;
    missing = sensors->missing;
    sensors->pool =
        wpb_load_pool_find(sources->site, arena, &missing[WPB_LOAD_SENSOR_POOL]);
    if (sources->mysql)
        sensors->mysql =
            wpb_load_mysql_open(sources->mysql, &missing[WPB_LOAD_SENSOR_MYSQL]);
    else
        wpb_err_set(&missing[WPB_LOAD_SENSOR_MYSQL], WPB_E_NOT_FOUND, "mysql",
                    "not asked: name the site's database with --mysql or --site");
    if (sources->redis)
        sensors->redis =
            wpb_load_redis_open(sources->redis, &missing[WPB_LOAD_SENSOR_REDIS]);
    else
        wpb_err_set(&missing[WPB_LOAD_SENSOR_REDIS], WPB_E_NOT_FOUND, "redis",
                    "not asked: name the site's object cache with --redis or --site");
    return sensors;
}

void wpb_load_sensors_free(struct wpb_load_sensors *sensors)
{
    if (!sensors)
        return;
    wpb_load_mysql_close(sensors->mysql);
    wpb_load_redis_close(sensors->redis);
    free(sensors);
}

const char *wpb_load_sensors_missing(const struct wpb_load_sensors *sensors,
                                     enum wpb_load_sensor sensor)
{
    return sensors->missing[sensor].message;
}

const struct wpb_load_pool *wpb_load_sensors_pool(const struct wpb_load_sensors *sensors)
{
    return sensors->pool;
}

double wpb_load_sensors_processors(void)
{
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    struct wpb_cpu_quota quota;

    if (wpb_cpu_quota_read("", count, &quota))
        return quota.cores;
    return count > 0 ? (double)count : 1;
}

static double own_cpu_s(void)
{
    struct rusage used;

    if (getrusage(RUSAGE_SELF, &used))
        return 0;
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

/* In a container /proc/stat tells of the machine around it. */
static bool read_quota(struct wpb_load_counters *counters)
{
    struct wpb_cpu_quota quota;

    if (!wpb_cpu_quota_read("", sysconf(_SC_NPROCESSORS_ONLN), &quota))
        return false;
    counters->values[WPB_LOAD_CPU_BUSY_S] = quota.used_s - own_cpu_s();
    counters->values[WPB_LOAD_CPU_STEAL_S] = quota.throttled_s;
    counters->values[WPB_LOAD_CPU_ALL_S] = quota.cores * counters->at_s;
    return true;
}

static void read_stat(struct wpb_load_sensors *sensors,
                      struct wpb_load_counters *counters)
{
    char text[STAT_BYTES];
    int fd = open(STAT_FILE, O_RDONLY | O_CLOEXEC);
    ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof(text));

    if (len > 0)
        wpb_load_counters_of_stat(counters, wpb_slice_of(text, (size_t)len),
                                  (double)sysconf(_SC_CLK_TCK), own_cpu_s());
    else
        wpb_err_errno(&sensors->missing[WPB_LOAD_SENSOR_HOST], errno, "host",
                      "%s cannot be read", STAT_FILE);
    if (fd >= 0)
        close(fd);
}

void wpb_load_sensors_read_host(struct wpb_load_sensors *sensors,
                                struct wpb_load_counters *counters)
{
    wpb_load_counters_begin(counters, (double)wpb_load_now_us() / 1e6);
    if (!read_quota(counters))
        read_stat(sensors, counters);
}

void wpb_load_sensors_read(struct wpb_load_sensors *sensors,
                           struct wpb_load_counters *counters)
{
    wpb_load_sensors_read_host(sensors, counters);
    if (sensors->mysql)
        wpb_load_mysql_read(sensors->mysql, counters,
                            &sensors->missing[WPB_LOAD_SENSOR_MYSQL]);
    if (sensors->redis)
        wpb_load_redis_read(sensors->redis, counters,
                            &sensors->missing[WPB_LOAD_SENSOR_REDIS]);
}

bool wpb_load_sensors_look(struct wpb_load_sensors *sensors,
                           struct wpb_load_pool_look *look)
{
    return sensors->pool &&
           wpb_load_pool_read(sensors->pool, look,
                              &sensors->missing[WPB_LOAD_SENSOR_POOL]) == 0;
}
