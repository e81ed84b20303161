/* SPDX-License-Identifier: MIT
 *
 * The circuit's mirror_rules: what rules do to forward weights reaches the descending ones through the crossing
 * synapses. */
#include "support/quiet.h"
#include "support/schemes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

enum { SAMPLES = 12, INPUTS = 5, FIRST = 6, SECOND = 4, OUTPUTS = 3, FIRST_DOWN = 7, SECOND_DOWN = 3 };

#define OJA 0.02
#define HEBB 0.004
#define DECAY 0.003

static net make(const scheme_plan *scheme, double rate, int64_t second)
{
    const net_plan plan = { .dtype = PLAST_F64,
                            .inputs = INPUTS,
                            .layers = 3,
                            .units = { FIRST, second, OUTPUTS },
                            .hidden = PLAST_TANH,
                            .output = PLAST_SOFTMAX,
                            .seed = 4,
                            .optimizer = "sgd",
                            .rate = rate,
                            .oja = OJA,
                            .decay = DECAY,
                            .ruled = PLAST_ALL_LAYERS };
    net net = net_make(&plan);
    net_rule(&net, PLAST_ALL_LAYERS, "hebb", HEBB); /* a second rank-one term */
    net_scheme(&net, scheme);
    return net;
}

static void learn(net *net, int64_t n, int64_t batch)
{
    double x[SAMPLES * INPUTS];
    int32_t labels[SAMPLES];
    fill_uniform(9, SAMPLES * INPUTS, x);
    for (int i = 0; i < SAMPLES; i++)
        labels[i] = i % 4 - 1; /* some carry no error: rules go on */
    const net_data data = { .n = n, .x = x, .labels = labels, .batch = batch };
    net_learn(net, &data);
}

static void set_identity(const net *net, int32_t layer, const char *name, int64_t n)
{
    double *one = new_array(n * n);
    for (int64_t i = 0; i < n; i++)
        one[i * n + i] = 1.0;
    group_set(net_group(net, layer, name), one);
    net_ok(net, plast_synapses_set_frozen(net_group(net, layer, name), 1));
    free(one);
}

/* With C = V = 1 the circuit is Kolen-Pollack's scheme, whose feedback takes what rules do, transposed. */
static void check_kolen_pollack(int64_t batch)
{
    const scheme_plan partner = { "kolen_pollack", { { "decay", 0.01 }, { NULL, 0.0 } } };
    const scheme_plan paired = { "circuit", { { "decay", 0.01 }, { "gate", 1.0 }, { "rate_b", 1.0 }, { NULL, 0.0 } } };
    net kp = make(&partner, 0.1, SECOND), circuit = make(&paired, 0.1, SECOND);
    for (int32_t layer = 0; layer < 2; layer++) {
        plast_synapses *from = net_group(&kp, layer, "feedback"), *to = net_group(&circuit, layer, "descending");
        double *b = group_new(from);
        group_set(to, b);
        free(b);
        set_identity(&circuit, layer, "teaching", layer == 0 ? FIRST : SECOND);
        set_identity(&circuit, layer, "crossing", layer == 0 ? FIRST : SECOND);
    }
    for (int epoch = 0; epoch < 5; epoch++) {
        learn(&kp, SAMPLES, batch);
        learn(&circuit, SAMPLES, batch);
    }
    double *a = net_all(&kp), *b = net_all(&circuit);
    assert_close(net_size(&kp), a, b, 1e-12);
    for (int32_t layer = 0; layer < 2; layer++) {
        double *of_kp = group_new(net_group(&kp, layer, "feedback"));
        double *of_circuit = group_new(net_group(&circuit, layer, "descending"));
        assert_close(group_size(net_group(&kp, layer, "feedback")), of_kp, of_circuit, 1e-12);
        free(of_kp);
        free(of_circuit);
    }
    free(a);
    free(b);
    net_free(&kp);
    net_free(&circuit);
}

static void with_identities_it_is_kolen_pollacks_mirror(void **state)
{
    (void)state;
    check_kolen_pollack(1);
    check_kolen_pollack(5);
}

/* Rates of the error and of the other groups are 0: all that moves B is what the rules do. */
static const scheme_plan still = {
    "circuit", { { "decay", 0.0 }, { "units", 0.0 }, { "rate_v", 0.0 }, { "rate_c", 0.0 }, { NULL, 0.0 } }
};

/* dW in the circuit's coordinates: C_l dW^T C_(l+1)^T for a change dW of rank-one terms, and the decay of B itself. */
static void expect_mirrored(int64_t below, int64_t above, int64_t down_below, int64_t down_above, const double *old_w,
                            const double *new_w, const double *c_below, const double *c_above, const double *old_b,
                            const double *new_b, double decay)
{
    double *change = new_array(below * above), *left = new_array(down_below * above),
           *turned = new_array(above * down_above);
    double *expected = new_array(down_below * down_above);
    for (int64_t i = 0; i < above; i++)
        for (int64_t j = 0; j < below; j++)
            change[j * above + i] = new_w[i * below + j] - (1.0 - decay) * old_w[i * below + j];
    matrix_product(down_below, below, above, c_below, change, left);
    if (c_above == NULL) {
        memcpy(expected, left, (size_t)(down_below * above) * sizeof *left);
    } else {
        transpose(down_above, above, c_above, turned);
        matrix_product(down_below, above, down_above, left, turned, expected);
    }
    for (int64_t i = 0; i < down_below * down_above; i++)
        expected[i] += (1.0 - decay) * old_b[i];
    assert_close(down_below * down_above, new_b, expected, 1e-12);
    free(change);
    free(left);
    free(turned);
    free(expected);
}

typedef struct matrices {
    double *w2, *w3, *b1, *b2, *c1, *c2;
} matrices;

static matrices read(const net *net)
{
    return (matrices){ group_new(net_group(net, 1, "input")),      group_new(net_group(net, 2, "input")),
                       group_new(net_group(net, 0, "descending")), group_new(net_group(net, 1, "descending")),
                       group_new(net_group(net, 0, "crossing")),   group_new(net_group(net, 1, "crossing")) };
}

static void forget(matrices *m)
{
    double *const all[] = { m->w2, m->w3, m->b1, m->b2, m->c1, m->c2 };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        free(all[i]);
}

static void check_one_update(int64_t batch, double mirror)
{
    scheme_plan scheme = still, narrow = still;
    scheme.values[1].value = FIRST_DOWN;
    net net = make(&scheme, 0.0, SECOND);
    plast_feedback *second = NULL; /* the other layer's stream has another size */
    net_ok(&net, plast_feedback_create(net.context, "circuit", &second));
    for (const scheme_value *v = narrow.values; v->name != NULL; v++)
        net_ok(&net, plast_feedback_set(second, v->name, strcmp(v->name, "units") == 0 ? SECOND_DOWN : v->value));
    net_ok(&net, plast_network_set_feedback(net.network, 1, second));
    plast_feedback_destroy(second);
    net_scheme_parameter(&net, "mirror_rules", mirror);
    matrices old = read(&net);
    learn(&net, batch, batch);
    matrices now = read(&net);
    if (mirror != 0.0) {
        expect_mirrored(FIRST, SECOND, FIRST_DOWN, SECOND_DOWN, old.w2, now.w2, old.c1, old.c2, old.b1, now.b1, DECAY);
        expect_mirrored(SECOND, OUTPUTS, SECOND_DOWN, OUTPUTS, old.w3, now.w3, old.c2, NULL, old.b2, now.b2, DECAY);
    } else {
        assert_same_bits(FIRST_DOWN * SECOND_DOWN, old.b1, now.b1);
        assert_same_bits(SECOND_DOWN * OUTPUTS, old.b2, now.b2);
    }
    assert_true(difference(SECOND * FIRST, old.w2, now.w2) > 1e-6);
    forget(&old);
    forget(&now);
    net_free(&net);
}

static void changes_cross_between_streams_of_any_size(void **state)
{
    (void)state;
    check_one_update(1, 1.0);
    check_one_update(4, 1.0);
    check_one_update(1, 0.0);
    check_one_update(4, 0.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        quiet_test(with_identities_it_is_kolen_pollacks_mirror),
        quiet_test(changes_cross_between_streams_of_any_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
