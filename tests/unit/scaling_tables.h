/*
 * scaling_tables.h - published measurements of throughput against concurrency, for the
 * tests of usl.h and usl_outlook.h. Const tables only.
 */
#ifndef WPB_TESTS_SCALING_TABLES_H
#define WPB_TESTS_SCALING_TABLES_H

#include "agent/analyse/usl.h"

/* SPECsdm91 on a SPARCcenter 2000 (Gunther; the data set of R's package usl). */
static const struct wpb_usl_point specsdm91[] = {
    {1, 64.9, 1},     {18, 995.9, 1},   {36, 1652.4, 1},  {72, 1853.2, 1},
    {108, 1828.9, 1}, {144, 1775.0, 1}, {216, 1702.2, 1},
};

/* A ray tracer on an SGI Origin 2000 (as above), the first six rows. */
static const struct wpb_usl_point raytracer[] = {
    {1, 20, 1}, {4, 78, 1}, {8, 130, 1}, {12, 170, 1}, {16, 190, 1}, {20, 200, 1},
};

/* MySQL, sysbench read-only, on a Cisco UCS (Tkachenko; Schwartz's book on the USL). */
static const struct wpb_usl_point cisco[] = {
    {1, 955.16, 1},    {2, 1878.91, 1},   {3, 2688.01, 1},   {4, 3548.68, 1},
    {5, 4315.54, 1},   {6, 5130.43, 1},   {7, 5931.37, 1},   {8, 6531.08, 1},
    {9, 7219.8, 1},    {10, 7867.61, 1},  {11, 8278.71, 1},  {12, 8646.7, 1},
    {13, 9047.84, 1},  {14, 9426.55, 1},  {15, 9645.37, 1},  {16, 9897.24, 1},
    {17, 10097.6, 1},  {18, 10240.5, 1},  {19, 10532.39, 1}, {20, 10798.52, 1},
    {21, 11151.43, 1}, {22, 11518.63, 1}, {23, 11806, 1},    {24, 12089.37, 1},
    {25, 12075.41, 1}, {26, 12177.29, 1}, {27, 12211.41, 1}, {28, 12158.93, 1},
    {29, 12155.27, 1}, {30, 12118.04, 1}, {31, 12140.4, 1},  {32, 12074.39, 1},
};

#define POINTS_OF(table) (sizeof(table) / sizeof(*(table)))

#endif
