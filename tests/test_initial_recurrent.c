/* SPDX-License-Identifier: MIT
 *
 * Initial weights of recurrent networks: diluted, of low rank, and balanced under Dale's law, by what they promise and
 * against a plain construction from the same numbers. */
#include "support/nets.h"
#include "support/quiet.h"

#include "base/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static plast_context *context;

static int make_context(void **state)
{
    (void)state;
    return plast_context_create(NULL, &context) == PLAST_OK ? 0 : -1;
}

static int destroy_context(void **state)
{
    (void)state;
    plast_context_destroy(context);
    return 0;
}

typedef struct law {
    int32_t init;
    double param, gain;
} law;

/* The weights of the one layer of a new network, rows of `inputs`; malloc's, NULL when it is refused. */
static double *try_draw(int32_t dtype, int64_t units, int64_t inputs, uint64_t seed, law law, plast_status *status)
{
    plast_network *network = NULL;
    plast_layer *layer = NULL;
    plast_synapses *synapses = NULL;
    double *w = NULL;
    const plast_network_options options = { PLAST_NETWORK_OPTIONS, .dtype = dtype, .inputs = inputs, .seed = seed };
    const plast_layer_options one = { PLAST_LAYER_OPTIONS, .units = units, .init = law.init, .init_param = law.param,
                                      .gain = law.gain };
    assert_int_equal(plast_network_create(context, &options, &network), PLAST_OK);
    *status = plast_network_add(network, "dense", &one, &layer);
    assert_int_equal(plast_network_layers(network), *status == PLAST_OK);
    if (*status == PLAST_OK) {
        w = new_array(units * inputs);
        const plast_matrix out = plast_output_f64(w, units, inputs);
        assert_int_equal(plast_layer_synapses(layer, NULL, &synapses), PLAST_OK);
        assert_int_equal(plast_synapses_get_weights(synapses, &out), PLAST_OK);
    }
    plast_network_destroy(network);
    return w;
}

static double *draw(int32_t dtype, int64_t units, int64_t inputs, uint64_t seed, law law)
{
    plast_status status = PLAST_OK;
    double *w = try_draw(dtype, units, inputs, seed, law, &status);
    if (status != PLAST_OK)
        fail_msg("%s", plast_context_error(context));
    return w;
}

static double frobenius(int64_t n, const double *w)
{
    double sum = 0.0;
    for (int64_t i = 0; i < n; i++)
        sum += w[i] * w[i];
    return sqrt(sum);
}

/* ---- diluted ---- */

/* The density, and moments 0, 1 / (p n), 3 (1 / (p n))^2 of what exists, each within five standard errors. */
static void diluted_weights_have_their_density_and_variance(void **state)
{
    static const double densities[] = { 0.0, 0.02, 0.5, 1.0 };
    enum { ROWS = 400, COLS = 300 };
    (void)state;
    for (int d = 0; d < 4; d++) {
        const double p = d == 0 ? 0.1 : densities[d], variance = 9.0 / (p * COLS), n = (double)ROWS * COLS;
        double *w = draw(PLAST_F64, ROWS, COLS, 4, (law){ PLAST_INIT_DILUTED, densities[d], -3.0 });
        double count = 0.0, sum = 0.0, squares = 0.0, fourth = 0.0;
        for (int64_t i = 0; i < ROWS * COLS; i++) {
            count += w[i] != 0.0;
            sum += w[i];
            squares += w[i] * w[i];
            fourth += w[i] * w[i] * w[i] * w[i];
        }
        assert_near(count / n, p, 5.0 * sqrt(p * (1.0 - p) / n));
        assert_near(sum / count, 0.0, 5.0 * sqrt(variance / count));
        assert_near(squares / count, variance, 5.0 * variance * sqrt(2.0 / count));
        assert_near(fourth / count, 3.0 * variance * variance, 5.0 * variance * variance * sqrt(96.0 / count));
        free(w);
    }
}

/* Pairs of neighbours, along a row and down a column, exist p^2 of the time. */
static void diluted_places_are_independent(void **state)
{
    enum { N = 400 };
    const double p = 0.3;
    double along = 0.0, down = 0.0, n = (double)N * (N - 1);
    double *w = draw(PLAST_F64, N, N, 8, (law){ PLAST_INIT_DILUTED, p, 0.0 });
    (void)state;
    for (int64_t i = 0; i < N; i++)
        for (int64_t j = 0; j + 1 < N; j++) {
            along += w[i * N + j] != 0.0 && w[i * N + j + 1] != 0.0;
            down += w[j * N + i] != 0.0 && w[(j + 1) * N + i] != 0.0;
        }
    /* Neighbouring pairs share a place, which widens the spread: variance p^2 - p^4 + 2 (p^3 - p^4) */
    const double error = sqrt((p * p - p * p * p * p + 2.0 * (p * p * p - p * p * p * p)) / n);
    assert_near(along / n, p * p, 5.0 * error);
    assert_near(down / n, p * p, 5.0 * error);
    free(w);
}

/* Existence is number k of the stream, the weight has an index of its own. */
static void diluted_weights_follow_the_recipe(void **state)
{
    double chance[2], pair[2], *w = draw(PLAST_F64, 9, 7, 21, (law){ PLAST_INIT_DILUTED, 0.4, 2.0 });
    (void)state;
    for (uint64_t k = 0; k < 63; k++) {
        plast__uniform_pair(21, 0, k / 2, chance);
        plast__normal_pair(21, 0, k + ((uint64_t)1 << 63), pair);
        assert_near(w[k], chance[k % 2] < 0.4 ? 2.0 * pair[0] / sqrt(0.4 * 7.0) : 0.0, 1e-14);
    }
    free(w);
}

/* ---- low rank ---- */

static const struct {
    int64_t rows, cols;
} shapes[] = { { 30, 30 }, { 17, 40 }, { 40, 17 }, { 1, 9 }, { 9, 1 } };

/* Singular values, descending, by LAPACK's other algorithm, and W's right singular vectors in the rows of vt. */
static void decompose(int64_t rows, int64_t cols, const double *w, double *s, double *u, double *vt)
{
    const int64_t n = rows < cols ? rows : cols;
    double *copy = new_array(rows * cols), *rest = new_array(n);
    memcpy(copy, w, (size_t)(rows * cols) * sizeof *w);
    assert_int_equal(LAPACKE_dgesvd(LAPACK_ROW_MAJOR, 'S', 'S', (int)rows, (int)cols, copy, (int)cols, s, u, (int)n, vt,
                                    (int)cols, rest),
                     0);
    free(copy);
    free(rest);
}

/* Full rank is LeCun's normal law; a lower one is its truncation, made again by plain sums, times the ratio of
 * norms. */
static void check_rank(int32_t dtype, int64_t rows, int64_t cols, int64_t rank)
{
    const int64_t n = rows < cols ? rows : cols;
    const double epsilon = dtype == PLAST_F64 ? 1e-13 : 1e-6;
    double *full = draw(PLAST_F64, rows, cols, 3, (law){ PLAST_INIT_LECUN_NORMAL, 0.0, 1.5 });
    double *cut = draw(dtype, rows, cols, 3, (law){ PLAST_INIT_LOW_RANK, (double)rank, 1.5 });
    double *s = new_array(n), *u = new_array(rows * n), *vt = new_array(n * cols);
    decompose(rows, cols, full, s, u, vt);
    const double all = frobenius(n, s), ratio = all / frobenius(rank, s);
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < cols; j++) {
            double sum = 0.0;
            for (int64_t k = 0; k < rank; k++)
                sum += ratio * s[k] * u[i * n + k] * vt[k * cols + j];
            assert_near(cut[i * cols + j], sum, epsilon * all);
        }
    assert_near(frobenius(rows * cols, cut), frobenius(rows * cols, full), epsilon * all);
    decompose(rows, cols, cut, s, u, vt);
    for (int64_t k = 0; k < n; k++)
        assert_true(k < rank ? s[k] > 1e-3 * all : s[k] < 10.0 * epsilon * all);
    free(full);
    free(cut);
    free(s);
    free(u);
    free(vt);
}

static void low_rank_is_the_truncated_gaussian(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        const int64_t most = shapes[i].rows < shapes[i].cols ? shapes[i].rows : shapes[i].cols;
        for (int64_t rank = 1; rank <= most; rank += most > 8 ? 5 : 1)
            for (int32_t dtype = PLAST_F32; dtype <= PLAST_F64; dtype++)
                check_rank(dtype, shapes[i].rows, shapes[i].cols, rank);
    }
}

static void rank_is_one_by_default(void **state)
{
    double *one = draw(PLAST_F64, 8, 8, 5, (law){ PLAST_INIT_LOW_RANK, 1.0, 0.0 });
    double *given = draw(PLAST_F64, 8, 8, 5, (law){ PLAST_INIT_LOW_RANK, 0.0, 1.0 });
    (void)state;
    assert_memory_equal(one, given, 64 * sizeof *one);
    free(one);
    free(given);
}

/* ---- balanced under Dale's law ---- */

static double spectral_radius(int64_t n, const double *w)
{
    double radius = 0.0, *copy = new_array(n * n), *re = new_array(n), *im = new_array(n);
    memcpy(copy, w, (size_t)(n * n) * sizeof *w);
    assert_int_equal(LAPACKE_dgeev(LAPACK_ROW_MAJOR, 'N', 'N', (int)n, copy, (int)n, re, im, NULL, 1, NULL, 1), 0);
    for (int64_t i = 0; i < n; i++)
        radius = fmax(radius, hypot(re[i], im[i]));
    free(copy);
    free(re);
    free(im);
    return radius;
}

static void check_balanced(int64_t n, int64_t excitatory, double gain, double epsilon, const double *w)
{
    double missing = 0.0;
    for (int64_t i = 0; i < n; i++) {
        double sum = 0.0, sizes = 0.0;
        for (int64_t j = 0; j < n; j++) {
            const double x = w[i * n + j];
            assert_true(i == j ? x == 0.0 : j < excitatory ? gain * x >= 0.0 : gain * x <= 0.0);
            missing += i != j && x == 0.0;
            sum += x;
            sizes += fabs(x);
        }
        assert_true(sizes > 0.0);
        assert_near(sum, 0.0, epsilon * sizes);
    }
    const double pairs = (double)n * (double)(n - 1);
    assert_near(missing / pairs, 0.01, 5.0 * sqrt(0.01 * 0.99 / pairs));
    assert_near(spectral_radius(n, w), fabs(gain), 20.0 * epsilon * fabs(gain));
}

static void balanced_weights_keep_their_promises(void **state)
{
    static const struct {
        int64_t n;
        double share, gain;
        int64_t excitatory;
    } cases[] = { { 120, 0.0, 1.0, 96 },
                  { 120, 0.0, 1.5, 96 },
                  { 51, 0.5, -0.7, 26 },
                  { 64, 0.25, 1.0, 16 },
                  { 40, 0.98, 1.0, 39 } };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (int32_t dtype = PLAST_F32; dtype <= PLAST_F64; dtype++)
            for (uint64_t seed = 1; seed <= (cases[i].share == 0.98 ? 1 : 3); seed++) {
                const double epsilon = dtype == PLAST_F64 ? 1e-14 : 1e-6;
                double *w = draw(dtype, cases[i].n, cases[i].n, seed,
                                 (law){ PLAST_INIT_DALE_BALANCED, cases[i].share, cases[i].gain });
                if (cases[i].share == 0.98) /* nobody inhibits the one inhibitory unit */
                    for (int64_t j = 0; j < 40; j++)
                        assert_true(w[39 * 40 + j] == 0.0);
                else
                    check_balanced(cases[i].n, cases[i].excitatory, cases[i].gain, epsilon, w);
                free(w);
            }
}

/* The recipe once more, from the same numbers, straight down the matrix. */
static void build_again(int64_t n, int64_t excitatory, uint64_t seed, double *w)
{
    double chance[2], pair[2], all[2] = { 0.0, 0.0 };
    for (int64_t k = 0; k < n * n; k++) {
        plast__uniform_pair(seed, 0, (uint64_t)k / 2, chance);
        plast__normal_pair(seed, 0, (uint64_t)k + ((uint64_t)1 << 63), pair);
        const int there = chance[k % 2] < 0.99 && k / n != k % n, inhibits = k % n >= excitatory;
        w[k] = there ? fabs(pair[0]) : 0.0;
        all[inhibits] += w[k];
    }
    for (int64_t i = 0; i < n; i++) {
        double sum[2] = { 0.0, 0.0 }, count[2] = { 0.0, 0.0 };
        for (int64_t j = 0; j < n; j++) {
            const int inhibits = j >= excitatory;
            w[i * n + j] *= inhibits ? all[0] / all[1] : 1.0;
            sum[inhibits] += w[i * n + j];
            count[inhibits] += w[i * n + j] > 0.0;
        }
        for (int64_t j = 0; j < n; j++) {
            const int inhibits = j >= excitatory;
            if (w[i * n + j] > 0.0 && sum[!inhibits] > sum[inhibits])
                w[i * n + j] += (sum[!inhibits] - sum[inhibits]) / count[inhibits];
            w[i * n + j] *= inhibits ? -1.0 : 1.0;
        }
    }
    const double radius = spectral_radius(n, w);
    for (int64_t k = 0; k < n * n; k++)
        w[k] /= radius;
}

static void balanced_weights_follow_the_recipe(void **state)
{
    enum { N = 50 };
    double again[N * N];
    double *w = draw(PLAST_F64, N, N, 77, (law){ PLAST_INIT_DALE_BALANCED, 0.7, 1.0 });
    (void)state;
    build_again(N, 35, 77, again);
    for (int k = 0; k < N * N; k++)
        assert_near(w[k], again[k], 1e-13);
    free(w);
}

static void seeds_decide(void **state)
{
    static const law laws[] = { { PLAST_INIT_DILUTED, 0.4, 1.0 },
                                { PLAST_INIT_LOW_RANK, 3.0, 1.0 },
                                { PLAST_INIT_DALE_BALANCED, 0.0, 1.0 } };
    (void)state;
    for (int k = 0; k < 3; k++) {
        double *a = draw(PLAST_F64, 20, 20, 1, laws[k]), *b = draw(PLAST_F64, 20, 20, 1, laws[k]);
        double *c = draw(PLAST_F64, 20, 20, 2, laws[k]), *single = draw(PLAST_F32, 20, 20, 1, laws[k]);
        assert_memory_equal(a, b, 400 * sizeof *a);
        assert_memory_not_equal(a, c, 400 * sizeof *a);
        for (int i = 0; i < 400; i++)
            assert_true(single[i] == (double)(float)a[i]);
        free(a);
        free(b);
        free(c);
        free(single);
    }
}

static void what_cannot_be_is_refused(void **state)
{
    static const struct {
        int64_t rows, cols;
        law law;
        plast_status status;
        const char *message;
    } cases[] = {
        { 5, 8, { PLAST_INIT_LOW_RANK, 6.0, 1.0 }, PLAST_E_RANGE, "init_param (the rank) is 6, expected at most 5" },
        { 8, 5, { PLAST_INIT_LOW_RANK, 6.0, 1.0 }, PLAST_E_RANGE, "for weights of 8 x 5 units" },
        { 5, 4, { PLAST_INIT_DALE_BALANCED, 0.0, 1.0 }, PLAST_E_UNSUPPORTED, "square: these are of 5 x 4 units" },
        { 1, 1, { PLAST_INIT_DALE_BALANCED, 0.0, 1.0 }, PLAST_E_RANGE, "of 1 units 1 excite, expected 1 to 0" },
        { 2, 2, { PLAST_INIT_DALE_BALANCED, 0.5, 1.0 }, PLAST_E_RANGE, "spectral radius of 0" },
        { 10, 10, { PLAST_INIT_DALE_BALANCED, 0.04, 1.0 }, PLAST_E_RANGE, "is 0.04: of 10 units 0 excite" },
        { 10, 10, { PLAST_INIT_DALE_BALANCED, 0.95, 1.0 }, PLAST_E_RANGE, "of 10 units 10 excite, expected 1 to 9" },
        { 10, 10, { PLAST_INIT_DALE_BALANCED, 0.0, 1e300 }, PLAST_E_RANGE, "gain is 1e+300" },
    };
    plast_status status = PLAST_OK;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_null(try_draw(PLAST_F32, cases[i].rows, cases[i].cols, 1, cases[i].law, &status));
        assert_int_equal(status, cases[i].status);
        if (strstr(plast_context_error(context), cases[i].message) == NULL)
            fail_msg("%s", plast_context_error(context));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        quiet_test(diluted_weights_have_their_density_and_variance),
        quiet_test(diluted_places_are_independent),
        quiet_test(diluted_weights_follow_the_recipe),
        quiet_test(low_rank_is_the_truncated_gaussian),
        quiet_test(rank_is_one_by_default),
        quiet_test(balanced_weights_keep_their_promises),
        quiet_test(balanced_weights_follow_the_recipe),
        quiet_test(seeds_decide),
        quiet_test(what_cannot_be_is_refused),
    };
    return cmocka_run_group_tests(tests, make_context, destroy_context);
}
