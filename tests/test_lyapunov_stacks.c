/* SPDX-License-Identifier: MIT
 *
 * Lyapunov exponents of the library's own networks: against the same equations as a host's system, against LAPACK's
 * eigenvalues, known values and laws. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "network/network.h"

#include "support/duals.h"
#include "support/estimates.h"
#include "support/nets.h"
#include "support/quiet.h"
#include "support/stack.h"

enum { INPUTS = 3, MOST = 128 };

static const stack_layer readout = { "dense", { .units = 2, .activation = PLAST_TANH } };

static stack make(const stack_layer *layers, int32_t count, int64_t inputs, int32_t dtype)
{
    stack_plan plan = { .dtype = dtype, .inputs = inputs, .layers = count + 1 };
    memcpy(plan.layer, layers, (size_t)count * sizeof *layers);
    plan.layer[count] = readout;
    return stack_make(&plan);
}

/* One layer x' = J f(x) + U u (or another form) from zero, without biases, J of variance g^2 / n. */
static stack make_one(int64_t n, double g, int32_t form, int32_t activation, double noise, int64_t inputs)
{
    const stack_layer layer = { "recurrent",
                                { .units = n,
                                  .activation = activation,
                                  .form = form,
                                  .no_bias = 1,
                                  .noise = noise,
                                  .recurrent_init = PLAST_INIT_LECUN_NORMAL,
                                  .recurrent_gain = g } };
    static const double zeros[MOST];
    const plast_matrix nothing = stack_matrix(zeros, 1, n);
    plast_layer *made = NULL;
    stack s = make(&layer, 1, inputs, PLAST_F64);
    stack_ok(&s, plast_network_layer(s.network, 0, &made));
    stack_ok(&s, plast_layer_set_vector(made, "initial", &nothing));
    return s;
}

static plast_lyapunov *estimator(const stack *s, const plast_lyapunov_options *options)
{
    plast_lyapunov *l = NULL;
    stack_ok(s, plast_lyapunov_create_network(s->context, s->network, options, &l));
    return l;
}

static void run(const stack *s, plast_lyapunov *l, plast_state *state, const double *inputs, int64_t trajectories,
                int64_t steps)
{
    const plast_matrix x = stack_matrix(inputs, steps * trajectories, s->plan.inputs);
    stack_ok(s, plast_lyapunov_run_network(l, state, inputs == NULL ? NULL : &x, steps));
}

static void get(const stack *s, const plast_lyapunov *l, int32_t quantity, int64_t rows, int64_t k, double *values)
{
    const plast_matrix to = plast_output_f64(values, rows, k);
    stack_ok(s, plast_lyapunov_get(l, quantity, &to));
}

static void weights(const stack *s, const char *name, int64_t rows, int64_t cols, const double *values)
{
    const plast_matrix m = stack_matrix(values, rows, cols);
    stack_ok(s, plast_synapses_set_weights(stack_group(s, 0, name), &m));
}

static void set(const stack *s, plast_state *state, int64_t rows, int64_t n, const double *values)
{
    const plast_matrix m = stack_matrix(values, rows, n);
    stack_ok(s, plast_state_set(state, 0, &m));
}

static plast_state *state_of(const stack *s, int64_t sequences)
{
    const plast_state_options options = { PLAST_STATE_OPTIONS, .batch = sequences };
    plast_state *state = NULL;
    stack_ok(s, plast_state_create(s->context, s->network, &options, &state));
    return state;
}

/* ---- every kind of layer against its equations ---- */

typedef struct stacked {
    int32_t layers;
    stack_layer layer[STACK_LAYERS];
} stacked;

#define LEAKY(n, f, kind, a)                                                                                           \
    {                                                                                                                  \
        "recurrent",                                                                                                   \
        {                                                                                                              \
            .units = n, .activation = f, .form = kind, .alpha = a, .recurrent_gain = 1.5                               \
        }                                                                                                              \
    }

static const stacked kinds[] = {
    { 1, { LEAKY(7, PLAST_TANH, PLAST_FORM_VOLTAGE, 0.3) } },
    { 1, { LEAKY(7, PLAST_TANH, PLAST_FORM_CURRENT, 0.3) } },
    { 1, { LEAKY(7, PLAST_SIGMOID, PLAST_FORM_INSIDE, 0.4) } },
    { 1, { LEAKY(7, PLAST_TANH, PLAST_FORM_RATE, 0.3) } },
    { 1, { LEAKY(7, PLAST_TANH, PLAST_FORM_CURRENT, 1.0) } },
    { 1, { LEAKY(7, PLAST_RELU, PLAST_FORM_VOLTAGE, 0.2) } },
    { 1, { LEAKY(3, PLAST_TANH, PLAST_FORM_VOLTAGE, 0.6) } },
    { 1, { LEAKY(3, PLAST_TANH, PLAST_FORM_RATE, 1.0) } },
    { 1, { { "gru", { .units = 6, .recurrent_gain = 1.5 } } } },
    { 3,
      { LEAKY(5, PLAST_TANH, PLAST_FORM_VOLTAGE, 0.5), LEAKY(4, PLAST_TANH, PLAST_FORM_CURRENT, 0.7),
        LEAKY(3, PLAST_TANH, PLAST_FORM_INSIDE, 0.4) } },
    { 5,
      { { "dense", { .units = 8, .activation = PLAST_TANH } },
        { "gru", { .units = 4 } },
        { "dense", { .units = 6, .activation = PLAST_SIGMOID } },
        LEAKY(5, PLAST_TANH, PLAST_FORM_RATE, 0.3),
        { "dense", { .units = 3, .activation = PLAST_TANH } } } },
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

/* The same frames (they hang on the seed alone) along the same trajectories: the same numbers, but for rounding. */
static void all_kinds_follow_their_equations(void **state)
{
    enum { STEPS = 60, TRAJECTORIES = 3 };
    double x[STEPS * TRAJECTORIES * INPUTS], starts[TRAJECTORIES * MOST];
    (void)state;
    fill_normal(4, STEPS * TRAJECTORIES * INPUTS, x);
    for (int i = 0; i < KINDS; i++)
        for (int variant = 0; variant < 6;
             variant++) { /* all exponents, some of them, one; and of a single trajectory */
            const int64_t many = variant >= 3 ? 1 : TRAJECTORIES;
            stack s = make(kinds[i].layer, kinds[i].layers, INPUTS, PLAST_F64);
            dual_system naive = duals_make(&s, x, many);
            const int64_t n = naive.n, k = variant % 3 == 0 ? n : variant % 3 == 1 ? 3 : 1;
            const plast_lyapunov_options options = {
                PLAST_LYAPUNOV_OPTIONS,  .exponents = k,       .transient = 5, .alignment = 3,
                .interval = variant % 3, .trajectories = many, .seed = 6,      .sum_rule = variant % 3 == 0
            };
            double ours[TRAJECTORIES * MOST], theirs[TRAJECTORIES * MOST];
            const plast_system map = duals_map(&naive);
            plast_lyapunov_summary summary = { PLAST_LYAPUNOV_SUMMARY };
            estimate e = estimate_make(&map, &options);
            for (int64_t b = 0; b < many; b++)
                duals_start(&naive, starts + b * n);
            estimate_run(&e, starts, STEPS);
            plast_lyapunov *l = estimator(&s, &options);
            run(&s, l, NULL, x, many, STEPS);
            get(&s, l, PLAST_LYAPUNOV_TRAJECTORIES, many, k, ours);
            get(&s, e.lyapunov, PLAST_LYAPUNOV_TRAJECTORIES, many, k, theirs);
            for (int64_t j = 0; j < many * k; j++)
                assert_near(ours[j], theirs[j], 1e-9);
            assert_true(many == 1 || fabs(ours[0] - ours[k]) > 1e-6); /* they have inputs of their own */
            stack_ok(&s, plast_lyapunov_read(l, &summary));
            assert_true(summary.steps == STEPS && summary.dead == e.summary.dead);
            if (options.sum_rule && summary.dead == 0)
                assert_near(summary.log_determinant, e.summary.log_determinant, 1e-9);
            plast_lyapunov_destroy(l);
            estimate_free(&e);
            duals_free(&naive);
            stack_free(&s);
        }
}

/* Slopes and states have rounding of 6e-8. */
static void a_float32_network_has_the_exponents_of_its_float64_twin(void **state)
{
    enum { STEPS = 300, K = 3 };
    double x[STEPS * INPUTS], found[2][K];
    (void)state;
    fill_normal(5, STEPS * INPUTS, x);
    for (int i = 0; i < KINDS; i++) {
        const plast_lyapunov_options options = { PLAST_LYAPUNOV_OPTIONS, .exponents = K, .alignment = 20 };
        stack single = make(kinds[i].layer, kinds[i].layers, INPUTS, PLAST_F32),
              twin = make(kinds[i].layer, kinds[i].layers, INPUTS, PLAST_F64);
        double *all = new_array(stack_size(&single));
        stack_get(&single, all);
        stack_set(&twin, all);
        for (int t = 0; t < 2; t++) {
            const stack *s = t == 0 ? &single : &twin;
            plast_lyapunov *l = estimator(s, &options);
            run(s, l, NULL, x, 1, STEPS);
            get(s, l, PLAST_LYAPUNOV_EXPONENTS, 1, K, found[t]);
            plast_lyapunov_destroy(l);
        }
        for (int j = 0; j < K; j++)
            assert_near(found[0][j], found[1][j], 2e-5);
        free(all);
        stack_free(&twin);
        stack_free(&single);
    }
}

/* ---- laws and known values ---- */

static void a_quiet_network_has_the_logarithms_of_its_eigenvalues(void **state)
{
    enum { N = 60, K = 10, STEPS = 2500 };
    double logs[N], j[N * N], found[K], start[N];
    (void)state;
    for (int i = 0; i < 2; i++) {
        const plast_lyapunov_options options = { PLAST_LYAPUNOV_OPTIONS, .exponents = K, .transient = 400,
                                                 .alignment = 400 };
        stack s = make_one(N, i == 0 ? 0.5 : 0.9, PLAST_FORM_CURRENT, PLAST_TANH, 0.0, 1);
        plast_lyapunov *l = estimator(&s, &options);
        plast_state *stream = state_of(&s, 1);
        plast_matrix view;
        fill_normal(7, N, start);
        set(&s, stream, 1, N, start);
        stack_ok(&s, plast_synapses_view(stack_group(&s, 0, "recurrent"), &view));
        for (int r = 0; r < N; r++)
            memcpy(j + r * N, (const double *)view.data + r * view.row_stride, N * sizeof *j);
        run(&s, l, stream, NULL, 1, 800 + STEPS);
        get(&s, l, PLAST_LYAPUNOV_EXPONENTS, 1, K, found);
        log_eigenvalues(N, j, logs);
        for (int r = 0; r < K; r++)
            assert_near(found[r], logs[r], 8e-3); /* complex pairs share their modulus up to O(1 / T) */
        plast_state_destroy(stream);
        plast_lyapunov_destroy(l);
        stack_free(&s);
    }
}

/* x' = J relu(x): J times c adds ln c. A power of 2 changes no bit of the directions; otherwise those that come near to
 * dying feel the rounding. */
static void relu_networks_scale(void **state)
{
    enum { N = 24, STEPS = 300, LEADING = 5 };
    double found[3][N], start[N];
    int64_t dead = 0;
    (void)state;
    fill_normal(8, N, start);
    for (int i = 0; i < 3; i++) {
        const double c = i == 0 ? 1.0 : i == 1 ? 0.5 : 0.7;
        const plast_lyapunov_options options = { PLAST_LYAPUNOV_OPTIONS, .alignment = 50, .interval = 1 };
        plast_lyapunov_summary summary = { PLAST_LYAPUNOV_SUMMARY };
        stack s = make_one(N, 1.3 * c, PLAST_FORM_CURRENT, PLAST_RELU, 0.0, 1);
        plast_lyapunov *l = estimator(&s, &options);
        plast_state *stream = state_of(&s, 1);
        set(&s, stream, 1, N, start);
        run(&s, l, stream, NULL, 1, 50 + STEPS);
        get(&s, l, PLAST_LYAPUNOV_EXPONENTS, 1, N, found[i]);
        stack_ok(&s, plast_lyapunov_read(l, &summary));
        dead = i == 0 ? summary.dead : dead;
        assert_true(summary.dead == dead && dead > N / 4 && dead < N);
        for (int64_t j = 0; j < N; j++)
            if (j >= N - dead)
                assert_true(found[i][j] == -INFINITY);
            else if (i < 2 || j < LEADING)
                assert_near(found[i][j], found[0][j] + log(c), 1e-12);
        plast_state_destroy(stream);
        plast_lyapunov_destroy(l);
        stack_free(&s);
    }
}

/* v' = J f(v) + U u and h' = f(J h + U u): h = f(v), so the two sums differ by the slopes at both ends alone. */
static void conjugate_forms_agree_up_to_the_ends(void **state)
{
    enum { N = 20, K = 4, LONG = 4000 };
    double *x = new_array(LONG * INPUTS);
    (void)state;
    fill_normal(9, LONG * INPUTS, x);
    for (int steps = LONG / 8; steps <= LONG; steps *= 8) {
        static const int32_t forms[] = { PLAST_FORM_CURRENT, PLAST_FORM_INSIDE, PLAST_FORM_RATE };
        double found[3][K];
        for (int i = 0; i < 3; i++) {
            const plast_lyapunov_options options = { PLAST_LYAPUNOV_OPTIONS, .exponents = K };
            stack s = make_one(N, 1.5, forms[i], PLAST_TANH, 0.0, INPUTS);
            plast_lyapunov *l = estimator(&s, &options);
            run(&s, l, NULL, x, 1, steps);
            get(&s, l, PLAST_LYAPUNOV_EXPONENTS, 1, K, found[i]);
            plast_lyapunov_destroy(l);
            stack_free(&s);
        }
        for (int j = 0; j < K; j++) {
            assert_near(found[1][j], found[0][j], 12.0 / steps); /* |ln slope| of states of size 1 to 3 */
            assert_near(found[2][j], found[1][j], 1e-9);         /* without a leak these are one */
        }
        assert_true(found[0][0] < 0.0 && found[0][0] != found[1][0]);
    }
    free(x);
}

/* Means and spreads over networks of an independent program; driven ones differ little. The drive is the layer's
 * noise, or given. */
static void driven_networks_have_the_known_largest_exponent(void **state)
{
    static const struct {
        int64_t n;
        double g, sigma, mean, sd;
        int given;
    } known[] = {
        { 50, 1.0, 1.0, -0.490, 0.015, 0 },
        { 100, 2.0, 1.0, 0.025, 0.004, 0 },
        { 100, 2.0, 0.5, 0.103, 0.005, 1 },
    };
    enum { STEPS = 1200 };
    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        const int64_t n = known[i].n, inputs = known[i].given ? n : 1;
        const plast_lyapunov_options options = { PLAST_LYAPUNOV_OPTIONS, .exponents = 1, .transient = 100,
                                                 .alignment = 100, .seed = 3 };
        double found = 0.0, error = 0.0, *x = new_array(STEPS * inputs), *u = new_array(n * inputs);
        stack s =
            make_one(n, known[i].g, PLAST_FORM_CURRENT, PLAST_TANH, known[i].given ? 0.0 : known[i].sigma, inputs);
        fill_normal(10, STEPS * inputs, x);
        for (int64_t j = 0; j < n; j++)
            u[j * inputs + (known[i].given ? j : 0)] = known[i].given ? known[i].sigma : 0.0;
        weights(&s, "input", n, inputs, u);
        plast_lyapunov *l = estimator(&s, &options);
        run(&s, l, NULL, x, 1, STEPS);
        get(&s, l, PLAST_LYAPUNOV_EXPONENTS, 1, 1, &found);
        get(&s, l, PLAST_LYAPUNOV_ERRORS, 1, 1, &error);
        assert_near(found, known[i].mean, 4.0 * known[i].sd + 3.0 * error);
        assert_true(error < 0.02);
        plast_lyapunov_destroy(l);
        stack_free(&s);
        free(x);
        free(u);
    }
}

/* The derivative of one step at a state, by central differences of the network itself. */
static void derivative(const stack *s, plast_state *stream, int64_t n, const double *at, const double *x, double *d)
{
    const double h = 1e-5;
    double moved[MOST], after[2][MOST], outputs[2];
    const plast_matrix in = stack_matrix(x, 1, s->plan.inputs), out = stack_matrix(outputs, 1, 2);
    for (int64_t j = 0; j < n; j++) {
        for (int side = 0; side < 2; side++) {
            const plast_matrix carried = stack_matrix(after[side], 1, n);
            memcpy(moved, at, (size_t)n * sizeof *moved);
            moved[j] += side == 0 ? h : -h;
            set(s, stream, 1, n, moved);
            stack_ok(s, plast_network_step(s->network, stream, &in, &out));
            stack_ok(s, plast_state_get(stream, 0, &carried));
        }
        for (int64_t i = 0; i < n; i++)
            d[i * n + j] = (after[0][i] - after[1][i]) / (2.0 * h);
    }
}

/* Inputs of period 3 make the state one: exponents are those of D3 D2 D1, and not of D1 D2 D3. */
static void the_newest_derivative_stands_left(void **state)
{
    enum { N = 5, PERIOD = 3, ROUNDS = 700 };
    double x[ROUNDS * PERIOD * INPUTS], d[PERIOD][N * N], reversed[PERIOD][N * N], at[N], right[N], wrong[N], found[N];
    const plast_lyapunov_options options = { PLAST_LYAPUNOV_OPTIONS, .transient = 300, .alignment = 600 };
    (void)state;
    stack s = make_one(N, 1.2, PLAST_FORM_INSIDE, PLAST_TANH, 0.0, INPUTS);
    plast_lyapunov *l = estimator(&s, &options);
    plast_state *stream = state_of(&s, 1), *probe = state_of(&s, 1);
    fill_normal(11, PERIOD * INPUTS, x);
    for (int i = PERIOD * INPUTS; i < ROUNDS * PERIOD * INPUTS; i++)
        x[i] = x[i - PERIOD * INPUTS];
    run(&s, l, stream, x, 1, ROUNDS * PERIOD);
    get(&s, l, PLAST_LYAPUNOV_EXPONENTS, 1, N, found);
    for (int t = 0; t < PERIOD; t++) {
        const plast_matrix carried = stack_matrix(at, 1, N), in = stack_matrix(x + t * INPUTS, 1, INPUTS);
        double outputs[2];
        const plast_matrix out = stack_matrix(outputs, 1, 2);
        stack_ok(&s, plast_state_get(stream, 0, &carried));
        derivative(&s, probe, N, at, x + t * INPUTS, d[t]);
        memcpy(reversed[PERIOD - 1 - t], d[t], sizeof d[t]);
        stack_ok(&s, plast_network_step(s.network, stream, &in, &out));
    }
    cycle_exponents(N, PERIOD, d[0], right);
    cycle_exponents(N, PERIOD, reversed[0], wrong);
    for (int j = 0; j < N; j++)
        assert_near(found[j], right[j], 5e-3); /* pairs share theirs up to O(1 / T) */
    assert_true(difference(N, wrong, right) > 0.02);
    plast_state_destroy(probe);
    plast_state_destroy(stream);
    plast_lyapunov_destroy(l);
    stack_free(&s);
}

/* ---- runs ---- */

static const stack_layer two[] = { LEAKY(6, PLAST_TANH, PLAST_FORM_VOLTAGE, 0.5), { "gru", { .units = 4 } } };

static int descending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x < y) - (x > y);
}

/* The first frame of trajectory 0 is that of a single one: each sequence takes its place in turn. */
static void several_trajectories_are_several_runs(void **state)
{
    enum { STEPS = 80, MANY = 3, K = 5 };
    double x[STEPS * MANY * INPUTS], turned[STEPS * MANY * INPUTS], single[STEPS * INPUTS], together[MANY * K],
        alone[K], found[K];
    (void)state;
    fill_normal(12, STEPS * MANY * INPUTS, x);
    plast_lyapunov_options options = { PLAST_LYAPUNOV_OPTIONS, .exponents = K, .alignment = 10, .interval = 1 };
    stack s = make(two, 2, INPUTS, PLAST_F64);
    for (int b = 0; b < MANY; b++) {
        for (int t = 0; t < STEPS; t++) {
            for (int i = 0; i < MANY; i++)
                memcpy(turned + (t * MANY + i) * INPUTS, x + (t * MANY + (b + i) % MANY) * INPUTS,
                       INPUTS * sizeof *turned);
            memcpy(single + t * INPUTS, turned + t * MANY * INPUTS, INPUTS * sizeof *single);
        }
        for (options.trajectories = 1; options.trajectories <= MANY; options.trajectories += MANY - 1) {
            const int one = options.trajectories == 1;
            plast_lyapunov *l = estimator(&s, &options);
            run(&s, l, NULL, one ? single : turned, options.trajectories, STEPS);
            get(&s, l, PLAST_LYAPUNOV_TRAJECTORIES, options.trajectories, K, one ? alone : together);
            get(&s, l, PLAST_LYAPUNOV_EXPONENTS, 1, K, found);
            plast_lyapunov_destroy(l);
        }
        double own[K]; /* rows have the order of the means */
        memcpy(own, together, sizeof own);
        qsort(own, K, sizeof *own, descending);
        for (int j = 0; j < K; j++) {
            assert_near(own[j], alone[j], 1e-10);
            assert_near(found[j], (together[j] + together[K + j] + together[2 * K + j]) / MANY, 1e-12);
        }
    }
    stack_free(&s);
}

/* `k` exponents of some layers; a single one takes few tangents along with its steps. */
static void cut_case(int layers, int64_t many, int64_t k)
{
    enum { STEPS = 90, MOST_MANY = 2, MOST_K = 4 };
    double x[STEPS * MOST_MANY * INPUTS], found[2][MOST_K];
    const plast_lyapunov_options options = { PLAST_LYAPUNOV_OPTIONS, .exponents = k,       .transient = 7,
                                             .alignment = 9,         .trajectories = many, .seed = 2 };
    stack_layer noisy[2];
    memcpy(noisy, two, sizeof noisy);
    noisy[0].options.noise = 0.1;
    fill_normal(13, STEPS * many * INPUTS, x);
    for (int32_t dtype = PLAST_F32; dtype <= PLAST_F64; dtype++)
        for (int given = 0; given < 2; given++) {
            stack s = make(noisy, layers, INPUTS, dtype);
            for (int cut = 0; cut < 2; cut++) {
                plast_lyapunov *l = estimator(&s, &options);
                plast_state *stream = given ? state_of(&s, many) : NULL;
                const int first = cut ? 33 : STEPS;
                run(&s, l, stream, x, many, first);
                run(&s, l, stream, x, many, 0);
                run(&s, l, stream, x + first * many * INPUTS, many, STEPS - first);
                get(&s, l, PLAST_LYAPUNOV_EXPONENTS, 1, k, found[cut]);
                plast_state_destroy(stream);
                if (cut && !given) { /* and reset begins all of it anew, the noise too */
                    stack_ok(&s, plast_lyapunov_reset(l, 2));
                    run(&s, l, NULL, x, many, STEPS);
                    get(&s, l, PLAST_LYAPUNOV_EXPONENTS, 1, k, found[1]);
                }
                plast_lyapunov_destroy(l);
                assert_same_bits(k, found[cut], found[0]);
            }
            stack_free(&s);
        }
}

static void cut_runs_are_one_run(void **state)
{
    (void)state;
    cut_case(2, 2, 4);
    cut_case(1, 1, 2);
}

/* A state that is given goes where the network itself would go, and begins where it is told. */
static void given_case(int layers, int64_t k)
{
    enum { STEPS = 20, N = 6 };
    double x[STEPS * INPUTS], outputs[STEPS * 2], here[N], there[N];
    const plast_matrix a = stack_matrix(here, 1, N), b = stack_matrix(there, 1, N), in = stack_matrix(x, STEPS, INPUTS),
                       out = stack_matrix(outputs, STEPS, 2);
    const plast_lyapunov_options options = { PLAST_LYAPUNOV_OPTIONS, .exponents = k };
    fill_normal(14, STEPS * INPUTS, x);
    stack s = make(two, layers, INPUTS, PLAST_F64);
    plast_lyapunov *l = estimator(&s, &options);
    plast_state *ours = state_of(&s, 1), *theirs = state_of(&s, 4);
    const plast_data data = { PLAST_DATA, .inputs = &in, .steps = STEPS, .carry = 1 };
    for (int round = 0; round < 3; round++) {
        if (round == 2)
            stack_ok(&s, plast_state_reset(ours));
        if (round == 2)
            stack_ok(&s, plast_state_reset(theirs));
        run(&s, l, ours, x, 1, STEPS);
        stack_ok(&s, plast_network_run_data(s.network, theirs, &data, &out));
        stack_ok(&s, plast_state_get(ours, 0, &a));
        stack_ok(&s, plast_state_get(theirs, 0, &b));
        assert_close(N, here, there, 1e-13);
        assert_null(ours->activities.along); /* it belongs to the estimate */
    }
    plast_state_destroy(ours);
    plast_state_destroy(theirs);
    plast_lyapunov_destroy(l);
    stack_free(&s);
}

static void a_given_state_is_carried(void **state)
{
    (void)state;
    given_case(2, 0);
    given_case(1, 1);
}

/* x' = w x: ln w of the moment. Weights may be set, and learn, between two runs. */
static void tangents_go_by_the_weights_of_the_moment(void **state)
{
    static const stack_layer unit = { "recurrent", { .units = 1, .form = PLAST_FORM_CURRENT, .no_bias = 1 } };
    const plast_lyapunov_options options = { PLAST_LYAPUNOV_OPTIONS, .interval = 1 };
    const double w[] = { 0.5, 0.25 };
    double found = 0.0;
    (void)state;
    for (int32_t dtype = PLAST_F32; dtype <= PLAST_F64; dtype++) {
        stack s = make(&unit, 1, 1, dtype);
        plast_lyapunov *l = estimator(&s, &options);
        for (int i = 0; i < 2; i++) {
            weights(&s, "recurrent", 1, 1, &w[i]);
            run(&s, l, NULL, NULL, 1, i == 0 ? 10 : 30);
        }
        get(&s, l, PLAST_LYAPUNOV_EXPONENTS, 1, 1, &found);
        assert_near(found, (10 * log(0.5) + 30 * log(0.25)) / 40, 1e-14);
        plast_lyapunov_destroy(l);
        stack_free(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        quiet_test(all_kinds_follow_their_equations),
        quiet_test(a_float32_network_has_the_exponents_of_its_float64_twin),
        quiet_test(a_quiet_network_has_the_logarithms_of_its_eigenvalues),
        quiet_test(relu_networks_scale),
        quiet_test(conjugate_forms_agree_up_to_the_ends),
        quiet_test(driven_networks_have_the_known_largest_exponent),
        quiet_test(the_newest_derivative_stands_left),
        quiet_test(several_trajectories_are_several_runs),
        quiet_test(cut_runs_are_one_run),
        quiet_test(a_given_state_is_carried),
        quiet_test(tangents_go_by_the_weights_of_the_moment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
