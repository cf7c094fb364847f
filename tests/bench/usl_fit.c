/*
 * usl_fit.c - microseconds of wpb_usl_fit() and of a search without derivatives for the
 * same minimum, of the same 1,000 points; and of 1,000 windows put into bins with the
 * outlook from them.
 *
 * usage: usl_fit TURNS      one line a turn: ours, the search, their squares, bins
 * The search is Nelder & Mead's from where R's package usl begins (gamma = max X/N,
 * alpha = 0.01, beta = 1e-4), until its simplex is as small as its own default says.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent/analyse/usl_outlook.h"

#define POINTS 1000
#define TERMS 3
#define TOLERANCE 1e-8

static double now_us(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static double random_unit(void)
{
    return ((double)rand() + 0.5) / ((double)RAND_MAX + 1);
}

/* 1 to 200 at once, alpha 0.03, beta 1e-4, 5 % of noise. */
static void make_points(struct wpb_usl_point *points)
{
    for (size_t i = 0; i < POINTS; i++) {
        double n = 1 + 199 * random_unit();
        double rate = 90 * n / (1 + 0.03 * (n - 1) + 1e-4 * n * (n - 1));
        double noise = random_unit() + random_unit() + random_unit() - 1.5;
        points[i] = (struct wpb_usl_point){n, rate * (1 + 0.1 * noise), 1};
    }
}

/* gamma, alpha, beta; infinite outside of their bounds. */
static double squares_at(const struct wpb_usl_point *points, const double *law)
{
    double sum = 0;

    if (law[0] < 0 || law[1] < 0 || law[2] < 0)
        return INFINITY;
    for (size_t i = 0; i < POINTS; i++) {
        double n = points[i].n;
        double off =
            points[i].rate - law[0] * n / (1 + law[1] * (n - 1) + law[2] * n * (n - 1));
        sum += off * off;
    }
    return sum;
}

struct corner {
    double law[TERMS], squares;
};

static int by_squares(const void *left, const void *right)
{
    double a = ((const struct corner *)left)->squares;
    double b = ((const struct corner *)right)->squares;

    return (a > b) - (a < b);
}

static struct corner move(const struct wpb_usl_point *points, const double *center,
                          const struct corner *worst, double step)
{
    struct corner corner;

    for (size_t j = 0; j < TERMS; j++)
        corner.law[j] = center[j] + step * (center[j] - worst->law[j]);
    corner.squares = squares_at(points, corner.law);
    return corner;
}

static double search(const struct wpb_usl_point *points)
{
    double start[TERMS] = {0, 0.01, 1e-4};
    struct corner simplex[TERMS + 1], *worst = &simplex[TERMS];

    for (size_t i = 0; i < POINTS; i++)
        start[0] = fmax(start[0], points[i].rate / points[i].n);
    for (size_t i = 0; i <= TERMS; i++) {
        memcpy(simplex[i].law, start, sizeof(start));
        if (i > 0)
            simplex[i].law[i - 1] *= 1.1;
        simplex[i].squares = squares_at(points, simplex[i].law);
    }
    for (int step = 0; step < 2000; step++) {
        double center[TERMS] = {0};
        struct corner reflected, other;
        qsort(simplex, TERMS + 1, sizeof(*simplex), by_squares);
        if (worst->squares - simplex[0].squares <= TOLERANCE * simplex[0].squares)
            break;
        for (size_t i = 0; i < TERMS; i++) {
            for (size_t j = 0; j < TERMS; j++)
                center[j] += simplex[i].law[j] / TERMS;
        }
        reflected = move(points, center, worst, 1);
        if (reflected.squares < simplex[0].squares) {
            other = move(points, center, worst, 2);
            *worst = other.squares < reflected.squares ? other : reflected;
        } else if (reflected.squares < simplex[TERMS - 1].squares) {
            *worst = reflected;
        } else {
            other = move(points, center, worst, -0.5);
            if (other.squares < worst->squares) {
                *worst = other;
                continue;
            }
            for (size_t i = 1; i <= TERMS; i++) {
                for (size_t j = 0; j < TERMS; j++)
                    simplex[i].law[j] = (simplex[i].law[j] + simplex[0].law[j]) / 2;
                simplex[i].squares = squares_at(points, simplex[i].law);
            }
        }
    }
    return simplex[0].squares;
}

/* A thousand minutes of a pool of 200, and what they say. */
static double bins_us(const struct wpb_usl_point *points)
{
    struct wpb_usl_ask ask = {0};
    struct wpb_usl_outlook outlook;
    struct wpb_usl_bins bins;
    double began = now_us();

    wpb_usl_bins_begin(&bins, 200);
    for (size_t i = 0; i < POINTS; i++) {
        struct wpb_usl_window window = {.seconds = 60,
                                        .requests = 60 * points[i].rate,
                                        .busy_s = 60 * points[i].n,
                                        .seen = points[i].n};
        wpb_usl_bins_add(&bins, &window);
    }
    wpb_usl_look(&bins, &ask, &outlook);
    if (outlook.refusal != WPB_WORK_NOT_REFUSED)
        fprintf(stderr, "refused: %s\n", wpb_work_refusal_name(outlook.refusal));
    return now_us() - began;
}

int main(int argc, char **argv)
{
    static struct wpb_usl_point points[POINTS];
    long turns = argc == 2 ? strtol(argv[1], NULL, 10) : 0;

    if (turns < 1) {
        fprintf(stderr, "usage: usl_fit TURNS\n");
        return 64;
    }
    srand(1);
    for (long turn = 0; turn < turns; turn++) {
        double began, ours_us, search_us, least;
        struct wpb_usl usl;
        make_points(points);
        began = now_us();
        if (!wpb_usl_fit(points, POINTS, false, &usl))
            return 1;
        ours_us = now_us() - began;
        began = now_us();
        least = search(points);
        search_us = now_us() - began;
        printf("%.1f %.1f %.9g %.9g %.1f %u\n", ours_us, search_us, usl.squares, least,
               bins_us(points), usl.steps);
    }
    return 0;
}
