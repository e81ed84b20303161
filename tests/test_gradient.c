/* SPDX-License-Identifier: MIT
 *
 * What a step of "sgd" takes from the weights is the gradient of the loss that evaluate reports: central differences,
 * every weight and bias, every activation with every loss. */
#include "support/nets.h"
#include "support/quiet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

enum { INPUTS = 5, FIRST = 18, SECOND = 7, OUTPUTS = 3, SAMPLES = 5, LAYERS = 3 };

/* The difference of four points errs by H^4 / 30 times the fifth derivative and by 1e-16 / H from rounding. Softplus of
 * beta 10 lets that derivative of a loss reach 1e5 or so: 3e-13 and 1e-12, while the largest of a layer's gradient is 1
 * down to 1e-3 below sigmoid layers. */
static const double H = 1e-4;
static const double TOLERANCE = 5e-9;

/* In float, W - W' has the rounding of W: under a large rate that is nothing to the step. What is left are the products
 * of a forward and a backward pass through 3 layers, each rounded by 6e-8. */
static const double SINGLE_RATE = 4096.0;
static const double SINGLE_TOLERANCE = 3e-6;

typedef struct output_kind {
    int32_t activation, loss, labels;
} output_kind;

static const output_kind outputs[] = {
    { PLAST_SOFTMAX, PLAST_LOSS_CROSS_ENTROPY, 1 }, { PLAST_SOFTMAX, PLAST_LOSS_CROSS_ENTROPY, 0 },
    { PLAST_SOFTMAX, PLAST_LOSS_SQUARED, 0 },       { PLAST_SIGMOID, PLAST_LOSS_LOGISTIC, 0 },
    { PLAST_SIGMOID, PLAST_LOSS_LOGISTIC, 1 },      { PLAST_SIGMOID, PLAST_LOSS_SQUARED, 0 },
    { PLAST_LINEAR, PLAST_LOSS_SQUARED, 0 },        { PLAST_TANH, PLAST_LOSS_SQUARED, 0 },
    { PLAST_RELU, PLAST_LOSS_SQUARED, 0 },          { PLAST_SOFTPLUS, PLAST_LOSS_SQUARED, 0 },
    { PLAST_LEAKY_RELU, PLAST_LOSS_SQUARED, 0 },    { PLAST_ELU, PLAST_LOSS_SQUARED, 0 },
    { PLAST_SCALED_TANH, PLAST_LOSS_SQUARED, 0 },   { PLAST_RECTIFIED_TANH, PLAST_LOSS_SQUARED, 0 },
    { PLAST_HARD_SIGMOID, PLAST_LOSS_SQUARED, 0 },
};

typedef struct samples {
    double x[SAMPLES * INPUTS], targets[SAMPLES * OUTPUTS], mask[SAMPLES];
    int32_t labels[SAMPLES];
} samples;

/* Target rows are probabilities, so that they fit every loss. */
static void make_samples(uint64_t seed, samples *s)
{
    fill_uniform(seed, SAMPLES * INPUTS, s->x);
    fill_uniform(seed + 1, SAMPLES * OUTPUTS, s->targets);
    for (int b = 0; b < SAMPLES; b++) {
        double sum = 0.0;
        for (int i = 0; i < OUTPUTS; i++)
            sum += s->targets[b * OUTPUTS + i] += 1.5;
        for (int i = 0; i < OUTPUTS; i++)
            s->targets[b * OUTPUTS + i] /= sum;
        s->labels[b] = b % OUTPUTS;
        s->mask[b] = 1.0;
    }
}

static net_plan plan_of(int32_t hidden, double beta, const output_kind *output, uint64_t seed)
{
    return (net_plan){ .dtype = PLAST_F64,
                       .inputs = INPUTS,
                       .layers = LAYERS,
                       .units = { FIRST, SECOND, OUTPUTS },
                       .hidden = hidden,
                       .output = output->activation,
                       .beta = beta,
                       .loss = output->loss,
                       .seed = seed,
                       .optimizer = "sgd",
                       .rate = 1.0 };
}

/* The least distance of any z from 0, where a relu has its kink, and from -3 and 3, where hard sigmoid has them: none
 * may be crossed within 2 H. */
static double distance_from_kinks(net *net, const net_data *data)
{
    double out[SAMPLES * OUTPUTS], least = 1.0;
    plast_state *state = NULL;
    net_run(net, data->n, data->x, out);
    net_ok(net, plast_network_state(net->network, &state));
    for (int32_t l = 0; l < LAYERS; l++) {
        plast_matrix z;
        net_ok(net, plast_state_view(state, l, PLAST_POTENTIAL, &z));
        for (int64_t i = 0; i < z.rows; i++)
            for (int64_t j = 0; j < z.cols; j++) {
                const double size = fabs(((const double *)z.data)[i * z.row_stride + j]);
                least = fmin(least, fmin(size, fabs(size - 3.0)));
            }
    }
    return least;
}

/* Steps of 2 H in a weight move no z of these small nets by more than 20 H. */
static net make_smooth(net_plan plan, const net_data *data)
{
    net net = net_make(&plan);
    while (distance_from_kinks(&net, data) < 20.0 * H && plan.seed < 100000) {
        net_free(&net);
        plan.seed += 7919;
        net = net_make(&plan);
    }
    assert_true(plan.seed < 100000);
    return net;
}

typedef void array_setter(net *net, int32_t layer, const double *values);

static double slope(net *net, const net_data *data, array_setter *set, int32_t layer, double *values, int64_t at)
{
    static const double steps[4] = { 1.0, -1.0, 2.0, -2.0 };
    const double here = values[at];
    double loss[4];
    for (int k = 0; k < 4; k++) {
        values[at] = here + steps[k] * H;
        set(net, layer, values);
        loss[k] = net_evaluate(net, data).loss;
    }
    values[at] = here;
    set(net, layer, values);
    return (8.0 * (loss[0] - loss[1]) - (loss[2] - loss[3])) / (12.0 * H);
}

/* Gradient of everything that learns, in the order of net_all. */
static double *gradient_by_differences(net *net, const net_data *data)
{
    double *gradient = new_array(net_size(net)), *values = net_all(net);
    int64_t at = 0, in = INPUTS;
    for (int32_t l = 0; l < LAYERS; l++) {
        const int64_t out = net->plan.units[l], n = out * in;
        for (int64_t i = 0; i < n; i++)
            gradient[at + i] = slope(net, data, net_set_weights, l, values + at, i);
        at += n;
        for (int64_t i = 0; !net->plan.no_bias && i < out; i++)
            gradient[at + i] = slope(net, data, net_set_bias, l, values + at, i);
        at += net->plan.no_bias ? 0 : out;
        in = out;
    }
    free(values);
    return gradient;
}

/* (W - W') / rate. */
static double *gradient_by_learning(net *net, const net_data *data)
{
    double *before = net_all(net), *after;
    net_learn(net, data);
    after = net_all(net);
    for (int64_t i = 0; i < net_size(net); i++)
        before[i] = (before[i] - after[i]) / net->plan.rate;
    free(after);
    return before;
}

/* `share`: what the error is averaged over weighs, in terms of the mean that evaluate reports. */
static void check_layers(const net *net, const double *found, const double *expected, double share, double tolerance)
{
    double *scaled = new_array(net_size(net));
    int64_t at = 0, in = INPUTS;
    for (int64_t i = 0; i < net_size(net); i++)
        scaled[i] = share * expected[i];
    for (int32_t l = 0; l < LAYERS; l++) {
        const int64_t out = net->plan.units[l];
        assert_close(out * in, found + at, scaled + at, tolerance);
        at += out * in;
        if (!net->plan.no_bias) {
            assert_close(out, found + at, scaled + at, tolerance);
            at += out;
        }
        in = out;
    }
    free(scaled);
}

static void check_gradient(const net_plan *plan, const net_data *data, double share)
{
    net net = make_smooth(*plan, data);
    double *expected = gradient_by_differences(&net, data), *found = gradient_by_learning(&net, data);
    check_layers(&net, found, expected, share, TOLERANCE);
    free(expected);
    free(found);
    net_free(&net);
}

static net_data data_of(const samples *s, const output_kind *output, int64_t n)
{
    net_data data = { .n = n, .x = s->x, .batch = n, .mask = s->mask };
    if (output->labels)
        data.labels = s->labels;
    else
        data.targets = s->targets;
    return data;
}

/* One online sample of weight 0.3, and five samples in a minibatch of which one has no loss and one weighs 0.3: the
 * error is the sum over the four, each times its weight, over four; evaluate divides by the sum of weights, 3.3. */
static void check_output(int32_t hidden, double beta, const output_kind *output, int no_bias, uint64_t seed)
{
    samples s;
    net_plan plan = plan_of(hidden, beta, output, seed);
    plan.no_bias = no_bias;
    make_samples(seed, &s);
    s.mask[0] = 0.3;
    net_data data = data_of(&s, output, 1);
    check_gradient(&plan, &data, 0.3);
    data = data_of(&s, output, SAMPLES);
    if (output->labels)
        s.labels[3] = -1;
    else
        s.mask[3] = 0.0;
    check_gradient(&plan, &data, 3.3 / 4.0);
}

static void check_hidden(int32_t hidden, double beta, uint64_t seed)
{
    for (size_t o = 0; o < sizeof outputs / sizeof outputs[0]; o++)
        for (int no_bias = 0; no_bias < 2; no_bias++)
            check_output(hidden, beta, &outputs[o], no_bias, seed + 10 * o);
}

static void linear(void **state)
{
    (void)state;
    check_hidden(PLAST_LINEAR, 0.0, 100);
}

static void softplus_of_10(void **state)
{
    (void)state;
    check_hidden(PLAST_SOFTPLUS, 0.0, 200);
}

static void softplus_of_3(void **state)
{
    (void)state;
    check_hidden(PLAST_SOFTPLUS, 3.0, 300);
}

static void relu(void **state)
{
    (void)state;
    check_hidden(PLAST_RELU, 0.0, 400);
}

static void tanh_units(void **state)
{
    (void)state;
    check_hidden(PLAST_TANH, 0.0, 500);
}

static void sigmoid(void **state)
{
    (void)state;
    check_hidden(PLAST_SIGMOID, 0.0, 600);
}

static void leaky_relu(void **state)
{
    (void)state;
    check_hidden(PLAST_LEAKY_RELU, 0.0, 700);
}

static void elu(void **state)
{
    (void)state;
    check_hidden(PLAST_ELU, 0.0, 800);
}

static void scaled_tanh(void **state)
{
    (void)state;
    check_hidden(PLAST_SCALED_TANH, 0.0, 900);
}

static void rectified_tanh(void **state)
{
    (void)state;
    check_hidden(PLAST_RECTIFIED_TANH, 0.0, 1000);
}

static void hard_sigmoid(void **state)
{
    (void)state;
    check_hidden(PLAST_HARD_SIGMOID, 0.0, 1100);
}

/* How many |z| of the first layer are above 3. */
static int saturated(net *net, const net_data *data)
{
    double out[SAMPLES * OUTPUTS];
    int count = 0;
    plast_matrix z;
    plast_state *state = NULL;
    net_run(net, data->n, data->x, out);
    net_ok(net, plast_network_state(net->network, &state));
    net_ok(net, plast_state_view(state, 0, PLAST_POTENTIAL, &z));
    for (int64_t i = 0; i < z.rows; i++)
        for (int64_t j = 0; j < z.cols; j++)
            count += fabs(((const double *)z.data)[i * z.row_stride + j]) > 3.0;
    return count;
}

/* Parameters that are not the default, and a hard sigmoid that is flat for some units and samples and not for
 * others. */
static void shapes(void **state)
{
    static const struct {
        int32_t activation;
        double param, gain;
    } shapes[] = { { PLAST_LEAKY_RELU, 0.3, 0.0 }, { PLAST_ELU, 2.5, 0.0 }, { PLAST_HARD_SIGMOID, 0.0, 6.0 } };
    (void)state;
    for (size_t k = 0; k < sizeof shapes / sizeof shapes[0]; k++)
        for (int64_t batch = 1; batch <= SAMPLES; batch += SAMPLES - 1) {
            const output_kind output = { shapes[k].activation, PLAST_LOSS_SQUARED, 0 };
            samples s;
            net_plan plan = plan_of(shapes[k].activation, 0.0, &output, 1200 + 10 * k);
            plan.param = shapes[k].param;
            plan.gain = shapes[k].gain;
            make_samples(plan.seed, &s);
            const net_data data = data_of(&s, &output, batch);
            net net = make_smooth(plan, &data);
            const int flat = saturated(&net, &data);
            if (shapes[k].activation == PLAST_HARD_SIGMOID)
                assert_true(flat > 2 * batch && flat < 16 * batch);
            net_free(&net);
            check_gradient(&plan, &data, 1.0);
        }
}

/* A sample of weight 0.3 weighs 0.3 times as much as the same sample of weight 1, and a label is its one-hot row. */
static void weights_and_labels(void **state)
{
    (void)state;
    samples s;
    const double one_hot[OUTPUTS] = { 1.0, 0.0, 0.0 };
    net_plan plan = plan_of(PLAST_TANH, 0.0, &outputs[0], 1);
    make_samples(1, &s);
    net_data data = data_of(&s, &outputs[0], 1);
    net a = net_make(&plan), b = net_make(&plan);
    double *whole = gradient_by_learning(&a, &data);
    data.labels = NULL;
    data.targets = one_hot;
    s.mask[0] = 0.3;
    double *part = gradient_by_learning(&b, &data);
    for (int64_t i = 0; i < net_size(&a); i++)
        whole[i] *= 0.3;
    /* both differences have the rounding of W, 1e-16, and the gradient's largest is about 1 */
    assert_close(net_size(&a), part, whole, 1e-14);
    free(whole);
    free(part);
    net_free(&a);
    net_free(&b);
}

/* The same weights in both types. */
static void check_single(int32_t hidden, const output_kind *output, int64_t batch)
{
    samples s;
    net_plan plan = plan_of(hidden, 0.0, output, 77);
    plan.rate = SINGLE_RATE;
    make_samples(77, &s);
    const net_data data = data_of(&s, output, batch);
    net twice = make_smooth(plan, &data);
    plan.dtype = PLAST_F32;
    plan.seed = twice.plan.seed;
    net single = net_make(&plan);
    double *values = net_all(&single), *at = values;
    for (int64_t l = 0, in = INPUTS; l < LAYERS; in = plan.units[l++]) {
        net_set_weights(&twice, (int32_t)l, at);
        net_set_bias(&twice, (int32_t)l, at + plan.units[l] * in);
        at += plan.units[l] * (in + 1);
    }
    double *found = gradient_by_learning(&single, &data), *expected = gradient_by_learning(&twice, &data);
    check_layers(&twice, found, expected, 1.0, SINGLE_TOLERANCE);
    free(values);
    free(found);
    free(expected);
    net_free(&single);
    net_free(&twice);
}

static void single_precision(void **state)
{
    (void)state;
    for (int32_t hidden = PLAST_LINEAR; hidden <= PLAST_HARD_SIGMOID; hidden++)
        for (size_t o = 0; o < sizeof outputs / sizeof outputs[0] && hidden != PLAST_SOFTMAX; o++)
            for (int64_t batch = 1; batch <= SAMPLES; batch += SAMPLES - 1)
                check_single(hidden, &outputs[o], batch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        quiet_test(linear),
        quiet_test(softplus_of_10),
        quiet_test(softplus_of_3),
        quiet_test(relu),
        quiet_test(tanh_units),
        quiet_test(sigmoid),
        quiet_test(leaky_relu),
        quiet_test(elu),
        quiet_test(scaled_tanh),
        quiet_test(rectified_tanh),
        quiet_test(hard_sigmoid),
        quiet_test(shapes),
        quiet_test(weights_and_labels),
        quiet_test(single_precision),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
