/* SPDX-License-Identifier: MIT
 *
 * Recurrent networks in plain loops: no code of the library's. */
#include "support/recurrent.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

double naive_activation(int32_t activation, double param, double z, double *slope)
{
    double y = z, d = 1.0;
    switch (activation) {
    case PLAST_LINEAR:
        break;
    case PLAST_TANH:
        y = tanh(z);
        d = 1.0 - y * y;
        break;
    case PLAST_RELU:
        y = z > 0.0 ? z : 0.0;
        d = z > 0.0 ? 1.0 : 0.0;
        break;
    case PLAST_RECTIFIED_TANH:
        y = z > 0.0 ? tanh(z) : 0.0;
        d = z > 0.0 ? 1.0 - y * y : 0.0;
        break;
    case PLAST_SOFTPLUS:
        param = param == 0.0 ? 10.0 : param;
        y = (z > 0.0 ? z : 0.0) + log1p(exp(-param * fabs(z))) / param;
        d = 1.0 / (1.0 + exp(-param * z));
        break;
    case PLAST_SIGMOID:
        y = 1.0 / (1.0 + exp(-z));
        d = y * (1.0 - y);
        break;
    default:
        fail_msg("no naive activation %d", activation);
    }
    if (slope != NULL)
        *slope = d;
    return y;
}

static int is_potential(const rnn_plan *plan)
{
    return plan->form == PLAST_FORM_VOLTAGE || plan->form == PLAST_FORM_CURRENT;
}

static double alpha_of(const rnn_plan *plan)
{
    return plan->alpha == 0.0 ? 1.0 : plan->alpha;
}

void naive_begin(const rnn_plan *plan, const double *parameters, naive_state *state)
{
    for (int32_t l = 0; l < plan->layers; l++)
        memcpy(state->s[l], parameters + rnn_places_of(plan, l).initial, (size_t)plan->units[l] * sizeof(double));
}

/* n = W h_(t-1) + U x + b */
static double drive(const rnn_places *p, const double *parameters, int64_t i, const double *in, const double *before)
{
    double n = p->b < 0 ? 0.0 : parameters[p->b + i];
    for (int64_t j = 0; j < p->in; j++)
        n += parameters[p->u + i * p->in + j] * in[j];
    for (int64_t j = 0; before != NULL && j < p->units; j++)
        n += parameters[p->w + i * p->units + j] * before[j];
    return n;
}

static void forward_layer(const rnn_plan *plan, const double *parameters, int32_t l, naive_state *state,
                          naive_step *step)
{
    const rnn_places p = rnn_places_of(plan, l);
    const double a = alpha_of(plan);
    for (int64_t i = 0; i < p.units; i++) {
        step->before[l][i] = state->s[l][i];
        step->slope_before[l][i] = 0.0;
        if (is_potential(plan))
            step->before[l][i] =
                naive_activation(plan->activation, plan->param, state->s[l][i], &step->slope_before[l][i]);
    }
    for (int64_t i = 0; i < p.units; i++) {
        const double n = drive(&p, parameters, i, step->in[l], step->before[l]), old = state->s[l][i];
        const double argument = plan->form == PLAST_FORM_RATE ? n : (1.0 - a) * old + a * n;
        step->argument[l][i] = argument;
        const double f = naive_activation(plan->activation, plan->param, argument, &step->slope[l][i]);
        step->h[l][i] = plan->form == PLAST_FORM_RATE ? (1.0 - a) * old + a * f : f;
        state->s[l][i] = is_potential(plan) ? argument : step->h[l][i];
        step->in[l + 1][i] = plan->form == PLAST_FORM_CURRENT ? argument : step->h[l][i];
    }
}

static void soften(int64_t n, double *z)
{
    double most = z[0], sum = 0.0;
    for (int64_t i = 1; i < n; i++)
        most = fmax(most, z[i]);
    for (int64_t i = 0; i < n; i++)
        sum += z[i] = exp(z[i] - most);
    for (int64_t i = 0; i < n; i++)
        z[i] /= sum;
}

void naive_advance(const rnn_plan *plan, const double *parameters, const double *x, naive_state *state,
                   naive_step *step)
{
    const rnn_places top = rnn_places_of(plan, plan->layers);
    memcpy(step->in[0], x, (size_t)plan->inputs * sizeof *x);
    for (int32_t l = 0; l < plan->layers; l++)
        forward_layer(plan, parameters, l, state, step);
    for (int64_t i = 0; i < top.units; i++)
        step->out[i] = drive(&top, parameters, i, step->in[plan->layers], NULL);
    if (plan->output == PLAST_SOFTMAX)
        soften(top.units, step->out);
    else
        for (int64_t i = 0; i < top.units; i++)
            step->out[i] = naive_activation(plan->output, 0.0, step->out[i], &step->out_slope[i]);
}

static double weight_of(const rnn_data *data, int64_t row)
{
    if (data->labels != NULL && data->labels[row] < 0)
        return 0.0;
    return data->mask == NULL ? 1.0 : data->mask[row];
}

double naive_loss(const rnn_plan *plan, const rnn_data *data, const naive_step *step, int64_t row, double *signal)
{
    const double weight = weight_of(data, row);
    double loss = 0.0;
    for (int64_t i = 0; i < plan->outputs; i++) {
        const double target = data->labels == NULL     ? data->targets[row * plan->outputs + i]
                              : data->labels[row] == i ? 1.0
                                                       : 0.0;
        const double error = step->out[i] - target;
        if (plan->output == PLAST_SOFTMAX)
            loss -= target == 0.0 ? 0.0 : target * log(step->out[i]);
        else
            loss += 0.5 * error * error;
        if (signal != NULL)
            signal[i] = weight * error * (plan->output == PLAST_SOFTMAX ? 1.0 : step->out_slope[i]);
    }
    return weight * loss;
}

double naive_mean_loss(const rnn_plan *plan, const double *parameters, const rnn_data *data, int64_t first,
                       int64_t last, naive_state *states)
{
    double sum = 0.0;
    int64_t losses = 0;
    for (int64_t b = 0; b < data->sequences; b++) {
        naive_state own, *state = states == NULL ? &own : &states[b];
        naive_step step;
        if (states == NULL)
            naive_begin(plan, parameters, state);
        for (int64_t t = first; t < last; t++) {
            const int64_t row = t * data->sequences + b;
            naive_advance(plan, parameters, data->x + row * plan->inputs, state, &step);
            sum += naive_loss(plan, data, &step, row, NULL);
            losses += weight_of(data, row) > 0.0;
        }
    }
    return losses == 0 ? 0.0 : sum / (double)losses;
}

void naive_differences(const rnn_plan *plan, const double *parameters, const rnn_data *data, int64_t first,
                       int64_t last, const naive_state *from, double *gradient)
{
    static const double steps[4] = { 1.0, -1.0, 2.0, -2.0 };
    const rnn_places top = rnn_places_of(plan, plan->layers);
    const int64_t n = top.u + top.units * top.in + (top.b < 0 ? 0 : top.units);
    const double h = 1e-4;
    double *p = new_array(n);
    naive_state *states = from == NULL ? NULL : malloc((size_t)data->sequences * sizeof *states);
    memcpy(p, parameters, (size_t)n * sizeof *p);
    for (int64_t i = 0; i < n; i++) {
        double loss[4];
        for (int k = 0; k < 4; k++) {
            p[i] = parameters[i] + steps[k] * h;
            if (states != NULL)
                memcpy(states, from, (size_t)data->sequences * sizeof *states);
            loss[k] = naive_mean_loss(plan, p, data, first, last, states);
        }
        p[i] = parameters[i];
        gradient[i] = (8.0 * (loss[0] - loss[1]) - (loss[2] - loss[3])) / (12.0 * h);
    }
    free(states);
    free(p);
}

void naive_traces_begin(naive_traces *traces)
{
    memset(traces, 0, sizeof *traces);
    for (int32_t l = 0; l < RNN_LAYERS; l++)
        for (int64_t i = 0; i < RNN_UNITS; i++)
            traces->e[l][i][2 * RNN_UNITS + 1] = 1.0;
}

/* All eligibilities of one unit move on by a step: e <- decay e + gain pre. */
static void follow(const rnn_plan *plan, const rnn_places *p, const naive_step *step, int32_t l, int64_t i,
                   double own_weight, double *e)
{
    const double a = alpha_of(plan), slope = step->slope[l][i];
    double decay = 1.0 - a, gain = a;
    if (is_potential(plan)) {
        decay += a * own_weight * step->slope_before[l][i];
    } else if (plan->form == PLAST_FORM_INSIDE) {
        decay = slope * (1.0 - a + a * own_weight);
        gain = a * slope;
    } else {
        decay += a * own_weight * slope;
        gain = a * slope;
    }
    for (int64_t j = 0; j < p->in; j++)
        e[j] = decay * e[j] + gain * step->in[l][j];
    for (int64_t j = 0; j < p->units; j++)
        e[RNN_UNITS + j] = decay * e[RNN_UNITS + j] + gain * step->before[l][j];
    e[2 * RNN_UNITS] = decay * e[2 * RNN_UNITS] + gain;
    e[2 * RNN_UNITS + 1] *= decay;
}

static void add_unit(const rnn_places *p, int64_t i, double signal, const double *e, double *gradient)
{
    for (int64_t j = 0; j < p->in; j++)
        gradient[p->u + i * p->in + j] += signal * e[j];
    for (int64_t j = 0; j < p->units; j++)
        gradient[p->w + i * p->units + j] += signal * e[RNN_UNITS + j];
    if (p->b >= 0)
        gradient[p->b + i] += signal * e[2 * RNN_UNITS];
    gradient[p->initial + i] += signal * e[2 * RNN_UNITS + 1];
}

/* below = M^T above, for the rows x cols matrix M. */
static void descend(int64_t rows, int64_t cols, const double *m, const double *above, double *below)
{
    for (int64_t j = 0; j < cols; j++) {
        below[j] = 0.0;
        for (int64_t i = 0; i < rows; i++)
            below[j] += m[i * cols + j] * above[i];
    }
}

void naive_eprop(const rnn_plan *plan, const double *parameters, const naive_step *step, const double *signal,
                 double share, int self, const double *const *feedback, naive_traces *traces, double *gradient)
{
    double s[RNN_UNITS], g[RNN_UNITS];
    const rnn_places top = rnn_places_of(plan, plan->layers);
    for (int64_t i = 0; i < top.units; i++) {
        s[i] = share * signal[i];
        for (int64_t j = 0; j < top.in; j++)
            gradient[top.u + i * top.in + j] += s[i] * step->in[plan->layers][j];
        if (top.b >= 0)
            gradient[top.b + i] += s[i];
    }
    for (int32_t l = plan->layers - 1; l >= 0; l--) {
        const rnn_places p = rnn_places_of(plan, l), above = rnn_places_of(plan, l + 1);
        descend(above.units, above.in, feedback != NULL ? feedback[l] : parameters + above.u, s, g);
        for (int64_t i = 0; i < p.units; i++) {
            const double own = self ? parameters[p.w + i * p.units + i] : 0.0;
            const double by_h = plan->form == PLAST_FORM_CURRENT ? 1.0 : step->slope[l][i];
            follow(plan, &p, step, l, i, own, traces->e[l][i]);
            add_unit(&p, i, is_potential(plan) ? by_h * g[i] : g[i], traces->e[l][i], gradient);
            s[i] = alpha_of(plan) * by_h * g[i]; /* of the instant, by n */
        }
    }
}
