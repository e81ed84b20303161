/* SPDX-License-Identifier: MIT
 *
 * plast_measure_alignment: against signals worked out in plain loops, in settings where the answer is known, and that
 * it changes nothing. */
#include "support/fail_allocator.h"
#include "support/quiet.h"
#include "support/schemes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <plasticity/measures.h>
#include <stdlib.h>
#include <string.h>

enum { SAMPLES = 9, INPUTS = 5, FIRST = 6, SECOND = 4, OUTPUTS = 3, HIDDEN = 2 };

static double x[SAMPLES * INPUTS], alignment[HIDDEN * PLAST_ALIGNED];
static const int32_t labels[SAMPLES] = { 0, 1, 2, 1, 0, 2, 2, 1, 0 };

static const scheme_plan backprop = { "backprop", { { NULL, 0.0 } } };
static const scheme_plan fa = { "fa", { { "gain", 1.5 }, { NULL, 0.0 } } };
static const scheme_plan dfa = { "dfa", { { NULL, 0.0 } } };
static const scheme_plan brsf = { "brsf", { { NULL, 0.0 } } };
static const scheme_plan circuit = { "circuit", { { "decay", 0.01 }, { "gate", 1.0 }, { NULL, 0.0 } } };

static net make(const scheme_plan *scheme, int32_t dtype)
{
    const net_plan plan = { .dtype = dtype,
                            .inputs = INPUTS,
                            .layers = 3,
                            .units = { FIRST, SECOND, OUTPUTS },
                            .hidden = PLAST_TANH,
                            .output = PLAST_SOFTMAX,
                            .seed = 11,
                            .optimizer = "sgd",
                            .rate = 0.1 };
    fill_uniform(5, SAMPLES * INPUTS, x);
    net net = net_make(&plan);
    net_scheme(&net, scheme);
    return net;
}

static plast_status align(const net *net, plast_state *state, int64_t columns)
{
    const plast_matrix inputs = plast_matrix_f64(x, SAMPLES, INPUTS), targets = plast_labels_i32(labels, SAMPLES);
    const plast_matrix out = plast_output_f64(alignment, HIDDEN, columns);
    const plast_data data = { PLAST_DATA, .inputs = &inputs, .targets = &targets };
    return plast_measure_alignment(net->network, state, &data, &out);
}

static double at(int layer, int column)
{
    return alignment[layer * PLAST_ALIGNED + column];
}

static void backpropagation_is_aligned_with_itself(void **state)
{
    (void)state;
    net net = make(&backprop, PLAST_F64);
    net_ok(&net, align(&net, NULL, PLAST_ALIGNED));
    for (int layer = 0; layer < HIDDEN; layer++) {
        for (int column = PLAST_ALIGNED_WEIGHTS; column <= PLAST_ALIGNED_MEANS; column++)
            assert_true(at(layer, column) == 0.0);
        assert_true(at(layer, PLAST_ALIGNED_WEIGHT_RATIO) == 1.0 && at(layer, PLAST_ALIGNED_SIGNAL_RATIO) == 1.0);
    }
    net_free(&net);
}

/* ---- against plain loops ---- */

typedef struct signals {
    double first[SAMPLES * FIRST], second[SAMPLES * SECOND];
} signals;

static void layer_forward(int64_t n, int64_t m, const double *w, const double *b, const double *in, double *out)
{
    for (int64_t i = 0; i < n; i++) {
        out[i] = b[i];
        for (int64_t j = 0; j < m; j++)
            out[i] += w[i * m + j] * in[j];
    }
}

/* s below = (1 - y^2) o (M s above), M given n_below x n_above. */
static void layer_backward(int64_t below, int64_t above, const double *m, const double *s, const double *y, double *out)
{
    for (int64_t i = 0; i < below; i++) {
        out[i] = 0.0;
        for (int64_t j = 0; j < above; j++)
            out[i] += m[i * above + j] * s[j];
        out[i] *= 1.0 - y[i] * y[i];
    }
}

typedef struct weights {
    double w1[FIRST * INPUTS], w2[SECOND * FIRST], w3[OUTPUTS * SECOND], b1[FIRST], b2[SECOND], b3[OUTPUTS];
} weights;

static weights weights_of(const net *net)
{
    weights w;
    net_get_weights(net, 0, w.w1);
    net_get_weights(net, 1, w.w2);
    net_get_weights(net, 2, w.w3);
    net_get_bias(net, 0, w.b1);
    net_get_bias(net, 1, w.b2);
    net_get_bias(net, 2, w.b3);
    return w;
}

static void squash(int64_t n, double *y)
{
    for (int64_t i = 0; i < n; i++)
        y[i] = tanh(y[i]);
}

/* Signals when the matrices below the output and below the second layer are these. */
static signals signals_by(const weights *w, const double *from_output, const double *from_second)
{
    signals all;
    for (int64_t b = 0; b < SAMPLES; b++) {
        double y1[FIRST], y2[SECOND], s[OUTPUTS], sum = 0.0;
        layer_forward(FIRST, INPUTS, w->w1, w->b1, x + b * INPUTS, y1);
        squash(FIRST, y1);
        layer_forward(SECOND, FIRST, w->w2, w->b2, y1, y2);
        squash(SECOND, y2);
        layer_forward(OUTPUTS, SECOND, w->w3, w->b3, y2, s);
        for (int i = 0; i < OUTPUTS; i++)
            sum += exp(s[i]);
        for (int i = 0; i < OUTPUTS; i++)
            s[i] = exp(s[i]) / sum - (double)(i == labels[b]);
        layer_backward(SECOND, OUTPUTS, from_output, s, y2, all.second + b * SECOND);
        layer_backward(FIRST, SECOND, from_second, all.second + b * SECOND, y1, all.first + b * FIRST);
    }
    return all;
}

/* The three definitions and the ratio, by arccos. */
static void compare(int layer, int64_t units, const double *s, const double *exact, double tolerance)
{
    double by_sample = 0.0, *mean = new_array(2 * units);
    for (int64_t b = 0; b < SAMPLES; b++) {
        by_sample += angle(units, s + b * units, exact + b * units) / SAMPLES;
        for (int64_t i = 0; i < units; i++) {
            mean[i] += s[b * units + i];
            mean[units + i] += exact[b * units + i];
        }
    }
    assert_near(at(layer, PLAST_ALIGNED_SAMPLES), by_sample, tolerance);
    assert_near(at(layer, PLAST_ALIGNED_FLATTENED), angle(SAMPLES * units, s, exact), tolerance);
    assert_near(at(layer, PLAST_ALIGNED_MEANS), angle(units, mean, mean + units), tolerance);
    assert_near(at(layer, PLAST_ALIGNED_SIGNAL_RATIO), length(SAMPLES * units, s) / length(SAMPLES * units, exact),
                tolerance);
    free(mean);
}

/* Rounding of the network's type, in degrees. */
static void check_feedback_alignment(int32_t dtype, double tolerance)
{
    double *b1 = NULL, *b2 = NULL, w2_turned[FIRST * SECOND], w3_turned[SECOND * OUTPUTS];
    net net = make(&fa, dtype);
    const weights w = weights_of(&net);
    b1 = group_new(net_group(&net, 0, "feedback"));
    b2 = group_new(net_group(&net, 1, "feedback"));
    transpose(SECOND, FIRST, w.w2, w2_turned);
    transpose(OUTPUTS, SECOND, w.w3, w3_turned);
    const signals scheme = signals_by(&w, b2, b1), exact = signals_by(&w, w3_turned, w2_turned);
    net_ok(&net, align(&net, NULL, PLAST_ALIGNED));
    compare(0, FIRST, scheme.first, exact.first, tolerance);
    compare(1, SECOND, scheme.second, exact.second, tolerance);
    assert_near(at(0, PLAST_ALIGNED_WEIGHTS), angle(FIRST * SECOND, b1, w2_turned), tolerance);
    assert_near(at(1, PLAST_ALIGNED_WEIGHTS), angle(SECOND * OUTPUTS, b2, w3_turned), tolerance);
    assert_near(at(0, PLAST_ALIGNED_WEIGHT_RATIO), length(FIRST * SECOND, b1) / length(FIRST * SECOND, w2_turned),
                tolerance);
    free(b1);
    free(b2);
    net_free(&net);
}

static void signals_and_weights_are_compared_with_backpropagation(void **state)
{
    (void)state;
    check_feedback_alignment(PLAST_F64, 1e-10);
    check_feedback_alignment(PLAST_F32, 1e-3);
}

static void direct_feedback_stands_for_weights_below_the_output_alone(void **state)
{
    (void)state;
    net net = make(&dfa, PLAST_F64);
    net_ok(&net, align(&net, NULL, PLAST_ALIGNED));
    assert_true(isnan(at(0, PLAST_ALIGNED_WEIGHTS)) && isnan(at(0, PLAST_ALIGNED_WEIGHT_RATIO)));
    assert_true(at(1, PLAST_ALIGNED_WEIGHTS) > 0.0 && at(1, PLAST_ALIGNED_WEIGHT_RATIO) > 0.0);
    assert_true(at(0, PLAST_ALIGNED_SAMPLES) > 0.0);
    net_free(&net);
}

static void set_identity(const net *net, int32_t layer, const char *name, int64_t n)
{
    double *one = new_array(n * n);
    for (int64_t i = 0; i < n; i++)
        one[i * n + i] = 1.0;
    group_set(net_group(net, layer, name), one);
    free(one);
}

/* With C = V = 1, gated descending activity and B = W^T the circuit is backpropagation. Its matrix V B C' is asked for
 * with other C' and V too. */
static void the_circuits_matrix_is_what_it_amounts_to(void **state)
{
    (void)state;
    double turned[FIRST * SECOND], turned_output[SECOND * OUTPUTS];
    double b[FIRST * SECOND], v[FIRST * FIRST], c[SECOND * SECOND], vb[FIRST * SECOND], product[FIRST * SECOND];
    net net = make(&circuit, PLAST_F64);
    const weights w = weights_of(&net);
    transpose(SECOND, FIRST, w.w2, turned);
    transpose(OUTPUTS, SECOND, w.w3, turned_output);
    group_get(net_group(&net, 0, "descending"), b);
    group_get(net_group(&net, 0, "teaching"), v);
    group_get(net_group(&net, 1, "crossing"), c);
    matrix_product(FIRST, FIRST, SECOND, v, b, vb);
    matrix_product(FIRST, SECOND, SECOND, vb, c, product);
    net_ok(&net, align(&net, NULL, PLAST_ALIGNED));
    assert_near(at(0, PLAST_ALIGNED_WEIGHTS), angle(FIRST * SECOND, product, turned), 1e-10);
    assert_near(at(0, PLAST_ALIGNED_WEIGHT_RATIO), length(FIRST * SECOND, product) / length(FIRST * SECOND, turned),
                1e-12);
    for (int32_t layer = 0; layer < HIDDEN; layer++) {
        set_identity(&net, layer, "teaching", layer == 0 ? FIRST : SECOND);
        set_identity(&net, layer, "crossing", layer == 0 ? FIRST : SECOND);
    }
    group_set(net_group(&net, 0, "descending"), turned);
    group_set(net_group(&net, 1, "descending"), turned_output);
    net_ok(&net, align(&net, NULL, PLAST_ALIGNED));
    for (int layer = 0; layer < HIDDEN; layer++) {
        for (int column = PLAST_ALIGNED_WEIGHTS; column <= PLAST_ALIGNED_MEANS; column++)
            assert_near(at(layer, column), 0.0, 1e-12);
        assert_near(at(layer, PLAST_ALIGNED_SIGNAL_RATIO), 1.0, 1e-12);
    }
    net_free(&net);
}

/* Of zeros there is no angle; B all zero has the ratio 0. */
static void zeros_have_no_angle(void **state)
{
    (void)state;
    const double zeros[FIRST * SECOND] = { 0.0 };
    net net = make(&fa, PLAST_F64);
    group_set(net_group(&net, 1, "feedback"), zeros);
    net_ok(&net, align(&net, NULL, PLAST_ALIGNED));
    for (int column = PLAST_ALIGNED_SAMPLES; column <= PLAST_ALIGNED_MEANS; column++)
        assert_true(isnan(at(1, column)) && isnan(at(0, column)));
    assert_true(isnan(at(1, PLAST_ALIGNED_WEIGHTS)));
    assert_true(at(1, PLAST_ALIGNED_WEIGHT_RATIO) == 0.0 && at(1, PLAST_ALIGNED_SIGNAL_RATIO) == 0.0);
    net_free(&net);
}

/* ---- what it leaves alone ---- */

/* The next update draws the same magnitudes as that of a twin that nobody looked at. */
static void nothing_changes_and_blocks_do_not_matter(void **state)
{
    (void)state;
    const plast_state_options two = { PLAST_STATE_OPTIONS, .batch = 2 };
    double whole[HIDDEN * PLAST_ALIGNED];
    net net = make(&brsf, PLAST_F64), twin = make(&brsf, PLAST_F64);
    const net_data data = { .n = SAMPLES, .x = x, .labels = labels };
    net_learn(&net, &data);
    net_learn(&twin, &data);
    plast_state *small = NULL;
    net_ok(&net, plast_state_create(net.context, net.network, &two, &small));
    double *before = group_new(net_group(&net, 0, "magnitude"));
    net_ok(&net, align(&net, NULL, PLAST_ALIGNED));
    memcpy(whole, alignment, sizeof whole);
    net_ok(&net, align(&net, small, PLAST_ALIGNED));
    assert_close(HIDDEN * PLAST_ALIGNED, alignment, whole, 1e-12);
    assert_same_nets(&net, &twin);
    double *after = group_new(net_group(&net, 0, "magnitude"));
    assert_same_bits(FIRST * SECOND, before, after);
    free(before);
    free(after);
    net_learn(&net, &data);
    net_learn(&twin, &data);
    assert_same_schemes(&net, &twin);
    plast_state_destroy(small);
    net_free(&net);
    net_free(&twin);
}

static void columns_come_as_asked_for(void **state)
{
    (void)state;
    double whole[HIDDEN * PLAST_ALIGNED];
    float singles[HIDDEN];
    net net = make(&fa, PLAST_F32);
    net_ok(&net, align(&net, NULL, PLAST_ALIGNED));
    memcpy(whole, alignment, sizeof whole);
    net_ok(&net, align(&net, NULL, 2));
    for (int layer = 0; layer < HIDDEN; layer++)
        for (int column = 0; column < 2; column++)
            assert_true(alignment[layer * 2 + column] == whole[layer * PLAST_ALIGNED + column]);
    const plast_matrix inputs = plast_matrix_f64(x, SAMPLES, INPUTS), targets = plast_labels_i32(labels, SAMPLES);
    const plast_matrix one = plast_output_f32(singles, HIDDEN, 1);
    const plast_data data = { PLAST_DATA, .inputs = &inputs, .targets = &targets };
    net_ok(&net, plast_measure_alignment(net.network, NULL, &data, &one));
    assert_true(singles[1] == (float)whole[PLAST_ALIGNED]);
    net_free(&net);
}

static void refused(const net *net, plast_status expected, const char *word, const plast_data *data,
                    const plast_matrix *out)
{
    double before[HIDDEN * PLAST_ALIGNED];
    memcpy(before, alignment, sizeof before);
    assert_int_equal(plast_measure_alignment(net->network, NULL, data, out), expected);
    assert_non_null(strstr(plast_context_error(net->context), word));
    assert_memory_equal(before, alignment, sizeof before);
}

static void bad_arguments_are_refused(void **state)
{
    (void)state;
    const net_plan flat = { .dtype = PLAST_F64, .inputs = INPUTS, .layers = 1, .units = { OUTPUTS } };
    double wide[HIDDEN * (PLAST_ALIGNED + 1)];
    net net = make(&fa, PLAST_F64), single = net_make(&flat);
    const plast_matrix inputs = plast_matrix_f64(x, SAMPLES, INPUTS), targets = plast_labels_i32(labels, SAMPLES);
    const plast_matrix out = plast_output_f64(alignment, HIDDEN, PLAST_ALIGNED);
    const plast_matrix many = plast_output_f64(wide, HIDDEN, PLAST_ALIGNED + 1);
    const plast_matrix three = plast_output_f64(alignment, 3, 1), one = plast_output_f64(alignment, 1, 1);
    const plast_data data = { PLAST_DATA, .inputs = &inputs, .targets = &targets };
    const plast_data blind = { PLAST_DATA, .inputs = &inputs };
    assert_int_equal(plast_measure_alignment(NULL, NULL, &data, &out), PLAST_E_INVALID);
    refused(&net, PLAST_E_INVALID, "targets", &blind, &out);
    refused(&net, PLAST_E_INVALID, "columns", &data, &many);
    refused(&net, PLAST_E_INVALID, "3 rows, expected 2", &data, &three);
    refused(&net, PLAST_E_INVALID, "alignment is NULL", &data, NULL);
    refused(&net, PLAST_E_INVALID, "plast_data", NULL, &out);
    refused(&single, PLAST_E_STATE, "hidden", &data, &one);
    x[INPUTS] = (double)NAN;
    refused(&net, PLAST_E_NOT_FINITE, "row 1", &data, &out);
    net_free(&net);
    net_free(&single);
}

/* ---- memory ---- */

static plast_status build(plast_context *context, plast_network **network)
{
    const plast_network_options options = { PLAST_NETWORK_OPTIONS, .inputs = INPUTS };
    const plast_layer_options hidden = { PLAST_LAYER_OPTIONS, .units = FIRST, .activation = PLAST_TANH };
    const plast_layer_options output = { PLAST_LAYER_OPTIONS, .units = OUTPUTS, .activation = PLAST_SOFTMAX };
    plast_feedback *scheme = NULL;
    plast_status status = plast_network_create(context, &options, network);
    for (int i = 0; status == PLAST_OK && i < HIDDEN; i++)
        status = plast_network_add(*network, "dense", &hidden, NULL);
    if (status == PLAST_OK)
        status = plast_network_add(*network, "dense", &output, NULL);
    if (status == PLAST_OK)
        status = plast_feedback_create(context, "circuit", &scheme);
    if (status == PLAST_OK)
        status = plast_feedback_set(scheme, "decay", 0.0);
    if (status == PLAST_OK)
        status = plast_network_set_feedback(*network, PLAST_HIDDEN_LAYERS, scheme);
    plast_feedback_destroy(scheme);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    int64_t failures = 0;
    fill_uniform(5, SAMPLES * INPUTS, x);
    for (int done = 0; !done; failures++) {
        fail_allocator memory;
        plast_context *context = NULL;
        plast_network *network = NULL;
        fail_allocator_init(&memory, 0);
        const plast_context_options options = { PLAST_CONTEXT_OPTIONS, .allocator = &memory.table };
        assert_int_equal(plast_context_create(&options, &context), PLAST_OK);
        assert_int_equal(build(context, &network), PLAST_OK);
        const plast_matrix inputs = plast_matrix_f64(x, SAMPLES, INPUTS), targets = plast_labels_i32(labels, SAMPLES);
        const plast_matrix out = plast_output_f64(alignment, HIDDEN, PLAST_ALIGNED);
        const plast_data data = { PLAST_DATA, .inputs = &inputs, .targets = &targets };
        alignment[0] = 42.0;
        memory.fail_at = memory.calls + failures + 1;
        const plast_status status = plast_measure_alignment(network, NULL, &data, &out);
        done = status == PLAST_OK;
        assert_true(done || (status == PLAST_E_NOMEM && alignment[0] == 42.0));
        plast_network_destroy(network);
        plast_context_destroy(context);
        assert_int_equal(memory.live_blocks, 0);
        assert_null(memory.complaint);
    }
    assert_true(failures > 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        quiet_test(backpropagation_is_aligned_with_itself),
        quiet_test(signals_and_weights_are_compared_with_backpropagation),
        quiet_test(direct_feedback_stands_for_weights_below_the_output_alone),
        quiet_test(the_circuits_matrix_is_what_it_amounts_to),
        quiet_test(zeros_have_no_angle),
        quiet_test(nothing_changes_and_blocks_do_not_matter),
        quiet_test(columns_come_as_asked_for),
        quiet_test(bad_arguments_are_refused),
        quiet_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
