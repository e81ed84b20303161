/* SPDX-License-Identifier: MIT
 *
 * plast_measure_jacobian: against products worked out by hand, against central differences of the layers alone, and
 * that it changes nothing. plast_measure_singular_spectrum beside it. */
#include "support/fail_allocator.h"
#include "support/nets.h"
#include "support/quiet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { INPUTS = 5, SAMPLES = 3, WIDEST = 6, MOST = SAMPLES * WIDEST * WIDEST, DEEPEST = 6 };

static const int64_t widths[DEEPEST] = { 6, 4, 5, 5, 6, 3 };

static net make(int layers, int32_t hidden, int32_t output, int32_t dtype)
{
    net_plan plan = {
        .dtype = dtype, .inputs = INPUTS, .layers = layers, .hidden = hidden, .output = output, .gain = 1.5, .seed = 21
    };
    for (int i = 0; i < layers; i++)
        plan.units[i] = widths[i];
    return net_make(&plan);
}

static int64_t below(const net *net, int64_t layer)
{
    return layer == 0 ? net->plan.inputs : net->plan.units[layer - 1];
}

/* All samples' Jacobians, dense. */
static plast_status jacobian(const net *net, plast_state *state, int64_t n, const double *x, int first, int last,
                             double *out)
{
    const plast_matrix inputs = plast_matrix_f64(x, n, INPUTS);
    const plast_matrix place = plast_output_f64(out, n * net->plan.units[last], below(net, first));
    return plast_measure_jacobian(net->network, state, &inputs, first, last, NULL, &place);
}

/* ---- by hand ---- */

/* Small whole numbers: every sum is exact, in float too. Three layers of 6, 4 and 5 units. */
static void linear_layers_are_their_matrices_product(void **state)
{
    (void)state;
    for (int32_t dtype = PLAST_F32; dtype <= PLAST_F64; dtype++) {
        double w[3][WIDEST * WIDEST], x[SAMPLES * INPUTS], j[MOST], two[4 * INPUTS], three[5 * INPUTS];
        net net = make(3, PLAST_LINEAR, PLAST_LINEAR, dtype);
        for (int l = 0; l < 3; l++) {
            fill_uniform(40 + (uint64_t)l, WIDEST * WIDEST, w[l]);
            for (int i = 0; i < WIDEST * WIDEST; i++)
                w[l][i] = floor(8.0 * w[l][i]);
            net_set_weights(&net, l, w[l]);
        }
        fill_uniform(3, SAMPLES * INPUTS, x);
        for (int i = 0; i < 4; i++)
            for (int k = 0; k < INPUTS; k++) {
                two[i * INPUTS + k] = 0.0;
                for (int m = 0; m < 6; m++)
                    two[i * INPUTS + k] += w[1][i * 6 + m] * w[0][m * INPUTS + k];
            }
        for (int i = 0; i < 5; i++)
            for (int k = 0; k < INPUTS; k++) {
                three[i * INPUTS + k] = 0.0;
                for (int m = 0; m < 4; m++)
                    three[i * INPUTS + k] += w[2][i * 4 + m] * two[m * INPUTS + k];
            }
        net_ok(&net, jacobian(&net, NULL, SAMPLES, x, 0, 2, j));
        for (int b = 0; b < SAMPLES; b++)
            assert_same_bits(5 * INPUTS, &j[b * 5 * INPUTS], three);
        net_ok(&net, jacobian(&net, NULL, SAMPLES, x, 0, 1, j));
        assert_same_bits(4 * INPUTS, &j[2 * 4 * INPUTS], two);
        net_ok(&net, jacobian(&net, NULL, SAMPLES, x, 1, 1, j));
        for (int b = 0; b < SAMPLES; b++)
            assert_same_bits(4 * 6, &j[b * 4 * 6], w[1]);
        net_free(&net);
    }
}

/* At z = 0: sigmoid's slope is 1/4, that of the softmax of two units a quarter of [1 -1; -1 1]. */
static void slopes_by_hand(void **state)
{
    (void)state;
    const double w[2] = { 4.0, -8.0 }, one[4] = { 1.0, 2.0, 3.0, 4.0 }, x[2] = { 0.0, 0.0 };
    const double expected[2][4] = { { 1.0, -2.0 }, { -0.5, -0.5, 0.5, 0.5 } };
    const int64_t units[2] = { 1, 2 };
    const int32_t activations[2] = { PLAST_SIGMOID, PLAST_SOFTMAX };
    for (int i = 0; i < 2; i++) {
        double j[4];
        const net_plan plan = {
            .dtype = PLAST_F64, .inputs = 2, .layers = 1, .units = { units[i] }, .output = activations[i], .no_bias = 1
        };
        const plast_matrix inputs = plast_matrix_f64(x, 1, 2), place = plast_output_f64(j, units[i], 2);
        net net = net_make(&plan);
        net_set_weights(&net, 0, i == 0 ? w : one);
        net_ok(&net, plast_measure_jacobian(net.network, NULL, &inputs, 0, 0, NULL, &place));
        assert_same_bits(units[i] * 2, j, expected[i]);
        net_free(&net);
    }
}

/* ---- against central differences ---- */

/* Layers first to last as a network of their own. */
static net part_of(const net *whole, int first, int last)
{
    net_plan plan = whole->plan;
    plan.inputs = below(whole, first);
    plan.layers = last - first + 1;
    plan.output = last == whole->plan.layers - 1 ? plan.output : plan.hidden;
    for (int i = first; i <= last; i++)
        plan.units[i - first] = whole->plan.units[i];
    net part = net_make(&plan);
    for (int i = first; i <= last; i++) {
        double values[WIDEST * WIDEST];
        net_get_weights(whole, i, values);
        net_set_weights(&part, i - first, values);
        net_get_bias(whole, i, values);
        net_set_bias(&part, i - first, values);
    }
    return part;
}

/* What layer `first` reads, at every sample; the caller's array has room for the widest. */
static void read_by(net *whole, int first, const double *x, double *out)
{
    if (first == 0) {
        memcpy(out, x, SAMPLES * INPUTS * sizeof *out);
        return;
    }
    net lower = part_of(whole, 0, first - 1);
    net_run(&lower, SAMPLES, x, out);
    net_free(&lower);
}

static void differences(net *part, const double *at, double *out)
{
    const double h = 1e-5; /* its square and the rounding of y over h are both about 1e-10 */
    const int64_t n = part->plan.inputs, m = part->plan.units[part->plan.layers - 1];
    for (int64_t k = 0; k < n; k++) {
        double x[WIDEST], up[WIDEST], down[WIDEST];
        memcpy(x, at, (size_t)n * sizeof *x);
        x[k] = at[k] + h;
        net_run(part, 1, x, up);
        x[k] = at[k] - h;
        net_run(part, 1, x, down);
        for (int64_t i = 0; i < m; i++)
            out[i * n + k] = (up[i] - down[i]) / (2.0 * h);
    }
}

static void compare(net *whole, const double *x, int first, int last)
{
    double at[SAMPLES * WIDEST], j[MOST], expected[MOST];
    net part = part_of(whole, first, last);
    const int64_t size = part.plan.inputs * whole->plan.units[last];
    read_by(whole, first, x, at);
    for (int b = 0; b < SAMPLES; b++)
        differences(&part, at + b * part.plan.inputs, expected + b * size);
    net_ok(whole, jacobian(whole, NULL, SAMPLES, x, first, last, j));
    for (int64_t i = 0; i < SAMPLES * size; i++)
        assert_near(j[i], expected[i], 1e-8);
    net_free(&part);
}

static void check_differences(int layers, int32_t hidden, int32_t output)
{
    double x[SAMPLES * INPUTS];
    net net = make(layers, hidden, output, PLAST_F64);
    fill_uniform(8, SAMPLES * INPUTS, x);
    for (int first = 0; first < layers; first++)
        for (int last = first; last < layers; last++)
            compare(&net, x, first, last);
    net_free(&net);
}

static const int32_t activations[] = { PLAST_LINEAR,      PLAST_SOFTPLUS,       PLAST_RELU,        PLAST_TANH,
                                       PLAST_SIGMOID,     PLAST_SOFTMAX,        PLAST_LEAKY_RELU,  PLAST_ELU,
                                       PLAST_SCALED_TANH, PLAST_RECTIFIED_TANH, PLAST_HARD_SIGMOID };
enum { ACTIVATIONS = sizeof activations / sizeof activations[0] };

/* Softmax is of the output alone. */
static void every_activation_at_every_depth(void **state)
{
    (void)state;
    static const int depths[] = { 1, 2, DEEPEST };
    for (int a = 0; a < ACTIVATIONS; a++)
        for (int d = 0; d < 3; d++) {
            const int softmax = activations[a] == PLAST_SOFTMAX;
            check_differences(depths[d], softmax ? PLAST_TANH : activations[a], activations[a]);
        }
}

/* The same weights, those of the float network. */
static void float_beside_double(void **state)
{
    (void)state;
    double x[SAMPLES * INPUTS], j[MOST], expected[MOST], values[WIDEST * WIDEST];
    fill_uniform(8, SAMPLES * INPUTS, x);
    for (int i = 0; i < SAMPLES * INPUTS; i++)
        x[i] = (double)(float)x[i];
    for (int a = 0; a < ACTIVATIONS; a++) {
        const int32_t hidden = activations[a] == PLAST_SOFTMAX ? PLAST_TANH : activations[a];
        net single = make(DEEPEST, hidden, activations[a], PLAST_F32);
        net twin = make(DEEPEST, hidden, activations[a], PLAST_F64);
        for (int i = 0; i < DEEPEST; i++) {
            net_get_weights(&single, i, values);
            net_set_weights(&twin, i, values);
            net_get_bias(&single, i, values);
            net_set_bias(&twin, i, values);
        }
        net_ok(&single, jacobian(&single, NULL, SAMPLES, x, 0, DEEPEST - 1, j));
        net_ok(&twin, jacobian(&twin, NULL, SAMPLES, x, 0, DEEPEST - 1, expected));
        const int64_t n = SAMPLES * widths[DEEPEST - 1] * INPUTS;
        double largest = 0.0;
        for (int64_t i = 0; i < n; i++)
            largest = fmax(largest, fabs(expected[i]));
        for (int64_t i = 0; i < n; i++) /* slopes of six layers, each to some 2^-22 (softplus is steep, beta = 10) */
            assert_near(j[i], expected[i], 1e-5 * largest + 1e-12);
        net_free(&single);
        net_free(&twin);
    }
}

/* ---- tangents ---- */

/* J V by the loop. */
static void times(int64_t m, int64_t n, int64_t k, const double *j, const double *v, double *out)
{
    for (int64_t i = 0; i < m; i++)
        for (int64_t c = 0; c < k; c++) {
            out[i * k + c] = 0.0;
            for (int64_t l = 0; l < n; l++)
                out[i * k + c] += j[i * n + l] * v[l * k + c];
        }
}

/* All samples in one set of directions, and each in its own; more directions than numbers read, and few. In a state
 * with room for two of the three samples. */
static void tangents_are_multiplied(void **state)
{
    (void)state;
    const plast_state_options two = { PLAST_STATE_OPTIONS, .batch = 2 };
    plast_state *small = NULL;
    double x[SAMPLES * INPUTS], j[MOST], v[SAMPLES * WIDEST * 8], out[SAMPLES * WIDEST * 8], expected[WIDEST * 8];
    net net = make(4, PLAST_TANH, PLAST_SOFTMAX, PLAST_F64);
    const plast_matrix inputs = plast_matrix_f64(x, SAMPLES, INPUTS);
    net_ok(&net, plast_state_create(net.context, net.network, &two, &small));
    fill_uniform(8, SAMPLES * INPUTS, x);
    fill_uniform(9, SAMPLES * WIDEST * 8, v);
    net_ok(&net, jacobian(&net, NULL, SAMPLES, x, 1, 3, j));
    for (int64_t k = 1; k <= 8; k += 7)
        for (int own = 0; own < 2; own++) {
            const plast_matrix tangents = plast_matrix_f64(v, own ? SAMPLES * 6 : 6, k);
            const plast_matrix place = plast_output_f64(out, SAMPLES * 5, k);
            net_ok(&net, plast_measure_jacobian(net.network, small, &inputs, 1, 3, &tangents, &place));
            for (int b = 0; b < SAMPLES; b++) {
                times(5, 6, k, j + b * 5 * 6, own ? v + b * 6 * k : v, expected);
                assert_close(5 * k, out + b * 5 * k, expected, 1e-14);
            }
        }
    plast_state_destroy(small);
    net_free(&net);
}

/* Layer after layer, in place where the units are as many. */
static void a_chain_is_the_whole(void **state)
{
    (void)state;
    double x[SAMPLES * INPUTS], one[MOST], other[MOST], whole[MOST], *from = one, *spare = other;
    net net = make(5, PLAST_SCALED_TANH, PLAST_SIGMOID, PLAST_F64);
    const plast_matrix inputs = plast_matrix_f64(x, SAMPLES, INPUTS);
    fill_uniform(8, SAMPLES * INPUTS, x);
    net_ok(&net, jacobian(&net, NULL, SAMPLES, x, 0, 0, from));
    for (int last = 1; last < 5; last++) {
        double *to = widths[last - 1] == widths[last] ? from : spare;
        const plast_matrix tangents = plast_matrix_f64(from, SAMPLES * widths[last - 1], INPUTS);
        const plast_matrix place = plast_output_f64(to, SAMPLES * widths[last], INPUTS);
        net_ok(&net, plast_measure_jacobian(net.network, NULL, &inputs, last, last, &tangents, &place));
        net_ok(&net, jacobian(&net, NULL, SAMPLES, x, 0, last, whole));
        assert_close(SAMPLES * widths[last] * INPUTS, to, whole, 1e-14);
        if (to != from)
            spare = from;
        from = to;
    }
    net_free(&net);
}

/* Strides, float views, and blocks: a state with room for two of the three samples. */
static void views_and_blocks_do_not_matter(void **state)
{
    (void)state;
    const plast_state_options two = { PLAST_STATE_OPTIONS, .batch = 2 };
    double x[SAMPLES * INPUTS], whole[MOST], j[MOST], turned[MOST];
    float single[MOST];
    plast_state *small = NULL;
    net net = make(3, PLAST_ELU, PLAST_SOFTMAX, PLAST_F64);
    const int64_t rows = SAMPLES * 5;
    const plast_matrix inputs = plast_matrix_f64(x, SAMPLES, INPUTS);
    plast_matrix columns = plast_output_f64(turned, rows, INPUTS), floats = plast_output_f32(single, rows, INPUTS);
    columns.row_stride = 1;
    columns.col_stride = rows;
    fill_uniform(8, SAMPLES * INPUTS, x);
    net_ok(&net, jacobian(&net, NULL, SAMPLES, x, 0, 2, whole));
    net_ok(&net, plast_measure_jacobian(net.network, NULL, &inputs, 0, 2, NULL, &columns));
    net_ok(&net, plast_measure_jacobian(net.network, NULL, &inputs, 0, 2, NULL, &floats));
    for (int64_t i = 0; i < rows; i++)
        for (int64_t k = 0; k < INPUTS; k++) {
            assert_true(turned[k * rows + i] == whole[i * INPUTS + k]);
            assert_true(single[i * INPUTS + k] == (float)whole[i * INPUTS + k]);
        }
    net_ok(&net, plast_state_create(net.context, net.network, &two, &small));
    net_ok(&net, jacobian(&net, small, SAMPLES, x, 0, 2, j));
    assert_close(rows * INPUTS, j, whole, 1e-14); /* a single sample goes through other loops */
    for (int b = 0; b < SAMPLES; b++) {
        net_ok(&net, jacobian(&net, NULL, 1, x + b * INPUTS, 0, 2, j));
        assert_close(5 * INPUTS, j, whole + b * 5 * INPUTS, 1e-14);
    }
    plast_state_destroy(small);
    net_free(&net);
}

/* ---- what it leaves alone ---- */

static plast_status look(void *user, const plast_report *so_far)
{
    double x[INPUTS] = { 0.1 }, j[MOST];
    (void)so_far;
    return jacobian(user, NULL, 1, x, 0, 1, j);
}

static void nothing_is_learned(void **state)
{
    (void)state;
    const int32_t label_values[SAMPLES] = { 0, 2, 1 };
    double x[SAMPLES * INPUTS], j[MOST], y[SAMPLES * 4], outputs[SAMPLES * 4];
    plast_state *own = NULL;
    plast_matrix view;
    net net = make(2, PLAST_SOFTPLUS, PLAST_SOFTMAX, PLAST_F64),
        twin = make(2, PLAST_SOFTPLUS, PLAST_SOFTMAX, PLAST_F64);
    const plast_matrix inputs = plast_matrix_f64(x, SAMPLES, INPUTS), labels = plast_labels_i32(label_values, SAMPLES);
    const plast_data data = { PLAST_DATA, .inputs = &inputs, .targets = &labels };
    plast_learn_options options = { PLAST_LEARN_OPTIONS, .progress_every = 1 };
    fill_uniform(8, SAMPLES * INPUTS, x);
    net_optimizer(&net, "adam", 0.1);
    net_optimizer(&twin, "adam", 0.1);
    options.progress = look;
    options.user = &net;
    net_ok(&net, plast_network_learn(net.network, NULL, &data, &options, NULL));
    net_ok(&twin, plast_network_learn(twin.network, NULL, &data, NULL, NULL));
    assert_same_nets(&net, &twin);
    net_ok(&net, jacobian(&net, NULL, SAMPLES, x, 0, 0, j));
    net_ok(&net, plast_network_state(net.network, &own));
    net_ok(&net, plast_state_view(own, 1, PLAST_ACTIVITY, &view)); /* all layers were run */
    net_run(&twin, SAMPLES, x, outputs);
    for (int64_t b = 0; b < SAMPLES; b++)
        memcpy(y + b * 4, (const double *)view.data + b * view.row_stride, 4 * sizeof *y);
    assert_same_bits(SAMPLES * 4, y, outputs);
    assert_same_nets(&net, &twin);
    x[0] = (double)NAN; /* a failure leaves nothing to view */
    assert_int_equal(jacobian(&net, NULL, SAMPLES, x, 0, 0, j), PLAST_E_NOT_FINITE);
    assert_int_equal(plast_state_view(own, 1, PLAST_ACTIVITY, &view), PLAST_E_STATE);
    net_free(&net);
    net_free(&twin);
}

/* ---- what is refused ---- */

static double place[MOST];

static void refused(const net *net, plast_status expected, const char *word, const plast_matrix *inputs, int64_t first,
                    int64_t last, const plast_matrix *tangents, const plast_matrix *out)
{
    place[0] = 42.0;
    assert_int_equal(plast_measure_jacobian(net->network, NULL, inputs, first, last, tangents, out), expected);
    if (strstr(plast_context_error(net->context), word) == NULL)
        fail_msg("'%s' is not in: %s", word, plast_context_error(net->context));
    assert_true(place[0] == 42.0);
}

static void bad_arguments_are_refused(void **state)
{
    (void)state;
    double x[SAMPLES * INPUTS] = { 0.0 }, v[SAMPLES * 6] = { 0.0 };
    net net = make(3, PLAST_TANH, PLAST_SOFTMAX, PLAST_F64), other = make(2, PLAST_TANH, PLAST_TANH, PLAST_F64);
    const plast_matrix in = plast_matrix_f64(x, SAMPLES, INPUTS), narrow = plast_matrix_f64(x, SAMPLES, INPUTS - 1);
    const plast_matrix out = plast_output_f64(place, SAMPLES * 5, INPUTS);
    const plast_matrix few = plast_output_f64(place, 5, INPUTS), thin = plast_output_f64(place, SAMPLES * 5, 1);
    const plast_matrix tangents = plast_matrix_f64(v, 4, 1), shared = plast_matrix_f64(v, INPUTS, 1);
    plast_matrix sealed = out;
    plast_state *foreign = NULL;
    sealed.flags = PLAST_READ_ONLY;
    assert_int_equal(plast_measure_jacobian(NULL, NULL, &in, 0, 2, NULL, &out), PLAST_E_INVALID);
    refused(&net, PLAST_E_INVALID, "inputs is NULL", NULL, 0, 2, NULL, &out);
    refused(&net, PLAST_E_INVALID, "inputs has 4 columns, expected 5", &narrow, 0, 2, NULL, &out);
    refused(&net, PLAST_E_RANGE, "last is layer 3 of a network with 3 layers", &in, 0, 3, NULL, &out);
    refused(&net, PLAST_E_RANGE, "last is layer -1", &in, 0, -1, NULL, &out);
    refused(&net, PLAST_E_RANGE, "first is layer 2, expected 0 to 1", &in, 2, 1, NULL, &out);
    refused(&net, PLAST_E_RANGE, "first is layer -1, expected 0 to 2", &in, -1, 2, NULL, &out);
    refused(&net, PLAST_E_INVALID, "jacobian is NULL", &in, 0, 2, NULL, NULL);
    refused(&net, PLAST_E_INVALID, "jacobian has 5 rows, expected 15", &in, 0, 2, NULL, &few);
    refused(&net, PLAST_E_INVALID, "jacobian has 1 columns, expected 5", &in, 0, 2, NULL, &thin);
    refused(&net, PLAST_E_INVALID, "jacobian has 5 columns, expected 1", &in, 0, 2, &shared, &out);
    refused(&net, PLAST_E_INVALID, "tangents has 4 rows, expected 5", &in, 0, 2, &tangents, &thin);
    refused(&net, PLAST_E_INVALID, "jacobian", &in, 0, 2, NULL, &sealed);
    v[1] = (double)NAN;
    refused(&net, PLAST_E_NOT_FINITE, "tangents", &in, 0, 2, &shared, &thin);
    x[INPUTS] = (double)INFINITY;
    refused(&net, PLAST_E_NOT_FINITE, "row 1 of inputs", &in, 0, 2, NULL, &out);
    x[INPUTS] = 0.0;
    net_ok(&other, plast_state_create(other.context, other.network, NULL, &foreign));
    assert_int_equal(plast_measure_jacobian(net.network, foreign, &in, 0, 2, NULL, &out), PLAST_E_INVALID);
    assert_non_null(strstr(plast_context_error(other.context), "another network"));
    plast_state_destroy(foreign);
    net_free(&net);
    net_free(&other);
}

static void networks_that_cannot_be_asked(void **state)
{
    (void)state;
    const plast_network_options options = { PLAST_NETWORK_OPTIONS, .inputs = INPUTS };
    const plast_layer_options layer = { PLAST_LAYER_OPTIONS, .units = 3, .activation = PLAST_TANH };
    const double x[INPUTS] = { 0.0 };
    const plast_matrix in = plast_matrix_f64(x, 1, INPUTS), out = plast_output_f64(place, 3, INPUTS);
    net net = { .network = NULL };
    assert_int_equal(plast_context_create(NULL, &net.context), PLAST_OK);
    net_ok(&net, plast_network_create(net.context, &options, &net.network));
    refused(&net, PLAST_E_STATE, "no layer", &in, 0, 0, NULL, &out);
    net_ok(&net, plast_network_add(net.network, "recurrent", &layer, NULL));
    net_ok(&net, plast_network_add(net.network, "dense", &layer, NULL));
    refused(&net, PLAST_E_UNSUPPORTED, "the Jacobian is not defined for layers with a state", &in, 0, 1, NULL, &out);
    net_free(&net);
}

/* Weights of 1e200, twice, at inputs of 0; then once, which is a double but no float. */
static void entries_beyond_the_type_are_refused(void **state)
{
    (void)state;
    const net_plan plan = { .dtype = PLAST_F64, .inputs = 1, .layers = 2, .units = { 1, 1 }, .no_bias = 1 };
    const double huge = 1e200, x[2] = { 0.0, 0.0 };
    float single = 42.0f;
    const plast_matrix in = plast_matrix_f64(x, 2, 1), one = plast_matrix_f64(x, 1, 1);
    const plast_matrix out = plast_output_f64(place, 2, 1), floats = plast_output_f32(&single, 1, 1);
    net net = net_make(&plan);
    net_set_weights(&net, 0, &huge);
    net_set_weights(&net, 1, &huge);
    refused(&net, PLAST_E_NOT_FINITE, "row 0 of inputs has an entry of inf in row 0", &in, 0, 1, NULL, &out);
    refused(&net, PLAST_E_NOT_FINITE, "an entry of 1e+200", &one, 0, 0, NULL, &floats);
    assert_true(single == 42.0f);
    net_ok(&net, plast_measure_jacobian(net.network, NULL, &in, 1, 1, NULL, &out));
    assert_true(place[1] == 1e200);
    net_free(&net);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    int64_t failures = 0;
    const double x[SAMPLES * INPUTS] = { 0.0 };
    for (int done = 0; !done; failures++) {
        fail_allocator memory;
        net net = { .network = NULL };
        fail_allocator_init(&memory, 0);
        net_plan plan = { .inputs = INPUTS, .layers = 2, .units = { 4, 3 }, .allocator = &memory.table };
        net = net_make(&plan);
        place[0] = 42.0;
        memory.fail_at = memory.calls + failures + 1;
        const plast_status status = jacobian(&net, NULL, SAMPLES, x, 0, 1, place);
        done = status == PLAST_OK;
        assert_true(done || (status == PLAST_E_NOMEM && place[0] == 42.0));
        const int64_t live = memory.live_blocks;
        memory.fail_at = 0;
        net_ok(&net, jacobian(&net, NULL, SAMPLES, x, 0, 1, place));
        assert_true(!done || memory.live_blocks == live);
        net_free(&net);
        assert_int_equal(memory.live_blocks, 0);
        assert_null(memory.complaint);
    }
    assert_true(failures > 6);
}

/* ---- singular values ---- */

/* U diag V with given numbers, of 4 x 3 and turned; U and V have orthonormal rows. */
static void spectra_by_hand(void **state)
{
    (void)state;
    const double expected[3] = { 1e10, 3.0, 1e-3 };
    double u[16], v[9], a[12], values[3];
    float singles[3];
    plast_context *context = NULL;
    plast_matrix m = plast_matrix_f64(a, 4, 3);
    const plast_matrix out = plast_output_f64(values, 1, 3), floats = plast_output_f32(singles, 1, 3);
    assert_int_equal(plast_context_create(NULL, &context), PLAST_OK);
    fill_orthogonal(1, 4, u);
    fill_orthogonal(2, 3, v);
    for (int scale = -1; scale <= 1; scale++) { /* squares of these are no doubles */
        for (int i = 0; i < 4; i++)
            for (int k = 0; k < 3; k++) {
                a[i * 3 + k] = 0.0;
                for (int l = 0; l < 3; l++)
                    a[i * 3 + k] += ldexp(u[l * 4 + i] * expected[l] * v[l * 3 + k], 700 * scale);
            }
        assert_int_equal(plast_measure_singular_spectrum(context, &m, &out), PLAST_OK);
        for (int l = 0; l < 3; l++) /* to rounding of the largest */
            assert_near(ldexp(values[l], -700 * scale), expected[l], 1e-5);
        double high = 0.0, low = 0.0;
        assert_int_equal(plast_measure_singular_values(context, &m, &high, &low, NULL), PLAST_OK);
        assert_true(values[0] == high && values[2] == low);
        const plast_matrix turned = { a, 3, 4, 1, 3, PLAST_F64, 0 };
        assert_int_equal(plast_measure_singular_spectrum(context, &turned, &out), PLAST_OK);
        assert_near(values[0] / high, 1.0, 1e-14);
        assert_near(ldexp(values[2], -700 * scale), 1e-3, 1e-5);
    }
    memset(a, 0, sizeof a);
    a[0] = -0.5;
    a[4] = 2.0;
    assert_int_equal(plast_measure_singular_spectrum(context, &m, &floats), PLAST_OK);
    assert_true(singles[0] == 2.0f && singles[1] == 0.5f && singles[2] == 0.0f);
    memset(a, 0, sizeof a);
    assert_int_equal(plast_measure_singular_spectrum(context, &m, &out), PLAST_OK);
    assert_true(values[0] == 0.0 && values[2] == 0.0);
    plast_context_destroy(context);
}

static void spectra_refuse(void **state)
{
    (void)state;
    double a[6] = { 1e308, 1e308, 1e308, 1e308, 1e308, 1e308 }, values[3] = { 42.0, 42.0, 42.0 };
    float singles[2] = { 42.0f, 42.0f };
    fail_allocator memory;
    plast_context *context = NULL;
    const plast_matrix m = plast_matrix_f64(a, 2, 3), out = plast_output_f64(values, 1, 2);
    const plast_matrix wide = plast_output_f64(values, 1, 3), column = plast_output_f64(values, 2, 1);
    const plast_matrix floats = plast_output_f32(singles, 1, 2);
    fail_allocator_init(&memory, 0);
    const plast_context_options options = { PLAST_CONTEXT_OPTIONS, .allocator = &memory.table };
    assert_int_equal(plast_context_create(&options, &context), PLAST_OK);
    assert_int_equal(plast_measure_singular_spectrum(NULL, &m, &out), PLAST_E_INVALID);
    assert_int_equal(plast_measure_singular_spectrum(context, NULL, &out), PLAST_E_INVALID);
    assert_non_null(strstr(plast_context_error(context), "matrix is NULL"));
    assert_int_equal(plast_measure_singular_spectrum(context, &m, NULL), PLAST_E_INVALID);
    assert_non_null(strstr(plast_context_error(context), "values is NULL"));
    assert_int_equal(plast_measure_singular_spectrum(context, &m, &wide), PLAST_E_INVALID);
    assert_non_null(strstr(plast_context_error(context), "values has 3 columns, expected 2"));
    assert_int_equal(plast_measure_singular_spectrum(context, &m, &column), PLAST_E_INVALID);
    assert_int_equal(plast_measure_singular_spectrum(context, &m, &out), PLAST_E_NOT_FINITE);
    assert_non_null(strstr(plast_context_error(context), "the largest singular value"));
    a[0] = 1e60;
    for (int i = 1; i < 6; i++)
        a[i] = 0.0;
    assert_int_equal(plast_measure_singular_spectrum(context, &m, &floats), PLAST_E_NOT_FINITE);
    for (int64_t i = 1; i <= 3; i++) {
        memory.fail_at = memory.calls + i;
        assert_int_equal(plast_measure_singular_spectrum(context, &m, &out), PLAST_E_NOMEM);
    }
    assert_true(values[0] == 42.0 && values[1] == 42.0 && singles[0] == 42.0f);
    a[5] = (double)NAN;
    assert_int_equal(plast_measure_singular_spectrum(context, &m, &out), PLAST_E_NOT_FINITE);
    plast_context_destroy(context);
    assert_int_equal(memory.live_blocks, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        quiet_test(linear_layers_are_their_matrices_product),
        quiet_test(slopes_by_hand),
        quiet_test(every_activation_at_every_depth),
        quiet_test(float_beside_double),
        quiet_test(tangents_are_multiplied),
        quiet_test(a_chain_is_the_whole),
        quiet_test(views_and_blocks_do_not_matter),
        quiet_test(nothing_is_learned),
        quiet_test(bad_arguments_are_refused),
        quiet_test(networks_that_cannot_be_asked),
        quiet_test(entries_beyond_the_type_are_refused),
        quiet_test(every_allocation_may_fail),
        quiet_test(spectra_by_hand),
        quiet_test(spectra_refuse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
