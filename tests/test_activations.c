/* SPDX-License-Identifier: MIT
 *
 * Activations, their slopes and softmax, of every level and number type, against long double. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <float.h>
#include <math.h>
#include <string.h>

#include <plasticity/network.h>

#include "support/tables.h"

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
    case PLAST_LEAKY_RELU:
        *slope = z > 0 ? 1 : beta;
        return z > 0 ? z : (long double)beta * z;
    case PLAST_ELU:
        *slope = z > 0 ? 1 : beta * expl(z);
        return z > 0 ? z : beta * expm1l(z);
    case PLAST_SCALED_TANH: {
        long double E = expl(-4 * fabsl((long double)z) / 3);
        *slope = 1.7159L * 2 / 3 * 4 * E / ((1 + E) * (1 + E));
        return 1.7159L * tanhl(2 * (long double)z / 3);
    }
    case PLAST_RECTIFIED_TANH: {
        long double E = exp_reference(2, z);
        *slope = z > 0 ? 4 * E / ((1 + E) * (1 + E)) : 0;
        return z > 0 ? tanhl(z) : 0;
    }
    case PLAST_HARD_SIGMOID:
        *slope = fabs(z) < 3 ? 1 / 6.0L : 0;
        return z <= -3 ? 0 : z >= 3 ? 1 : ((long double)z + 3) / 6;
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
    { PLAST_LINEAR, 1, 0, 0 },
    { PLAST_RELU, 1, 0, 0 },
    { PLAST_SIGMOID, 1, 2.9, 3.6 },
    { PLAST_TANH, 1, 3.4, 4.1 },
    { PLAST_SOFTPLUS, 1, 3.2, 3.0 },
    { PLAST_SOFTPLUS, 10, 3.2, 3.0 },
    { PLAST_SOFTPLUS, 0.3, 3.2, 3.0 },
    { PLAST_SOFTPLUS, 3e-9, 3.2, 3.0 },
    { PLAST_LEAKY_RELU, 0.01, 0.5, 0 },
    { PLAST_LEAKY_RELU, 1e-6, 0.5, 0 },
    { PLAST_ELU, 1, 2.1, 2.0 },
    { PLAST_ELU, 0.3, 2.1, 2.0 },
    { PLAST_ELU, 1e6, 2.1, 2.0 },
    { PLAST_SCALED_TANH, 1, 4.7, 4.7 },
    { PLAST_RECTIFIED_TANH, 1, 3.4, 4.1 },
    { PLAST_HARD_SIGMOID, 1, 1.5, 0.5 },
};

/* All magnitudes, and more of those where the functions bend */
static double activation_argument(int64_t i, double scale)
{
    static const double edges[] = { 0.0,     -0.0,     1e-40,   -1e-40,   FLT_MIN,    FLT_MAX,    -FLT_MAX,
                                    DBL_MIN, 4.9e-324, 0.34657, -0.34658, 0.69314718, -0.6931472, 87.3,
                                    -87.3,   -103.9,   -104.1,  -745.1,   -746.2,     3.0,        -3.0 };
    if (i < (int64_t)(sizeof edges / sizeof edges[0]))
        return edges[i];
    if (i % 4 == 0)
        return ldexp(uniform(), (int)(random_bits() % 250) - 125);
    if (i % 4 == 1)
        return uniform() * 800 / scale;
    if (i % 8 == 2)
        return copysign(3, uniform()) + ldexp(uniform(), -(int)(random_bits() % 50));
    return ldexp(uniform(), (int)(random_bits() % 16) - 8) / scale;
}

static void activation_ulps(void)
{
    enum { N = 1000, ROUNDS = 60 };
    for (size_t b = 0; b < sizeof bounds / sizeof bounds[0]; b++) {
        const ulp_bound *bound = &bounds[b];
        double beta = at.dtype == PLAST_F32 ? (float)bound->param : bound->param, worst = 0, worst_slope = 0;
        int is_elu = bound->activation == PLAST_ELU, is_softplus = bound->activation == PLAST_SOFTPLUS;
        long double least_slope = at.smallest * (is_elu ? fmax(1, beta) : 1);
        long double least = is_softplus ? at.smallest * fmaxl(1, 1 / (long double)beta) : least_slope;
        array z = array_make(N), y = array_make(N), slope = array_make(N);
        for (int round = 0; round < ROUNDS; round++) {
            for (int64_t i = 0; i < N; i++)
                set(z.data, i, activation_argument(round * N + i, is_softplus ? beta : 1));
            at.k->activate(bound->activation, bound->param, N, z.data, y.data, slope.data);
            for (int64_t i = 0; i < N; i++) {
                long double s, v = activation_reference(bound->activation, beta, get(z.data, i), &s);
                if (fabsl(v) <= at.largest)
                    worst = fmax(worst, ulps(get(y.data, i), v, least));
                worst_slope = fmax(worst_slope, ulps(get(slope.data, i), s, least_slope));
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
    for (int activation = PLAST_LINEAR; activation <= PLAST_HARD_SIGMOID; activation++)
        for (int64_t n = 0; n <= MAX_LENGTH && activation != PLAST_SOFTMAX; n++) {
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
    const double scaled = at.dtype == PLAST_F32 ? (double)1.7159f : 1.7159;
    const struct {
        int activation;
        double low, high, low_slope, high_slope; /* at -inf and +inf */
    } limits[] = { { PLAST_LINEAR, -INFINITY, INFINITY, 1, 1 },
                   { PLAST_SOFTPLUS, 0, INFINITY, 0, 1 },
                   { PLAST_RELU, 0, INFINITY, 0, 1 },
                   { PLAST_TANH, -1, 1, 0, 0 },
                   { PLAST_SIGMOID, 0, 1, 0, 0 },
                   { PLAST_LEAKY_RELU, -INFINITY, INFINITY, 0.5, 1 },
                   { PLAST_ELU, -10, INFINITY, 0, 1 },
                   { PLAST_SCALED_TANH, -scaled, scaled, 0, 0 },
                   { PLAST_RECTIFIED_TANH, 0, 1, 0, 0 },
                   { PLAST_HARD_SIGMOID, 0, 1, 0, 0 } };
    const int count = (int)(sizeof limits / sizeof limits[0]);
    double largest = (double)at.largest;
    for (int k = 0; k < count; k++) {
        array z = array_make(5), y = array_make(5), slope = array_make(5);
        const double inputs[] = { -INFINITY, INFINITY, (double)NAN, -largest, largest };
        for (int i = 0; i < 5; i++)
            set(z.data, i, inputs[i]);
        at.k->activate(limits[k].activation, limits[k].activation == PLAST_LEAKY_RELU ? 0.5 : 10, 5, z.data, y.data,
                       slope.data);
        check(get(y.data, 0) == limits[k].low, "activate(-inf)", 5, k);
        check(get(y.data, 1) == limits[k].high, "activate(inf)", 5, k);
        check(isnan(get(y.data, 2)), "activate(NaN)", 5, k);
        for (int i = 3; i < 5; i++)
            check(isfinite(get(y.data, i)) && isfinite(get(slope.data, i)), "activate(largest)", 5, k);
        check(get(slope.data, 0) == limits[k].low_slope, "slope(-inf)", 5, k);
        check(get(slope.data, 1) == limits[k].high_slope, "slope(inf)", 5, k);
        arrays_free((array[]){ z, y, slope }, 3, "activate canary");
    }
}

/* At a kink the slope is what the header says: that from below, and hard sigmoid's is that of its flat sides. */
static void activation_kinks(void)
{
    static const struct {
        int activation;
        double param, z, y, slope;
    } kinks[] = { { PLAST_RELU, 1, 0, 0, 0 },
                  { PLAST_LEAKY_RELU, 0.25, 0, 0, 0.25 },
                  { PLAST_ELU, 3, 0, 0, 3 },
                  { PLAST_RECTIFIED_TANH, 1, 0, 0, 0 },
                  { PLAST_HARD_SIGMOID, 1, -3, 0, 0 },
                  { PLAST_HARD_SIGMOID, 1, 3, 1, 0 },
                  { PLAST_LEAKY_RELU, 0.25, -0.0, 0, 0.25 },
                  { PLAST_ELU, 3, -0.0, 0, 3 } };
    for (size_t k = 0; k < sizeof kinks / sizeof kinks[0]; k++) {
        array z = array_make(1), y = array_make(1), slope = array_make(1);
        set(z.data, 0, kinks[k].z);
        at.k->activate(kinks[k].activation, kinks[k].param, 1, z.data, y.data, slope.data);
        check(get(y.data, 0) == kinks[k].y, "activate at a kink", 1, (int64_t)k);
        check(get(slope.data, 0) == kinks[k].slope, "slope at a kink", 1, (int64_t)k);
        arrays_free((array[]){ z, y, slope }, 3, "activate canary");
    }
}

static void softmax_values(void)
{
    for (int64_t n = 1; n <= MAX_LENGTH; n++) {
        array z = array_make(n), y = array_make(n);
        double shift = n % 3 == 0 ? 3e4 : n % 3 == 1 ? 0 : -3e4, width = n % 2 ? 1 : 60, top = -INFINITY;
        for (int64_t i = 0; i < n; i++) {
            set(z.data, i, shift + width * uniform());
            top = fmax(top, get(z.data, i));
        }
        at.k->softmax(n, z.data, y.data);
        long double sum = 0;
        for (int64_t i = 0; i < n; i++)
            sum += expl((long double)get(z.data, i) - top);
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
            at.k->softmax(n, z.data, y.data);
            for (int64_t i = 0; i < n; i++)
                check(!isfinite(get(y.data, i)), "softmax not finite", n, i);
            arrays_free((array[]){ z, y }, 2, "softmax canary");
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALL_TABLES(activation_ulps),  ALL_TABLES(activation_lengths), ALL_TABLES(activation_limits),
        ALL_TABLES(activation_kinks), ALL_TABLES(softmax_values),     ALL_TABLES(softmax_not_finite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
