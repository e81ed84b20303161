/* SPDX-License-Identifier: MIT
 *
 * Tangents of a step, of every kind of layer, against central differences of that step, and through a stack of
 * layers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <plasticity/plasticity.h>

#include "network/network.h"

#include "support/nets.h"
#include "support/quiet.h"
#include "support/stack.h"

enum { INPUTS = 3, N = 4, COUNT = 5, SEQUENCES = 2, ROW = 1, MOST_UNITS = 16, MOST_FRAME = COUNT * MOST_UNITS };

/* A network whose layers are all pushed at one step of its second sequence. */
typedef struct pushed {
    stack s;
    plast_state *state;
    double x[SEQUENCES * INPUTS], before[STACK_LAYERS][SEQUENCES * MOST_UNITS];
    double in[COUNT * INPUTS], tangent_before[STACK_LAYERS][MOST_FRAME]; /* frames, count x units */
    double after[STACK_LAYERS][MOST_FRAME], output[STACK_LAYERS][MOST_FRAME];
} pushed;

static plast_layer *layer_of(const pushed *p, int i)
{
    return p->s.network->layers[i];
}

static int64_t units_of(const pushed *p, int i)
{
    return p->s.plan.layer[i].options.units;
}

static pushed begin(const stack_layer *layers, int count, int32_t dtype)
{
    static const stack_layer readout = { "dense", { .units = 3, .activation = PLAST_SOFTMAX } };
    const plast_state_options options = { PLAST_STATE_OPTIONS, .batch = SEQUENCES };
    stack_plan plan = { .dtype = dtype, .inputs = INPUTS, .layers = count + 1 };
    pushed p = { .state = NULL };
    memcpy(plan.layer, layers, (size_t)count * sizeof *layers);
    plan.layer[count] = readout;
    p.s = stack_make(&plan);
    stack_ok(&p.s, plast_state_create(p.s.context, p.s.network, &options, &p.state));
    fill_uniform(1, SEQUENCES * INPUTS, p.x);
    fill_uniform(2, COUNT * INPUTS, p.in);
    for (int i = 0; i < count; i++) {
        fill_uniform(3 + (uint64_t)i, SEQUENCES * MOST_UNITS, p.before[i]);
        fill_uniform(13 + (uint64_t)i, MOST_FRAME, p.tangent_before[i]);
    }
    return p;
}

static void end(pushed *p)
{
    plast_state_destroy(p->state);
    stack_free(&p->s);
}

/* One step from the states `before` + eps tangent k, with inputs moved likewise: states and outputs of sequence ROW. */
static void step(pushed *p, double eps, int k, double states[STACK_LAYERS][MOST_UNITS],
                 double outputs[STACK_LAYERS][MOST_UNITS])
{
    double x[SEQUENCES * INPUTS], y[SEQUENCES * MOST_UNITS];
    const int last = p->s.plan.layers - 1;
    memcpy(x, p->x, sizeof x);
    stack_ok(&p->s, plast_state_reset(p->state));
    for (int j = 0; j < INPUTS; j++)
        x[ROW * INPUTS + j] += eps * p->in[k * INPUTS + j];
    for (int i = 0; i < last; i++) {
        const int64_t n = units_of(p, i);
        double before[SEQUENCES * MOST_UNITS];
        if (layer_of(p, i)->state == 0)
            continue;
        memcpy(before, p->before[i], sizeof before);
        for (int64_t j = 0; j < n; j++)
            before[ROW * n + j] += eps * p->tangent_before[i][k * n + j];
        const plast_matrix m = stack_matrix(before, SEQUENCES, n);
        stack_ok(&p->s, plast_state_set(p->state, i, &m));
    }
    const plast_matrix in = stack_matrix(x, SEQUENCES, INPUTS), out = stack_matrix(y, SEQUENCES, units_of(p, last));
    stack_ok(&p->s, plast_network_step(p->s.network, p->state, &in, &out));
    for (int i = 0; i <= last; i++) {
        const int64_t n = units_of(p, i);
        plast_matrix view;
        stack_ok(&p->s, plast_state_view(p->state, i, PLAST_ACTIVITY, &view));
        for (int64_t j = 0; j < n; j++)
            outputs[i][j] = view.dtype == PLAST_F64 ? ((const double *)view.data)[ROW * view.row_stride + j]
                                                    : ((const float *)view.data)[ROW * view.row_stride + j];
        if (layer_of(p, i)->state == 0)
            continue;
        double carried[SEQUENCES * MOST_UNITS];
        const plast_matrix m = stack_matrix(carried, SEQUENCES, n);
        stack_ok(&p->s, plast_state_get(p->state, i, &m));
        memcpy(states[i], &carried[ROW * n], (size_t)n * sizeof(double));
    }
}

/* All layers, bottom up. */
static void push(pushed *p)
{
    double states[STACK_LAYERS][MOST_UNITS], outputs[STACK_LAYERS][MOST_UNITS];
    step(p, 0.0, 0, states, outputs);
    for (int i = 0; i < p->s.plan.layers; i++) {
        const plast_layer *layer = layer_of(p, i);
        double *weights = new_array(plast__tangent_weights(layer)),
               *work = new_array(plast__tangent_work(layer, COUNT));
        plast__tangent_prepare(layer, weights);
        const plast__push one = { .a = &p->state->activities,
                                  .row = ROW,
                                  .count = COUNT,
                                  .weights = weights,
                                  .input = i == 0 ? p->in : p->output[i - 1],
                                  .before = p->tangent_before[i],
                                  .state = p->after[i],
                                  .output = p->output[i],
                                  .work = work };
        layer->kind->tangent(layer, &one);
        free(weights);
        free(work);
    }
}

static void check(pushed *p, double h, double tolerance)
{
    double above[STACK_LAYERS][MOST_UNITS], below[STACK_LAYERS][MOST_UNITS], y_above[STACK_LAYERS][MOST_UNITS],
        y_below[STACK_LAYERS][MOST_UNITS];
    push(p);
    for (int k = 0; k < COUNT; k++) {
        step(p, h, k, above, y_above);
        step(p, -h, k, below, y_below);
        for (int i = 0; i < p->s.plan.layers; i++) {
            const int64_t n = units_of(p, i);
            for (int64_t j = 0; j < n; j++) {
                assert_near(p->output[i][k * n + j], (y_above[i][j] - y_below[i][j]) / (2.0 * h), tolerance);
                if (layer_of(p, i)->state > 0)
                    assert_near(p->after[i][k * n + j], (above[i][j] - below[i][j]) / (2.0 * h), tolerance);
            }
        }
    }
}

static void every_kind_alone(void **state)
{
    const stack_layer kinds[] = {
        { "dense", { .units = N, .activation = PLAST_SIGMOID } },
        { "gru", { .units = N, .recurrent_gain = 1.5 } },
        { "recurrent", { .units = N, .activation = PLAST_TANH, .form = PLAST_FORM_VOLTAGE, .alpha = 0.3 } },
        { "recurrent", { .units = N, .activation = PLAST_TANH, .form = PLAST_FORM_INSIDE, .alpha = 0.3 } },
        { "recurrent", { .units = N, .activation = PLAST_SOFTPLUS, .form = PLAST_FORM_RATE, .alpha = 0.3 } },
        { "recurrent", { .units = N, .activation = PLAST_TANH, .form = PLAST_FORM_CURRENT, .alpha = 0.3 } },
        { "recurrent", { .units = N, .activation = PLAST_ELU, .form = PLAST_FORM_VOLTAGE } },
        { "recurrent", { .units = N, .activation = PLAST_TANH, .form = PLAST_FORM_CURRENT, .no_bias = 1 } },
    };
    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        pushed p = begin(&kinds[i], 1, PLAST_F64);
        check(&p, 1e-5, 1e-9); /* h^2 f''' / 6 and 1e-16 / h */
        end(&p);
        pushed f = begin(&kinds[i], 1, PLAST_F32);
        check(&f, 1e-2, 1e-3); /* rounding of 6e-8 / h, f''' h^2 / 6 of softplus of slope 10 */
        end(&f);
    }
}

static void a_stack(void **state)
{
    const stack_layer layers[] = {
        { "dense", { .units = 5, .activation = PLAST_TANH } },
        { "gru", { .units = N } },
        { "recurrent", { .units = 6, .activation = PLAST_TANH, .form = PLAST_FORM_CURRENT, .alpha = 0.6 } },
        { "recurrent", { .units = 3, .activation = PLAST_TANH, .form = PLAST_FORM_INSIDE, .alpha = 0.4 } },
        { "gru", { .units = 2 } },
    };
    (void)state;
    pushed p = begin(layers, 5, PLAST_F64);
    check(&p, 1e-5, 1e-9);
    end(&p);
}

/* What is added to the net input is what a bias would add. */
static void a_drive_moves_biases(void **state)
{
    const stack_layer kinds[] = { { "dense", { .units = N, .activation = PLAST_TANH } },
                                  { "gru", { .units = N } },
                                  { "recurrent",
                                    { .units = N, .activation = PLAST_TANH, .form = PLAST_FORM_RATE, .alpha = 0.3 } } };
    static const char *const names[] = { "bias", "recurrent_bias" };
    const double h = 1e-5;
    (void)state;
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < (i == 1 ? 2 : 1); k++) {
            const int64_t n = i == 1 ? 3 * N : N;
            double drive[COUNT * 3 * N], bias[3 * N], moved[3 * N], states[2][STACK_LAYERS][MOST_UNITS],
                outputs[2][STACK_LAYERS][MOST_UNITS];
            pushed p = begin(&kinds[i], 1, PLAST_F64);
            plast_layer *layer = layer_of(&p, 0);
            double *weights = new_array(plast__tangent_weights(layer)),
                   *work = new_array(plast__tangent_work(layer, COUNT));
            fill_uniform(50, COUNT * n, drive);
            plast__tangent_prepare(layer, weights);
            step(&p, 0.0, 0, states[0], outputs[0]);
            memset(p.tangent_before[0], 0, sizeof p.tangent_before[0]);
            const plast__push one = { .a = &p.state->activities,
                                      .row = ROW,
                                      .count = COUNT,
                                      .weights = weights,
                                      .before = p.tangent_before[0],
                                      .drive = k == 0 ? drive : NULL,
                                      .recurrent_drive = k == 1 ? drive : NULL,
                                      .state = p.after[0],
                                      .output = p.output[0],
                                      .work = work };
            layer->kind->tangent(layer, &one);
            const plast_matrix old = stack_matrix(bias, 1, n), now = stack_matrix(moved, 1, n);
            stack_ok(&p.s, plast_layer_get_vector(layer, names[k], &old));
            for (int64_t c = 0; c < COUNT; c++) {
                for (int side = 0; side < 2; side++) {
                    for (int64_t j = 0; j < n; j++)
                        moved[j] = bias[j] + (side == 0 ? h : -h) * drive[c * n + j];
                    stack_ok(&p.s, plast_layer_set_vector(layer, names[k], &now));
                    step(&p, 0.0, 0, states[side], outputs[side]);
                }
                for (int64_t j = 0; j < N; j++)
                    assert_near(p.output[0][c * N + j], (outputs[0][0][j] - outputs[1][0][j]) / (2.0 * h), 1e-9);
            }
            free(weights);
            free(work);
            end(&p);
        }
}

/* A layer's push of the whole step: both sequences, or one of them; with copies of the weights, or with its own. */
static void push_sequences(const pushed *p, int layer_index, int64_t row, int64_t sequences, int own, const double *in,
                           const double *before, double *after, double *output)
{
    const plast_layer *layer = layer_of(p, layer_index);
    double *weights = new_array(plast__tangent_weights(layer)),
           *work = new_array(sequences * plast__tangent_work(layer, COUNT));
    plast__tangent_prepare(layer, weights);
    const plast__push push = { .a = &p->state->activities,
                               .row = row,
                               .count = COUNT,
                               .sequences = sequences,
                               .weights = own ? NULL : weights,
                               .input = in,
                               .before = before,
                               .state = after,
                               .output = output,
                               .work = work };
    layer->kind->tangent(layer, &push);
    free(weights);
    free(work);
}

static void sequences_go_together(void **state)
{
    const stack_layer layers[] = {
        { "dense", { .units = 5, .activation = PLAST_TANH } },
        { "gru", { .units = N } },
        { "recurrent", { .units = 6, .activation = PLAST_TANH, .form = PLAST_FORM_VOLTAGE, .alpha = 0.6 } },
        { "recurrent", { .units = 3, .activation = PLAST_TANH, .form = PLAST_FORM_INSIDE, .alpha = 0.4 } },
        { "recurrent", { .units = 7, .activation = PLAST_TANH, .form = PLAST_FORM_RATE, .alpha = 0.3 } },
    };
    double states[STACK_LAYERS][MOST_UNITS], outputs[STACK_LAYERS][MOST_UNITS], in[2 * MOST_FRAME],
        before[2 * MOST_FRAME];
    (void)state;
    pushed p = begin(layers, 5, PLAST_F64);
    step(&p, 0.0, 0, states, outputs);
    fill_uniform(31, 2 * MOST_FRAME, in);
    fill_uniform(32, 2 * MOST_FRAME, before);
    for (int i = 0; i <= 5; i++) { /* the last one is the softmax */
        const int64_t n = units_of(&p, i), m = i == 0 ? INPUTS : units_of(&p, i - 1);
        double after[3][2 * MOST_FRAME] = { { 0 } }, output[3][2 * MOST_FRAME] = { { 0 } };
        push_sequences(&p, i, 0, 2, 0, in, before, after[0], output[0]);
        push_sequences(&p, i, 0, 2, 1, in, before, after[1], output[1]);
        for (int r = 0; r < 2; r++)
            push_sequences(&p, i, r, 1, 0, &in[r * COUNT * m], &before[r * COUNT * n], &after[2][r * COUNT * n],
                           &output[2][r * COUNT * n]);
        for (int other = 1; other < 3; other++)
            for (int64_t j = 0; j < 2 * COUNT * n; j++) {
                assert_near(after[other][j], after[0][j], 1e-14);
                assert_near(output[other][j], output[0][j], 1e-14);
            }
        assert_true(fabs(output[0][0] - output[0][COUNT * n]) > 1e-3);
    }
    end(&p);
}

/* Without tangents of the input: the layer's own Jacobian, of several steps in a row. */
static void without_an_input_it_is_the_jacobian(void **state)
{
    const stack_layer gru = { "gru", { .units = N } };
    (void)state;
    pushed p = begin(&gru, 1, PLAST_F64);
    memset(p.in, 0, sizeof p.in);
    push(&p);
    const plast_layer *layer = layer_of(&p, 0);
    double *weights = new_array(plast__tangent_weights(layer)), *work = new_array(plast__tangent_work(layer, COUNT));
    double after[MOST_FRAME];
    plast__tangent_prepare(layer, weights);
    const plast__push one = { .a = &p.state->activities,
                              .row = ROW,
                              .count = COUNT,
                              .weights = weights,
                              .before = p.tangent_before[0],
                              .state = after,
                              .work = work };
    layer->kind->tangent(layer, &one);
    assert_close(COUNT * N, after, p.after[0], 0.0);
    free(weights);
    free(work);
    end(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        quiet_test(every_kind_alone),
        quiet_test(a_stack),
        quiet_test(sequences_go_together),
        quiet_test(a_drive_moves_biases),
        quiet_test(without_an_input_it_is_the_jacobian),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
