/*
 * usl.h - the Universal Scalability Law, fitted in its latency form.
 *
 * X(N) = gamma N / (1 + alpha (N - 1) + beta N (N - 1)): N requests at once get X done a
 * second; alpha is the serial share, beta the price of keeping each other consistent
 * (Gunther 2007). The time of a request, R = N/X, is linear:
 *     N/X = k0 + k1 (N - 1) + k2 N (N - 1),   gamma = 1/k0, alpha = k1/k0, beta = k2/k0
 * so that the fit begins with non-negative least squares (nnls.h) weighted by X^4/N^2,
 * which turns errors of N/X back into errors of X. At most WPB_USL_STEPS_MAX steps of
 * Gauss and Newton, each such a problem on the tangent and halved until it is downhill,
 * end at the least squares of X itself with all three not negative; published fits are
 * reproduced to their last digit. With beta = 0 it is Amdahl's law.
 *
 * The peak, N* = sqrt((1 - alpha)/beta), is its least stable output; X at an N near those
 * seen its most stable one. usl_outlook.h says what may be believed.
 *
 * Pure; O(points) a step, no memory but the caller's. Units: gamma and X in requests a
 * second, k0 in seconds; the rest are ratios.
 */
#ifndef WPB_ANALYSE_USL_H
#define WPB_ANALYSE_USL_H

#include <stdbool.h>
#include <stddef.h>

#define WPB_USL_STEPS_MAX 20
#define WPB_USL_N_MAX 1e9
#define WPB_USL_RATE_MAX 1e9

struct wpb_usl_point {
    double n;      /* 1 to WPB_USL_N_MAX */
    double rate;   /* X; above 0, to WPB_USL_RATE_MAX */
    double weight; /* such as the number of windows in it; above 0 */
};

/* Is it so? What is not is left out everywhere. */
bool wpb_usl_usable(const struct wpb_usl_point *point);

struct wpb_usl {
    double gamma, alpha, beta;
    /* Standard errors, of residuals with points - free degrees; NAN of what is at its
     * bound and where there are none. */
    double gamma_error, alpha_error, beta_error;
    double peak_n,
        peak_rate;         /* INFINITY and the limit gamma/alpha where beta is 0; at 1 */
                           /* where alpha >= 1 */
    double residual_error; /* of a point of weight 1, in X; NAN as above */
    double squares;        /* weighted, of the residuals in X */
    size_t points;         /* that were used */
    size_t free;           /* coefficients that are not at their bound */
    unsigned steps;
    double k[3];
    double covariance[3][3]; /* of k; 0 at the bound */
};

/* Fit POINTS, in any order; with IS_AMDAHL beta is held at 0. False, and USL is not
 * filled, when fewer usable points than coefficients or only one N is there, or when no
 * finite gamma fits. */
bool wpb_usl_fit(const struct wpb_usl_point *points, size_t count, bool is_amdahl,
                 struct wpb_usl *usl);

/* X and R at N (1 or more), and the standard error of X there (NAN where there is none).
 */
double wpb_usl_rate(const struct wpb_usl *usl, double n);
double wpb_usl_latency_s(const struct wpb_usl *usl, double n);
double wpb_usl_rate_error(const struct wpb_usl *usl, double n);

#endif
