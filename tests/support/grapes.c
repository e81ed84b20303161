/* SPDX-License-Identifier: MIT */
#include "support/grapes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/rules.h"

int grapes_plans(grapes_plan *plans)
{
    int count = 0;
    for (int bits = 0; bits < 16; bits++)
        for (int control = 0; control < 3; control++) {
            const grapes_plan plan = { bits & 1, bits >> 1 & 1, bits >> 2 & 1, bits >> 3 & 1, control, 1.0 };
            if (plan.per_synapse && !(plan.local && plan.outgoing))
                continue;
            plans[count++] = plan;
        }
    return count;
}

int grapes_built(void)
{
    for (int32_t i = 0; plast_rule_name(i) != NULL; i++)
        if (strcmp(plast_rule_name(i), "grapes") == 0)
            return 1;
    return 0;
}

plast_status net_try_grapes(net *net, int32_t layers, const grapes_plan *plan)
{
    const setting settings[] = { { "local", plan->local },
                                 { "unclipped", plan->unclipped },
                                 { "outgoing", plan->outgoing },
                                 { "per_synapse", plan->per_synapse },
                                 { "control", plan->control },
                                 { "refresh", plan->refresh == 0.0 ? 1.0 : plan->refresh },
                                 { NULL, 0.0 } };
    return net_try_rule(net, layers, "grapes", settings);
}

void net_grapes(net *net, int32_t layers, const grapes_plan *plan)
{
    net_ok(net, net_try_grapes(net, layers, plan));
}

void net_factor(const net *net, int32_t layer, double *factor)
{
    plast_matrix view;
    net_ok(net, plast_network_view_rule(net->network, layer, "grapes", "factor", &view));
    for (int64_t i = 0; i < view.cols; i++)
        factor[i] = view.dtype == PLAST_F64 ? ((const double *)view.data)[i] : (double)((const float *)view.data)[i];
}

void grapes_relative(int64_t n, double low, double *importance)
{
    double most = 0.0;
    for (int64_t i = 0; i < n; i++)
        most = fmax(most, importance[i]);
    for (int64_t i = 0; i < n; i++)
        importance[i] = most == 0.0 ? 1.0 : fmax(low, 2.0 * importance[i] / most);
}

void grapes_of_rows(int64_t rows, int64_t cols, const double *w, double low, double *factor)
{
    for (int64_t i = 0; i < rows; i++) {
        factor[i] = 0.0;
        for (int64_t j = 0; j < cols; j++)
            factor[i] += fabs(w[i * cols + j]);
    }
    grapes_relative(rows, low, factor);
}

void grapes_of_columns(int64_t rows, int64_t cols, const double *w, double low, double *factor)
{
    for (int64_t j = 0; j < cols; j++) {
        factor[j] = 0.0;
        for (int64_t i = 0; i < rows; i++)
            factor[j] += fabs(w[i * cols + j]);
    }
    grapes_relative(cols, low, factor);
}

static double mean(int64_t n, const double *a)
{
    double sum = 0.0;
    for (int64_t i = 0; i < n; i++)
        sum += a[i];
    return sum / (double)n;
}

/* The factors of hidden layer l, from the weights of this moment. */
static void take(const naive *naive, grapes_naive *g, int32_t l)
{
    const naive_layer *own = &naive->layer[l], *next = &naive->layer[l + 1];
    const double low = g->plan.unclipped ? 0.0 : 1.0;
    for (int64_t i = 0; i < own->out; i++)
        g->factor[l][i] = 1.0;
    for (int64_t j = 0; j < own->in; j++)
        g->below[l][j] = 1.0;
    if (!g->plan.per_synapse && !g->plan.outgoing)
        grapes_of_rows(own->out, own->in, own->w, low, g->factor[l]);
    if (g->plan.outgoing && !(g->plan.per_synapse && (l == 0 || l == naive->layers - 2)))
        grapes_of_columns(next->out, next->in, next->w, low, g->factor[l]);
    if (g->plan.per_synapse && l > 0)
        grapes_of_columns(own->out, own->in, own->w, low, g->below[l]);
    if (!g->plan.control)
        return;
    const double here = mean(own->out, g->factor[l]), below = mean(own->in, g->below[l]);
    for (int64_t i = 0; i < own->out; i++)
        g->factor[l][i] = here;
    for (int64_t j = 0; j < own->in; j++)
        g->below[l][j] = below;
}

/* The plain signal of hidden layer l. */
static void descend_one(naive *naive, const grapes_naive *g, int32_t l)
{
    naive_layer *own = &naive->layer[l];
    const naive_layer *next = &naive->layer[l + 1], *from = g->direct ? &naive->layer[naive->layers - 1] : next;
    for (int64_t j = 0; j < own->out; j++) {
        own->s[j] = 0.0;
        for (int64_t i = 0; i < from->out; i++)
            own->s[j] += (g->b[l] != NULL ? g->b[l][j * from->out + i] : next->w[i * next->in + j]) * from->s[i];
        own->s[j] *= naive_slope(own, own->z[j]);
    }
}

static void times(naive_layer *l, const double *factor)
{
    for (int64_t i = 0; i < l->out; i++)
        l->s[i] *= factor[i];
}

static void descend(naive *naive, const double *target, double weight, double share)
{
    grapes_naive *g = naive->scheme;
    double product = 1.0;
    (void)target, (void)weight, (void)share;
    for (int32_t l = naive->layers - 2; l >= 0; l--) {
        const int has = l >= g->first && l <= g->last;
        descend_one(naive, g, l);
        g->share[l] = product;
        if (!has)
            continue;
        take(naive, g, l);
        if (g->plan.control == 2)
            g->share[l] = product * g->factor[l][0];
        if (g->plan.control == 2 && !g->plan.local)
            product = g->share[l];
        if (g->plan.control != 2 && !g->plan.local)
            times(&naive->layer[l], g->factor[l]);
    }
    for (int32_t l = g->first; l <= g->last; l++) /* once all have come down */
        if (g->plan.control != 2 && g->plan.local)
            times(&naive->layer[l], g->factor[l]);
}

/* The step is there. */
static void learn(naive *naive, int32_t index, int carries_error)
{
    const grapes_naive *g = naive->scheme;
    naive_layer *l = &naive->layer[index];
    if (index == naive->layers - 1 || !carries_error || l->frozen)
        return;
    for (int64_t i = 0; i < l->out; i++) {
        for (int64_t j = 0; j < l->in; j++) {
            l->gradient_w[i * l->in + j] *= g->share[index];
            if (g->plan.per_synapse && index >= g->first && index <= g->last)
                l->gradient_w[i * l->in + j] *= g->below[index][j];
        }
        if (l->b != NULL) /* the mean of the presynaptic factors is part of the rate */
            l->gradient_b[i] *=
                g->share[index] * (g->plan.per_synapse && g->plan.control == 2 ? g->below[index][0] : 1);
    }
}

void grapes_attach(naive *naive, grapes_naive *g)
{
    for (int32_t l = 0; l + 1 < naive->layers; l++) {
        g->factor[l] = new_array(naive->layer[l].out);
        g->below[l] = new_array(naive->layer[l].in);
    }
    naive->scheme = g;
    naive->descend = descend;
    naive->learn = learn;
}

void grapes_naive_free(grapes_naive *g)
{
    for (int32_t l = 0; l < NET_LAYERS; l++) {
        free(g->factor[l]);
        free(g->below[l]);
    }
}
