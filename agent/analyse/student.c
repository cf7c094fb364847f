#include "agent/analyse/student.h"

#include <math.h>

#define TERMS_MAX 500
#define PRECISION 1e-15
#define TINY 1e-300

static double not_zero(double value)
{
    return fabs(value) < TINY ? TINY : value;
}

/* The continued fraction of I_x(a, b) x^-a (1-x)^-b a B(a, b); fast below x =
 * (a+1)/(a+b+2). */
static double beta_fraction(double a, double b, double x)
{
    double c = 1, d = 1 / not_zero(1 - (a + b) * x / (a + 1)), fraction = d;

    for (int m = 1; m <= TERMS_MAX; m++) {
        double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        double step;
        d = 1 / not_zero(1 + even * d);
        c = not_zero(1 + even / c);
        fraction *= c * d;
        d = 1 / not_zero(1 + odd * d);
        c = not_zero(1 + odd / c);
        step = c * d;
        fraction *= step;
        if (fabs(step - 1) < PRECISION)
            break;
    }
    return fraction;
}

static double incomplete_beta(double a, double b, double x)
{
    double front;

    if (!(x > 0))
        return 0;
    if (!(x < 1))
        return 1;
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x));
    if (x < (a + 1) / (a + b + 2))
        return front * beta_fraction(a, b, x) / a;
    return 1 - front * beta_fraction(b, a, 1 - x) / b;
}

double wpb_student_tail(double t_score, double freedom)
{
    double half;

    if (!(freedom > 0) || isnan(t_score))
        return NAN;
    /* Beyond 1e150 the square is not finite, and the tail is nothing. */
    if (fabs(t_score) > 1e150)
        return t_score > 0 ? 0 : 1;
    half = incomplete_beta(freedom / 2, 0.5, freedom / (freedom + t_score * t_score)) / 2;
    return t_score > 0 ? half : 1 - half;
}

double wpb_student_quantile(double p, double freedom)
{
    double tail = p < 0.5 ? p : 1 - p, low = 0, high = 1;

    if (!(freedom > 0))
        return NAN;
    if (!(p > 0))
        return -INFINITY;
    if (p >= 1)
        return INFINITY;
    while (wpb_student_tail(high, freedom) > tail && high < 1e150)
        high *= 2;
    for (int step = 0; step < 200 && high - low > 1e-11 * high; step++) {
        double middle = low + (high - low) / 2;
        if (wpb_student_tail(middle, freedom) > tail)
            low = middle;
        else
            high = middle;
    }
    return p < 0.5 ? -high : high;
}
