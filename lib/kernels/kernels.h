/* SPDX-License-Identifier: MIT
 *
 * The inner loops, one table per CPU level and number type.
 *
 * Data pointers are to the table's number type. They need that type's alignment only; rows padded to 64 bytes are
 * faster. Any length is allowed, 0 included. Nothing is read or written outside [0, n). No kernel allocates, and none
 * changes the floating-point environment. Coefficients come as double and are rounded to the number type once. */
#ifndef PLAST_KERNELS_H
#define PLAST_KERNELS_H

#include <stdint.h>

enum { PLAST__SWEEP_TERMS = 8 };

/* One pass over rows first .. first + rows - 1 of a weight matrix: apply a stack of terms, then multiply by a vector.
 * Row i becomes
 *
 *     w_i  <-  factor[i] w_i + sum_k (coef[k] u[k][i]) v[k]
 *
 * evaluated left to right with fused multiply-adds (baseline: with separate roundings), then
 * z[i] = bias[i] + w_i . x. On the way rows that an earlier pass has finished may be projected while they are still in
 * cache: with row i, projection += y[i - lag] w_(i - lag). What happens to a row does not depend on the other rows of
 * the call, and the projection takes rows in ascending order, so cutting the rows into several calls, or update,
 * forward and projection into calls of their own, gives the same bits. */
typedef struct plast__sweep {
    void *w;
    int64_t ld; /* elements between rows */
    int64_t first;
    int64_t rows;
    int64_t cols;
    const void *factor; /* by row; NULL = all 1 */
    int32_t terms;      /* 0 .. PLAST__SWEEP_TERMS */
    double coef[PLAST__SWEEP_TERMS];
    const void *u[PLAST__SWEEP_TERMS]; /* by row */
    const void *v[PLAST__SWEEP_TERMS]; /* cols elements each */
    const void *x;                     /* cols elements; NULL = update only */
    const void *bias;                  /* by row; NULL = 0 */
    void *z;                           /* by row */
    void *sums;                        /* by row: sum of |w_i|, as row_sums gives it; NULL = none. Only with x */
    const void *y;                     /* by row */
    void *projection;                  /* cols elements; NULL = none. Only with x */
    int64_t lag;                       /* >= rows, <= first */
} plast__sweep;

/* Coefficients of one Adam step; corrections are 1 / (1 - beta^t). */
typedef struct plast__adam {
    double rate, beta1, beta2, epsilon, correction1, correction2;
} plast__adam;

/* m = mu m + g, step -rate (of_gradient g + of_moment m). */
typedef struct plast__momentum {
    double rate, mu, of_gradient, of_moment;
} plast__momentum;

typedef struct plast__rmsprop {
    double rate, alpha, epsilon;
} plast__rmsprop;

/* An eligibility trace p and the gradient g that it adds up to, step by step
 *
 *     p  <-  decay p + gain x        g  <-  g + signal p
 *
 * are linear in the p before the first step and in the x of each: after some steps
 *
 *     p  =  kept p + sum late x      g  =  g + first p + sum credit x
 *
 * with the old p on the right. Folding goes from the last step to the first, beginning with kept = 1 and first = 0, and
 * takes one step in; all arrays have n numbers. */
typedef struct plast__folding {
    int64_t n;
    const void *decay, *gain, *signal;
    void *kept, *first;  /* of this step and all later ones, once it has been folded in */
    void *late, *credit; /* of this step */
} plast__folding;

/* Traces of `rows` post units over some steps that have been folded. p has a row of ld for each post unit and sequence
 * (unit * sequences + b), g one for each unit, x one for each step and sequence (t * sequences + b). kept, first, late
 * and credit have a number for each unit; those of one sequence follow those of the sequence before after `stride`,
 * those of one step those of the step before after `next`. What becomes of a post unit does not depend on the
 * others. */
typedef struct plast__tracing {
    int64_t steps, sequences;
    int64_t rows, cols, ld;
    int64_t stride, next;
    const void *kept, *first, *late, *credit;
    const void
        *signal; /* of a single step: its g += signal p, with the new p, is less work; NULL = by first and credit */
    const void *x;
    void *p, *g;
    int32_t fresh; /* 1: p is not read but taken to be 0 */
} plast__tracing;

/* c = a b, or c += a b with `add`: rows x inner by inner x cols, with elements between rows. Each element is summed in
 * ascending order of the inner index, whatever the number of rows. Meant for few rows, and for b that fits in a
 * cache. */
typedef struct plast__few_rows {
    int64_t rows, cols, inner;
    const void *a, *b;
    void *c;
    int64_t lda, ldb, ldc;
    int32_t add;
} plast__few_rows;

enum { PLAST__SEVERAL = 4 };

/* z[k] = bias[k] + W x[k] for `count` vectors, 0 .. PLAST__SEVERAL, with the bits that a sweep of each would give. Every
 * row is read once for all of them. */
typedef struct plast__several {
    const void *w;
    int64_t ld, rows, cols;
    int64_t count;
    const void *x[PLAST__SEVERAL];    /* cols elements each */
    const void *bias[PLAST__SEVERAL]; /* by row; NULL = 0 */
    void *z[PLAST__SEVERAL];          /* by row; z[k] may be bias[k] */
} plast__several;

typedef struct plast__kernels {
    void (*sweep)(const plast__sweep *s);
    /* out[j] += sum_i y[i] w[i][j] */
    void (*project)(const void *w, int64_t ld, int64_t rows, int64_t cols, const void *y, void *out);
    /* y = f(z), and slope = f'(z) unless NULL; any `activation` but PLAST_SOFTMAX; `param` is its parameter, not 0
     * where it has one */
    void (*activate)(int32_t activation, double param, int64_t n, const void *z, void *y, void *slope);
    /* y = softmax(z), n > 0 */
    void (*softmax)(int64_t n, const void *z, void *y);
    /* largest |x_i|; INFINITY if any is infinite or NaN; 0 for n = 0 */
    double (*max_abs)(int64_t n, const void *x);
    double (*dot)(int64_t n, const void *a, const void *b);
    /* out[i] = sum_j |w[i][j]|: a row's sum does not depend on the rows beside it */
    void (*row_sums)(const void *w, int64_t ld, int64_t rows, int64_t cols, void *out);
    /* out[j] += sum_i |w[i][j]|, rows in ascending order */
    void (*column_sums)(const void *w, int64_t ld, int64_t rows, int64_t cols, void *out);
    void (*multiply)(int64_t n, const void *a, const void *b, void *out);  /* out = a o b; out may be a or b */
    void (*subtract)(int64_t n, const void *a, const void *b, void *out);  /* out = a - b; out may be a or b */
    void (*scale)(int64_t n, double alpha, const void *a, void *out);      /* out = alpha a; out may be a */
    void (*add_scaled)(int64_t n, double alpha, const void *a, void *out); /* out += alpha a */
    /* out = 2 a / largest, but not below `low`; 2 exactly where a = largest; out may be a */
    void (*relative)(int64_t n, double largest, double low, const void *a, void *out);
    /* out = alpha sign(a) o |magnitude| (NULL = all 1), 0 where a is 0; out may be a */
    void (*sign)(int64_t n, double alpha, const void *a, const void *magnitude, void *out);
    /* out = a cut to [low, high], bounds of all elements or of each; out may be a */
    void (*clamp)(int64_t n, double low, double high, const void *a, void *out);
    void (*limit)(int64_t n, const void *low, const void *high, const void *a, void *out);
    /* moments m, v are updated from gradient g; delta = the step to add to the weights */
    void (*adam)(int64_t n, const plast__adam *c, const void *g, void *m, void *v, void *delta);
    void (*momentum)(int64_t n, const plast__momentum *c, const void *g, void *m, void *delta);
    void (*fold)(const plast__folding *f);
    void (*trace)(const plast__tracing *t);
    void (*product)(const plast__few_rows *s);
    void (*several)(const plast__several *s);
    void (*rmsprop)(int64_t n, const plast__rmsprop *c, const void *g, void *v, void *delta);
} plast__kernels;

/* Levels that this build and CPU both have, bits PLAST_CPU_...; the baseline is always among them. */
uint32_t plast__cpu_levels(void);

/* The table of one level (one bit that plast__cpu_levels() has) and one number type (PLAST_F32, PLAST_F64). */
const plast__kernels *plast__kernels_get(uint32_t level, int32_t dtype);

#endif
