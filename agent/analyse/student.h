/*
 * student.h - Student's t distribution, also of very few degrees of freedom.
 *
 * The tail is half the regularized incomplete beta function I_x(v/2, 1/2) with
 * x = v/(v + t^2) (Abramowitz & Stegun 26.5.27 and 26.7.1), by its continued fraction
 * (26.5.8, evaluated as Lentz does); the quantile inverts it by bisection. An F test of
 * one added parameter is the same: F = t^2 (26.6.10). wpb_stats_t_quantile() of stats.h
 * is a hundred times faster and wrong by percents below six degrees. Pure.
 */
#ifndef WPB_ANALYSE_STUDENT_H
#define WPB_ANALYSE_STUDENT_H

/* P(T > T_SCORE) of FREEDOM degrees, to 1e-12. NAN where FREEDOM is not above 0 or
 * T_SCORE is NAN; an infinite T_SCORE gives 0 or 1. */
double wpb_student_tail(double t_score, double freedom);

/* The t with P(T <= t) = P, to 1e-10 of it. Infinite where P is not between 0 and 1; NAN
 * where FREEDOM is not above 0. */
double wpb_student_quantile(double p, double freedom);

#endif
