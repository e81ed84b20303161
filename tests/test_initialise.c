/* SPDX-License-Identifier: MIT
 *
 * Initial weights: their distribution, what they depend on, and that gains which overflow are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <plasticity/plasticity.h>

#include "support/quiet.h"

enum { MOST = 300 * 400 };

typedef struct drawn {
    int64_t rows, cols;
    double w[MOST];
} drawn;

static plast_context *context;
static drawn one, two;

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

static plast_network *make_network(int32_t dtype, int64_t inputs, uint64_t seed)
{
    plast_network *network = NULL;
    const plast_network_options options = { PLAST_NETWORK_OPTIONS, .dtype = dtype, .inputs = inputs, .seed = seed };
    assert_int_equal(plast_network_create(context, &options, &network), PLAST_OK);
    return network;
}

static void add(plast_network *network, int64_t units, int32_t init, double gain)
{
    const plast_layer_options options = { PLAST_LAYER_OPTIONS, .units = units, .gain = gain, .init = init };
    assert_int_equal(plast_network_add(network, "dense", &options, NULL), PLAST_OK);
}

static void read_weights(plast_network *network, int64_t layer, drawn *d)
{
    plast_layer *l = NULL;
    plast_synapses *s = NULL;
    plast_matrix view;
    assert_int_equal(plast_network_layer(network, layer, &l), PLAST_OK);
    assert_int_equal(plast_layer_synapses(l, NULL, &s), PLAST_OK);
    assert_int_equal(plast_synapses_view(s, &view), PLAST_OK);
    d->rows = view.rows;
    d->cols = view.cols;
    assert_true(d->rows * d->cols <= MOST);
    const plast_matrix out = plast_output_f64(d->w, d->rows, d->cols);
    assert_int_equal(plast_synapses_get_weights(s, &out), PLAST_OK);
}

/* The weights of the one layer of a new network. */
static void draw(int32_t dtype, int64_t rows, int64_t cols, uint64_t seed, int32_t init, double gain, drawn *d)
{
    plast_network *network = make_network(dtype, cols, seed);
    add(network, rows, init, gain);
    read_weights(network, 0, d);
    plast_network_destroy(network);
}

static double largest(const drawn *d)
{
    double most = 0.0;
    for (int64_t i = 0; i < d->rows * d->cols; i++)
        most = fmax(most, fabs(d->w[i]));
    return most;
}

/* Mean 0 and the variance, each within five standard errors. */
static void check_moments(const drawn *d, double variance, double kurtosis)
{
    const double n = (double)(d->rows * d->cols);
    double sum = 0.0, squares = 0.0;
    for (int64_t i = 0; i < d->rows * d->cols; i++) {
        sum += d->w[i];
        squares += d->w[i] * d->w[i];
    }
    assert_true(fabs(sum / n) < 5.0 * sqrt(variance / n));
    assert_true(fabs(squares / n - variance) < 5.0 * variance * sqrt((kurtosis - 1.0) / n));
}

/* `scale` is half the width of the uniform ones, the standard deviation of the normal ones. */
static const struct {
    int32_t init, normal;
    double scale;
} random_ones[] = {
    { PLAST_INIT_XAVIER_UNIFORM, 0, 0.0925820099772551 }, /* sqrt(6 / 700) */
    { PLAST_INIT_XAVIER_NORMAL, 1, 0.0534522483824849 },  /* sqrt(2 / 700) */
    { PLAST_INIT_HE_UNIFORM, 0, 0.122474487139159 },      /* sqrt(6 / 400) */
    { PLAST_INIT_HE_NORMAL, 1, 0.0707106781186548 },      /* sqrt(2 / 400) */
    { PLAST_INIT_GAUSSIAN, 1, 1.0 },
    { PLAST_INIT_UNIFORM, 0, 1.0 },
    { PLAST_INIT_LECUN_UNIFORM, 0, 0.0866025403784439 }, /* sqrt(3 / 400) */
    { PLAST_INIT_LECUN_NORMAL, 1, 0.05 },                /* sqrt(1 / 400) */
    { PLAST_INIT_FAN_IN_UNIFORM, 0, 0.05 },
};

static void random_initialisers_have_their_distribution(void **state)
{
    const double gains[] = { 0.0, 1.0, 3.0, -0.5 };
    (void)state;
    for (size_t i = 0; i < sizeof random_ones / sizeof random_ones[0]; i++)
        for (size_t g = 0; g < sizeof gains / sizeof gains[0]; g++) {
            const double scale = random_ones[i].scale * (gains[g] == 0.0 ? 1.0 : fabs(gains[g]));
            draw(PLAST_F64, 300, 400, 11, random_ones[i].init, gains[g], &one);
            if (random_ones[i].normal) {
                check_moments(&one, scale * scale, 3.0);
                assert_true(largest(&one) > 3.5 * scale && largest(&one) < 7.0 * scale);
            } else {
                check_moments(&one, scale * scale / 3.0, 9.0 / 5.0);
                assert_true(largest(&one) <= scale * (1.0 + 1e-14) && largest(&one) > 0.999 * scale);
            }
        }
}

static void constant_and_zero_are_exact(void **state)
{
    (void)state;
    for (int32_t dtype = PLAST_F32; dtype <= PLAST_F64; dtype++) {
        draw(dtype, 13, 17, 1, PLAST_INIT_CONSTANT, -0.75, &one);
        draw(dtype, 13, 17, 1, PLAST_INIT_ZERO, 5.0, &two);
        for (int i = 0; i < 13 * 17; i++)
            assert_true(one.w[i] == -0.75 && two.w[i] == 0.0);
        draw(dtype, 2, 3, 1, PLAST_INIT_CONSTANT, 0.0, &one);
        assert_true(one.w[0] == 1.0 && one.w[5] == 1.0);
    }
}

/* Largest |element| of W W^T - gain^2 I, or of W^T W - gain^2 I when there are more rows than columns. */
static double off_orthogonal(const drawn *d, double gain)
{
    const int wide = d->cols >= d->rows;
    const int64_t k = wide ? d->rows : d->cols, n = wide ? d->cols : d->rows;
    double worst = 0.0;
    for (int64_t a = 0; a < k; a++)
        for (int64_t b = 0; b <= a; b++) {
            double dot = a == b ? -gain * gain : 0.0;
            for (int64_t i = 0; i < n; i++)
                dot += wide ? d->w[a * n + i] * d->w[b * n + i] : d->w[i * k + a] * d->w[i * k + b];
            worst = fmax(worst, fabs(dot));
        }
    return worst;
}

static void orthogonal_matrices_are_orthogonal(void **state)
{
    static const int64_t shapes[][2] = { { 60, 60 }, { 40, 90 }, { 90, 40 }, { 1, 30 }, { 30, 1 }, { 1, 1 }, { 7, 9 } };
    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        draw(PLAST_F64, shapes[i][0], shapes[i][1], 4, PLAST_INIT_ORTHOGONAL, 0.0, &one);
        assert_true(off_orthogonal(&one, 1.0) < 1e-12);
        draw(PLAST_F64, shapes[i][0], shapes[i][1], 4, PLAST_INIT_ORTHOGONAL, 2.0, &two);
        assert_true(off_orthogonal(&two, 2.0) < 4e-12);
        for (int64_t k = 0; k < one.rows * one.cols; k++)
            assert_true(two.w[k] == 2.0 * one.w[k]);
        draw(PLAST_F32, shapes[i][0], shapes[i][1], 4, PLAST_INIT_ORTHOGONAL, 0.0, &one);
        assert_true(off_orthogonal(&one, 1.0) < 1e-5);
    }
}

/* Entries of a uniformly distributed rotation have mean 0, variance 1/n, and a matrix has either determinant equally
 * often. A QR factorisation whose signs were left alone has all its first entries on one side. */
static void orthogonal_matrices_are_uniform(void **state)
{
    enum { DRAWS = 500, N = 3 };
    double sum[N * N] = { 0 }, squares[N * N] = { 0 };
    int proper = 0;
    (void)state;
    for (uint64_t seed = 0; seed < DRAWS; seed++) {
        draw(PLAST_F64, N, N, seed, PLAST_INIT_ORTHOGONAL, 0.0, &one);
        const double *w = one.w;
        for (int i = 0; i < N * N; i++) {
            sum[i] += w[i];
            squares[i] += w[i] * w[i];
        }
        proper += w[0] * (w[4] * w[8] - w[5] * w[7]) - w[1] * (w[3] * w[8] - w[5] * w[6]) +
                      w[2] * (w[3] * w[7] - w[4] * w[6]) >
                  0.0;
    }
    for (int i = 0; i < N * N; i++) {
        assert_true(fabs(sum[i] / DRAWS) < 5.0 * sqrt(1.0 / N / DRAWS));
        assert_true(fabs(squares[i] / DRAWS - 1.0 / N) < 5.0 * sqrt(4.0 / 45.0 / DRAWS));
    }
    assert_true(fabs(proper - DRAWS / 2.0) < 5.0 * sqrt(DRAWS / 4.0));
}

static int equal(const drawn *a, const drawn *b)
{
    return a->rows == b->rows && a->cols == b->cols &&
           memcmp(a->w, b->w, (size_t)(a->rows * a->cols) * sizeof(double)) == 0;
}

/* Pearson's correlation of two drawings. */
static double correlation(const drawn *a, const drawn *b)
{
    double ab = 0.0, aa = 0.0, bb = 0.0;
    for (int64_t i = 0; i < a->rows * a->cols; i++) {
        ab += a->w[i] * b->w[i];
        aa += a->w[i] * a->w[i];
        bb += b->w[i] * b->w[i];
    }
    return ab / sqrt(aa * bb);
}

static void seeds_and_layers_have_streams_of_their_own(void **state)
{
    const int32_t inits[] = { PLAST_INIT_XAVIER_UNIFORM,   PLAST_INIT_HE_NORMAL, PLAST_INIT_ORTHOGONAL,
                              PLAST_INIT_TRUNCATED_NORMAL, PLAST_INIT_SPARSE,    PLAST_INIT_DILUTED,
                              PLAST_INIT_LOW_RANK };
    const double bound = 5.0 / sqrt(50.0 * 50.0);
    (void)state;
    for (size_t i = 0; i < sizeof inits / sizeof inits[0]; i++) {
        draw(PLAST_F64, 50, 50, 1, inits[i], 0.0, &one);
        draw(PLAST_F64, 50, 50, 1, inits[i], 0.0, &two);
        assert_true(equal(&one, &two));
        draw(PLAST_F64, 50, 50, 2, inits[i], 0.0, &two);
        assert_true(fabs(correlation(&one, &two)) < bound);
        draw(PLAST_F64, 50, 50, 1 + ((uint64_t)1 << 63), inits[i], 0.0, &two);
        assert_true(fabs(correlation(&one, &two)) < bound);
        plast_network *network = make_network(PLAST_F64, 50, 1);
        add(network, 50, inits[i], 0.0);
        add(network, 50, inits[i], 0.0);
        read_weights(network, 0, &two);
        assert_true(equal(&one, &two));
        read_weights(network, 1, &two);
        assert_true(fabs(correlation(&one, &two)) < bound);
        plast_network_destroy(network);
    }
}

static void float_weights_are_rounded_double_weights(void **state)
{
    (void)state;
    for (int32_t init = PLAST_INIT_XAVIER_UNIFORM; init <= PLAST_INIT_LOW_RANK; init++) {
        draw(PLAST_F32, 23, 19, 3, init, 0.3, &one);
        draw(PLAST_F64, 23, 19, 3, init, 0.3, &two);
        for (int i = 0; i < 23 * 19; i++)
            assert_true(one.w[i] == (double)(float)two.w[i]);
    }
}

/* Rows of 5 are padded otherwise than rows of 24, the numbers are drawn in the same order. */
static void padding_does_not_enter_the_stream(void **state)
{
    (void)state;
    for (int32_t dtype = PLAST_F32; dtype <= PLAST_F64; dtype++) {
        draw(dtype, 24, 5, 8, PLAST_INIT_XAVIER_UNIFORM, 0.0, &one);
        draw(dtype, 5, 24, 8, PLAST_INIT_XAVIER_UNIFORM, 0.0, &two);
        assert_memory_equal(one.w, two.w, 120 * sizeof(double));
        draw(dtype, 24, 5, 8, PLAST_INIT_GAUSSIAN, 0.0, &one);
        draw(dtype, 5, 24, 8, PLAST_INIT_GAUSSIAN, 0.0, &two);
        assert_memory_equal(one.w, two.w, 120 * sizeof(double));
    }
}

static void reset_draws_as_if_just_made(void **state)
{
    float bias[7];
    plast_layer *layer = NULL;
    (void)state;
    for (int32_t init = PLAST_INIT_XAVIER_UNIFORM; init <= PLAST_INIT_LOW_RANK; init++) {
        plast_network *network = make_network(PLAST_F32, 9, 1);
        plast_network *fresh = make_network(PLAST_F32, 9, 77);
        for (int i = 0; i < 2; i++) {
            add(network, 7, init, 0.5);
            add(fresh, 7, init, 0.5);
        }
        for (int i = 0; i < 7; i++)
            bias[i] = 3.0f;
        const plast_matrix in = plast_matrix_f32(bias, 1, 7), out = plast_output_f32(bias, 1, 7);
        assert_int_equal(plast_network_layer(network, 0, &layer), PLAST_OK);
        assert_int_equal(plast_layer_set_bias(layer, &in), PLAST_OK);
        assert_int_equal(plast_network_reset(network, 77), PLAST_OK);
        for (int i = 0; i < 2; i++) {
            read_weights(network, i, &one);
            read_weights(fresh, i, &two);
            assert_true(equal(&one, &two));
        }
        assert_int_equal(plast_layer_get_bias(layer, &out), PLAST_OK);
        for (int i = 0; i < 7; i++)
            assert_true(bias[i] == 0.0f);
        plast_network_destroy(network);
        plast_network_destroy(fresh);
    }
}

static double loss_of(plast_network *network)
{
    const float x[3] = { 1.0f, 2.0f, 3.0f }, t[5] = { 1.0f };
    const plast_matrix inputs = plast_matrix_f32(x, 1, 3), targets = plast_matrix_f32(t, 1, 5);
    const plast_data data = { PLAST_DATA, .inputs = &inputs, .targets = &targets };
    plast_report report = { PLAST_REPORT };
    assert_int_equal(plast_network_evaluate(network, NULL, &data, &report), PLAST_OK);
    return report.loss;
}

static void gain_that_overflows_is_refused(void **state)
{
    (void)state;
    for (int32_t init = PLAST_INIT_XAVIER_UNIFORM; init <= PLAST_INIT_LOW_RANK; init++) {
        if (init == PLAST_INIT_ZERO)
            continue;
        plast_network *network = make_network(PLAST_F32, 3, 1);
        const plast_layer_options huge = { PLAST_LAYER_OPTIONS, .units = 4, .init = init, .gain = 1e300 };
        plast_layer *layer = (plast_layer *)&one;
        add(network, 5, PLAST_INIT_XAVIER_UNIFORM, 0.0);
        read_weights(network, 0, &one);
        assert_int_equal(plast_network_add(network, "dense", &huge, &layer), PLAST_E_RANGE);
        assert_non_null(strstr(plast_context_error(context), "gain is 1e+300"));
        assert_ptr_equal(layer, &one);
        assert_int_equal(plast_network_layers(network), 1);
        read_weights(network, 0, &two);
        assert_true(equal(&one, &two));
        plast_network *fresh = make_network(PLAST_F32, 3, 1), *short_one = make_network(PLAST_F32, 3, 1);
        add(short_one, 5, PLAST_INIT_XAVIER_UNIFORM, 0.0);
        add(fresh, 5, PLAST_INIT_XAVIER_UNIFORM, 0.0);
        add(fresh, 4, init, 0.1);
        add(network, 4, init, 0.1); /* it goes on as if nothing had been asked */
        read_weights(network, 1, &one);
        read_weights(fresh, 1, &two);
        assert_true(equal(&one, &two));
        assert_int_equal(plast_network_add(short_one, "dense", &huge, NULL), PLAST_E_RANGE);
        const double loss = loss_of(short_one); /* of the one layer that there is */
        plast_network_destroy(short_one);
        short_one = make_network(PLAST_F32, 3, 1);
        add(short_one, 5, PLAST_INIT_XAVIER_UNIFORM, 0.0);
        assert_true(loss == loss_of(short_one));
        plast_network_destroy(short_one);
        plast_network_destroy(fresh);
        plast_network_destroy(network);
        draw(PLAST_F64, 4, 3, 1, init, 1e300, &one); /* fits a double */
        assert_true(isfinite(largest(&one)) && (largest(&one) > 1e299 || init == PLAST_INIT_DILUTED));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        quiet_test(random_initialisers_have_their_distribution),
        quiet_test(constant_and_zero_are_exact),
        quiet_test(orthogonal_matrices_are_orthogonal),
        quiet_test(orthogonal_matrices_are_uniform),
        quiet_test(seeds_and_layers_have_streams_of_their_own),
        quiet_test(float_weights_are_rounded_double_weights),
        quiet_test(padding_does_not_enter_the_stream),
        quiet_test(reset_draws_as_if_just_made),
        quiet_test(gain_that_overflows_is_refused),
    };
    return cmocka_run_group_tests(tests, make_context, destroy_context);
}
