/* SPDX-License-Identifier: MIT
 *
 * Gradients of flossing, against central differences of the loss of independent code, and of its own loss where layers
 * are stacked; the local one against its formula in plain loops. */
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

enum { INPUTS = 2, MOST_N = 14, MOST_T = 20, SEED = 11 };

typedef struct trial {
    int form, activation, n, k, steps, skip;
    double alpha, target;
} trial;

/* What a step saw, for losses in which some of it stands still. */
typedef struct seen {
    double h[MOST_N], tangents[MOST_N * MOST_N], frame[MOST_N * MOST_N], slope[MOST_N];
} seen;

/* The layer as plain numbers. */
typedef struct plain {
    trial t;
    double u[MOST_N * INPUTS], w[MOST_N * MOST_N], b[MOST_N], initial[MOST_N];
    double x[MOST_T * INPUTS];
    seen steps[MOST_T];
    double frames[MOST_T + 1][MOST_N * MOST_N], growth[MOST_T]; /* after each step; of the first column */
} plain;

static double f_of(const plain *p, double z)
{
    return p->t.activation == PLAST_TANH ? tanh(z) : z > 0.0 ? z : 0.0;
}

static double slope_of(const plain *p, double z)
{
    return p->t.activation == PLAST_TANH ? 1.0 / (cosh(z) * cosh(z)) : z > 0.0;
}

static int is_potential(const plain *p)
{
    return p->t.form == PLAST_FORM_VOLTAGE || p->t.form == PLAST_FORM_CURRENT;
}

/* What the synapses see of a state and a frame. */
static void see(const plain *p, const double *state, const double *frame, seen *to)
{
    const int n = p->t.n;
    for (int i = 0; i < n; i++) {
        to->h[i] = is_potential(p) ? f_of(p, state[i]) : state[i];
        for (int c = 0; c < p->t.k; c++)
            to->tangents[c * n + i] = frame[c * n + i] * (is_potential(p) ? slope_of(p, state[i]) : 1.0);
    }
}

/* One step of state and frame. `gradient`: of what the step saw before, what is not to move is as p->steps[t] says. */
static void plain_step(plain *p, int gradient, int record, int t, double *state, double *frame)
{
    const int n = p->t.n;
    const double alpha = p->t.alpha, kept = 1.0 - alpha;
    seen now;
    see(p, state, frame, &now);
    memcpy(now.frame, frame, sizeof now.frame);
    const seen *at = gradient == PLAST_FLOSSING_EXACT ? &now : &p->steps[t];
    for (int i = 0; i < n; i++) {
        double net = p->b[i];
        for (int j = 0; j < INPUTS; j++)
            net += p->u[i * INPUTS + j] * p->x[t * INPUTS + j];
        for (int j = 0; j < n; j++)
            net += p->w[i * n + j] * at->h[j];
        const double z = p->t.form == PLAST_FORM_RATE ? net : kept * state[i] + alpha * net;
        const double slope = gradient == PLAST_FLOSSING_LOCAL ? at->slope[i] : slope_of(p, z);
        now.slope[i] = slope;
        for (int c = 0; c < p->t.k; c++) {
            const double before = gradient == PLAST_FLOSSING_LOCAL ? at->frame[c * n + i] : frame[c * n + i];
            double tangent = 0.0;
            for (int j = 0; j < n; j++)
                tangent += p->w[i * n + j] * at->tangents[c * n + j];
            const double outer = p->t.form == PLAST_FORM_INSIDE ? slope : 1.0;
            const double inner = p->t.form == PLAST_FORM_RATE ? slope : 1.0;
            frame[c * n + i] = outer * (kept * before + alpha * inner * tangent);
        }
        state[i] = is_potential(p)                  ? z
                   : p->t.form == PLAST_FORM_INSIDE ? f_of(p, z)
                                                    : kept * state[i] + alpha * f_of(p, z);
    }
    if (record)
        p->steps[t] = now;
}

/* Columns made orthonormal, one after the other; twice, for precision. r is k x k, row-major. */
static void gram_schmidt(int n, int k, double *q, double *r)
{
    memset(r, 0, (size_t)(k * k) * sizeof *r);
    for (int j = 0; j < k; j++) {
        double *a = q + j * n;
        for (int pass = 0; pass < 2; pass++)
            for (int i = 0; i < j; i++) {
                double dot = 0.0;
                for (int l = 0; l < n; l++)
                    dot += q[i * n + l] * a[l];
                r[i * k + j] += dot;
                for (int l = 0; l < n; l++)
                    a[l] -= dot * q[i * n + l];
            }
        double square = 0.0;
        for (int l = 0; l < n; l++)
            square += a[l] * a[l];
        r[j * k + j] = sqrt(square);
        for (int l = 0; l < n; l++)
            a[l] /= r[j * k + j];
    }
}

static void first_frame(int n, int k, double *q)
{
    double r[MOST_N * MOST_N], pair[2];
    for (int j = 0; j < n * k; j++) {
        plast__normal_pair(SEED, 0, (uint64_t)(j / 2), pair);
        q[j] = pair[j % 2];
    }
    gram_schmidt(n, k, q, r);
}

/* The loss; `lambda` gets the exponents. */
static double plain_loss(plain *p, int gradient, int record, double *lambda)
{
    const int n = p->t.n, k = p->t.k;
    double state[MOST_N], q[MOST_N * MOST_N], r[MOST_N * MOST_N], loss = 0.0;
    memcpy(state, p->initial, sizeof state);
    memset(lambda, 0, (size_t)k * sizeof *lambda);
    first_frame(n, k, q);
    memcpy(p->frames[0], q, sizeof q);
    for (int t = 0; t < p->t.steps; t++) {
        plain_step(p, gradient, record, t, state, q);
        gram_schmidt(n, k, q, r);
        memcpy(p->frames[t + 1], q, sizeof q);
        p->growth[t] = r[0];
        for (int c = 0; c < k && t >= p->t.skip; c++)
            lambda[c] += log(r[c * k + c]) / (p->t.steps - p->t.skip);
    }
    for (int c = 0; c < k; c++)
        loss += (lambda[c] - p->t.target) * (lambda[c] - p->t.target) / k;
    return loss;
}

static stack make(const trial *t)
{
    const stack_plan plan = {
        .dtype = PLAST_F64,
        .inputs = INPUTS,
        .layers = 2,
        .layer = { { "recurrent",
                     { .units = t->n,
                       .activation = t->activation,
                       .form = t->form,
                       .alpha = t->alpha,
                       .recurrent_init = PLAST_INIT_LECUN_NORMAL,
                       .recurrent_gain = 1.3 } },
                   { "dense", { .units = 2 } } },
    };
    return stack_make(&plan);
}

static plain plain_of(const stack *s, const trial *t)
{
    plain p = { .t = *t };
    plast_layer *layer = NULL;
    const plast_matrix u = stack_matrix(p.u, t->n, INPUTS), w = stack_matrix(p.w, t->n, t->n),
                       b = stack_matrix(p.b, 1, t->n), initial = stack_matrix(p.initial, 1, t->n);
    stack_ok(s, plast_network_layer(s->network, 0, &layer));
    stack_ok(s, plast_synapses_get_weights(stack_group(s, 0, "input"), &u));
    stack_ok(s, plast_synapses_get_weights(stack_group(s, 0, "recurrent"), &w));
    stack_ok(s, plast_layer_get_vector(layer, "bias", &b));
    stack_ok(s, plast_layer_get_vector(layer, "initial", &initial));
    fill_uniform(40, MOST_T * INPUTS, p.x);
    return p;
}

static plast_flossing *floss(const stack *s, const plast_flossing_options *options, double rate)
{
    plast_optimizer *sgd = NULL;
    plast_flossing *flossing = NULL;
    stack_ok(s, plast_optimizer_create(s->context, "sgd", &sgd));
    stack_ok(s, plast_optimizer_set(sgd, "rate", rate));
    stack_ok(s, plast_flossing_create(s->network, options, sgd, &flossing));
    plast_optimizer_destroy(sgd);
    return flossing;
}

static plast_flossing_options options_of(const trial *t, int gradient)
{
    return (plast_flossing_options){ PLAST_FLOSSING_OPTIONS,
                                     .gradient = gradient,
                                     .exponents = t->k,
                                     .steps = t->steps,
                                     .skip = t->skip == 0 ? -1 : t->skip,
                                     .target = t->target,
                                     .seed = SEED };
}

/* One update of rate 1: what the layer loses by it is the gradient, of U, W and b in `gradient`. */
static plast_flossing_report gradient_of(const stack *s, const trial *t, int gradient, const plain *p, plain *g,
                                         double *lambda)
{
    const plast_flossing_options options = options_of(t, gradient);
    plast_flossing *flossing = floss(s, &options, 1.0);
    plast_flossing_report report = { PLAST_FLOSSING_REPORT };
    const plast_matrix x = stack_matrix(p->x, t->steps, INPUTS), exponents = stack_matrix(lambda, 1, t->k);
    stack_ok(s, plast_flossing_update(flossing, NULL, &x, &report));
    stack_ok(s, plast_flossing_exponents(flossing, &exponents));
    plast_flossing_destroy(flossing);
    *g = plain_of(s, t);
    for (int i = 0; i < t->n * INPUTS; i++)
        g->u[i] = p->u[i] - g->u[i];
    for (int i = 0; i < t->n * t->n; i++)
        g->w[i] = p->w[i] - g->w[i];
    for (int i = 0; i < t->n; i++)
        g->b[i] = p->b[i] - g->b[i];
    return report;
}

/* To fourth order. */
static void differences(plain *p, int gradient, int count, double *values, double *out)
{
    const double h = 1e-4;
    double lambda[MOST_N];
    for (int i = 0; i < count; i++) {
        static const double at[] = { 1.0, -1.0, 2.0, -2.0 }, weight[] = { 8.0, -8.0, -1.0, 1.0 };
        const double old = values[i];
        out[i] = 0.0;
        for (int k = 0; k < 4; k++) {
            values[i] = old + at[k] * h;
            out[i] += weight[k] * plain_loss(p, gradient, 0, lambda) / (12.0 * h);
        }
        values[i] = old;
    }
}

static const trial trials[] = {
    { PLAST_FORM_CURRENT, PLAST_TANH, 12, 8, 15, 5, 1.0, 0.0 },
    { PLAST_FORM_CURRENT, PLAST_TANH, 6, 6, 9, 0, 0.25, -0.2 },
    { PLAST_FORM_VOLTAGE, PLAST_TANH, 9, 1, 20, 3, 0.3, 0.0 },
    { PLAST_FORM_VOLTAGE, PLAST_TANH, 5, 2, 1, 0, 1.0, 0.0 },
    { PLAST_FORM_INSIDE, PLAST_TANH, 7, 3, 12, 4, 0.5, 0.0 },
    { PLAST_FORM_INSIDE, PLAST_TANH, 8, 2, 10, 2, 1.0, 0.1 },
    { PLAST_FORM_RATE, PLAST_TANH, 7, 4, 12, 4, 0.6, 0.0 },
    { PLAST_FORM_RATE, PLAST_TANH, 10, 1, 14, 2, 0.2, 0.0 },
    { PLAST_FORM_CURRENT, PLAST_RELU, 14, 2, 8, 2, 1.0, 0.0 },
    { PLAST_FORM_VOLTAGE, PLAST_RELU, 8, 3, 10, 2, 0.5, 0.0 },
    { PLAST_FORM_INSIDE, PLAST_RELU, 14, 2, 8, 1, 0.7, 0.0 },
    { PLAST_FORM_RATE, PLAST_RELU, 8, 3, 10, 2, 0.4, 0.0 },
};
enum { TRIALS = sizeof trials / sizeof trials[0] };

/* |a - b| relative to the gradient of the recurrent weights. */
static void assert_gradient(const plain *got, const plain *expected)
{
    const trial *t = &got->t;
    const double *as[] = { got->w, got->u, got->b }, *bs[] = { expected->w, expected->u, expected->b };
    const int sizes[] = { t->n * t->n, t->n * INPUTS, t->n };
    double largest = 0.0;
    for (int i = 0; i < sizes[0]; i++)
        largest = fmax(largest, fabs(expected->w[i]));
    assert_true(largest > 1e-6);
    for (int a = 0; a < 3; a++)
        for (int i = 0; i < sizes[a]; i++)
            assert_near(as[a][i] / largest, bs[a][i] / largest, 1e-7); /* h^4 times fifth derivatives, 1e-16 / h */
}

static double norm_of(const plain *g)
{
    double square = 0.0;
    for (int j = 0; j < g->t.n * g->t.n; j++)
        square += g->w[j] * g->w[j] + (j < g->t.n ? g->b[j] * g->b[j] : 0.0);
    for (int j = 0; j < g->t.n * INPUTS; j++)
        square += g->u[j] * g->u[j];
    return sqrt(square);
}

static void gradients_are_those_of_the_loss(int gradient)
{
    static plain p, g, expected;
    for (int i = 0; i < TRIALS; i++) {
        const trial *t = &trials[i];
        stack s = make(t);
        double lambda[MOST_N], known[MOST_N];
        p = plain_of(&s, t);
        expected = p;
        const plast_flossing_report report = gradient_of(&s, t, gradient, &p, &g, lambda);
        assert_near(report.loss, plain_loss(&p, PLAST_FLOSSING_EXACT, 1, known), 1e-12 * (1.0 + report.loss));
        assert_close(t->k, lambda, known, 1e-11);
        assert_int_equal(report.updates, 1);
        differences(&p, gradient, t->n * INPUTS, p.u, expected.u);
        differences(&p, gradient, t->n * t->n, p.w, expected.w);
        differences(&p, gradient, t->n, p.b, expected.b);
        assert_gradient(&g, &expected);
        assert_near(report.norm / norm_of(&g), 1.0, 1e-10);
        stack_free(&s);
    }
}

static void the_exact_gradient_is_that_of_the_loss(void **state)
{
    (void)state;
    gradients_are_those_of_the_loss(PLAST_FLOSSING_EXACT);
}

/* Of the loss in which what each step saw of the one before stands still, or that but for the leak. */
static void local_and_truncated_gradients_are_of_a_loss_that_stands_still(void **state)
{
    (void)state;
    gradients_are_those_of_the_loss(PLAST_FLOSSING_LOCAL);
    gradients_are_those_of_the_loss(PLAST_FLOSSING_TRUNCATED);
}

/* alpha 2 (lambda - target) / T sum_t f'(n_i) q_i,t+1 q_j,t / r_t, and of potentials f'(a_j) q_j,t. */
static void one_local_exponent_is_a_three_factor_rule(void **state)
{
    static const int forms[] = { PLAST_FORM_RATE, PLAST_FORM_INSIDE, PLAST_FORM_VOLTAGE };
    static plain p, g;
    (void)state;
    for (int f = 0; f < 3; f++) {
        const trial t = { forms[f], PLAST_TANH, 9, 1, 15, 5, 0.4, 0.05 };
        stack s = make(&t);
        double lambda[1], rule[MOST_N * MOST_N] = { 0 };
        p = plain_of(&s, &t);
        (void)gradient_of(&s, &t, PLAST_FLOSSING_LOCAL, &p, &g, lambda);
        (void)plain_loss(&p, PLAST_FLOSSING_EXACT, 1, lambda);
        for (int step = t.skip; step < t.steps; step++)
            for (int i = 0; i < t.n; i++)
                for (int j = 0; j < t.n; j++)
                    rule[i * t.n + j] += t.alpha * 2.0 * (lambda[0] - t.target) / (t.steps - t.skip) *
                                         (forms[f] == PLAST_FORM_VOLTAGE ? 1.0 : p.steps[step].slope[i]) *
                                         p.frames[step + 1][i] * p.steps[step].tangents[j] / p.growth[step];
        assert_close(t.n * t.n, g.w, rule, 1e-11);
        stack_free(&s);
    }
}

/* The loss that flossing reports, without a step. */
static double own_loss(stack *s, const plast_flossing_options *options, const double *x)
{
    const plast_matrix inputs = stack_matrix(x, options->steps, s->plan.inputs);
    plast_flossing_report report = { PLAST_FLOSSING_REPORT };
    plast_flossing *flossing = floss(s, options, 0.0);
    stack_ok(s, plast_flossing_update(flossing, NULL, &inputs, &report));
    plast_flossing_destroy(flossing);
    return report.loss;
}

/* Everything that learns, of any layers: the exact gradient against differences of the loss. Layers without a state and
 * initial states have none. */
static void check_own(const stack_plan *plan, const plast_flossing_options *options)
{
    stack s = stack_make(plan);
    const int64_t n = stack_size(&s);
    const double h = 1e-4;
    double x[MOST_T * INPUTS], *all = new_array(n), *after = new_array(n), *expected = new_array(n);
    fill_uniform(41, MOST_T * INPUTS, x);
    const plast_matrix inputs = stack_matrix(x, options->steps, INPUTS);
    plast_flossing *flossing = floss(&s, options, 1.0);
    stack_get(&s, all);
    stack_ok(&s, plast_flossing_update(flossing, NULL, &inputs, NULL));
    plast_flossing_destroy(flossing);
    stack_get(&s, after);
    int64_t moved = 0;
    for (int64_t i = 0; i < n; i++) {
        static const double at[] = { 1.0, -1.0, 2.0, -2.0 }, weight[] = { 8.0, -8.0, -1.0, 1.0 };
        const double old = all[i];
        after[i] = old - after[i];
        if (after[i] == 0.0)
            continue;
        for (int k = 0; k < 4; k++) {
            all[i] = old + at[k] * h;
            stack_set(&s, all);
            expected[i] += weight[k] * own_loss(&s, options, x) / (12.0 * h);
        }
        all[i] = old;
        moved++;
    }
    int64_t units = 0;
    for (int32_t i = 0; i + 1 < plan->layers; i++) {
        const int64_t m = plan->layer[i].options.units, in = i == 0 ? INPUTS : plan->layer[i - 1].options.units;
        const int gates = plan->layer[i].kind[0] == 'g' ? 3 : 1;
        if (plan->layer[i].kind[0] != 'd')
            units += gates * m * (m + in + (gates == 3 ? 2 : 1));
    }
    assert_int_equal(moved, units);
    assert_close(n, after, expected, 1e-7);
    free(all);
    free(after);
    free(expected);
    stack_free(&s);
}

static void gated_layers_have_it_too(void **state)
{
    const stack_plan plan = {
        .dtype = PLAST_F64,
        .inputs = INPUTS,
        .layers = 2,
        .layer = { { "gru", { .units = 6, .recurrent_gain = 1.5 } }, { "dense", { .units = 2 } } },
    };
    (void)state;
    for (int k = 1; k <= 6; k += k == 1 ? 2 : 3) {
        const plast_flossing_options options = { PLAST_FLOSSING_OPTIONS, .exponents = k, .steps = 9, .skip = 2 };
        check_own(&plan, &options);
    }
}

static void and_stacks_of_layers(void **state)
{
    const stack_plan plan = {
        .dtype = PLAST_F64,
        .inputs = INPUTS,
        .layers = 6,
        .layer = { { "dense", { .units = 3, .activation = PLAST_TANH } },
                   { "recurrent", { .units = 4, .activation = PLAST_TANH, .alpha = 0.6 } },
                   { "dense", { .units = 3, .activation = PLAST_SIGMOID } },
                   { "gru", { .units = 2 } },
                   { "recurrent",
                     { .units = 3,
                       .activation = PLAST_SOFTPLUS,
                       .activation_param = 1.0,
                       .form = PLAST_FORM_CURRENT,
                       .alpha = 0.7 } },
                   { "dense", { .units = 2, .activation = PLAST_SOFTMAX } } },
    };
    stack_plan other = plan;
    (void)state;
    const plast_flossing_options options = { PLAST_FLOSSING_OPTIONS, .exponents = 4, .steps = 7, .skip = 2 };
    check_own(&plan, &options);
    other.layer[1].options.form = PLAST_FORM_INSIDE;
    other.layer[4].options.form = PLAST_FORM_RATE;
    check_own(&other, &options);
    other.layer[1].options.form = PLAST_FORM_RATE;
    other.layer[4].options.form = PLAST_FORM_INSIDE;
    other.layer[2] =
        (stack_layer){ "recurrent", { .units = 3, .activation = PLAST_ELU, .form = PLAST_FORM_CURRENT, .alpha = 0.5 } };
    check_own(&other, &options);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        quiet_test(the_exact_gradient_is_that_of_the_loss),
        quiet_test(local_and_truncated_gradients_are_of_a_loss_that_stands_still),
        quiet_test(one_local_exponent_is_a_three_factor_rule),
        quiet_test(gated_layers_have_it_too),
        quiet_test(and_stacks_of_layers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
