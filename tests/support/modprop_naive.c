/* SPDX-License-Identifier: MIT */
#include "support/modprop_naive.h"

#include <plasticity/plasticity.h>

#include <math.h>
#include <string.h>

typedef double field[MOST_T + 1][MOST_UNITS]; /* index 0 is the step before the first */

/* One sequence in one layer. */
typedef struct course {
    const naive_cell *cell;
    int steps;
    field x, h, state, slope; /* slope: of f where it was taken; at index 0, of voltage forms alone */
    field g;                  /* dLoss/dh as it arrives; of the current form dLoss/dstate */
} course;

static double f(int32_t activation, double z)
{
    return activation == PLAST_TANH ? tanh(z) : activation == PLAST_RELU ? fmax(z, 0.0) : z;
}

static double slope_of(int32_t activation, double z)
{
    return activation == PLAST_TANH ? 1.0 - tanh(z) * tanh(z) : activation == PLAST_RELU ? z > 0.0 : 1.0;
}

static int potential(const naive_cell *c)
{
    return c->form == PLAST_FORM_VOLTAGE || c->form == PLAST_FORM_CURRENT;
}

static void forward_step(course *r, int t)
{
    const naive_cell *c = r->cell;
    for (int i = 0; i < c->units; i++) {
        double n = c->p.b[i], z;
        for (int j = 0; j < c->units; j++)
            n += c->p.w[i * c->units + j] * r->h[t - 1][j];
        for (int j = 0; j < c->inputs; j++)
            n += c->p.u[i * c->inputs + j] * r->x[t][j];
        z = c->form == PLAST_FORM_RATE ? n : (1.0 - c->alpha) * r->state[t - 1][i] + c->alpha * n;
        r->slope[t][i] = slope_of(c->activation, z);
        r->h[t][i] = f(c->activation, z);
        if (c->form == PLAST_FORM_RATE)
            r->h[t][i] = (1.0 - c->alpha) * r->state[t - 1][i] + c->alpha * r->h[t][i];
        r->state[t][i] = potential(c) ? z : r->h[t][i];
    }
}

static void forward(course *r, const double *before)
{
    const naive_cell *c = r->cell;
    for (int i = 0; i < c->units; i++) {
        r->state[0][i] = before == NULL ? c->p.initial[i] : before[i];
        r->h[0][i] = potential(c) ? f(c->activation, r->state[0][i]) : r->state[0][i];
        r->slope[0][i] = slope_of(c->activation, r->state[0][i]);
    }
    for (int t = 1; t <= r->steps; t++)
        forward_step(r, t);
}

/* The mean of W over post units of p's type and pre units of j's. */
static double averaged(const naive_cell *c, int p, int j)
{
    double sum = 0.0;
    int count = 0;
    for (int a = 0; a < c->units; a++)
        for (int b = 0; b < c->units; b++)
            if (c->type[a] == c->type[p] && c->type[b] == c->type[j]) {
                sum += c->p.w[a * c->units + b];
                count++;
            }
    return sum / count;
}

/* The error `e` of unit i's net input at step t reaches what it saw then. */
static void credit(const course *r, int t, int i, double e, naive_parameters *g)
{
    const naive_cell *c = r->cell;
    for (int j = 0; j < c->units; j++)
        g->w[i * c->units + j] += e * r->h[t - 1][j];
    for (int j = 0; j < c->inputs; j++)
        g->u[i * c->inputs + j] += e * r->x[t][j];
    g->b[i] += e;
}

/* The error v of the state at step t becomes that of the step before. */
static void filter(const course *r, int t, double mu, double *v)
{
    const naive_cell *c = r->cell;
    double next[MOST_UNITS];
    for (int j = 0; j < c->units; j++) {
        next[j] = (1.0 - c->alpha) * (c->form == PLAST_FORM_INSIDE ? r->slope[t][j] : 1.0) * v[j];
        for (int p = 0; p < c->units; p++)
            next[j] += c->alpha * mu * averaged(c, p, j) * v[p];
    }
    memcpy(v, next, sizeof next);
}

static void modprop(const course *r, double mu, int from_initial, naive_parameters *g)
{
    const naive_cell *c = r->cell;
    for (int last = 1; last <= r->steps; last++) {
        double v[MOST_UNITS] = { 0.0 };
        for (int i = 0; i < c->units; i++)
            v[i] = r->g[last][i] * (c->form == PLAST_FORM_VOLTAGE ? r->slope[last][i] : 1.0);
        for (int t = last; t > 0; t--) {
            for (int i = 0; i < c->units; i++)
                credit(r, t, i, c->alpha * v[i] * (potential(c) ? 1.0 : r->slope[t][i]), g);
            filter(r, t, mu, v);
        }
        for (int i = 0; from_initial && i < c->units; i++)
            g->initial[i] += v[i];
    }
}

/* What unit p sends of its instant's error at step t: alpha psi L. */
static double sent(const course *r, int t, int p)
{
    return r->cell->alpha * r->g[t][p] * (r->cell->form == PLAST_FORM_CURRENT ? 1.0 : r->slope[t][p]);
}

static double received(const course *r, int t, int j)
{
    double gamma = 0.0;
    for (int p = 0; t < r->steps && p < r->cell->units; p++)
        gamma += averaged(r->cell, p, j) * sent(r, t + 1, p);
    return gamma;
}

/* Eligibility of one synapse onto unit i goes on by a step; the slope at the end, of voltages, is not in it. */
static double goes_on(const course *r, int t, int i, double e, double pre)
{
    const naive_cell *c = r->cell;
    if (potential(c))
        return (1.0 - c->alpha) * e + c->alpha * pre;
    if (c->form == PLAST_FORM_RATE)
        return (1.0 - c->alpha) * e + c->alpha * r->slope[t][i] * pre;
    return r->slope[t][i] * ((1.0 - c->alpha) * e + c->alpha * pre);
}

/* sum_t (L_t + Gamma_t) e_t of a synapse onto unit i, whose pre activity at step t is pre[t]. */
static double of_synapse(const course *r, int i, double start, const double *pre)
{
    double e = start, sum = 0.0;
    for (int t = 1; t <= r->steps; t++) {
        e = goes_on(r, t, i, e, pre[t]);
        const double arrived = r->g[t][i], gamma = received(r, t, i);
        sum += e * (arrived * (r->cell->form == PLAST_FORM_VOLTAGE ? r->slope[t][i] : 1.0) +
                    gamma * (potential(r->cell) ? r->slope[t][i] : 1.0));
    }
    return sum;
}

static void mdgl(const course *r, int from_initial, naive_parameters *g)
{
    const naive_cell *c = r->cell;
    double pre[MOST_T + 1] = { 0.0 };
    for (int i = 0; i < c->units; i++) {
        for (int j = 0; j < c->units; j++) {
            for (int t = 1; t <= r->steps; t++)
                pre[t] = r->h[t - 1][j];
            g->w[i * c->units + j] += of_synapse(r, i, 0.0, pre);
        }
        for (int j = 0; j < c->inputs; j++) {
            for (int t = 1; t <= r->steps; t++)
                pre[t] = r->x[t][j];
            g->u[i * c->inputs + j] += of_synapse(r, i, 0.0, pre);
        }
        for (int t = 1; t <= r->steps; t++)
            pre[t] = 1.0;
        g->b[i] += of_synapse(r, i, 0.0, pre);
        memset(pre, 0, sizeof pre);
        if (from_initial)
            g->initial[i] += of_synapse(r, i, 1.0, pre) + received(r, 0, i) * (potential(c) ? r->slope[0][i] : 1.0);
    }
}

static const double *read_by_next(const course *r, int t)
{
    return r->cell->form == PLAST_FORM_CURRENT ? r->state[t] : r->h[t];
}

static void read_out(const naive_net *net, const naive_task *task, int b, course *top, naive_net *gradient)
{
    const int units = top->cell->units;
    for (int t = 1; t <= task->steps; t++)
        for (int k = 0; k < OUTPUTS; k++) {
            const double *h = read_by_next(top, t);
            double y = net->c[k];
            for (int i = 0; i < units; i++)
                y += net->v[k * units + i] * h[i];
            const double delta =
                (y - task->y[((t - 1) * task->sequences + b) * OUTPUTS + k]) / (double)(task->steps * task->sequences);
            gradient->c[k] += delta;
            for (int i = 0; i < units; i++) {
                gradient->v[k * units + i] += delta * h[i];
                top->g[t][i] += net->v[k * units + i] * delta;
            }
        }
}

/* Below goes the error of the instant. */
static void descend(const course *above, course *below)
{
    const naive_cell *c = above->cell;
    for (int t = 1; t <= above->steps; t++)
        for (int i = 0; i < c->units; i++)
            for (int j = 0; j < c->inputs; j++)
                below->g[t][j] += c->p.u[i * c->inputs + j] * sent(above, t, i);
}

static void learn_one(const naive_net *net, const naive_task *task, const naive_scheme *scheme, int b,
                      naive_net *gradient, double *after)
{
    course r[MOST_CELLS];
    memset(r, 0, sizeof r);
    for (int l = 0; l < net->cells; l++) {
        r[l].cell = &net->cell[l];
        r[l].steps = task->steps;
        for (int t = 1; t <= task->steps; t++)
            memcpy(r[l].x[t],
                   l > 0 ? read_by_next(&r[l - 1], t) : &task->x[((t - 1) * task->sequences + b) * net->cell[0].inputs],
                   (size_t)net->cell[l].inputs * sizeof(double));
        forward(&r[l], task->before == NULL ? NULL : &task->before[(l * MOST_B + b) * MOST_UNITS]);
        if (after != NULL)
            memcpy(&after[(l * MOST_B + b) * MOST_UNITS], r[l].state[task->steps], sizeof r[l].state[0]);
    }
    read_out(net, task, b, &r[net->cells - 1], gradient);
    for (int l = net->cells - 1; l >= 0; l--) {
        if (scheme->one_step)
            mdgl(&r[l], task->before == NULL, &gradient->cell[l].p);
        else
            modprop(&r[l], scheme->mu, task->before == NULL, &gradient->cell[l].p);
        if (l > 0)
            descend(&r[l], &r[l - 1]);
    }
}

void naive_gradient(const naive_net *net, const naive_task *task, const naive_scheme *scheme, naive_net *gradient,
                    double *after)
{
    *gradient = *net;
    memset(gradient->v, 0, sizeof gradient->v);
    memset(gradient->c, 0, sizeof gradient->c);
    for (int l = 0; l < net->cells; l++)
        memset(&gradient->cell[l].p, 0, sizeof gradient->cell[l].p);
    for (int b = 0; b < task->sequences; b++)
        learn_one(net, task, scheme, b, gradient, after);
}
