/* SPDX-License-Identifier: MIT
 *
 * Every kernel of every level and number type against plain loops in long double. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <plasticity/context.h>
#include <plasticity/network.h>

#include "kernels/kernels.h"

enum { MAX_LENGTH = 70, GUARD = 128, CANARY = 0xA5 };

/* The table under test, for messages and for generic access to elements */
static struct {
    const plast__kernels *k;
    uint32_t level;
    int32_t dtype;
    size_t size;
    long double epsilon;  /* largest relative rounding error */
    long double smallest; /* normal number */
    long double largest;  /* finite number */
} at;

static void for_each_table(void (*test)(void))
{
    static const int32_t dtypes[] = { PLAST_F32, PLAST_F64 };
    uint32_t levels = plast__cpu_levels();
    assert_true(levels & PLAST_CPU_BASELINE);
    for (uint32_t level = 1; level; level <<= 1) {
        for (int d = 0; d < 2 && (levels & level); d++) {
            at.k = plast__kernels_get(level, dtypes[d]);
            assert_non_null(at.k);
            at.level = level;
            at.dtype = dtypes[d];
            at.size = at.dtype == PLAST_F32 ? sizeof(float) : sizeof(double);
            at.epsilon = at.dtype == PLAST_F32 ? FLT_EPSILON / 2 : DBL_EPSILON / 2;
            at.smallest = at.dtype == PLAST_F32 ? FLT_MIN : DBL_MIN;
            at.largest = at.dtype == PLAST_F32 ? FLT_MAX : DBL_MAX;
            test();
        }
    }
}

static void check(int ok, const char *what, int64_t n, int64_t i)
{
    if (!ok)
        fail_msg("level %u, f%d: %s, n = %lld, element %lld", at.level, (int)at.size * 8, what, (long long)n,
                 (long long)i);
}

static void near(double got, long double expected, long double bound, const char *what, int64_t n, int64_t i)
{
    if (!(fabsl(got - expected) <= bound))
        fail_msg("level %u, f%d: %s, n = %lld, element %lld: got %.17g, expected %.17Lg within %.3Lg", at.level,
                 (int)at.size * 8, what, (long long)n, (long long)i, got, expected, bound);
}

static double get(const void *p, int64_t i)
{
    return at.dtype == PLAST_F32 ? (double)((const float *)p)[i] : ((const double *)p)[i];
}

static void set(void *p, int64_t i, double value)
{
    if (at.dtype == PLAST_F32)
        ((float *)p)[i] = (float)value;
    else
        ((double *)p)[i] = value;
}

static uint64_t random_state = 1;

static uint64_t random_bits(void)
{
    random_state += 0x9E3779B97F4A7C15u;
    uint64_t z = random_state;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static double uniform(void)
{
    return (double)(random_bits() >> 11) * 0x1p-52 - 1; /* [-1, 1) */
}

/* An array between canaries, at an odd multiple of its element from any vector's alignment */
typedef struct array {
    unsigned char *memory;
    void *data;
    int64_t n;
} array;

static size_t array_bytes(const array *a)
{
    return ((size_t)a->n + 2 * GUARD) * at.size;
}

static array array_make(int64_t n)
{
    static int shift;
    array a = { NULL, NULL, n };
    a.memory = aligned_alloc(64, (array_bytes(&a) + 63) / 64 * 64);
    assert_non_null(a.memory);
    memset(a.memory, CANARY, array_bytes(&a));
    shift = (shift + 1) % 4;
    a.data = a.memory + (size_t)(GUARD / 2 + shift) * at.size;
    return a;
}

static array array_random(int64_t n)
{
    array a = array_make(n);
    for (int64_t i = 0; i < n; i++)
        set(a.data, i, uniform());
    return a;
}

static array array_copy(const array *from)
{
    array a = array_make(from->n);
    memcpy(a.data, from->data, (size_t)a.n * at.size);
    return a;
}

static void array_free(array *a, const char *what)
{
    const unsigned char *begin = a->data, *end = begin + (size_t)a->n * at.size;
    for (const unsigned char *p = a->memory; p < a->memory + array_bytes(a); p++)
        check((p >= begin && p < end) || *p == CANARY, what, a->n, p - begin);
    free(a->memory);
}

static void arrays_free(array *a, int count, const char *what)
{
    for (int k = 0; k < count; k++)
        array_free(&a[k], what);
}

static void same_bits(const array *a, const array *b, const char *what)
{
    for (int64_t i = 0; i < a->n; i++)
        check(!memcmp((char *)a->data + (size_t)i * at.size, (char *)b->data + (size_t)i * at.size, at.size), what,
              a->n, i);
}

/* ---- sweep ---- */

/* A sweep with arrays of its own; `v` are kept apart so that each has its canaries. */
typedef struct sweep_case {
    plast__sweep s;
    array w, factor, x, bias, z, u[PLAST__SWEEP_TERMS], v[PLAST__SWEEP_TERMS];
} sweep_case;

static sweep_case sweep_make(int64_t rows, int64_t cols, int64_t ld, int terms, int factor, int forward, int bias)
{
    sweep_case c = { .w = array_make(rows * ld),
                     .factor = array_random(rows),
                     .x = array_random(cols),
                     .bias = array_random(rows),
                     .z = array_make(rows) };
    for (int64_t i = 0; i < rows * cols; i++)
        set(c.w.data, i / cols * ld + i % cols, uniform());
    c.s = (plast__sweep){ .w = c.w.data,
                          .ld = ld,
                          .rows = rows,
                          .cols = cols,
                          .terms = terms,
                          .factor = factor ? c.factor.data : NULL,
                          .x = forward ? c.x.data : NULL,
                          .bias = bias ? c.bias.data : NULL,
                          .z = forward ? c.z.data : NULL };
    for (int k = 0; k < PLAST__SWEEP_TERMS; k++) {
        c.u[k] = array_random(rows);
        c.v[k] = array_random(cols);
        if (k < terms) {
            c.s.coef[k] = uniform();
            c.s.u[k] = c.u[k].data;
            c.s.v[k] = c.v[k].data;
        }
    }
    return c;
}

static void sweep_free(sweep_case *c)
{
    arrays_free((array[]){ c->w, c->factor, c->x, c->bias, c->z }, 5, "sweep canary");
    arrays_free(c->u, PLAST__SWEEP_TERMS, "sweep u canary");
    arrays_free(c->v, PLAST__SWEEP_TERMS, "sweep v canary");
}

/* The new weight in exact arithmetic, and the sum of its terms' absolute values */
static long double new_weight(const plast__sweep *s, const void *old, int64_t i, int64_t j, long double *absolute)
{
    long double w = get(old, i * s->ld + j) * (long double)(s->factor ? get(s->factor, i) : 1);
    *absolute = fabsl(w);
    for (int k = 0; k < s->terms; k++) {
        long double term = (long double)s->coef[k] * get(s->u[k], i) * get(s->v[k], j);
        w += term;
        *absolute += fabsl(term);
    }
    return w;
}

static void sweep_check(const sweep_case *c, const array *old)
{
    const plast__sweep *s = &c->s;
    for (int64_t i = 0; i < s->rows; i++) {
        long double z = s->bias ? get(s->bias, i) : 0, z_absolute = fabsl(z), absolute;
        for (int64_t j = 0; j < s->cols; j++) {
            long double w = new_weight(s, old->data, i, j, &absolute);
            int exact = s->terms == 0 && !s->factor;
            near(get(s->w, i * s->ld + j), w, exact ? 0 : (2 * s->terms + 3) * at.epsilon * absolute, "sweep w",
                 s->cols, j);
            long double x = get(c->x.data, j);
            z += w * x;
            z_absolute += absolute * fabsl(x);
        }
        if (s->x)
            near(get(s->z, i), z, ((long double)s->cols + 2 * s->terms + 4) * at.epsilon * z_absolute, "sweep z",
                 s->cols, i);
        for (int64_t j = s->cols; j < s->ld; j++)
            check(get(s->w, i * s->ld + j) == get(old->data, i * s->ld + j), "sweep padding", s->cols, j);
    }
}

static void sweep_values(void)
{
    static const int terms[] = { 0, 1, 2, 3, 4, 5, 8 };
    for (int64_t cols = 0; cols <= MAX_LENGTH; cols++)
        for (int t = 0; t < 7; t++)
            for (int kind = 0; kind < 8; kind++) {
                int64_t rows = (cols * 7 + t * 5 + kind) % 19;
                sweep_case c = sweep_make(rows, cols, cols + (cols + t) % 4, terms[t], kind & 1, kind & 2, kind & 4);
                array old = array_copy(&c.w);
                at.k->sweep(&c.s);
                sweep_check(&c, &old);
                array_free(&old, "sweep old");
                sweep_free(&c);
            }
}

static void sweep_in_parts(plast__sweep s)
{
    const int64_t end = s.rows;
    for (s.first = 0; s.first < end; s.first += s.rows) {
        s.rows = 1 + (int64_t)(random_bits() % 19);
        s.rows = s.rows < end - s.first ? s.rows : end - s.first;
        at.k->sweep(&s);
    }
}

/* Blocks of 5 or fewer rows; those 10 rows back are projected on the way. Returns how many were. */
static int64_t sweep_projecting(plast__sweep s, const void *y, void *projection)
{
    const int64_t end = s.rows;
    int64_t projected = 0;
    for (s.first = 0; s.first < end; s.first += 5) {
        s.rows = end - s.first < 5 ? end - s.first : 5;
        if (s.first >= 10) {
            s.lag = 10;
            s.y = y;
            s.projection = projection;
            projected = s.first - 10 + s.rows;
        }
        at.k->sweep(&s);
    }
    return projected;
}

static void sweep_cut_case(sweep_case *c)
{
    const int64_t rows = c->s.rows, cols = c->s.cols, ld = c->s.ld;
    array w = array_copy(&c->w), z = array_copy(&c->z), lagged = array_copy(&c->w);
    array y = array_random(rows), whole = array_random(cols), parts = array_copy(&whole);
    at.k->sweep(&c->s);

    plast__sweep update = c->s, forward = c->s, projecting = c->s;
    update.w = forward.w = w.data;
    projecting.w = lagged.data;
    forward.z = z.data;
    update.x = NULL;
    forward.terms = 0;
    forward.factor = NULL;
    sweep_in_parts(update);
    sweep_in_parts(forward);
    same_bits(&c->w, &w, "sweep cut w");
    same_bits(&c->z, &z, "sweep cut z");
    const int64_t done = sweep_projecting(projecting, y.data, parts.data);
    check(done > 0, "sweep projected", rows, done);
    at.k->project((char *)w.data + done * ld * at.size, ld, rows - done, cols, (char *)y.data + done * at.size,
                  parts.data);
    at.k->project(w.data, ld, rows, cols, y.data, whole.data);
    same_bits(&c->w, &lagged, "sweep projecting w");
    same_bits(&c->z, &z, "sweep projecting z");
    same_bits(&whole, &parts, "sweep projection");
    arrays_free((array[]){ w, z, lagged, y, whole, parts }, 6, "sweep cut canary");
}

static void sweep_cuts(void)
{
    for (int64_t cols = 1; cols <= 2 * MAX_LENGTH; cols += 3)
        for (int terms = 0; terms <= 5; terms++)
            for (int kind = 0; kind < 4; kind++) {
                sweep_case c = sweep_make(37 + cols % 5, cols, cols + 1, terms, kind & 1, 1, kind & 2);
                sweep_cut_case(&c);
                sweep_free(&c);
            }
}

/* ---- project ---- */

static void project_values(void)
{
    for (int64_t cols = 0; cols <= MAX_LENGTH; cols++)
        for (int64_t rows = cols % 3; rows <= 40; rows += 3) {
            int64_t ld = cols + rows % 4;
            array w = array_random(rows * ld), y = array_random(rows), out = array_random(cols);
            array old = array_copy(&out);
            at.k->project(w.data, ld, rows, cols, y.data, out.data);
            for (int64_t j = 0; j < cols; j++) {
                long double sum = get(old.data, j), absolute = fabsl(sum);
                for (int64_t i = 0; i < rows; i++) {
                    long double term = (long double)get(y.data, i) * get(w.data, i * ld + j);
                    sum += term;
                    absolute += fabsl(term);
                }
                near(get(out.data, j), sum, (rows + 1) * at.epsilon * absolute, "project", cols, j);
            }
            arrays_free((array[]){ w, y, out, old }, 4, "project canary");
        }
}

static void project_cuts(void)
{
    for (int64_t cols = 1; cols <= MAX_LENGTH; cols++) {
        int64_t rows = 100;
        array w = array_random(rows * cols), y = array_random(rows), whole = array_random(cols);
        array parts = array_copy(&whole);
        at.k->project(w.data, cols, rows, cols, y.data, whole.data);
        for (int64_t i = 0; i < rows;) {
            int64_t count = 16 * (1 + (int64_t)(random_bits() % 3));
            count = count < rows - i ? count : rows - i;
            at.k->project((char *)w.data + (size_t)(i * cols) * at.size, cols, count, cols,
                          (char *)y.data + (size_t)i * at.size, parts.data);
            i += count;
        }
        same_bits(&whole, &parts, "project cut");
        arrays_free((array[]){ w, y, whole, parts }, 4, "project cut canary");
    }
}

/* ---- activations ---- */

/* exp(-beta |z|) with the product's rounding error accounted for */
static long double exp_reference(double beta, double z)
{
    double a = beta * fabs(z);
    if (a > 1e4)
        return 0;
    return expl(-(long double)a) * (1 - (long double)fma(beta, fabs(z), -a));
}

static long double activation_reference(int activation, double beta, double z, long double *slope)
{
    long double e = exp_reference(beta, z), d = 1 / (1 + e);
    switch (activation) {
    case PLAST_SOFTPLUS:
        *slope = z < 0 ? e * d : d;
        return (z > 0 ? z : 0) + log1pl(e) / beta;
    case PLAST_RELU:
        *slope = z > 0;
        return z > 0 ? z : 0;
    case PLAST_TANH: {
        long double E = exp_reference(2, z);
        *slope = 4 * E / ((1 + E) * (1 + E));
        return tanhl(z);
    }
    case PLAST_SIGMOID:
        *slope = e * d * d;
        return z < 0 ? e * d : d;
    default:
        *slope = 1;
        return z;
    }
}

/* Units in the last place; below `least`, units of that number */
static double ulps(double got, long double expected, long double least)
{
    int digits = at.dtype == PLAST_F32 ? FLT_MANT_DIG : DBL_MANT_DIG;
    if (fabsl(expected) < least)
        return (double)(fabsl(got - expected) / least);
    int exponent;
    frexpl(expected, &exponent);
    return (double)(fabsl(got - expected) / ldexpl(1, exponent - digits));
}

typedef struct ulp_bound {
    int activation;
    double param;
    double y, slope; /* as stated in lib/kernels/activate.h */
} ulp_bound;

static const ulp_bound bounds[] = {
    { PLAST_LINEAR, 1, 0, 0 },         { PLAST_RELU, 1, 0, 0 },
    { PLAST_SIGMOID, 1, 2.8, 3.4 },    { PLAST_TANH, 1, 3.3, 3.9 },
    { PLAST_SOFTPLUS, 1, 3.2, 3.0 },   { PLAST_SOFTPLUS, 10, 3.2, 3.0 },
    { PLAST_SOFTPLUS, 0.3, 3.2, 3.0 }, { PLAST_SOFTPLUS, 3e-9, 3.2, 3.0 },
};

/* All magnitudes, and more of those where the functions bend */
static double activation_argument(int64_t i, double beta)
{
    static const double edges[] = { 0.0,     -0.0,     1e-40,   -1e-40,   FLT_MIN,    FLT_MAX,    -FLT_MAX,
                                    DBL_MIN, 4.9e-324, 0.34657, -0.34658, 0.69314718, -0.6931472, 87.3,
                                    -87.3,   -103.9,   -104.1,  -745.1,   -746.2 };
    if (i < (int64_t)(sizeof edges / sizeof edges[0]))
        return edges[i];
    if (i % 4 == 0)
        return ldexp(uniform(), (int)(random_bits() % 250) - 125);
    if (i % 4 == 1)
        return uniform() * 800 / beta;
    return ldexp(uniform(), (int)(random_bits() % 16) - 8) / beta;
}

static void activation_ulps(void)
{
    enum { N = 1000, ROUNDS = 60 };
    for (size_t b = 0; b < sizeof bounds / sizeof bounds[0]; b++) {
        const ulp_bound *bound = &bounds[b];
        double beta = at.dtype == PLAST_F32 ? (float)bound->param : bound->param, worst = 0, worst_slope = 0;
        long double least = at.smallest * fmaxl(1, 1 / (long double)beta);
        array z = array_make(N), y = array_make(N), slope = array_make(N);
        for (int round = 0; round < ROUNDS; round++) {
            for (int64_t i = 0; i < N; i++)
                set(z.data, i, activation_argument(round * N + i, beta));
            at.k->activate(bound->activation, bound->param, N, z.data, y.data, slope.data);
            for (int64_t i = 0; i < N; i++) {
                long double s, v = activation_reference(bound->activation, beta, get(z.data, i), &s);
                if (fabsl(v) <= at.largest)
                    worst = fmax(worst, ulps(get(y.data, i), v, least));
                worst_slope = fmax(worst_slope, ulps(get(slope.data, i), s, at.smallest));
            }
        }
        near(worst, 0, bound->y, "activation error in ulp", bound->activation, (int64_t)bound->param);
        near(worst_slope, 0, bound->slope, "slope error in ulp", bound->activation, (int64_t)bound->param);
        arrays_free((array[]){ z, y, slope }, 3, "activate canary");
    }
}

/* What an element gives depends neither on its place nor on the length nor on whether the slope is wanted. */
static void activation_lengths(void)
{
    for (int activation = PLAST_LINEAR; activation <= PLAST_SIGMOID; activation++)
        for (int64_t n = 0; n <= MAX_LENGTH; n++) {
            array z = array_random(n), y = array_make(n), slope = array_make(n), y_only = array_make(n);
            array y1 = array_make(n), slope1 = array_make(n);
            at.k->activate(activation, 10, n, z.data, y.data, slope.data);
            at.k->activate(activation, 10, n, z.data, y_only.data, NULL);
            for (int64_t i = 0; i < n; i++) {
                size_t skip = (size_t)i * at.size;
                at.k->activate(activation, 10, 1, (char *)z.data + skip, (char *)y1.data + skip,
                               (char *)slope1.data + skip);
            }
            same_bits(&y, &y1, "activate place");
            same_bits(&slope, &slope1, "activate slope place");
            same_bits(&y, &y_only, "activate without slope");
            arrays_free((array[]){ z, y, slope, y_only, y1, slope1 }, 6, "activate canary");
        }
}

static void activation_limits(void)
{
    static const struct {
        int activation;
        double low, high; /* at -inf and +inf */
    } limits[] = { { PLAST_LINEAR, -INFINITY, INFINITY },
                   { PLAST_SOFTPLUS, 0, INFINITY },
                   { PLAST_RELU, 0, INFINITY },
                   { PLAST_TANH, -1, 1 },
                   { PLAST_SIGMOID, 0, 1 } };
    double largest = (double)at.largest;
    for (int k = 0; k < 5; k++) {
        array z = array_make(5), y = array_make(5), slope = array_make(5);
        const double inputs[] = { -INFINITY, INFINITY, (double)NAN, -largest, largest };
        for (int i = 0; i < 5; i++)
            set(z.data, i, inputs[i]);
        at.k->activate(limits[k].activation, 10, 5, z.data, y.data, slope.data);
        check(get(y.data, 0) == limits[k].low, "activate(-inf)", 5, k);
        check(get(y.data, 1) == limits[k].high, "activate(inf)", 5, k);
        check(isnan(get(y.data, 2)), "activate(NaN)", 5, k);
        for (int i = 3; i < 5; i++)
            check(isfinite(get(y.data, i)) && isfinite(get(slope.data, i)), "activate(largest)", 5, k);
        for (int i = 0; i < 2 && limits[k].activation != PLAST_LINEAR; i++)
            check(get(slope.data, i) == (i == 1 && isinf(limits[k].high)), "slope(inf)", 5, k);
        arrays_free((array[]){ z, y, slope }, 3, "activate canary");
    }
}

static void softmax_values(void)
{
    for (int64_t n = 1; n <= MAX_LENGTH; n++) {
        array z = array_make(n), y = array_make(n);
        double shift = n % 3 ? 0 : 3e4, width = n % 2 ? 1 : 60, top = -INFINITY;
        for (int64_t i = 0; i < n; i++) {
            set(z.data, i, shift + width * uniform());
            top = fmax(top, get(z.data, i));
        }
        double logarithm = at.k->softmax(n, z.data, y.data);
        long double sum = 0;
        for (int64_t i = 0; i < n; i++)
            sum += expl((long double)get(z.data, i) - top);
        near(logarithm, top + logl(sum), 8 * at.epsilon * fabsl(top) + 30 * at.epsilon, "log sum exp", n, 0);
        for (int64_t i = 0; i < n; i++) {
            long double a = (long double)top - get(z.data, i), p = expl(-a) / sum;
            near(get(y.data, i), p, (30 + a) * at.epsilon * p + at.smallest, "softmax", n, i);
        }
        arrays_free((array[]){ z, y }, 2, "softmax canary");
    }
}

static void softmax_not_finite(void)
{
    static const double bad[] = { INFINITY, -INFINITY, (double)NAN };
    for (int64_t n = 1; n <= 40; n++)
        for (int k = 0; k < 3; k++) {
            array z = array_random(n), y = array_make(n);
            set(z.data, (n * 7) % n + n / 2 * (k % 2), bad[k]);
            double logarithm = at.k->softmax(n, z.data, y.data);
            check(!isfinite(logarithm), "softmax returns not finite", n, k);
            for (int64_t i = 0; i < n; i++)
                check(!isfinite(get(y.data, i)), "softmax not finite", n, i);
            arrays_free((array[]){ z, y }, 2, "softmax canary");
        }
}

/* ---- vectors ---- */

static void max_abs_values(void)
{
    static const double bad[] = { INFINITY, -INFINITY, (double)NAN, -(double)NAN };
    const double largest = (double)at.largest;
    check(at.k->max_abs(0, NULL) == 0, "max_abs of nothing", 0, 0);
    for (int64_t n = 1; n <= 2 * MAX_LENGTH; n++) {
        array x = array_random(n);
        double expected = 0;
        for (int64_t i = 0; i < n; i++)
            expected = fmax(expected, fabs(get(x.data, i)));
        check(at.k->max_abs(n, x.data) == expected, "max_abs", n, 0);
        for (int64_t i = 0; i < n; i++) {
            double old = get(x.data, i);
            set(x.data, i, -largest);
            check(at.k->max_abs(n, x.data) == largest, "max_abs largest", n, i);
            set(x.data, i, bad[i % 4]);
            check(at.k->max_abs(n, x.data) == INFINITY, "max_abs not finite", n, i);
            set(x.data, i, old);
        }
        array_free(&x, "max_abs canary");
    }
}

static void dot_values(void)
{
    for (int64_t n = 0; n <= 4 * MAX_LENGTH; n++) {
        array a = array_random(n), b = array_random(n);
        long double sum = 0, absolute = 0;
        for (int64_t i = 0; i < n; i++) {
            long double term = (long double)get(a.data, i) * get(b.data, i);
            sum += term;
            absolute += fabsl(term);
        }
        near(at.k->dot(n, a.data, b.data), sum, (n + 1) * at.epsilon * absolute, "dot", n, 0);
        arrays_free((array[]){ a, b }, 2, "dot canary");
    }
}

enum { MULTIPLY, SUBTRACT, SCALE, ADD_SCALED, OPERATIONS };

static long double expected_element(int operation, long double alpha, long double a, long double b, long double out)
{
    switch (operation) {
    case MULTIPLY:
        return a * b;
    case SUBTRACT:
        return a - b;
    case SCALE:
        return alpha * a;
    default:
        return out + alpha * a;
    }
}

static void operate(int operation, int64_t n, double alpha, const void *a, const void *b, void *out)
{
    if (operation == MULTIPLY || operation == SUBTRACT)
        (operation == MULTIPLY ? at.k->multiply : at.k->subtract)(n, a, b, out);
    else
        (operation == SCALE ? at.k->scale : at.k->add_scaled)(n, alpha, a, out);
}

static void elementwise_values(void)
{
    const double alpha = -1.375;
    for (int operation = 0; operation < OPERATIONS; operation++)
        for (int64_t n = 0; n <= MAX_LENGTH; n++)
            for (int alias = 0; alias < (operation == ADD_SCALED ? 1 : 3); alias++) {
                array a = array_random(n), b = array_random(n), out = array_random(n);
                array a0 = array_copy(&a), b0 = array_copy(&b), out0 = array_copy(&out);
                array *result = alias == 1 ? &a : alias == 2 ? &b : &out;
                operate(operation, n, alpha, a.data, b.data, result->data);
                for (int64_t i = 0; i < n; i++) {
                    long double ai = get(a0.data, i), bi = get(b0.data, i), o = get(out0.data, i);
                    near(get(result->data, i), expected_element(operation, alpha, ai, bi, o), 3 * at.epsilon,
                         "elementwise", n, i);
                }
                arrays_free((array[]){ a, b, out, a0, b0, out0 }, 6, "elementwise canary");
            }
}

static void adam_values(void)
{
    const plast__adam c = {
        .rate = 0x1p-6, .beta1 = 0.875, .beta2 = 0.96875, .epsilon = 0x1p-20, .correction1 = 1.5, .correction2 = 4
    };
    for (int64_t n = 0; n <= MAX_LENGTH; n++) {
        array g = array_random(n), m = array_random(n), v = array_random(n), delta = array_make(n);
        for (int64_t i = 0; i < n; i++)
            set(v.data, i, i % 5 ? fabs(get(v.data, i)) : 0);
        array m0 = array_copy(&m), v0 = array_copy(&v);
        at.k->adam(n, &c, g.data, m.data, v.data, delta.data);
        for (int64_t i = 0; i < n; i++) {
            long double gi = get(g.data, i);
            long double mi = c.beta1 * (long double)get(m0.data, i) + (1 - c.beta1) * gi;
            long double vi = c.beta2 * (long double)get(v0.data, i) + (1 - c.beta2) * gi * gi;
            near(get(m.data, i), mi, 3 * at.epsilon, "adam m", n, i);
            near(get(v.data, i), vi, 4 * at.epsilon * vi, "adam v", n, i);
            long double size = sqrtl(vi * c.correction2) + c.epsilon, step = -c.rate * (mi * c.correction1) / size;
            near(get(delta.data, i), step, 10 * at.epsilon * (fabsl(step) + c.rate * c.correction1 / size),
                 "adam delta", n, i);
        }
        arrays_free((array[]){ g, m, v, delta, m0, v0 }, 6, "adam canary");
    }
}

/* ---- the table itself ---- */

static void test_levels(void **state)
{
    (void)state;
    uint32_t levels = plast__cpu_levels();
    assert_int_equal(levels & ~(uint32_t)(PLAST_CPU_BASELINE | PLAST_CPU_AVX2 | PLAST_CPU_AVX512), 0);
    assert_null(plast__kernels_get(0, PLAST_F32));
    for (uint32_t level = 1; level <= PLAST_CPU_AVX512; level <<= 1)
        if (levels & level)
            assert_ptr_not_equal(plast__kernels_get(level, PLAST_F32), plast__kernels_get(level, PLAST_F64));
}

typedef void table_test(void);

static void test_all_tables(void **state)
{
    for_each_table(*(table_test **)*state);
}

#define ALL_TABLES(function)                                                                                           \
    {                                                                                                                  \
#function, test_all_tables, NULL, NULL, &(table_test *)                                                        \
        {                                                                                                              \
            function                                                                                                   \
        }                                                                                                              \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_levels),  ALL_TABLES(sweep_values),      ALL_TABLES(sweep_cuts),
        ALL_TABLES(project_values),     ALL_TABLES(project_cuts),      ALL_TABLES(activation_ulps),
        ALL_TABLES(activation_lengths), ALL_TABLES(activation_limits), ALL_TABLES(softmax_values),
        ALL_TABLES(softmax_not_finite), ALL_TABLES(max_abs_values),    ALL_TABLES(dot_values),
        ALL_TABLES(elementwise_values), ALL_TABLES(adam_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
