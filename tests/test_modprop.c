/* SPDX-License-Identifier: MIT
 *
 * "mdgl" and "modprop": against their equations in plain loops, the settings in which they are backpropagation through
 * time and e-prop, cell types, and the filter that must be stable. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <plasticity/plasticity.h>

#include "support/modprop_naive.h"
#include "support/nets.h"
#include "support/quiet.h"

/* ---- a network of the library beside the naive one ---- */

typedef struct subject {
    plast_context *context;
    plast_network *network;
    int32_t dtype;
} subject;

static void ok(const subject *s, plast_status status)
{
    if (status != PLAST_OK)
        fail_msg("%s: %s", plast_status_string(status), plast_context_error(s->context));
}

static plast_layer *layer_of(const subject *s, int layer)
{
    plast_layer *l = NULL;
    ok(s, plast_network_layer(s->network, layer, &l));
    return l;
}

static plast_synapses *group_of(const subject *s, int layer, const char *name)
{
    plast_synapses *g = NULL;
    ok(s, plast_layer_synapses(layer_of(s, layer), name, &g));
    return g;
}

static void set_weights(const subject *s, int layer, const char *name, const double *w, int rows, int cols)
{
    const plast_matrix m = plast_matrix_f64(w, rows, cols);
    ok(s, plast_synapses_set_weights(group_of(s, layer, name), &m));
}

static void get_weights(const subject *s, int layer, const char *name, double *w, int rows, int cols)
{
    const plast_matrix m = plast_output_f64(w, rows, cols);
    ok(s, plast_synapses_get_weights(group_of(s, layer, name), &m));
}

static void set_vector(const subject *s, int layer, const char *name, const double *v, int n)
{
    const plast_matrix m = plast_matrix_f64(v, 1, n);
    ok(s, plast_layer_set_vector(layer_of(s, layer), name, &m));
}

static void get_vector(const subject *s, int layer, const char *name, double *v, int n)
{
    const plast_matrix m = plast_output_f64(v, 1, n);
    ok(s, plast_layer_get_vector(layer_of(s, layer), name, &m));
}

static void set_types(const subject *s, int layer, const int *type, int n)
{
    int32_t types[MOST_UNITS];
    for (int i = 0; i < n; i++)
        types[i] = type[i];
    const plast_matrix m = { types, 1, n, n, 1, PLAST_I32, PLAST_READ_ONLY };
    ok(s, plast_layer_set_types(layer_of(s, layer), &m));
}

static void set_all(const subject *s, const naive_net *net)
{
    for (int l = 0; l < net->cells; l++) {
        const naive_cell *c = &net->cell[l];
        set_weights(s, l, "recurrent", c->p.w, c->units, c->units);
        set_weights(s, l, "input", c->p.u, c->units, c->inputs);
        set_vector(s, l, "bias", c->p.b, c->units);
        set_vector(s, l, "initial", c->p.initial, c->units);
        set_types(s, l, c->type, c->units);
    }
    set_weights(s, net->cells, "input", net->v, OUTPUTS, net->cell[net->cells - 1].units);
    set_vector(s, net->cells, "bias", net->c, OUTPUTS);
}

static naive_net get_all(const subject *s, const naive_net *like)
{
    naive_net net = *like;
    for (int l = 0; l < net.cells; l++) {
        naive_cell *c = &net.cell[l];
        get_weights(s, l, "recurrent", c->p.w, c->units, c->units);
        get_weights(s, l, "input", c->p.u, c->units, c->inputs);
        get_vector(s, l, "bias", c->p.b, c->units);
        get_vector(s, l, "initial", c->p.initial, c->units);
    }
    get_weights(s, net.cells, "input", net.v, OUTPUTS, net.cell[net.cells - 1].units);
    get_vector(s, net.cells, "bias", net.c, OUTPUTS);
    return net;
}

static void use_scheme(const subject *s, const char *name, double mu, int unstable)
{
    plast_temporal *temporal = NULL;
    ok(s, plast_temporal_create(s->context, name, &temporal));
    if (strcmp(name, "modprop") == 0) {
        ok(s, plast_temporal_set(temporal, "mu", mu));
        ok(s, plast_temporal_set(temporal, "unstable", unstable));
    }
    ok(s, plast_network_set_temporal(s->network, temporal));
    plast_temporal_destroy(temporal);
}

static plast_status set_sgd(plast_context *context, plast_network *network, double rate)
{
    plast_optimizer *optimizer = NULL;
    plast_status status = plast_optimizer_create(context, "sgd", &optimizer);
    if (status == PLAST_OK)
        status = plast_optimizer_set(optimizer, "rate", rate);
    if (status == PLAST_OK)
        status = plast_network_set_optimizer(network, optimizer);
    plast_optimizer_destroy(optimizer);
    return status;
}

/* Descends with rate 1: the gradient is what is subtracted. */
static subject make(const naive_net *net, int32_t dtype)
{
    subject s = { .dtype = dtype };
    assert_int_equal(plast_context_create(NULL, &s.context), PLAST_OK);
    const plast_network_options options = { PLAST_NETWORK_OPTIONS, .dtype = dtype, .inputs = net->cell[0].inputs,
                                            .seed = 3 };
    ok(&s, plast_network_create(s.context, &options, &s.network));
    for (int l = 0; l < net->cells; l++) {
        const naive_cell *c = &net->cell[l];
        const plast_layer_options layer = { PLAST_LAYER_OPTIONS, .activation = c->activation, .units = c->units,
                                            .form = c->form,     .alpha = c->alpha,           .learn_initial = 1 };
        ok(&s, plast_network_add(s.network, "recurrent", &layer, NULL));
    }
    const plast_layer_options readout = { PLAST_LAYER_OPTIONS, .activation = PLAST_LINEAR, .units = OUTPUTS };
    ok(&s, plast_network_add(s.network, "dense", &readout, NULL));
    set_all(&s, net);
    ok(&s, set_sgd(s.context, s.network, 1.0));
    return s;
}

static void drop(subject *s)
{
    plast_network_destroy(s->network);
    plast_context_destroy(s->context);
}

static plast_status learn(const subject *s, const naive_net *net, const naive_task *task, int64_t update_every,
                          int targets)
{
    const int64_t rows = (int64_t)task->steps * task->sequences;
    const plast_matrix x = plast_matrix_f64(task->x, rows, net->cell[0].inputs);
    const plast_matrix y = plast_matrix_f64(task->y, rows, OUTPUTS);
    const plast_data data = { PLAST_DATA, .inputs = &x, .targets = targets ? &y : NULL, .batch = task->sequences,
                              .steps = task->steps };
    const plast_learn_options options = { PLAST_LEARN_OPTIONS, .update_every = update_every };
    return plast_network_learn(s->network, NULL, &data, &options, NULL);
}

/* ---- what is drawn ---- */

static naive_net draw_net(uint64_t seed, int cells, int32_t form, int32_t activation, double alpha, int types)
{
    static const int units[] = { 5, 7 };
    naive_net net;
    memset(&net, 0, sizeof net);
    net.cells = cells;
    for (int l = 0; l < cells; l++) {
        naive_cell *c = &net.cell[l];
        *c = (naive_cell){ .form = form,
                           .activation = activation,
                           .units = units[l],
                           .inputs = l > 0 ? units[l - 1] : 3,
                           .alpha = alpha };
        fill_uniform(seed + 10 * (uint64_t)l, (int64_t)c->units * c->units, c->p.w);
        for (int i = 0; i < c->units * c->units; i++)
            c->p.w[i] *= 0.5; /* so that no activity of ReLU grows far */
        fill_uniform(seed + 10 * (uint64_t)l + 1, (int64_t)c->units * c->inputs, c->p.u);
        fill_uniform(seed + 10 * (uint64_t)l + 2, c->units, c->p.b);
        fill_uniform(seed + 10 * (uint64_t)l + 3, c->units, c->p.initial);
        for (int i = 0; i < c->units; i++) /* out of order; with 3 of them the layers' numbers of units are uneven */
            c->type[i] = types == 0 ? c->units - 1 - i : (2 * i + 1) % types;
    }
    fill_uniform(seed + 100, (int64_t)OUTPUTS * units[cells - 1], net.v);
    fill_uniform(seed + 101, OUTPUTS, net.c);
    return net;
}

static naive_task draw_task(uint64_t seed, int steps, int sequences)
{
    naive_task task = { .steps = steps, .sequences = sequences };
    fill_uniform(seed, (int64_t)MOST_T * MOST_B * MOST_UNITS, task.x);
    fill_uniform(seed + 1, (int64_t)MOST_T * MOST_B * OUTPUTS, task.y);
    return task;
}

static void descend(naive_net *net, const naive_net *gradient)
{
    for (int l = 0; l < net->cells; l++) {
        double *p = (double *)&net->cell[l].p;
        const double *g = (const double *)&gradient->cell[l].p;
        for (size_t i = 0; i < sizeof net->cell[l].p / sizeof *p; i++)
            p[i] -= g[i];
    }
    for (int i = 0; i < OUTPUTS * MOST_UNITS; i++)
        net->v[i] -= gradient->v[i];
    for (int i = 0; i < OUTPUTS; i++)
        net->c[i] -= gradient->c[i];
}

/* Parameter by parameter; the tolerance is relative to the layer's largest, or to 1. */
static void assert_nets(const naive_net *a, const naive_net *b, double tolerance)
{
    for (int l = 0; l < a->cells; l++) {
        const double *pa = (const double *)&a->cell[l].p, *pb = (const double *)&b->cell[l].p;
        double largest = 1.0;
        for (size_t i = 0; i < sizeof a->cell[l].p / sizeof(double); i++)
            largest = fmax(largest, fabs(pb[i]));
        for (size_t i = 0; i < sizeof a->cell[l].p / sizeof(double); i++)
            assert_near(pa[i], pb[i], tolerance * largest);
    }
    for (int i = 0; i < OUTPUTS * MOST_UNITS; i++)
        assert_near(a->v[i], b->v[i], tolerance * fmax(1.0, fabs(b->v[i])));
    for (int i = 0; i < OUTPUTS; i++)
        assert_near(a->c[i], b->c[i], tolerance);
}

static double apart(const naive_net *a, const naive_net *b)
{
    double most = 0.0;
    for (size_t i = 0; i < sizeof a->cell[0].p / sizeof(double); i++)
        most = fmax(most, fabs(((const double *)&a->cell[0].p)[i] - ((const double *)&b->cell[0].p)[i]));
    return most;
}

/* ---- the equations ---- */

static void compare(const naive_net *net, const naive_task *task, const naive_scheme *scheme, int32_t dtype)
{
    naive_net expected = *net, gradient;
    subject s = make(net, dtype);
    use_scheme(&s, scheme->one_step ? "mdgl" : "modprop", scheme->mu, 1);
    naive_gradient(net, task, scheme, &gradient, NULL);
    descend(&expected, &gradient);
    ok(&s, learn(&s, net, task, 0, 1));
    const naive_net learned = get_all(&s, net);
    /* Steps of order 1 to weights of order 1: hundreds of roundings, mostly cancelling. */
    assert_nets(&learned, &expected, dtype == PLAST_F64 ? 1e-13 : 1e-5);
    drop(&s);
}

/* All forms, 1, 2, 3 types and one for each unit, stacked too; online, one sequence, and several. */
static void equations_hold(void **state)
{
    static const int sizes[][2] = { { 1, 1 }, { 6, 1 }, { 7, 3 }, { 1, 3 } };
    static const int32_t activations[] = { PLAST_TANH, PLAST_RELU };
    (void)state;
    uint64_t seed = 1000;
    for (int32_t form = PLAST_FORM_VOLTAGE; form <= PLAST_FORM_CURRENT; form++)
        for (int types = 0; types <= 3; types++)
            for (int variant = 0; variant < 32; variant++) {
                const naive_net net = draw_net(seed += 200, 1 + variant / 16, form, activations[variant & 1],
                                               variant & 2 ? 1.0 : 0.3, types);
                const int *size = sizes[(variant >> 2) & 3];
                const naive_task task = draw_task(seed + 150, size[0], size[1]);
                const naive_scheme modprop = { 0, 0.4 }, mdgl = { 1, 0.0 };
                for (int32_t dtype = PLAST_F32; dtype <= PLAST_F64; dtype++) {
                    compare(&net, &task, &modprop, dtype);
                    compare(&net, &task, &mdgl, dtype);
                }
            }
}

/* What the library learned from `task` under a scheme. */
static naive_net learned_by(const naive_net *net, const naive_task *task, const char *scheme, double mu)
{
    subject s = make(net, PLAST_F64);
    use_scheme(&s, scheme, mu, 1);
    ok(&s, learn(&s, net, task, 0, 1));
    const naive_net learned = get_all(&s, net);
    drop(&s);
    return learned;
}

static void linear_with_own_types_is_bptt(void **state)
{
    (void)state;
    for (int32_t form = PLAST_FORM_VOLTAGE; form <= PLAST_FORM_CURRENT; form++)
        for (int b = 1; b <= MOST_B; b++) {
            const naive_net net = draw_net(7 + (uint64_t)form, 1, form, PLAST_LINEAR, 0.4, 0);
            const naive_task task = draw_task(70 + (uint64_t)b, MOST_T, b);
            const naive_net exact = learned_by(&net, &task, "bptt", 0.0);
            naive_net other = learned_by(&net, &task, "modprop", 1.0);
            assert_nets(&other, &exact, 1e-12 * apart(&exact, &net));
            other = learned_by(&net, &task, "modprop", 0.9);
            assert_true(apart(&other, &exact) > 1e-3 * apart(&exact, &net));
        }
}

static void without_mu_it_is_eprop(void **state)
{
    (void)state;
    for (int32_t form = PLAST_FORM_VOLTAGE; form <= PLAST_FORM_CURRENT; form++)
        for (int types = 0; types <= 3; types++) {
            const naive_net net = draw_net(9 + (uint64_t)form, 2, form, PLAST_TANH, 0.4, types);
            const naive_task task = draw_task(90, MOST_T, 2);
            const naive_net local = learned_by(&net, &task, "eprop", 0.0);
            naive_net other = learned_by(&net, &task, "modprop", 0.0);
            assert_nets(&other, &local, 0.0);
            other = learned_by(&net, &task, "mdgl", 0.0);
            assert_true(apart(&other, &local) > 1e-3 * apart(&local, &net));
        }
}

/* But for the initial state, which is one step earlier. */
static void mdgl_of_one_step_is_eprop(void **state)
{
    (void)state;
    for (int32_t form = PLAST_FORM_VOLTAGE; form <= PLAST_FORM_CURRENT; form++) {
        const naive_net net = draw_net(11 + (uint64_t)form, 2, form, PLAST_TANH, 0.4, 2);
        const naive_task task = draw_task(110, 1, 3);
        const naive_net local = learned_by(&net, &task, "eprop", 0.0);
        naive_net other = learned_by(&net, &task, "mdgl", 0.0);
        assert_true(difference(net.cell[0].units, other.cell[0].p.initial, local.cell[0].p.initial) > 1e-5);
        for (int l = 0; l < 2; l++)
            memcpy(other.cell[l].p.initial, local.cell[l].p.initial, sizeof local.cell[l].p.initial);
        assert_nets(&other, &local, 0.0);
    }
}

/* Wab follows the weights: two updates that change them much. */
static void weights_are_averaged_anew(void **state)
{
    const naive_scheme schemes[] = { { 0, 0.4 }, { 1, 0.0 } };
    (void)state;
    for (int k = 0; k < 2; k++) {
        const naive_net net = draw_net(13, 1, PLAST_FORM_VOLTAGE, PLAST_TANH, 0.5, 2);
        naive_net expected = net, gradient;
        subject s = make(&net, PLAST_F64);
        use_scheme(&s, k ? "mdgl" : "modprop", 0.4, 1);
        for (uint64_t update = 0; update < 3; update++) {
            const naive_task task = draw_task(130 + update, MOST_T, 2);
            naive_gradient(&expected, &task, &schemes[k], &gradient, NULL);
            descend(&expected, &gradient);
            ok(&s, learn(&s, &net, &task, 0, 1));
        }
        const naive_net learned = get_all(&s, &net);
        assert_true(apart(&learned, &net) > 0.1);
        assert_nets(&learned, &expected, 1e-12);
        drop(&s);
    }
}

/* Steps `first` ... of a longer task. */
static naive_task part_of(const naive_task *whole, int inputs, int first, int steps)
{
    naive_task part = *whole;
    part.steps = steps;
    memmove(part.x, &whole->x[(ptrdiff_t)first * whole->sequences * inputs],
            (size_t)(steps * whole->sequences * inputs) * sizeof(double));
    memmove(part.y, &whole->y[(ptrdiff_t)first * whole->sequences * OUTPUTS],
            (size_t)(steps * whole->sequences * OUTPUTS) * sizeof(double));
    return part;
}

/* Updates after 3 and 6 steps: the state goes on, credit does not. */
static void credit_is_cut_between_updates(void **state)
{
    const naive_scheme schemes[] = { { 0, 0.4 }, { 1, 0.0 } };
    (void)state;
    for (int32_t form = PLAST_FORM_VOLTAGE; form <= PLAST_FORM_CURRENT; form++)
        for (int k = 0; k < 2; k++) {
            const naive_net net = draw_net(17, 2, form, PLAST_TANH, 0.5, 2);
            const naive_task whole = draw_task(170, 6, 2);
            naive_net expected = net, gradient;
            double after[MOST_CELLS * MOST_B * MOST_UNITS], next[MOST_CELLS * MOST_B * MOST_UNITS];
            subject s = make(&net, PLAST_F64);
            use_scheme(&s, k ? "mdgl" : "modprop", 0.4, 1);
            for (int first = 0; first < 6; first += 3) {
                naive_task part = part_of(&whole, net.cell[0].inputs, first, 3);
                part.before = first > 0 ? after : NULL;
                naive_gradient(&expected, &part, &schemes[k], &gradient, next);
                memcpy(after, next, sizeof after);
                descend(&expected, &gradient);
            }
            ok(&s, learn(&s, &net, &whole, 3, 1));
            const naive_net learned = get_all(&s, &net);
            assert_nets(&learned, &expected, 1e-13);
            drop(&s);
        }
}

/* A frozen layer passes the instant's error on and stays as it is. */
static void frozen_layers_stay(void **state)
{
    (void)state;
    for (int k = 0; k < 2; k++) {
        const naive_net net = draw_net(19, 2, PLAST_FORM_RATE, PLAST_TANH, 0.5, 2);
        const naive_task task = draw_task(190, MOST_T, 2);
        const char *scheme = k ? "mdgl" : "modprop";
        const naive_net free = learned_by(&net, &task, scheme, 0.4);
        subject s = make(&net, PLAST_F64);
        use_scheme(&s, scheme, 0.4, 1);
        ok(&s, plast_layer_set_frozen(layer_of(&s, 1), 1));
        ok(&s, learn(&s, &net, &task, 0, 1));
        const naive_net learned = get_all(&s, &net);
        naive_net expected = free;
        expected.cell[1] = net.cell[1];
        assert_nets(&learned, &expected, 0.0);
        assert_true(apart(&learned, &net) > 1e-3);
        drop(&s);
    }
}

/* ---- stability ---- */

/* Two types of two units with block means 1/2, -1; 1, 1/2, unlike the entries: Wab has the eigenvalues 1 +- 2i, 0,
 * 0. */
static naive_net spiral(double alpha)
{
    static const double means[2][2] = { { 0.5, -1.0 }, { 1.0, 0.5 } };
    naive_net net = draw_net(23, 1, PLAST_FORM_VOLTAGE, PLAST_TANH, alpha, 2);
    naive_cell *c = &net.cell[0];
    c->units = 4;
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++)
            c->p.w[i * 4 + j] = means[i % 2][j % 2] + ((i / 2 + j / 2) % 2 ? 1.5 : -1.5);
    memset(&c->p.w[16], 0, sizeof c->p.w - 16 * sizeof(double));
    for (int i = 0; i < 4; i++)
        c->type[i] = i % 2;
    for (int i = 0; i < 4; i++) /* the arrays above were drawn for five units */
        c->p.b[i] = 0.1;
    memset(&c->p.u[12], 0, sizeof c->p.u - 12 * sizeof(double));
    memset(&c->p.b[4], 0, sizeof c->p.b - 4 * sizeof(double));
    memset(&c->p.initial[4], 0, sizeof c->p.initial - 4 * sizeof(double));
    memset(&net.v[8], 0, sizeof net.v - 8 * sizeof(double));
    return net;
}

static void assert_refused(const subject *s, plast_status status, plast_status expected, const char *word,
                           const char *second)
{
    if (status != expected || strstr(plast_context_error(s->context), word) == NULL ||
        strstr(plast_context_error(s->context), second) == NULL)
        fail_msg("status %d: \"%s\", expected %d, \"%s\" and \"%s\"", status, plast_context_error(s->context), expected,
                 word, second);
}

/* The filter's radius is |1 - alpha + alpha mu (1 + 2i)|. */
static void unstable_filters_are_refused(void **state)
{
    static const double alphas[] = { 0.5, 1.0, 0.25 };
    const naive_task task = draw_task(230, 5, 2);
    (void)state;
    for (int32_t dtype = PLAST_F32; dtype <= PLAST_F64; dtype++)
        for (int k = 0; k < 3; k++) {
            const double alpha = alphas[k], kept = 1.0 - alpha;
            const naive_net net = spiral(alpha);
            subject s = make(&net, dtype);
            const naive_net before = get_all(&s, &net);
            /* |kept + alpha mu (1 + 2i)| = 1 */
            const double b = kept / (5.0 * alpha),
                         edge = -b + sqrt(b * b + (1.0 - kept * kept) / (5.0 * alpha * alpha));
            const double mu = 1.01 * edge;
            char radius[32];
            (void)snprintf(radius, sizeof radius, "radius %.5g",
                           hypot(kept + alpha * mu, 2.0 * alpha * mu)); /* one digit less than the message has */
            use_scheme(&s, "modprop", mu, 0);
            assert_refused(&s, learn(&s, &net, &task, 0, 1), PLAST_E_RANGE, radius, "layer 0");
            const naive_net refused = get_all(&s, &net);
            assert_nets(&refused, &before, 0.0);
            ok(&s, learn(&s, &net, &task, 0, 0)); /* no error, no filter */
            ok(&s, plast_network_set_temporal_parameter(s.network, "mu", 0.99 * edge));
            ok(&s, learn(&s, &net, &task, 0, 1)); /* where norms cannot tell: mu times the norm 3 is above 1 */
            assert_true(0.99 * edge * 3.0 > 1.0);
            ok(&s, plast_network_set_temporal_parameter(s.network, "mu", 3.0 * mu));
            ok(&s, plast_network_set_temporal_parameter(s.network, "unstable", 1.0));
            set_all(&s, &net);
            ok(&s, learn(&s, &net, &task, 0, 1));
            drop(&s);
        }
}

/* A scaled rotation of two units, by itself and on top of a layer without recurrent weights: own types, one type. */
static void radius_by_types(void **state)
{
    (void)state;
    const naive_task task = draw_task(310, 4, 1);
    naive_net net = draw_net(31, 2, PLAST_FORM_RATE, PLAST_TANH, 1.0, 0);
    memset(net.cell[0].p.w, 0, sizeof net.cell[0].p.w);
    memset(net.cell[1].p.w, 0, sizeof net.cell[1].p.w);
    net.cell[1].p.w[0] = net.cell[1].p.w[8] = 0.6 * 1.25;
    net.cell[1].p.w[1] = -0.8 * 1.25;
    net.cell[1].p.w[7] = 0.8 * 1.25;
    subject s = make(&net, PLAST_F64);
    use_scheme(&s, "modprop", 0.82, 0);
    assert_refused(&s, learn(&s, &net, &task, 0, 1), PLAST_E_RANGE, "radius 1.025", "layer 1");
    const naive_net refused = get_all(&s, &net);
    assert_nets(&refused, &net, 0.0);
    ok(&s, plast_network_set_temporal_parameter(s.network, "mu", 0.79));
    ok(&s, learn(&s, &net, &task, 0, 1)); /* 0.9875 */
    ok(&s, plast_layer_set_types(layer_of(&s, 1), NULL));
    set_weights(&s, 1, "recurrent", net.cell[1].p.w, 7, 7);
    ok(&s, plast_network_set_temporal_parameter(s.network, "mu", 4.6)); /* the sum, 1.5, over 7 units, times 4.6 */
    ok(&s, learn(&s, &net, &task, 0, 1));
    ok(&s, plast_network_set_temporal_parameter(s.network, "mu", 4.7));
    set_weights(&s, 0, "recurrent", net.cell[0].p.w, 5, 5);
    set_weights(&s, 1, "recurrent", net.cell[1].p.w, 7, 7);
    assert_refused(&s, learn(&s, &net, &task, 0, 1), PLAST_E_RANGE, "radius 1.00714", "layer 1");
    drop(&s);
}

/* A filter that nobody checks may leave the numbers: then the update is refused as any other. */
static void what_overflows_changes_nothing(void **state)
{
    (void)state;
    for (int32_t dtype = PLAST_F32; dtype <= PLAST_F64; dtype++) {
        const naive_net net = draw_net(37, 1, PLAST_FORM_VOLTAGE, PLAST_TANH, 0.5, 2);
        const naive_task task = draw_task(370, MOST_T, 2);
        subject s = make(&net, dtype);
        const naive_net before = get_all(&s, &net);
        use_scheme(&s, "modprop", 1e200, 1);
        assert_refused(&s, learn(&s, &net, &task, 0, 1), PLAST_E_NOT_FINITE, "not finite", "");
        ok(&s, plast_network_set_temporal_parameter(s.network, "unstable", 0.0));
        assert_refused(&s, learn(&s, &net, &task, 0, 1), PLAST_E_RANGE, "radius", "e+");
        const naive_net after = get_all(&s, &net);
        assert_nets(&after, &before, 0.0);
        ok(&s, plast_network_set_temporal_parameter(s.network, "mu", 0.1));
        ok(&s, learn(&s, &net, &task, 0, 1));
        drop(&s);
    }
}

/* ---- arguments ---- */

static void types_are_copied(void **state)
{
    const naive_net net = draw_net(41, 1, PLAST_FORM_INSIDE, PLAST_TANH, 0.5, 1);
    subject s = make(&net, PLAST_F32);
    plast_layer *layer = layer_of(&s, 0);
    int64_t wide[10] = { 4, -1, 0, -1, 2, -1, 4, -1, 0, -1 };
    uint8_t u8[5] = { 9, 9, 9, 9, 9 };
    int32_t i32[5] = { 9, 9, 9, 9, 9 };
    const plast_matrix strided = { wide, 1, 5, 10, 2, PLAST_I64, 0 }, as_u8 = { u8, 1, 5, 5, 1, PLAST_U8, 0 },
                       as_i32 = { i32, 1, 5, 5, 1, PLAST_I32, 0 };
    (void)state;
    ok(&s, plast_layer_set_types(layer, &strided));
    ok(&s, plast_layer_get_types(layer, &as_u8));
    ok(&s, plast_layer_get_types(layer, &as_i32));
    for (int i = 0; i < 5; i++)
        assert_true(u8[i] == wide[2 * i] && i32[i] == wide[2 * i]);
    u8[1] = 3;
    ok(&s, plast_layer_set_types(layer, &as_u8));
    ok(&s, plast_network_reset(s.network, 5)); /* they are no weights */
    ok(&s, plast_layer_get_types(layer, &strided));
    assert_true(wide[0] == 4 && wide[1] == -1 && wide[2] == 3 && wide[8] == 0);
    ok(&s, plast_layer_set_types(layer, NULL));
    ok(&s, plast_layer_get_types(layer, &as_i32));
    for (int i = 0; i < 5; i++)
        assert_int_equal(i32[i], 0);
    drop(&s);
}

/* Numbers that no unit has are no types: 4, 2, 0 do as 2, 1, 0. */
static void numbers_may_be_left_out(void **state)
{
    static const int sparse[] = { 4, 2, 4, 0, 2 }, dense[] = { 2, 1, 2, 0, 1 };
    naive_net net = draw_net(43, 1, PLAST_FORM_VOLTAGE, PLAST_TANH, 0.5, 1);
    const naive_task task = draw_task(430, MOST_T, 2);
    (void)state;
    memcpy(net.cell[0].type, dense, sizeof dense);
    const naive_net expected = learned_by(&net, &task, "modprop", 0.4);
    memcpy(net.cell[0].type, sparse, sizeof sparse);
    const naive_net learned = learned_by(&net, &task, "modprop", 0.4);
    assert_nets(&learned, &expected, 0.0);
}

static void wrong_types_are_refused(void **state)
{
    const naive_net net = draw_net(47, 1, PLAST_FORM_VOLTAGE, PLAST_TANH, 0.5, 2);
    subject s = make(&net, PLAST_F64);
    plast_layer *layer = layer_of(&s, 0);
    int32_t types[6] = { 0, 1, 2, 1, 0, 0 }, got[5];
    double reals[5] = { 0.0 };
    plast_matrix m = { types, 1, 6, 6, 1, PLAST_I32, 0 }, out = { got, 1, 5, 5, 1, PLAST_I32, 0 };
    const plast_matrix real = plast_matrix_f64(reals, 1, 5);
    (void)state;
    assert_refused(&s, plast_layer_set_types(layer, &m), PLAST_E_INVALID, "types has 6 columns", "expected 5");
    m.cols = 5;
    assert_refused(&s, plast_layer_set_types(layer, &real), PLAST_E_INVALID, "types has type f64", "u8, i32 or i64");
    types[3] = 5;
    assert_refused(&s, plast_layer_set_types(layer, &m), PLAST_E_RANGE, "unit 3 has type 5", "0 to 4");
    types[3] = -1;
    assert_refused(&s, plast_layer_set_types(layer, &m), PLAST_E_RANGE, "unit 3 has type -1", "0 to 4");
    assert_refused(&s, plast_layer_set_types(layer_of(&s, 1), &m), PLAST_E_UNSUPPORTED, "layer 1 is \"dense\"", "");
    assert_refused(&s, plast_layer_get_types(layer_of(&s, 1), &m), PLAST_E_UNSUPPORTED, "layer 1 is \"dense\"", "");
    assert_refused(&s, plast_layer_get_types(layer, NULL), PLAST_E_INVALID, "types is NULL", "");
    out.flags = PLAST_READ_ONLY;
    assert_refused(&s, plast_layer_get_types(layer, &out), PLAST_E_INVALID, "types is read-only", "");
    assert_int_equal(plast_layer_set_types(NULL, &m), PLAST_E_INVALID);
    assert_int_equal(plast_layer_get_types(NULL, &m), PLAST_E_INVALID);
    out.flags = 0;
    ok(&s, plast_layer_get_types(layer, &out));
    for (int i = 0; i < 5; i++)
        assert_int_equal(got[i], net.cell[0].type[i]);
    drop(&s);
}

static void many_types_do_not_fit_into_bytes(void **state)
{
    enum { UNITS = 300 };
    const plast_network_options options = { PLAST_NETWORK_OPTIONS, .inputs = 1 };
    const plast_layer_options wide = { PLAST_LAYER_OPTIONS, .units = UNITS, .activation = PLAST_TANH };
    static uint8_t bytes[UNITS];
    static int64_t types[UNITS];
    const plast_matrix out = { bytes, 1, UNITS, UNITS, 1, PLAST_U8, 0 },
                       in = { types, 1, UNITS, UNITS, 1, PLAST_I64, 0 };
    subject s = { .dtype = PLAST_F32 };
    (void)state;
    assert_int_equal(plast_context_create(NULL, &s.context), PLAST_OK);
    ok(&s, plast_network_create(s.context, &options, &s.network));
    ok(&s, plast_network_add(s.network, "recurrent", &wide, NULL));
    types[7] = 255;
    ok(&s, plast_layer_set_types(layer_of(&s, 0), &in));
    ok(&s, plast_layer_get_types(layer_of(&s, 0), &out));
    assert_int_equal(bytes[7], 255);
    types[7] = 256;
    ok(&s, plast_layer_set_types(layer_of(&s, 0), &in));
    assert_refused(&s, plast_layer_get_types(layer_of(&s, 0), &out), PLAST_E_RANGE, "types are u8", "256");
    drop(&s);
}

static void parameters_have_ranges(void **state)
{
    const naive_net net = draw_net(53, 1, PLAST_FORM_VOLTAGE, PLAST_TANH, 0.5, 2);
    subject s = make(&net, PLAST_F64);
    double value = 0.0;
    (void)state;
    plast_temporal *temporal = NULL;
    ok(&s, plast_temporal_create(s.context, "modprop", &temporal));
    ok(&s, plast_temporal_get(temporal, "mu", &value));
    assert_true(value == 0.25);
    ok(&s, plast_temporal_get(temporal, "unstable", &value));
    assert_true(value == 0.0);
    assert_int_equal(plast_temporal_set(temporal, "mu", -0.1), PLAST_E_RANGE);
    assert_int_equal(plast_temporal_set(temporal, "mu", (double)INFINITY), PLAST_E_RANGE);
    assert_int_equal(plast_temporal_set(temporal, "unstable", 0.5), PLAST_E_RANGE);
    plast_temporal_destroy(temporal);
    ok(&s, plast_temporal_create(s.context, "mdgl", &temporal));
    assert_int_equal(plast_temporal_set(temporal, "mu", 0.1), PLAST_E_UNKNOWN);
    plast_temporal_destroy(temporal);
    drop(&s);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        quiet_test(equations_hold),
        quiet_test(linear_with_own_types_is_bptt),
        quiet_test(without_mu_it_is_eprop),
        quiet_test(mdgl_of_one_step_is_eprop),
        quiet_test(weights_are_averaged_anew),
        quiet_test(credit_is_cut_between_updates),
        quiet_test(frozen_layers_stay),
        quiet_test(unstable_filters_are_refused),
        quiet_test(radius_by_types),
        quiet_test(what_overflows_changes_nothing),
        quiet_test(types_are_copied),
        quiet_test(numbers_may_be_left_out),
        quiet_test(wrong_types_are_refused),
        quiet_test(many_types_do_not_fit_into_bytes),
        quiet_test(parameters_have_ranges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
