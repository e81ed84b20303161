/* SPDX-License-Identifier: MIT */
#include "support/naive.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void allocate(naive_layer *l, int has_bias)
{
    const int64_t n = l->in * l->out;
    double **const matrices[] = { &l->w, &l->gradient_w, &l->first_w, &l->second_w, &l->rule };
    double **const vectors[] = { &l->z, &l->y, &l->s, &l->b, &l->gradient_b, &l->first_b, &l->second_b };
    for (int i = 0; i < 5; i++)
        *matrices[i] = new_array(n);
    for (int i = 0; i < (has_bias ? 7 : 3); i++)
        *vectors[i] = new_array(l->out);
}

static int is_ruled(const net_plan *plan, int32_t layer)
{
    return plan->ruled == PLAST_ALL_LAYERS || plan->ruled == layer ||
           (plan->ruled == PLAST_HIDDEN_LAYERS && layer < plan->layers - 1);
}

static void copy_layer(const net *net, int32_t index, naive_layer *l)
{
    const net_plan *plan = &net->plan;
    const int ruled = is_ruled(plan, index);
    *l = (naive_layer){ .in = index == 0 ? plan->inputs : plan->units[index - 1],
                        .out = plan->units[index],
                        .activation = index == plan->layers - 1 ? plan->output : plan->hidden,
                        .beta = plan->beta == 0.0 ? 10.0 : plan->beta,
                        .param = plan->param,
                        .oja = ruled ? plan->oja : 0.0,
                        .guard = plan->guard,
                        .gha = ruled ? plan->gha : 0.0,
                        .decay = ruled ? plan->decay : 0.0 };
    allocate(l, !plan->no_bias);
    net_get_weights(net, index, l->w);
    if (l->b != NULL)
        net_get_bias(net, index, l->b);
}

naive naive_copy(const net *net)
{
    const net_plan *plan = &net->plan;
    naive made = { .layers = plan->layers, .rate = plan->rate };
    made.adam = plan->optimizer != NULL && strcmp(plan->optimizer, "adam") == 0;
    made.squared = plan->loss == PLAST_LOSS_SQUARED ||
                   (plan->loss == PLAST_LOSS_DEFAULT && plan->output != PLAST_SOFTMAX && plan->output != PLAST_SIGMOID);
    for (int32_t i = 0; i < plan->layers; i++)
        copy_layer(net, i, &made.layer[i]);
    return made;
}

void naive_free(naive *naive)
{
    for (int32_t i = 0; i < naive->layers; i++) {
        naive_layer *l = &naive->layer[i];
        double *const arrays[] = { l->w,        l->b,        l->gradient_w, l->gradient_b, l->first_w, l->first_b,
                                   l->second_w, l->second_b, l->rule,       l->z,          l->y,       l->s };
        for (size_t k = 0; k < sizeof arrays / sizeof arrays[0]; k++)
            free(arrays[k]);
    }
}

static double activate(const naive_layer *l, double z)
{
    switch (l->activation) {
    case PLAST_SOFTPLUS:
        return log1p(exp(l->beta * z)) / l->beta;
    case PLAST_RELU:
        return z > 0.0 ? z : 0.0;
    case PLAST_TANH:
        return tanh(z);
    case PLAST_SIGMOID:
        return 1.0 / (1.0 + exp(-z));
    case PLAST_LEAKY_RELU:
        return z > 0.0 ? z : (l->param == 0.0 ? 0.01 : l->param) * z;
    case PLAST_ELU:
        return z > 0.0 ? z : (l->param == 0.0 ? 1.0 : l->param) * expm1(z);
    case PLAST_SCALED_TANH:
        return 1.7159 * tanh(2.0 / 3.0 * z);
    case PLAST_RECTIFIED_TANH:
        return fmax(0.0, tanh(z));
    case PLAST_HARD_SIGMOID:
        return fmin(fmax(0.5 + z / 6.0, 0.0), 1.0);
    default:
        return z;
    }
}

double naive_slope(const naive_layer *l, double z)
{
    const double y = activate(l, z);
    switch (l->activation) {
    case PLAST_SOFTPLUS:
        return 1.0 / (1.0 + exp(-l->beta * z));
    case PLAST_RELU:
        return z > 0.0 ? 1.0 : 0.0;
    case PLAST_TANH:
        return 1.0 - y * y;
    case PLAST_SIGMOID:
        return y * (1.0 - y);
    case PLAST_LEAKY_RELU:
        return z > 0.0 ? 1.0 : l->param == 0.0 ? 0.01 : l->param;
    case PLAST_ELU:
        return z > 0.0 ? 1.0 : y + (l->param == 0.0 ? 1.0 : l->param);
    case PLAST_SCALED_TANH:
        return 2.0 / 3.0 * (1.7159 - y * y / 1.7159);
    case PLAST_RECTIFIED_TANH:
        return z > 0.0 ? 1.0 - y * y : 0.0;
    case PLAST_HARD_SIGMOID:
        return z > -3.0 && z < 3.0 ? 1.0 / 6.0 : 0.0;
    default:
        return 1.0;
    }
}

static void softmax(naive_layer *l)
{
    double top = l->z[0], sum = 0.0;
    for (int64_t i = 1; i < l->out; i++)
        top = fmax(top, l->z[i]);
    for (int64_t i = 0; i < l->out; i++)
        sum += exp(l->z[i] - top);
    for (int64_t i = 0; i < l->out; i++)
        l->y[i] = exp(l->z[i] - top) / sum;
}

void naive_forward(naive *naive, const double *x)
{
    for (int32_t k = 0; k < naive->layers; k++) {
        naive_layer *l = &naive->layer[k];
        for (int64_t i = 0; i < l->out; i++) {
            l->z[i] = l->b == NULL ? 0.0 : l->b[i];
            for (int64_t j = 0; j < l->in; j++)
                l->z[i] += l->w[i * l->in + j] * x[j];
            l->y[i] = activate(l, l->z[i]);
        }
        if (l->activation == PLAST_SOFTMAX)
            softmax(l);
        x = l->y;
    }
}

/* dLoss/dz at the output, times the mask's weight. */
static void output_signal(const naive *naive, naive_layer *l, const double *target, double weight)
{
    double mean = 0.0;
    for (int64_t i = 0; i < l->out; i++)
        mean += l->y[i] * (l->y[i] - target[i]);
    for (int64_t i = 0; i < l->out; i++) {
        l->s[i] = weight * (l->y[i] - target[i]);
        if (naive->squared && l->activation == PLAST_SOFTMAX)
            l->s[i] = weight * l->y[i] * (l->y[i] - target[i] - mean);
        else if (naive->squared)
            l->s[i] *= naive_slope(l, l->z[i]);
    }
}

static void backward(naive *naive)
{
    for (int32_t k = naive->layers - 2; k >= 0; k--) {
        naive_layer *l = &naive->layer[k];
        const naive_layer *above = &naive->layer[k + 1];
        for (int64_t j = 0; j < l->out; j++) {
            l->s[j] = 0.0;
            for (int64_t i = 0; i < above->out; i++)
                l->s[j] += above->w[i * above->in + j] * above->s[i];
            l->s[j] *= naive_slope(l, l->z[j]);
        }
    }
}

static void add_gradient(naive *naive, const double *x, double share)
{
    for (int32_t k = 0; k < naive->layers; k++) {
        naive_layer *l = &naive->layer[k];
        for (int64_t i = 0; i < l->out; i++) {
            for (int64_t j = 0; j < l->in; j++)
                l->gradient_w[i * l->in + j] += share * l->s[i] * x[j];
            if (l->b != NULL)
                l->gradient_b[i] += share * l->s[i];
        }
        x = l->y;
    }
}

/* oja (y x^T - y y^T W) + gha (y x^T - tril(y y^T) W). */
static void add_rules(naive_layer *l, const double *x, double share)
{
    double energy = 0.0, oja = l->oja;
    for (int64_t i = 0; i < l->out; i++)
        energy += l->y[i] * l->y[i];
    if (l->guard > 0.0 && l->guard < oja * energy)
        oja = l->guard / energy;
    for (int64_t i = 0; i < l->out; i++)
        for (int64_t j = 0; j < l->in; j++) {
            double all = 0.0, lower = 0.0;
            for (int64_t m = 0; m < l->out; m++) {
                const double gram = l->y[i] * l->y[m];
                all += gram * l->w[m * l->in + j];
                lower += m <= i ? gram * l->w[m * l->in + j] : 0.0;
            }
            l->rule[i * l->in + j] += share * (oja * (l->y[i] * x[j] - all) + l->gha * (l->y[i] * x[j] - lower));
        }
}

static void add_all_rules(naive *naive, const double *x, double share)
{
    for (int32_t k = 0; k < naive->layers; k++) {
        naive_layer *l = &naive->layer[k];
        if (l->oja > 0.0 || l->gha > 0.0)
            add_rules(l, x, share);
        x = l->y;
    }
}

static double squares(int64_t n, const double *a)
{
    double sum = 0.0;
    for (int64_t i = 0; i < n; i++)
        sum += a[i] * a[i];
    return sum;
}

static void shape(const naive *naive, double factor, int64_t n, double *gradient)
{
    for (int64_t i = 0; i < n; i++) {
        gradient[i] *= factor;
        if (naive->clip_value > 0.0)
            gradient[i] = fmin(fmax(gradient[i], -naive->clip_value), naive->clip_value);
        if (naive->manhattan)
            gradient[i] = gradient[i] > 0.0 ? 1.0 : gradient[i] < 0.0 ? -1.0 : 0.0;
    }
}

/* Clipping by norm and by value, and the sign: of the gradients that have been formed. */
static void shape_all(naive *naive)
{
    double sum = 0.0;
    for (int32_t k = 0; k < naive->layers; k++) {
        const naive_layer *l = &naive->layer[k];
        if (!l->frozen)
            sum += squares(l->in * l->out, l->gradient_w) + (l->b == NULL ? 0.0 : squares(l->out, l->gradient_b));
    }
    const int clips = naive->clip_norm > 0.0 && sqrt(sum) > naive->clip_norm;
    naive->clipped += clips;
    for (int32_t k = 0; k < naive->layers; k++) {
        const naive_layer *l = &naive->layer[k];
        shape(naive, clips ? naive->clip_norm / sqrt(sum) : 1.0, l->in * l->out, l->gradient_w);
        shape(naive, clips ? naive->clip_norm / sqrt(sum) : 1.0, l->b == NULL ? 0 : l->out, l->gradient_b);
    }
}

/* The error's step, into `gradient`. Adam as in Kingma & Ba (2015), algorithm 1. */
void naive_step(const naive *naive, int64_t n, double *gradient, double *first, double *second)
{
    const double beta1 = 0.9, beta2 = 0.999, t = (double)naive->updates;
    for (int64_t i = 0; i < n; i++) {
        const double g = gradient[i];
        if (!naive->adam) {
            first[i] = naive->mu * first[i] + g;
            gradient[i] = -naive->rate * first[i];
            continue;
        }
        first[i] = beta1 * first[i] + (1.0 - beta1) * g;
        second[i] = beta2 * second[i] + (1.0 - beta2) * g * g;
        gradient[i] =
            -naive->rate * (first[i] / (1.0 - pow(beta1, t))) / (sqrt(second[i] / (1.0 - pow(beta2, t))) + 1e-8);
    }
}

/* The steps of all layers, before a weight changes. */
static void step_all(naive *naive)
{
    for (int32_t k = 0; k < naive->layers; k++) {
        naive_layer *l = &naive->layer[k];
        if (!l->frozen)
            naive_step(naive, l->in * l->out, l->gradient_w, l->first_w, l->second_w);
        if (!l->frozen && l->b != NULL)
            naive_step(naive, l->out, l->gradient_b, l->first_b, l->second_b);
    }
}

static void apply(naive_layer *l, int carries_error)
{
    const int64_t n = l->in * l->out;
    const double decay = l->decay + (carries_error ? l->error_decay : 0.0);
    if (l->frozen)
        return;
    for (int64_t i = 0; i < n; i++)
        l->w[i] = l->w[i] - decay * l->w[i] + l->gradient_w[i] + l->rule[i];
    for (int64_t i = 0; l->b != NULL && i < l->out; i++)
        l->b[i] += l->gradient_b[i];
}

static void clear(naive *naive)
{
    for (int32_t k = 0; k < naive->layers; k++) {
        naive_layer *l = &naive->layer[k];
        memset(l->gradient_w, 0, (size_t)(l->in * l->out) * sizeof(double));
        memset(l->rule, 0, (size_t)(l->in * l->out) * sizeof(double));
        if (l->b != NULL)
            memset(l->gradient_b, 0, (size_t)l->out * sizeof(double));
    }
}

void naive_update(naive *naive, int64_t n, const double *x, const double *targets, const double *mask)
{
    const int64_t inputs = naive->layer[0].in, outputs = naive->layer[naive->layers - 1].out;
    int64_t losses = 0;
    for (int64_t b = 0; b < n; b++)
        losses += targets != NULL && (mask == NULL || mask[b] > 0.0);
    clear(naive);
    for (int64_t b = 0; b < n; b++) {
        const double weight = mask == NULL ? 1.0 : mask[b];
        naive_forward(naive, x + b * inputs);
        add_all_rules(naive, x + b * inputs, 1.0 / (double)n);
        if (targets == NULL || weight == 0.0)
            continue;
        output_signal(naive, &naive->layer[naive->layers - 1], targets + b * outputs, weight);
        if (naive->descend != NULL)
            naive->descend(naive, targets + b * outputs, weight, 1.0 / (double)losses);
        else
            backward(naive);
        add_gradient(naive, x + b * inputs, 1.0 / (double)losses);
    }
    naive->updates += losses > 0;
    if (losses > 0) {
        shape_all(naive);
        step_all(naive);
    }
    for (int32_t k = 0; naive->learn != NULL && k < naive->layers; k++)
        naive->learn(naive, k, losses > 0);
    for (int32_t k = 0; k < naive->layers; k++)
        apply(&naive->layer[k], losses > 0);
}

void naive_learn(naive *naive, int64_t n, const double *x, const double *targets, const double *mask, int64_t batch)
{
    const int64_t inputs = naive->layer[0].in, outputs = naive->layer[naive->layers - 1].out;
    for (int64_t first = 0; first < n; first += batch)
        naive_update(naive, n - first < batch ? n - first : batch, x + first * inputs,
                     targets == NULL ? NULL : targets + first * outputs, mask == NULL ? NULL : mask + first);
}

double *naive_all(const naive *naive)
{
    int64_t size = 0;
    for (int32_t k = 0; k < naive->layers; k++)
        size += naive->layer[k].out * (naive->layer[k].in + (naive->layer[k].b != NULL));
    double *all = new_array(size), *at = all;
    for (int32_t k = 0; k < naive->layers; k++) {
        const naive_layer *l = &naive->layer[k];
        memcpy(at, l->w, (size_t)(l->in * l->out) * sizeof(double));
        at += l->in * l->out;
        if (l->b != NULL)
            memcpy(at, l->b, (size_t)l->out * sizeof(double));
        at += l->b != NULL ? l->out : 0;
    }
    return all;
}

void assert_net_is(const net *net, const naive *naive, double tolerance)
{
    double *found = net_all(net), *expected = naive_all(naive);
    int64_t at = 0;
    for (int32_t k = 0; k < naive->layers; k++) {
        const naive_layer *l = &naive->layer[k];
        assert_close(l->in * l->out, found + at, expected + at, tolerance);
        at += l->in * l->out;
        if (l->b != NULL)
            assert_close(l->out, found + at, expected + at, tolerance);
        at += l->b != NULL ? l->out : 0;
    }
    free(found);
    free(expected);
}
