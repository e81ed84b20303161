/* SPDX-License-Identifier: MIT
 *
 * Flossing does what it is for: the largest exponent of driven tanh networks comes near 0 in 200 updates with fresh
 * inputs and frames, measured anew over 2000 further steps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include <plasticity/plasticity.h>

#include "support/nets.h"
#include "support/quiet.h"
#include "support/stack.h"

enum { N = 80, STEPS = 55, LONG = 2100, SKIP = 100, UPDATES = 200, NETWORKS = 5 };

typedef struct arm {
    double gain, alpha;
    int gradient;
} arm;

/* x' = J tanh(x) + b + w s, J of variance gain^2 / N, b uniform in [0, 0.1), w normal, s 0 or 1. */
static stack make(const arm *a, uint64_t seed)
{
    double bias[N];
    plast_layer *layer = NULL;
    const stack_plan plan = { .dtype = PLAST_F64,
                              .inputs = 1,
                              .layers = 2,
                              .layer = { { "recurrent",
                                           { .units = N,
                                             .activation = PLAST_TANH,
                                             .form = PLAST_FORM_CURRENT,
                                             .alpha = a->alpha,
                                             .init = PLAST_INIT_GAUSSIAN,
                                             .recurrent_init = PLAST_INIT_LECUN_NORMAL,
                                             .recurrent_gain = a->gain } },
                                         { "dense", { .units = 1 } } } };
    stack s = stack_make(&plan);
    stack_ok(&s, plast_network_reset(s.network, seed));
    fill_uniform(seed, N, bias);
    for (int i = 0; i < N; i++)
        bias[i] = 0.05 + 0.05 * bias[i];
    const plast_matrix b = stack_matrix(bias, 1, N);
    stack_ok(&s, plast_network_layer(s.network, 0, &layer));
    stack_ok(&s, plast_layer_set_vector(layer, "bias", &b));
    return s;
}

static plast_flossing *floss(const stack *s, const plast_flossing_options *options, const char *name, double rate)
{
    plast_optimizer *optimizer = NULL;
    plast_flossing *made = NULL;
    stack_ok(s, plast_optimizer_create(s->context, name, &optimizer));
    stack_ok(s, plast_optimizer_set(optimizer, "rate", rate));
    stack_ok(s, plast_flossing_create(s->network, options, optimizer, &made));
    plast_optimizer_destroy(optimizer);
    return made;
}

static void update(const stack *s, plast_flossing *flossing, uint64_t seed, int64_t steps)
{
    static double x[LONG];
    const plast_matrix inputs = stack_matrix(x, steps, 1);
    fill_uniform(seed, steps, x);
    for (int64_t t = 0; t < steps; t++)
        x[t] = x[t] > 0.0;
    stack_ok(s, plast_flossing_update(flossing, NULL, &inputs, NULL));
}

/* By updates of rate 0, of the form that is cheap. */
static double largest(const stack *s, uint64_t seed)
{
    double lambda = 0.0;
    const plast_matrix to = stack_matrix(&lambda, 1, 1);
    const plast_flossing_options options = { PLAST_FLOSSING_OPTIONS, .gradient = PLAST_FLOSSING_LOCAL,
                                             .exponents = 1,         .steps = LONG,
                                             .skip = SKIP,           .seed = seed };
    plast_flossing *measure = floss(s, &options, "sgd", 0.0);
    update(s, measure, seed, LONG);
    stack_ok(s, plast_flossing_exponents(measure, &to));
    plast_flossing_destroy(measure);
    return lambda;
}

/* How many of the networks end within `near` of 0; all of them start further away. */
static int near_zero(const arm *a, double near)
{
    int found = 0;
    for (uint64_t n = 0; n < NETWORKS; n++) {
        const plast_flossing_options options = { PLAST_FLOSSING_OPTIONS, .gradient = a->gradient, .exponents = 1,
                                                 .seed = n };
        stack s = make(a, 100 + n);
        assert_true(largest(&s, 1) < -0.2 * a->alpha);
        plast_flossing *flossing = floss(&s, &options, "adam", 1e-3);
        for (uint64_t i = 0; i < UPDATES; i++)
            update(&s, flossing, 1000 * (n + 1) + i, STEPS);
        plast_flossing_destroy(flossing);
        const double after = largest(&s, 2);
        found += fabs(after) < near;
        stack_free(&s);
    }
    return found;
}

static void the_exact_gradient_finds_the_edge(void **state)
{
    (void)state;
    for (int g = 0; g < 2; g++) {
        const arm a = { g == 0 ? 0.5 : 1.0, 1.0, PLAST_FLOSSING_EXACT };
        assert_int_equal(near_zero(&a, 0.05), NETWORKS);
    }
}

static void the_local_one_comes_near(void **state)
{
    (void)state;
    for (int g = 0; g < 2; g++) {
        const arm a = { g == 0 ? 0.5 : 1.0, 1.0, PLAST_FLOSSING_LOCAL };
        assert_true(near_zero(&a, 0.12) >= 4);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        quiet_test(the_exact_gradient_finds_the_edge),
        quiet_test(the_local_one_comes_near),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
