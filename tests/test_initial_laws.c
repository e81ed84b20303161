/* SPDX-License-Identifier: MIT
 *
 * The laws of LeCun's initialisers, the truncated normal and the sparse one: whole distributions by the Kolmogorov-
 * Smirnov statistic, places of sparse weights by counts. */
#include "support/nets.h"
#include "support/quiet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* sqrt(n) times the statistic exceeds it once in 1e5 drawings: 2 exp(-2 K^2). */
static const double KOLMOGOROV = 2.47;

/* The weights of the one layer of a new network, rows of `inputs`; malloc's. */
static double *draw(int32_t dtype, int64_t units, int64_t inputs, uint64_t seed, const plast_layer_options *init)
{
    plast_context *context = NULL;
    plast_network *network = NULL;
    plast_layer *layer = NULL;
    plast_synapses *synapses = NULL;
    double *w = new_array(units * inputs);
    const plast_matrix out = plast_output_f64(w, units, inputs);
    const plast_network_options options = { PLAST_NETWORK_OPTIONS, .dtype = dtype, .inputs = inputs, .seed = seed };
    plast_layer_options one = *init;
    one.units = units;
    assert_int_equal(plast_context_create(NULL, &context), PLAST_OK);
    assert_int_equal(plast_network_create(context, &options, &network), PLAST_OK);
    assert_int_equal(plast_network_add(network, "dense", &one, &layer), PLAST_OK);
    assert_int_equal(plast_layer_synapses(layer, NULL, &synapses), PLAST_OK);
    assert_int_equal(plast_synapses_get_weights(synapses, &out), PLAST_OK);
    plast_network_destroy(network);
    plast_context_destroy(context);
    return w;
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

typedef double distribution(double x);

/* Sorts the numbers, which are to be `scale` times such of the distribution. */
static void check_distribution(int64_t n, double *numbers, double scale, distribution *below)
{
    double worst = 0.0;
    qsort(numbers, (size_t)n, sizeof *numbers, ascending);
    for (int64_t i = 0; i < n; i++) {
        const double p = below(numbers[i] / scale);
        worst = fmax(worst, fmax(p - (double)i / (double)n, (double)(i + 1) / (double)n - p));
    }
    assert_near(worst * sqrt((double)n), 0.0, KOLMOGOROV);
}

static double uniform_below(double x)
{
    return fmin(fmax(0.5 + 0.5 * x, 0.0), 1.0);
}

static double normal_below(double x)
{
    return 0.5 * erfc(-x / sqrt(2.0));
}

static double truncated_below(double x)
{
    const double lost = normal_below(-2.0);
    return x <= -2.0 ? 0.0 : x >= 2.0 ? 1.0 : (normal_below(x) - lost) / (1.0 - 2.0 * lost);
}

enum { UNITS = 300, WIDE = 400 };

static void laws_are_as_stated(void **state)
{
    static const struct {
        int32_t init;
        double scale;
        distribution *below;
    } laws[] = {
        { PLAST_INIT_LECUN_UNIFORM, 0.0866025403784439, uniform_below }, /* sqrt(3 / 400) */
        { PLAST_INIT_LECUN_NORMAL, 0.05, normal_below },                 /* sqrt(1 / 400) */
        { PLAST_INIT_TRUNCATED_NORMAL, 1.0, truncated_below },
        { PLAST_INIT_FAN_IN_UNIFORM, 0.05, uniform_below },
    };
    static const double gains[] = { 0.0, 3.0, -0.5 };
    (void)state;
    for (size_t k = 0; k < sizeof laws / sizeof laws[0]; k++)
        for (size_t g = 0; g < sizeof gains / sizeof gains[0]; g++) {
            const plast_layer_options init = { PLAST_LAYER_OPTIONS, .init = laws[k].init, .gain = gains[g] };
            double *w = draw(PLAST_F64, UNITS, WIDE, 3, &init);
            check_distribution(UNITS * WIDE, w, laws[k].scale * (gains[g] == 0.0 ? 1.0 : fabs(gains[g])),
                               laws[k].below);
            free(w);
        }
}

/* Nothing beyond the cut, something close to it, and the variance that the header states, within five standard errors:
 * v = 1 - 4 phi(2) / erf(sqrt 2). The fourth moment is 3 v - 16 phi(2) / erf(sqrt 2). */
static void truncated_normal_ends_at_two(void **state)
{
    const plast_layer_options init = { PLAST_LAYER_OPTIONS, .init = PLAST_INIT_TRUNCATED_NORMAL, .gain = 0.5 };
    const double n = (double)UNITS * WIDE, variance = 0.7737413035, fourth = 1.4161891249;
    double most = 0.0, squares = 0.0, *w = draw(PLAST_F64, UNITS, WIDE, 5, &init);
    (void)state;
    for (int64_t i = 0; i < UNITS * WIDE; i++) {
        most = fmax(most, fabs(w[i]));
        squares += w[i] * w[i];
    }
    assert_true(most <= 1.0 && most > 0.9999);
    assert_near(squares / n, 0.25 * variance, 5.0 * 0.25 * sqrt((fourth - variance * variance) / n));
    assert_near(sqrt(variance), 0.8796, 5e-5);
    free(w);
}

static int64_t inputs_of(const double *row, int64_t inputs)
{
    int64_t count = 0;
    for (int64_t j = 0; j < inputs; j++)
        count += row[j] != 0.0;
    return count;
}

static void sparse_units_have_their_number_of_inputs(void **state)
{
    static const struct {
        int64_t inputs;
        double param;
        int64_t expected;
    } cases[] = { { 400, 0.0, 15 }, { 400, 1.0, 1 }, { 401, 40.0, 40 }, { 400, 400.0, 400 }, { 16, 15.0, 15 },
                  { 15, 0.0, 15 },  { 7, 0.0, 7 },   { 1, 0.0, 1 },     { 9, 1e6, 9 } };
    (void)state;
    for (int32_t dtype = PLAST_F32; dtype <= PLAST_F64; dtype++)
        for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
            const plast_layer_options init = { PLAST_LAYER_OPTIONS, .init = PLAST_INIT_SPARSE,
                                               .init_param = cases[k].param };
            double *w = draw(dtype, 60, cases[k].inputs, 2, &init);
            for (int64_t i = 0; i < 60; i++)
                assert_int_equal(inputs_of(w + i * cases[k].inputs, cases[k].inputs), cases[k].expected);
            free(w);
        }
}

static void sparse_weights_are_normal(void **state)
{
    const plast_layer_options init = { PLAST_LAYER_OPTIONS, .init = PLAST_INIT_SPARSE, .init_param = 30.0,
                                       .gain = -2.0 };
    double *w = draw(PLAST_F64, 2000, 61, 9, &init);
    int64_t n = 0;
    (void)state;
    for (int64_t i = 0; i < 2000 * 61; i++)
        if (w[i] != 0.0)
            w[n++] = w[i];
    assert_int_equal(n, 2000 * 30);
    check_distribution(n, w, 2.0, normal_below);
    free(w);
}

/* Every place is taken equally often, and so is every pair of places: k / n and k (k - 1) / n (n - 1) of the units,
 * within five standard errors. */
static void sparse_places_are_uniform(void **state)
{
    enum { MANY = 6000, N = 11, K = 4 };
    const plast_layer_options init = { PLAST_LAYER_OPTIONS, .init = PLAST_INIT_SPARSE, .init_param = K };
    const double one = (double)K / N, both = one * (K - 1) / (N - 1);
    double *w = draw(PLAST_F64, MANY, N, 6, &init);
    (void)state;
    for (int a = 0; a < N; a++)
        for (int b = 0; b <= a; b++) {
            const double p = a == b ? one : both;
            double count = 0.0;
            for (int i = 0; i < MANY; i++)
                count += w[i * N + a] != 0.0 && w[i * N + b] != 0.0;
            assert_near(count / MANY, p, 5.0 * sqrt(p * (1.0 - p) / MANY));
        }
    free(w);
}

/* Which places are taken says nothing of the weights there, whose mean by place is 0 within five standard errors. */
static void sparse_weights_do_not_depend_on_their_place(void **state)
{
    enum { MANY = 6000, N = 10, K = 3 };
    const plast_layer_options init = { PLAST_LAYER_OPTIONS, .init = PLAST_INIT_SPARSE, .init_param = K };
    double *w = draw(PLAST_F64, MANY, N, 8, &init);
    (void)state;
    for (int j = 0; j < N; j++) {
        double sum = 0.0, squares = 0.0, n = 0.0;
        for (int i = 0; i < MANY; i++) {
            sum += w[i * N + j];
            squares += w[i * N + j] * w[i * N + j];
            n += w[i * N + j] != 0.0;
        }
        assert_near(sum / n, 0.0, 5.0 / sqrt(n));
        assert_near(squares / n, 1.0, 5.0 * sqrt(2.0 / n));
    }
    free(w);
}

/* Rows of 5 are padded otherwise in float than in double, and otherwise than rows of 24. */
static void entries_do_not_depend_on_padding(void **state)
{
    static const int32_t inits[] = { PLAST_INIT_LECUN_UNIFORM, PLAST_INIT_LECUN_NORMAL, PLAST_INIT_TRUNCATED_NORMAL,
                                     PLAST_INIT_SPARSE };
    (void)state;
    for (int k = 0; k < 4; k++) {
        const plast_layer_options init = { PLAST_LAYER_OPTIONS, .init = inits[k] };
        double *narrow = draw(PLAST_F64, 24, 5, 8, &init), *wide = draw(PLAST_F64, 5, 24, 8, &init);
        double *single = draw(PLAST_F32, 24, 5, 8, &init);
        const double ratio = inits[k] <= PLAST_INIT_LECUN_NORMAL ? sqrt(5.0 / 24.0) : 1.0;
        for (int i = 0; i < 120; i++) {
            assert_true(single[i] == (double)(float)narrow[i]);
            if (wide[i] != 0.0) /* sparse takes other places, but the weight of an entry is the same */
                assert_near(wide[i] / narrow[i], ratio, 1e-14);
        }
        free(narrow);
        free(wide);
        free(single);
    }
}

/* Weights of another seed are uncorrelated, entries beside one another too. */
static void seeds_and_neighbours_are_independent(void **state)
{
    const plast_layer_options init = { PLAST_LAYER_OPTIONS, .init = PLAST_INIT_TRUNCATED_NORMAL };
    const int64_t n = (int64_t)UNITS * WIDE;
    double *a = draw(PLAST_F64, UNITS, WIDE, 1, &init), *b = draw(PLAST_F64, UNITS, WIDE, 2, &init);
    double across = 0.0, beside = 0.0;
    (void)state;
    for (int64_t i = 0; i + 1 < n; i++) {
        across += a[i] * b[i];
        beside += a[i] * a[i + 1];
    }
    assert_near(across / (double)n, 0.0, 5.0 * 0.7737 / sqrt((double)n));
    assert_near(beside / (double)n, 0.0, 5.0 * 0.7737 / sqrt((double)n));
    free(a);
    free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        quiet_test(laws_are_as_stated),
        quiet_test(truncated_normal_ends_at_two),
        quiet_test(sparse_units_have_their_number_of_inputs),
        quiet_test(sparse_weights_are_normal),
        quiet_test(sparse_places_are_uniform),
        quiet_test(sparse_weights_do_not_depend_on_their_place),
        quiet_test(entries_do_not_depend_on_padding),
        quiet_test(seeds_and_neighbours_are_independent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
