/* SPDX-License-Identifier: MIT
 *
 * The three gradients of flossing on gated layers and on stacks, against central differences of a loss in plain loops
 * in which stand still: nothing ("exact"), what recurrent synapses saw of the step before ("truncated"), or all but the
 * weights of one step ("local"). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <plasticity/plasticity.h>

#include "base/random.h"

#include "support/nets.h"
#include "support/quiet.h"
#include "support/stack.h"

enum { INPUTS = 2, MOST = 5, MOST_K = 4, STEPS = 8, SKIP = 2, SEED = 11, GATES = 3, ALL = 20, PARAMETERS = 400 };

/* An activity and its tangents. */
typedef struct moving {
    double v[MOST], d[MOST_K][MOST];
} moving;

/* What one layer read and found at one step. */
typedef struct seen {
    moving x, before, h; /* from below; of the state before; as the recurrent synapses see that */
    double z[MOST];      /* argument of f */
    double r[MOST], u[MOST], n[MOST], back[MOST]; /* gates, and the candidate's recurrent input */
} seen;

typedef struct plain {
    const stack_plan *plan;
    int gradient, record;
    int64_t k;
    double target;
    double all[PARAMETERS], x[STEPS * INPUTS];
    seen steps[STEPS][STACK_LAYERS];
} plain;

/* A layer's own numbers. */
typedef struct parts {
    const stack_layer *layer;
    int64_t in, n, rows;
    const double *u, *w, *b, *b_recurrent;
} parts;

static int is(const stack_layer *layer, const char *kind)
{
    return strcmp(layer->kind, kind) == 0;
}

static int64_t find(const plain *p, int i, int64_t at, parts *to)
{
    const stack_layer *layer = &p->plan->layer[i];
    const int64_t n = layer->options.units, in = i == 0 ? INPUTS : p->plan->layer[i - 1].options.units;
    const int gru = is(layer, "gru");
    *to = (parts){ .layer = layer, .in = in, .n = n, .rows = gru ? GATES * n : n, .u = p->all + at };
    at += to->rows * in;
    if (!is(layer, "dense")) {
        to->w = p->all + at;
        at += to->rows * n;
    }
    to->b = p->all + at;
    at += to->rows;
    if (gru) {
        to->b_recurrent = p->all + at;
        at += to->rows;
    }
    return at + (is(layer, "dense") ? 0 : n);
}

static double sigmoid(double a)
{
    return 1.0 / (1.0 + exp(-a));
}

static double f_of(const parts *p, double z)
{
    const int32_t f = p->layer->options.activation;
    return f == PLAST_TANH ? tanh(z) : f == PLAST_SIGMOID ? sigmoid(z) : z;
}

static double slope_of(const parts *p, double z)
{
    const int32_t f = p->layer->options.activation;
    const double y = f_of(p, z);
    return f == PLAST_TANH ? 1.0 - y * y : f == PLAST_SIGMOID ? y * (1.0 - y) : 1.0;
}

static int is_potential(const parts *p)
{
    const int32_t form = p->layer->options.form;
    return is(p->layer, "recurrent") && (form == PLAST_FORM_VOLTAGE || form == PLAST_FORM_CURRENT);
}

static double row_of(int64_t cols, const double *w, int64_t i, const double *x)
{
    double sum = 0.0;
    for (int64_t j = 0; j < cols; j++)
        sum += w[i * cols + j] * x[j];
    return sum;
}

/* f of a moving state, as synapses or the layer above see it. */
static moving seen_through(const parts *p, int64_t k, const moving *a)
{
    moving h = *a;
    for (int64_t i = 0; i < p->n; i++) {
        h.v[i] = f_of(p, a->v[i]);
        for (int64_t c = 0; c < k; c++)
            h.d[c][i] = slope_of(p, a->v[i]) * a->d[c][i];
    }
    return h;
}

static void dense_step(const plain *p, const parts *l, seen *now, moving *out)
{
    for (int64_t i = 0; i < l->n; i++) {
        const double z = l->b[i] + row_of(l->in, l->u, i, now->x.v);
        out->v[i] = f_of(l, z);
        for (int64_t c = 0; c < p->k; c++)
            out->d[c][i] = slope_of(l, z) * row_of(l->in, l->u, i, now->x.d[c]);
    }
}

/* `still` is what this step saw when nothing had moved; where the gradient does not go, it is read in place of
 * `now`. */
static void recurrent_step(const plain *p, const parts *l, seen *now, const seen *still, moving *state)
{
    const int32_t form = l->layer->options.form;
    const int local = p->gradient == PLAST_FLOSSING_LOCAL, exact = p->gradient == PLAST_FLOSSING_EXACT;
    const double alpha = l->layer->options.alpha == 0.0 ? 1.0 : l->layer->options.alpha, kept = 1.0 - alpha;
    const moving *h = exact ? &now->h : &still->h, *before = local ? &still->before : &now->before;
    const moving *x = local ? &still->x : &now->x;
    for (int64_t i = 0; i < l->n; i++) {
        const double net = l->b[i] + row_of(l->in, l->u, i, x->v) + row_of(l->n, l->w, i, h->v);
        now->z[i] = form == PLAST_FORM_RATE ? net : kept * before->v[i] + alpha * net;
        const double slope = slope_of(l, local ? still->z[i] : now->z[i]);
        for (int64_t c = 0; c < p->k; c++) {
            const double moved = row_of(l->in, l->u, i, x->d[c]) + row_of(l->n, l->w, i, h->d[c]);
            const double inner = form == PLAST_FORM_RATE ? slope : 1.0, outer = form == PLAST_FORM_INSIDE ? slope : 1.0;
            state->d[c][i] = outer * (kept * before->d[c][i] + alpha * inner * moved);
        }
        state->v[i] = form == PLAST_FORM_RATE     ? kept * before->v[i] + alpha * f_of(l, net)
                      : form == PLAST_FORM_INSIDE ? f_of(l, now->z[i])
                                                  : now->z[i];
    }
}

static void gated_step(const plain *p, const parts *l, seen *now, const seen *still, moving *state)
{
    const int64_t n = l->n;
    const int local = p->gradient == PLAST_FLOSSING_LOCAL, exact = p->gradient == PLAST_FLOSSING_EXACT;
    const moving *h = exact ? &now->h : &still->h, *before = local ? &still->before : &now->before;
    const moving *x = local ? &still->x : &now->x;
    for (int64_t i = 0; i < n; i++) {
        double in[GATES], back[GATES];
        for (int64_t g = 0; g < GATES; g++) {
            in[g] = l->b[g * n + i] + row_of(l->in, l->u, g * n + i, x->v);
            back[g] = l->b_recurrent[g * n + i] + row_of(n, l->w, g * n + i, h->v);
        }
        now->r[i] = sigmoid(in[0] + back[0]);
        now->u[i] = sigmoid(in[1] + back[1]);
        now->back[i] = back[2];
        now->n[i] = tanh(in[2] + now->r[i] * back[2]);
        const seen *at = local ? still : now;
        const double r = at->r[i], u = at->u[i], candidate = at->n[i];
        for (int64_t c = 0; c < p->k; c++) {
            for (int64_t g = 0; g < GATES; g++) {
                in[g] = row_of(l->in, l->u, g * n + i, x->d[c]);
                back[g] = row_of(n, l->w, g * n + i, h->d[c]);
            }
            const double dr = r * (1.0 - r) * (in[0] + back[0]), du = u * (1.0 - u) * (in[1] + back[1]);
            const double dn = (1.0 - candidate * candidate) * (in[2] + dr * at->back[i] + r * back[2]);
            state->d[c][i] = (1.0 - u) * dn - du * candidate + du * before->v[i] + u * before->d[c][i];
        }
        state->v[i] = (1.0 - now->u[i]) * now->n[i] + now->u[i] * before->v[i];
    }
}

static void layer_step(plain *p, int t, int i, const parts *l, const moving *x, moving *state, moving *out)
{
    seen now = { .x = *x, .before = *state };
    const seen *still = &p->steps[t][i];
    if (is(l->layer, "dense")) {
        dense_step(p, l, &now, out);
        return;
    }
    now.h = is_potential(l) ? seen_through(l, p->k, state) : *state;
    if (p->record)
        *(seen *)still = now;
    if (is(l->layer, "gru"))
        gated_step(p, l, &now, still, state);
    else
        recurrent_step(p, l, &now, still, state);
    *out = is_potential(l) && l->layer->options.form == PLAST_FORM_VOLTAGE ? seen_through(l, p->k, state) : *state;
    if (p->record)
        p->steps[t][i] = now;
}

/* Columns in `q`, n numbers each, made orthonormal one after the other, twice for precision; r = their lengths. */
static void gram_schmidt(int64_t n, int64_t k, double *q, double *r)
{
    for (int64_t j = 0; j < k; j++) {
        double *a = q + j * n, square = 0.0;
        for (int64_t i = 0; i < 2 * j; i++) {
            const double *b = q + i % j * n;
            const double dot = row_of(n, b, 0, a);
            for (int64_t m = 0; m < n; m++)
                a[m] -= dot * b[m];
        }
        for (int64_t m = 0; m < n; m++)
            square += a[m] * a[m];
        r[j] = sqrt(square);
        for (int64_t m = 0; m < n; m++)
            a[m] /= r[j];
    }
}

static int64_t state_units(const stack_plan *plan)
{
    int64_t n = 0;
    for (int i = 0; i + 1 < plan->layers; i++)
        n += is(&plan->layer[i], "dense") ? 0 : plan->layer[i].options.units;
    return n;
}

/* All layers' tangents of states as one frame, or back. */
static void exchange(const plain *p, moving *states, double *frame, int back)
{
    const int64_t n = state_units(p->plan);
    int64_t first = 0;
    for (int i = 0; i + 1 < p->plan->layers; i++)
        for (int64_t j = 0; !is(&p->plan->layer[i], "dense") && j < p->plan->layer[i].options.units; j++, first++)
            for (int64_t c = 0; c < p->k; c++) {
                double *one = &states[i].d[c][j], *other = &frame[c * n + first];
                *(back ? one : other) = *(back ? other : one);
            }
}

static void begin(const plain *p, moving *states)
{
    const int64_t n = state_units(p->plan);
    double frame[MOST_K * ALL], r[MOST_K], pair[2] = { 0.0, 0.0 };
    int64_t at = 0;
    for (int64_t j = 0; j < n * p->k; j++) {
        plast__normal_pair(SEED, 0, (uint64_t)(j / 2), pair);
        frame[j] = pair[j % 2];
    }
    gram_schmidt(n, p->k, frame, r);
    exchange(p, states, frame, 1);
    for (int i = 0; i + 1 < p->plan->layers; i++) {
        parts l;
        at = find(p, i, at, &l);
        if (l.w != NULL)
            memcpy(states[i].v, p->all + at - l.n, (size_t)l.n * sizeof(double));
    }
}

static double plain_loss(plain *p)
{
    const int64_t n = state_units(p->plan);
    moving states[STACK_LAYERS] = { { { 0.0 }, { { 0.0 } } } };
    double lambda[MOST_K] = { 0.0 }, r[MOST_K], frame[MOST_K * ALL], loss = 0.0;
    begin(p, states);
    for (int t = 0; t < STEPS; t++) {
        moving x = { { 0.0 }, { { 0.0 } } };
        int64_t at = 0;
        memcpy(x.v, p->x + t * INPUTS, sizeof(double) * INPUTS);
        for (int i = 0; i + 1 < p->plan->layers; i++) {
            parts l;
            moving out = { { 0.0 }, { { 0.0 } } };
            at = find(p, i, at, &l);
            layer_step(p, t, i, &l, &x, &states[i], &out);
            x = out;
        }
        exchange(p, states, frame, 0);
        gram_schmidt(n, p->k, frame, r);
        exchange(p, states, frame, 1);
        for (int64_t c = 0; c < p->k && t >= SKIP; c++)
            lambda[c] += log(r[c]) / (STEPS - SKIP);
    }
    for (int64_t c = 0; c < p->k; c++)
        loss += (lambda[c] - p->target) * (lambda[c] - p->target) / (double)p->k;
    return loss;
}

/* To fourth order. */
static double slope_along(plain *p, double *value)
{
    static const double at[] = { 1.0, -1.0, 2.0, -2.0 }, weight[] = { 8.0, -8.0, -1.0, 1.0 }, h = 3e-4;
    const double old = *value;
    double sum = 0.0;
    for (int k = 0; k < 4; k++) {
        *value = old + at[k] * h;
        sum += weight[k] * plain_loss(p) / (12.0 * h);
    }
    *value = old;
    return sum;
}

/* One update of rate 1: all parameters before, and what they lose. */
static double gradient_of(const stack_plan *plan, const plain *p, double *all, double *gradient)
{
    const plast_flossing_options options = {
        PLAST_FLOSSING_OPTIONS, .gradient = p->gradient, .exponents = p->k, .steps = STEPS,
        .skip = SKIP,           .target = p->target,     .seed = SEED
    };
    const plast_matrix x = stack_matrix(p->x, STEPS, INPUTS);
    plast_flossing_report report = { PLAST_FLOSSING_REPORT };
    plast_flossing *flossing = NULL;
    plast_optimizer *sgd = NULL;
    stack s = stack_make(plan);
    const int64_t n = stack_size(&s);
    assert_true(n <= PARAMETERS && state_units(plan) <= ALL);
    stack_get(&s, all);
    stack_ok(&s, plast_optimizer_create(s.context, "sgd", &sgd));
    stack_ok(&s, plast_optimizer_set(sgd, "rate", 1.0));
    stack_ok(&s, plast_flossing_create(s.network, &options, sgd, &flossing));
    plast_optimizer_destroy(sgd);
    stack_ok(&s, plast_flossing_update(flossing, NULL, &x, &report));
    plast_flossing_destroy(flossing);
    stack_get(&s, gradient);
    for (int64_t i = 0; i < n; i++)
        gradient[i] = all[i] - gradient[i];
    stack_free(&s);
    return report.loss;
}

/* Weights and biases of layers with a state; everything else stays. h^4 times fifth derivatives, and 1e-16 / h. */
static void check(const stack_plan *plan, int gradient, int64_t k)
{
    static plain p;
    double got[PARAMETERS];
    int64_t at = 0, biases = 0;
    p = (plain){ .plan = plan, .gradient = gradient, .record = 1, .k = k, .target = 0.1 };
    fill_uniform(41, STEPS * INPUTS, p.x);
    const double loss = gradient_of(plan, &p, p.all, got);
    p.gradient = PLAST_FLOSSING_EXACT;
    assert_near(loss, plain_loss(&p), 1e-12 * (1.0 + loss));
    p.gradient = gradient;
    p.record = 0;
    for (int i = 0; i + 1 < plan->layers; i++) {
        parts l;
        const int64_t first = at;
        at = find(&p, i, at, &l);
        const int64_t learns = l.w == NULL ? 0 : at - l.n - first;
        for (int64_t j = 0; j < learns; j++)
            assert_near(got[first + j], slope_along(&p, &p.all[first + j]), 1e-9);
        for (int64_t j = first + learns; j < at; j++)
            assert_true(got[j] == 0.0);
        for (int64_t j = l.b - p.all; l.w != NULL && j < at - l.n; j++)
            biases += got[j] != 0.0;
    }
    assert_true(gradient == PLAST_FLOSSING_LOCAL ? biases == 0 : biases > 0);
}

static void check_all(const stack_plan *plan, int64_t k)
{
    check(plan, PLAST_FLOSSING_EXACT, k);
    check(plan, PLAST_FLOSSING_TRUNCATED, k);
    check(plan, PLAST_FLOSSING_LOCAL, k);
}

static void gated_layers(void **state)
{
    const stack_plan plan = {
        .dtype = PLAST_F64,
        .inputs = INPUTS,
        .layers = 2,
        .layer = { { "gru", { .units = 4, .recurrent_gain = 1.5 } }, { "dense", { .units = 2 } } },
    };
    (void)state;
    check_all(&plan, 1);
    check_all(&plan, 3);
}

static void stacks(void **state)
{
    static const int32_t forms[] = { PLAST_FORM_VOLTAGE, PLAST_FORM_INSIDE, PLAST_FORM_RATE, PLAST_FORM_CURRENT };
    (void)state;
    for (int i = 0; i < 4; i++) {
        const stack_plan plan = {
            .dtype = PLAST_F64,
            .inputs = INPUTS,
            .layers = 6,
            .layer = { { "dense", { .units = 3, .activation = PLAST_TANH } },
                       { "recurrent", { .units = 4, .activation = PLAST_TANH, .form = forms[i], .alpha = 0.6 } },
                       { "dense", { .units = 3, .activation = PLAST_SIGMOID } },
                       { "gru", { .units = 2 } },
                       { "recurrent",
                         { .units = 3, .activation = PLAST_TANH, .form = forms[(i + 1) % 4], .alpha = 0.7 } },
                       { "dense", { .units = 2, .activation = PLAST_SOFTMAX } } },
        };
        check_all(&plan, MOST_K);
    }
}

/* A potential without a leak keeps nothing by itself: there is nothing left of the way back. */
static void without_a_leak_truncated_is_local(void **state)
{
    static const int32_t forms[] = { PLAST_FORM_VOLTAGE, PLAST_FORM_CURRENT };
    (void)state;
    for (int i = 0; i < 2; i++) {
        const stack_plan plan = {
            .dtype = PLAST_F64,
            .inputs = INPUTS,
            .layers = 2,
            .layer = { { "recurrent", { .units = 5, .activation = PLAST_TANH, .form = forms[i] } },
                       { "dense", { .units = 2 } } },
        };
        plain p = { .plan = &plan, .k = 3 };
        double all[PARAMETERS] = { 0.0 }, gradient[2][PARAMETERS] = { { 0.0 } };
        fill_uniform(41, STEPS * INPUTS, p.x);
        for (int local = 0; local < 2; local++) {
            p.gradient = local ? PLAST_FLOSSING_LOCAL : PLAST_FLOSSING_TRUNCATED;
            (void)gradient_of(&plan, &p, all, gradient[local]);
        }
        assert_close(PARAMETERS, gradient[0], gradient[1], 1e-14);
        assert_true(fabs(gradient[0][5 * INPUTS]) > 1e-6);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        quiet_test(gated_layers),
        quiet_test(stacks),
        quiet_test(without_a_leak_truncated_is_local),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
