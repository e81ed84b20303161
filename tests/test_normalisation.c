/* SPDX-License-Identifier: MIT
 *
 * Heterosynaptic normalisation: rows of the given norm after every update, in each way of learning, and what follows
 * for masks, feedback that takes the same changes, and numbers near the ends of the type. */
#include "support/algebra.h"
#include "support/quiet.h"
#include "support/rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { IN = 11, OUT = 6, SAMPLES = 8 };

#define NORM(norm, order) ((const setting[]){ { "norm", norm }, { "order", order }, { NULL, 0.0 } })

static double norm_of(int64_t n, const double *row, int order)
{
    double sum = 0.0;
    for (int64_t i = 0; i < n; i++)
        sum += order == 1 ? fabs(row[i]) : row[i] * row[i];
    return order == 1 ? sum : sqrt(sum);
}

static void rescale(int64_t rows, int64_t cols, double *w, double norm, int order)
{
    for (int64_t i = 0; i < rows; i++) {
        const double now = norm_of(cols, w + i * cols, order);
        for (int64_t j = 0; j < cols && now > 0.0; j++)
            w[i * cols + j] *= norm / now;
    }
}

static void set_mask(net *net, int32_t layer, const double *mask, int64_t rows, int64_t cols)
{
    plast_layer *owner = NULL;
    plast_synapses *synapses = NULL;
    const plast_matrix m = plast_matrix_f64(mask, rows, cols);
    net_ok(net, plast_network_layer(net->network, layer, &owner));
    net_ok(net, plast_layer_synapses(owner, NULL, &synapses));
    net_ok(net, plast_synapses_set_mask(synapses, &m));
}

/* Every third synapse is missing. */
static void sparse_mask(int64_t n, double *mask)
{
    for (int64_t i = 0; i < n; i++)
        mask[i] = i % 3 == 1 ? 0.0 : 1.0;
}

/* Hebbian steps, then rows by plain loops. */
static void formula(int32_t dtype, int order, int64_t batch, int masked)
{
    const double rate = 0.2, norm = 1.5, tolerance = dtype == PLAST_F64 ? 1e-13 : 1e-5; /* 8 steps of rounding */
    double x[SAMPLES * IN], y[SAMPLES * OUT], w[OUT * IN], mask[OUT * IN], found[OUT * IN];
    net net = net_one_layer(dtype, PLAST_TANH, IN, OUT, "hebb", RATE(rate));
    const net_plan plain = net.plan;
    struct net reference = net_make(&plain);
    fill_uniform(8, SAMPLES * IN, x);
    sparse_mask(OUT * IN, mask);
    net_add_rule(&net, PLAST_ALL_LAYERS, "normalisation", NORM(norm, order));
    if (masked)
        set_mask(&net, 0, mask, OUT, IN);
    net_get_weights(&net, 0, w);
    for (int64_t first = 0; first < SAMPLES; first += batch) {
        net_set_weights(&reference, 0, w);
        net_run(&reference, batch, x + first * IN, y);
        for (int i = 0; i < OUT * IN; i++) {
            for (int64_t b = 0; b < batch; b++)
                w[i] += rate * y[b * OUT + i / IN] * x[(first + b) * IN + i % IN] / (double)batch;
            w[i] *= masked ? mask[i] : 1.0;
        }
        rescale(OUT, IN, w, norm, order);
    }
    net_see(&net, SAMPLES, x, batch);
    net_get_weights(&net, 0, found);
    assert_close(OUT * IN, found, w, tolerance);
    for (int i = 0; i < OUT; i++)
        assert_near(norm_of(IN, found + i * IN, order), norm, dtype == PLAST_F64 ? 1e-14 : 1e-6);
    net_free(&net);
    net_free(&reference);
}

static void rows_have_the_norm(void **state)
{
    (void)state;
    for (int k = 0; k < 8; k++)
        for (int64_t batch = 1; batch <= SAMPLES; batch *= 2)
            formula(k & 1 ? PLAST_F32 : PLAST_F64, k & 2 ? 1 : 2, batch, k & 4);
}

/* (3, -4) has the lengths 5 and 7. */
static void four_numbers_by_hand(void **state)
{
    (void)state;
    const double w[4] = { 3.0, -4.0, 0.0, 0.0 }, x[2] = { 0.0, 0.0 };
    double now[4];
    for (int order = 1; order <= 2; order++) {
        const double by = order == 1 ? 2.0 / 7.0 : 2.0 / 5.0;
        const double expected[4] = { 3.0 * by, -4.0 * by, 0.0, 0.0 }; /* a row of 0 stays */
        net net = net_one_layer(PLAST_F64, PLAST_LINEAR, 2, 2, "normalisation", NORM(2.0, order));
        net_set_weights(&net, 0, w);
        net_see(&net, 1, x, 1);
        net_get_weights(&net, 0, now);
        assert_close(4, now, expected, 1e-15);
        net_free(&net);
    }
}

/* Hebbian plasticity with lengths held, full minibatches: the power iteration. Every row becomes + or - the first
 * principal direction (Miller & MacKay 1994). The second eigenvalue is left behind by 1.4 / 1.5 a step: 1e-30 after
 * 1000. */
static void finds_the_first_component(void **state)
{
    enum { N = 9 };
    (void)state;
    const double lambda[N] = { 5.0, 4.0, 3.0, 2.0, 1.0, 0.5, 0.25, 0.1, 0.05 };
    double q[N * N], x[N * N], w[OUT * N], overlap[N];
    net net = net_one_layer(PLAST_F64, PLAST_LINEAR, N, OUT, "hebb", RATE(0.1));
    net_add_rule(&net, PLAST_ALL_LAYERS, "normalisation", NORM(1.0, 2.0));
    make_spectrum(6, N, lambda, q, x);
    for (int t = 0; t < 1000; t++)
        net_see(&net, N, x, N);
    net_get_weights(&net, 0, w);
    for (int i = 0; i < OUT; i++) {
        double expected[N] = { 0.0 };
        times(q, N, N, w + i * N, overlap);
        expected[0] = overlap[0] < 0.0 ? -1.0 : 1.0;
        assert_close(N, overlap, expected, 1e-13);
    }
    net_free(&net);
}

/* Sums of the type overflow or vanish here, the norm does not; weights move by nothing but the rescaling. */
static void holds_near_the_ends_of_the_type(void **state)
{
    (void)state;
    const double sizes[2][6] = { { 1e300, 1e-300, 1e160, 1e-160, 1e18, 1e-18 },
                                 { 1e38, 1e-37, 1e25, 1e-25, 1e18, 1e-18 } };
    double w[OUT * IN], before[OUT * IN];
    const double x[IN] = { 0.0 };
    for (int k = 0; k < 4; k++) {
        const int32_t dtype = k & 1 ? PLAST_F32 : PLAST_F64;
        const int order = k & 2 ? 1 : 2;
        net net = net_one_layer(dtype, PLAST_TANH, IN, OUT, "normalisation", NORM(1.0, order));
        fill_uniform(9, OUT * IN, before);
        memcpy(w, before, sizeof w);
        rescale(OUT, IN, before, 1.0, order);
        for (int i = 0; i < OUT * IN; i++)
            w[i] *= sizes[k & 1][i / IN];
        net_set_weights(&net, 0, w);
        net_see(&net, 1, x, 1);
        net_get_weights(&net, 0, w);
        for (int i = 0; i < OUT; i++)
            assert_close(IN, w + i * IN, before + i * IN, dtype == PLAST_F64 ? 1e-14 : 1e-6);
        net_free(&net);
    }
}

/* A row so small that the factor is beyond the type takes a second update. */
static void tiny_rows_take_two_updates(void **state)
{
    (void)state;
    const double x = 0.0, tiny = 1e-43, norm = 100.0;
    double w = 0.0;
    net net = net_one_layer(PLAST_F32, PLAST_LINEAR, 1, 1, "normalisation", NORM(norm, 2.0));
    net_set_weights(&net, 0, &tiny);
    net_see(&net, 1, &x, 1);
    net_get_weights(&net, 0, &w);
    assert_true(w > 1e-6 && w < 1e-3);
    net_see(&net, 1, &x, 1);
    net_get_weights(&net, 0, &w);
    assert_near(w, norm, 1e-4);
    net_free(&net);
}

/* Steps of an optimizer, another rule and a decay, on two layers: the norm holds after every call and whenever a
 * callback looks. */
static const int64_t units[2] = { 7, 3 };

static net two_layers(const char *optimizer, int32_t dtype)
{
    const net_plan plan = { .dtype = dtype,
                            .inputs = IN,
                            .layers = 2,
                            .units = { 7, 3 },
                            .hidden = PLAST_TANH,
                            .output = PLAST_LINEAR,
                            .seed = 4,
                            .optimizer = optimizer,
                            .rate = 0.1,
                            .gha = 0.05,
                            .oja = 0.05,
                            .decay = 0.1,
                            .ruled = PLAST_ALL_LAYERS };
    net net = net_make(&plan);
    net_add_rule(&net, PLAST_ALL_LAYERS, "normalisation", NORM(1.25, 1.0));
    return net;
}

static void check_norms(const net *net)
{
    double w[7 * IN];
    for (int32_t l = 0; l < 2; l++) {
        const int64_t cols = l == 0 ? IN : units[0];
        net_get_weights(net, l, w);
        for (int64_t i = 0; i < units[l]; i++)
            assert_near(norm_of(cols, w + i * cols, 1), 1.25, net->plan.dtype == PLAST_F64 ? 1e-14 : 1e-6);
    }
}

static plast_status look(void *user, const plast_report *report)
{
    (void)report;
    check_norms(user);
    return PLAST_OK;
}

static void nothing_unfinished_is_seen(void **state)
{
    const char *const optimizers[] = { "sgd", "adam" };
    double x[SAMPLES * IN], targets[SAMPLES * 3];
    const plast_matrix inputs = plast_matrix_f64(x, SAMPLES, IN), wanted = plast_matrix_f64(targets, SAMPLES, 3);
    (void)state;
    fill_uniform(1, SAMPLES * IN, x);
    fill_uniform(2, SAMPLES * 3, targets);
    for (int k = 0; k < 8; k++) {
        net net = two_layers(optimizers[k & 1], k & 2 ? PLAST_F32 : PLAST_F64);
        const plast_data data = { PLAST_DATA, .inputs = &inputs, .targets = &wanted, .batch = k & 4 ? 3 : 1 };
        const plast_learn_options options = { PLAST_LEARN_OPTIONS, .progress = look, .user = &net,
                                              .progress_every = 1 };
        net_ok(&net, plast_network_learn(net.network, NULL, &data, &options, NULL));
        check_norms(&net);
        net_free(&net);
    }
}

/* Rows wait for the next sample's pass in an array, and are finished at once by a call of one sample: the same bits, in
 * what Oja's rule sees of them too. */
static void arrays_are_loops(void **state)
{
    const char *const optimizers[] = { "sgd", "adam" };
    double x[SAMPLES * IN], targets[SAMPLES * 3];
    (void)state;
    fill_uniform(1, SAMPLES * IN, x);
    fill_uniform(2, SAMPLES * 3, targets);
    for (int k = 0; k < 4; k++) {
        net array = two_layers(optimizers[k & 1], k & 2 ? PLAST_F32 : PLAST_F64);
        net loop = two_layers(optimizers[k & 1], k & 2 ? PLAST_F32 : PLAST_F64);
        net_learn(&array, &(net_data){ .n = SAMPLES, .x = x, .targets = targets, .batch = 1 });
        for (int i = 0; i < SAMPLES; i++)
            net_learn(&loop, &(net_data){ .n = 1, .x = x + i * IN, .targets = targets + i * 3, .batch = 1 });
        assert_same_nets(&array, &loop);
        net_free(&array);
        net_free(&loop);
    }
}

/* The same in a layer of more rows than a block: blocks are projected beside the next one's pass. */
static void blocks_are_projected_once(void **state)
{
    double x[SAMPLES * IN];
    (void)state;
    fill_uniform(1, SAMPLES * IN, x);
    net array = net_one_layer(PLAST_F32, PLAST_TANH, IN, 100, "oja", RATE(0.05));
    net loop = net_one_layer(PLAST_F32, PLAST_TANH, IN, 100, "oja", RATE(0.05));
    net_add_rule(&array, 0, "normalisation", NORM(1.0, 2.0));
    net_add_rule(&loop, 0, "normalisation", NORM(1.0, 2.0));
    net_see(&array, SAMPLES, x, 1);
    for (int i = 0; i < SAMPLES; i++)
        net_see(&loop, 1, x + i * IN, 1);
    assert_same_nets(&array, &loop);
    net_free(&array);
    net_free(&loop);
}

/* A refused sample in the middle of an array leaves finished rows. */
static void refused_samples_leave_finished_rows(void **state)
{
    (void)state;
    double x[SAMPLES * IN];
    net net = two_layers("sgd", PLAST_F64);
    fill_uniform(1, SAMPLES * IN, x);
    x[4 * IN] = (double)NAN;
    assert_int_equal(net_try_learn(&net, &(net_data){ .n = SAMPLES, .x = x, .batch = 1 }, NULL), PLAST_E_NOT_FINITE);
    check_norms(&net);
    net_free(&net);
}

enum { H = 7, O = 3 };

/* One update of a network with Kolen and Pollack's feedback; `w` is O x H, `b` H x O. */
static void learn_with_partner(int64_t n, int mirror, int masked, int normalised, double *w, double *b)
{
    double x[SAMPLES * IN], targets[SAMPLES * O], mask[O * H];
    const net_plan plan = { .dtype = PLAST_F64,
                            .inputs = IN,
                            .layers = 2,
                            .units = { H, O },
                            .hidden = PLAST_TANH,
                            .output = PLAST_LINEAR,
                            .seed = 4,
                            .optimizer = "adam",
                            .rate = 0.1,
                            .gha = 0.05,
                            .oja = 0.05,
                            .ruled = PLAST_ALL_LAYERS };
    const setting settings[] = { { "decay", 0.2 }, { "mirror_rules", mirror }, { NULL, 0.0 } };
    net net = net_make(&plan);
    fill_uniform(1, SAMPLES * IN, x);
    fill_uniform(2, SAMPLES * O, targets);
    net_feedback(&net, "kolen_pollack", settings);
    sparse_mask(O * H, mask);
    if (masked)
        set_mask(&net, 1, mask, O, H);
    if (normalised)
        net_add_rule(&net, 1, "normalisation", NORM(1.25, 2.0));
    net_learn(&net, &(net_data){ .n = n, .x = x, .targets = targets, .batch = n });
    net_get_weights(&net, 1, w);
    net_group_weights(&net, 0, "feedback", H, O, b);
    net_free(&net);
}

/* Feedback that takes the same changes is multiplied by the factors of the forward rows, and has no norm of its own;
 * where it does not mirror rules it is left alone. */
static void partner_takes_the_same_factors(void **state)
{
    (void)state;
    for (int k = 0; k < 8; k++) {
        const int64_t n = k & 1 ? SAMPLES : 1;
        const int mirror = !(k & 2), masked = !(k & 4);
        double w[O * H], b[H * O], w_plain[O * H], b_plain[H * O];
        learn_with_partner(n, mirror, masked, 1, w, b);
        learn_with_partner(n, mirror, masked, 0, w_plain, b_plain);
        for (int i = 0; i < O; i++) {
            const double factor = 1.25 / norm_of(H, w_plain + i * H, 2);
            assert_true(fabs(factor - 1.0) > 1e-3);
            for (int j = 0; j < H; j++) {
                assert_near(w[i * H + j], factor * w_plain[i * H + j], 1e-14);
                assert_near(b[j * O + i], (mirror ? factor : 1.0) * b_plain[j * O + i], 1e-14);
            }
        }
    }
}

/* A network 1-1-1 whose weights are `first`, `second`, and `back` for the second's partner. */
static net with_partner(double first, double second, double back, double norm)
{
    const net_plan plan = {
        .dtype = PLAST_F32, .inputs = 1, .layers = 2, .units = { 1, 1 }, .no_bias = 1, .optimizer = "sgd", .rate = 1e30
    };
    const plast_matrix matrix = plast_matrix_f64(&back, 1, 1);
    plast_layer *layer = NULL;
    plast_synapses *forward = NULL, *feedback = NULL;
    net net = net_make(&plan);
    net_feedback(&net, "kolen_pollack", (const setting[]){ { "decay", 0.0 }, { NULL, 0.0 } });
    net_add_rule(&net, 1, "normalisation", NORM(norm, 2.0));
    net_set_weights(&net, 0, &first);
    net_set_weights(&net, 1, &second);
    net_ok(&net, plast_network_layer(net.network, 0, &layer));
    net_ok(&net, plast_layer_synapses(layer, NULL, &forward));
    net_ok(&net, plast_layer_synapses(layer, "feedback", &feedback));
    net_ok(&net, plast_synapses_set_frozen(forward, 1));
    net_ok(&net, plast_synapses_set_weights(feedback, &matrix));
    return net;
}

/* A factor that would carry the partner's row beyond the type stops at its end, and the next update knows: a step of
 * 1e37 does not fit any more. */
static void partner_stays_within_the_type(void **state)
{
    (void)state;
    const double x = 1e10, target = 1.001;
    double b = 0.0, later = 0.0;
    net net = with_partner(1.0, 1e-30, 1e20, 1e-10);
    net_see(&net, 1, &x, 1);
    net_group_weights(&net, 0, "feedback", 1, 1, &b);
    assert_true(b > 3e38 && isfinite(b));
    const net_data data = { .n = 1, .x = &x, .targets = &target, .batch = 1 };
    assert_int_equal(net_try_learn(&net, &data, NULL), PLAST_E_NOT_FINITE);
    net_group_weights(&net, 0, "feedback", 1, 1, &later);
    assert_true(later == b);
    net_free(&net);
}

/* A forward row of 0 stays, and so does the partner's. */
static void partner_of_nothing_stays(void **state)
{
    (void)state;
    const double x = 1.0;
    double b = 0.0;
    net net = with_partner(1.0, 0.0, 2.0, 1.0);
    net_see(&net, 1, &x, 1);
    net_group_weights(&net, 0, "feedback", 1, 1, &b);
    assert_true(b == 2.0);
    net_free(&net);
}

static void bad_parameters_are_refused(void **state)
{
    const setting bad[] = { { "norm", 0.0 },  { "norm", -1.0 }, { "norm", (double)INFINITY }, { "order", 1.5 },
                            { "order", 0.0 }, { "order", 3.0 }, { "norm", (double)NAN } };
    (void)state;
    net net = net_one_layer(PLAST_F64, PLAST_TANH, IN, OUT, "normalisation", NORM(2.0, 1.0));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(plast_network_set_rule(net.network, 0, "normalisation", bad[i].name, bad[i].value),
                         PLAST_E_RANGE);
    double norm = 0.0, order = 0.0;
    net_ok(&net, plast_network_get_rule(net.network, 0, "normalisation", "norm", &norm));
    net_ok(&net, plast_network_get_rule(net.network, 0, "normalisation", "order", &order));
    assert_true(norm == 2.0 && order == 1.0);
    net_free(&net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        quiet_test(rows_have_the_norm),
        quiet_test(four_numbers_by_hand),
        quiet_test(finds_the_first_component),
        quiet_test(holds_near_the_ends_of_the_type),
        quiet_test(tiny_rows_take_two_updates),
        quiet_test(nothing_unfinished_is_seen),
        quiet_test(refused_samples_leave_finished_rows),
        quiet_test(partner_takes_the_same_factors),
        quiet_test(partner_stays_within_the_type),
        quiet_test(partner_of_nothing_stays),
        quiet_test(arrays_are_loops),
        quiet_test(blocks_are_projected_once),
        quiet_test(bad_parameters_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
