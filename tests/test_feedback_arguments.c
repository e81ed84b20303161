/* SPDX-License-Identifier: MIT
 *
 * Feedback schemes and the mirror asked for what they cannot do: a status, a message that names it, and nothing
 * changed. Updates that would overflow, in forward or feedback matrices, change neither. And what the mirror leaves
 * alone. */
#include "support/quiet.h"
#include "support/schemes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SAMPLES = 20, INPUTS = 5, OUTPUTS = 3, LAYERS = 3 };

static double x[SAMPLES * INPUTS];
static int32_t labels[SAMPLES];

static int fill_data(void **state)
{
    (void)state;
    fill_normal(71, SAMPLES * INPUTS, x);
    for (int i = 0; i < SAMPLES; i++)
        labels[i] = i * 2 % OUTPUTS;
    return 0;
}

static net make_of(int32_t dtype, const char *optimizer, const scheme_plan *scheme)
{
    const net_plan plan = { .dtype = dtype,
                            .inputs = INPUTS,
                            .layers = LAYERS,
                            .units = { 7, 9, OUTPUTS },
                            .hidden = PLAST_TANH,
                            .output = PLAST_SOFTMAX,
                            .seed = 8,
                            .optimizer = optimizer,
                            .rate = 0.05 };
    net net = net_make(&plan);
    if (scheme != NULL)
        net_scheme(&net, scheme);
    return net;
}

static plast_status learn(net *net, int64_t from, int64_t to, int64_t batch)
{
    const net_data data = { .n = to - from, .x = x + from * INPUTS, .labels = labels + from, .batch = batch };
    return net_try_learn(net, &data, NULL);
}

static void expect(const net *net, plast_status found, plast_status expected, const char *word)
{
    const char *message = plast_context_error(net->context);
    if (found != expected || strstr(message, word) == NULL)
        fail_msg("%d (%s), expected %d with '%s'", found, message, expected, word);
    assert_null(strchr(message, '\n'));
}

static plast_feedback *describe(const net *net, const scheme_plan *scheme)
{
    plast_feedback *made = NULL;
    net_ok(net, plast_feedback_create(net->context, scheme->name, &made));
    for (const scheme_value *v = scheme->values; v->name != NULL; v++)
        net_ok(net, plast_feedback_set(made, v->name, v->value));
    return made;
}

static const scheme_plan fa = { "fa", { { NULL, 0.0 } } };
static const scheme_plan circuit = { "circuit", { { "decay", 0.01 } } };
static const scheme_plan kolen_pollack = { "kolen_pollack", { { "decay", 0.01 } } };
static const scheme_plan weight_mirror = { "weight_mirror", { { "noise", 1.0 }, { "rate", 0.1 }, { "decay", 0.1 } } };

/* ---- descriptions ---- */

static void names_are_known(void **state)
{
    net net = make_of(PLAST_F64, "sgd", NULL);
    plast_feedback *made = NULL;
    (void)state;
    expect(&net, plast_feedback_create(net.context, "alignment", &made), PLAST_E_UNKNOWN, "alignment");
    for (int32_t i = 0; plast_feedback_name(i) != NULL; i++) {
        const plast_status status = plast_feedback_create(net.context, "alignment", &made);
        expect(&net, status, PLAST_E_UNKNOWN, plast_feedback_name(i));
    }
    expect(&net, plast_feedback_create(net.context, NULL, &made), PLAST_E_INVALID, "NULL");
    expect(&net, plast_feedback_create(net.context, "fa", NULL), PLAST_E_INVALID, "NULL");
    assert_int_equal(plast_feedback_create(NULL, "fa", &made), PLAST_E_INVALID);
    assert_null(made);
    assert_null(plast_network_feedback(NULL));
    plast_feedback_destroy(NULL);
    net_free(&net);
}

static void values_have_ranges(void **state)
{
    static const struct {
        const char *scheme, *parameter;
        double wrong[6]; /* up to a 0 that ends them */
    } cases[] = {
        { "fa", "gain", { (double)INFINITY, -(double)INFINITY, (double)NAN } },
        { "dfa", "gain", { (double)INFINITY, (double)NAN } },
        { "drtp", "gain", { (double)NAN } },
        { "usf", "scale", { -1e-300, (double)INFINITY, (double)NAN } },
        { "frsf", "scale", { -1.0, (double)NAN } },
        { "kolen_pollack", "decay", { 1.0, -0.1, (double)NAN } },
        { "kolen_pollack", "mirror_rules", { 2.0, 0.5, -1.0 } },
        { "weight_mirror", "noise", { -1.0, (double)INFINITY, (double)NAN } },
        { "weight_mirror", "rate", { -1.0, (double)INFINITY } },
        { "weight_mirror", "decay", { 1.0, -0.1 } },
        { "weight_mirror", "centred", { 0.5, 2.0 } },
        { "weight_mirror", "block_bias", { 0.5, -1.0 } },
        { "circuit", "units", { -1.0, 2.5, 3e9 } },
        { "circuit", "gate", { -1.0, 5.0, 0.5 } },
        { "circuit", "gain_v", { (double)INFINITY } },
        { "circuit", "gain_c", { (double)NAN } },
        { "circuit", "rate_b", { -0.1, (double)INFINITY } },
        { "circuit", "rate_v", { -0.1, (double)NAN } },
        { "circuit", "rate_c", { -0.1, (double)INFINITY } },
        { "circuit", "decay", { 1.0, -0.1 } },
        { "circuit", "decay_v", { 1.0, -0.1 } },
        { "circuit", "decay_c", { 1.0, -0.1 } },
        { "circuit", "mirror_rules", { 2.0 } },
    };
    net net = make_of(PLAST_F64, "sgd", NULL);
    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        plast_feedback *made = NULL;
        double before = 0.0, after = 0.0;
        net_ok(&net, plast_feedback_create(net.context, cases[k].scheme, &made));
        const plast_status set = plast_feedback_get(made, cases[k].parameter, &before);
        for (int i = 0; cases[k].wrong[i] != 0.0; i++)
            expect(&net, plast_feedback_set(made, cases[k].parameter, cases[k].wrong[i]), PLAST_E_RANGE,
                   cases[k].parameter);
        assert_int_equal(plast_feedback_get(made, cases[k].parameter, &after), set);
        assert_near(after, before, 0.0);
        plast_feedback_destroy(made);
    }
    plast_feedback *made = NULL;
    net_ok(&net, plast_feedback_create(net.context, "weight_mirror", &made));
    expect(&net, plast_feedback_set(made, "noise", 0.0), PLAST_E_RANGE, "noise");
    expect(&net, plast_feedback_set(made, "mirror_rules", 1.0), PLAST_E_UNKNOWN, "block_bias");
    plast_feedback_destroy(made);
    net_free(&net);
}

/* ---- setting a scheme ---- */

static void schemes_are_of_hidden_layers(void **state)
{
    net net = make_of(PLAST_F64, "sgd", NULL);
    const plast_network_options options = { PLAST_NETWORK_OPTIONS, .inputs = 3 };
    const plast_layer_options layer = { PLAST_LAYER_OPTIONS, .units = 4 };
    plast_network *shallow = NULL;
    plast_feedback *made = describe(&net, &fa);
    (void)state;
    assert_int_equal(plast_network_set_feedback(NULL, PLAST_HIDDEN_LAYERS, made), PLAST_E_INVALID);
    expect(&net, plast_network_set_feedback(net.network, PLAST_HIDDEN_LAYERS, NULL), PLAST_E_INVALID, "NULL");
    expect(&net, plast_network_set_feedback(net.network, 2, made), PLAST_E_INVALID, "output");
    expect(&net, plast_network_set_feedback(net.network, 3, made), PLAST_E_RANGE, "layer 3");
    expect(&net, plast_network_set_feedback(net.network, -7, made), PLAST_E_INVALID, "-7");
    expect(&net, plast_network_set_feedback(net.network, 1, made), PLAST_E_STATE, "backprop");
    assert_string_equal(plast_network_feedback(net.network), "backprop");
    net_ok(&net, plast_network_create(net.context, &options, &shallow));
    expect(&net, plast_network_set_feedback(shallow, PLAST_HIDDEN_LAYERS, made), PLAST_E_STATE, "0 layers");
    net_ok(&net, plast_network_add(shallow, "dense", &layer, NULL));
    expect(&net, plast_network_set_feedback(shallow, PLAST_HIDDEN_LAYERS, made), PLAST_E_STATE, "1 layers");
    expect(&net, plast_network_set_feedback(shallow, PLAST_ALL_LAYERS, made), PLAST_E_STATE, "1 layers");
    expect(&net, plast_network_set_feedback(shallow, 0, made), PLAST_E_INVALID, "output");
    net_ok(&net, plast_network_add(shallow, "dense", &layer, NULL)); /* its shape is not fixed by what was refused */
    net_ok(&net, plast_network_set_feedback(shallow, PLAST_HIDDEN_LAYERS, made));
    expect(&net, plast_network_add(shallow, "dense", &layer, NULL), PLAST_E_STATE, "shape is fixed");
    net_ok(&net, plast_network_set_feedback(net.network, PLAST_ALL_LAYERS, made)); /* all that have feedback */
    plast_network_destroy(shallow);
    plast_feedback_destroy(made);
    net_free(&net);
}

static void what_shapes_matrices_is_fixed(void **state)
{
    static const struct {
        const scheme_plan *scheme;
        const char *parameter;
    } cases[] = {
        { &fa, "gain" },      { &kolen_pollack, "gain" }, { &weight_mirror, "gain" }, { &circuit, "units" },
        { &circuit, "gate" }, { &circuit, "gain" },       { &circuit, "gain_v" },     { &circuit, "gain_c" }
    };
    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        net net = make_of(PLAST_F64, "sgd", cases[k].scheme);
        double before = 0.0, after = 0.0;
        net_ok(&net, plast_network_get_feedback_parameter(net.network, 0, cases[k].parameter, &before));
        expect(&net,
               plast_network_set_feedback_parameter(net.network, PLAST_HIDDEN_LAYERS, cases[k].parameter, before + 1.0),
               PLAST_E_STATE, cases[k].parameter);
        net_ok(&net, plast_network_get_feedback_parameter(net.network, 0, cases[k].parameter, &after));
        assert_near(after, before, 0.0);
        net_free(&net);
    }
}

static void parameters_of_the_network(void **state)
{
    net net = make_of(PLAST_F64, "sgd", &kolen_pollack);
    plast_network *const n = net.network;
    double value = 7.0;
    (void)state;
    assert_int_equal(plast_network_set_feedback_parameter(NULL, 0, "decay", 0.1), PLAST_E_INVALID);
    assert_int_equal(plast_network_get_feedback_parameter(NULL, 0, "decay", &value), PLAST_E_INVALID);
    expect(&net, plast_network_set_feedback_parameter(n, 2, "decay", 0.1), PLAST_E_INVALID, "output");
    expect(&net, plast_network_set_feedback_parameter(n, 3, "decay", 0.1), PLAST_E_RANGE, "layer 3");
    expect(&net, plast_network_set_feedback_parameter(n, -5, "decay", 0.1), PLAST_E_INVALID, "-5");
    expect(&net, plast_network_set_feedback_parameter(n, 0, "noise", 0.1), PLAST_E_UNKNOWN, "noise");
    expect(&net, plast_network_set_feedback_parameter(n, 0, NULL, 0.1), PLAST_E_INVALID, "NULL");
    expect(&net, plast_network_set_feedback_parameter(n, PLAST_HIDDEN_LAYERS, "decay", 1.0), PLAST_E_RANGE, "decay");
    expect(&net, plast_network_get_feedback_parameter(n, 2, "decay", &value), PLAST_E_RANGE, "layer 2");
    expect(&net, plast_network_get_feedback_parameter(n, -1, "decay", &value), PLAST_E_RANGE, "layer -1");
    expect(&net, plast_network_get_feedback_parameter(n, 0, "noise", &value), PLAST_E_UNKNOWN, "noise");
    expect(&net, plast_network_get_feedback_parameter(n, 0, "decay", NULL), PLAST_E_INVALID, "NULL");
    assert_near(value, 7.0, 0.0);
    for (int32_t l = 0; l < 2; l++) {
        net_ok(&net, plast_network_get_feedback_parameter(n, l, "decay", &value));
        assert_near(value, 0.01, 0.0);
    }
    net_scheme(&net, &fa);
    expect(&net, plast_network_get_feedback_parameter(n, 0, "decay", &value), PLAST_E_UNKNOWN, "decay");
    net_free(&net);
}

/* Targets may stand for the signal only where that is y - target. */
static void targets_need_their_losses(void **state)
{
    static const struct {
        int32_t output, loss;
        plast_status status;
    } cases[] = {
        { PLAST_TANH, PLAST_LOSS_SQUARED, PLAST_E_UNSUPPORTED },
        { PLAST_SIGMOID, PLAST_LOSS_SQUARED, PLAST_E_UNSUPPORTED },
        { PLAST_SOFTMAX, PLAST_LOSS_SQUARED, PLAST_E_UNSUPPORTED },
        { PLAST_TANH, PLAST_LOSS_DEFAULT, PLAST_E_UNSUPPORTED },
        { PLAST_LINEAR, PLAST_LOSS_SQUARED, PLAST_OK },
        { PLAST_SIGMOID, PLAST_LOSS_DEFAULT, PLAST_OK },
        { PLAST_SOFTMAX, PLAST_LOSS_DEFAULT, PLAST_OK },
    };
    const scheme_plan drtp = { "drtp", { { NULL, 0.0 } } };
    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        const net_plan plan = { .dtype = PLAST_F64,
                                .inputs = INPUTS,
                                .layers = 2,
                                .units = { 7, OUTPUTS },
                                .hidden = PLAST_TANH,
                                .output = cases[k].output,
                                .loss = cases[k].loss,
                                .seed = 8,
                                .optimizer = "sgd",
                                .rate = 0.05 };
        net net = net_make(&plan);
        net_scheme(&net, &drtp);
        double *before = net_all(&net);
        const plast_status status = learn(&net, 0, 5, 1);
        assert_int_equal(status, cases[k].status);
        if (status != PLAST_OK) {
            double *after = net_all(&net);
            expect(&net, status, PLAST_E_UNSUPPORTED, "drtp");
            assert_same_bits(net_size(&net), after, before);
            free(after);
            net_scheme(&net, &fa);
            net_ok(&net, learn(&net, 0, 5, 1));
        }
        free(before);
        net_free(&net);
    }
}

/* ---- while learning ---- */

typedef struct watcher {
    net *net;
    plast_feedback *other;
    int calls;
} watcher;

static plast_status meddle(void *user, const plast_report *so_far)
{
    watcher *w = user;
    (void)so_far;
    w->calls++;
    expect(w->net, plast_network_set_feedback(w->net->network, PLAST_HIDDEN_LAYERS, w->other), PLAST_E_STATE,
           "progress callback");
    expect(w->net, plast_network_set_feedback(w->net->network, 0, w->other), PLAST_E_STATE, "progress callback");
    expect(w->net, plast_network_mirror(w->net->network, NULL, NULL), PLAST_E_STATE, "progress callback");
    return PLAST_OK;
}

static void callbacks_change_no_scheme(void **state)
{
    (void)state;
    for (const scheme_plan *s = all_schemes; s->name != NULL; s++) {
        net net = make_of(PLAST_F64, "adam", s), plain = make_of(PLAST_F64, "adam", s);
        watcher w = { .net = &net, .other = describe(&net, &circuit) };
        const plast_matrix in = plast_matrix_f64(x, SAMPLES, INPUTS), out = plast_labels_i32(labels, SAMPLES);
        const plast_data data = { PLAST_DATA, .inputs = &in, .targets = &out };
        const plast_learn_options options = { PLAST_LEARN_OPTIONS, .progress = meddle, .user = &w,
                                              .progress_every = 3 };
        net_ok(&net, plast_network_learn(net.network, NULL, &data, &options, NULL));
        assert_int_equal(w.calls, SAMPLES / 3);
        net_ok(&plain, learn(&plain, 0, SAMPLES, 1));
        assert_same_schemes(&net, &plain);
        plast_feedback_destroy(w.other);
        net_free(&net);
        net_free(&plain);
    }
}

/* Sample after sample until one is refused, which must be soon: forward weights, biases and feedback are those of
 * before that one. */
static void check_refusal(net *net, int64_t batch)
{
    plast_status status = PLAST_OK;
    for (int64_t b = 0; status == PLAST_OK && b < SAMPLES; b += batch) {
        int64_t n = 0;
        double *weights = net_all(net), *feedbacks = net_feedbacks(net, &n);
        status = learn(net, b, b + batch, batch);
        if (status != PLAST_OK) {
            double *weights_now = net_all(net), *feedbacks_now = net_feedbacks(net, &n);
            assert_same_bits(net_size(net), weights_now, weights);
            assert_same_bits(n, feedbacks_now, feedbacks);
            for (int64_t i = 0; i < n; i++)
                assert_true(isfinite(feedbacks[i])); /* the update before had no right to pass */
            free(weights_now);
            free(feedbacks_now);
        }
        free(weights);
        free(feedbacks);
    }
    assert_int_equal(status, PLAST_E_NOT_FINITE);
}

static void overflow_of_a_feedback_matrix_changes_nothing(void **state)
{
    static const char *const rates[] = { "rate_b", "rate_v", "rate_c" };
    (void)state;
    for (int k = 0; k < 3; k++)
        for (int m = 0; m < 8; m++) {
            const int32_t dtype = m & 1 ? PLAST_F64 : PLAST_F32;
            net net = make_of(dtype, m & 2 ? "adam" : "sgd", &circuit);
            net_ok(&net, plast_network_set_feedback_parameter(net.network, 0, rates[k],
                                                              dtype == PLAST_F64 ? DBL_MAX : 1e300));
            net_ok(&net, plast_network_set_optimizer_parameter(net.network, "rate", 20.0));
            check_refusal(&net, m & 4 ? 4 : 1);
            net_free(&net);
        }
}

/* Feedback so large that signals or the matrix itself would overflow. */
static void overflow_of_signals_and_partners_changes_nothing(void **state)
{
    const scheme_plan *const schemes[] = { &fa, &kolen_pollack, &circuit, &circuit, &weight_mirror };
    static const char *const names[] = { "feedback", "feedback", "teaching", "crossing", "feedback" };
    (void)state;
    for (int k = 0; k < 5; k++)
        for (int64_t batch = 1; batch <= 4; batch += 3)
            for (int32_t l = 0; l < 2; l++) {
                net net = make_of(PLAST_F32, "sgd", schemes[k]);
                plast_synapses *group = net_group(&net, l, names[k]);
                double *huge = group_new(group);
                for (int64_t i = 0; i < group_size(group); i++)
                    huge[i] = i % 2 ? 3.4e38 : -3.4e38;
                group_set(group, huge);
                net_ok(&net, plast_network_set_optimizer_parameter(net.network, "rate", 1e3));
                check_refusal(&net, batch);
                free(huge);
                net_free(&net);
            }
}

/* A partner may overflow by a change that the forward weight itself can bear: 1-1-1 linear units, B = 0.9988 of the
 * largest float, which gains 50 * 0.01 * 10^36. */
static void a_partner_may_overflow_alone(void **state)
{
    static const scheme_plan scheme = { "kolen_pollack", { { "decay", 0.0 } } };
    const net_plan plan = { .dtype = PLAST_F32,
                            .inputs = 1,
                            .layers = 2,
                            .units = { 1, 1 },
                            .hidden = PLAST_LINEAR,
                            .output = PLAST_LINEAR,
                            .no_bias = 1,
                            .seed = 1,
                            .optimizer = "sgd",
                            .rate = 50.0 };
    const double in = 1.0, target = 1.01, first = 1e36, second = 1e-36, b[2] = { 3.399e38, 1e38 };
    const net_data data = { .n = 1, .x = &in, .targets = &target };
    (void)state;
    for (int k = 0; k < 2; k++) {
        net net = net_make(&plan);
        net_scheme(&net, &scheme);
        plast_synapses *feedback = net_group(&net, 0, "feedback");
        net_set_weights(&net, 0, &first);
        net_set_weights(&net, 1, &second);
        group_set(feedback, &b[k]);
        double before[3], after[3];
        net_get_weights(&net, 0, &before[0]);
        net_get_weights(&net, 1, &before[1]);
        group_get(feedback, &before[2]);
        assert_int_equal(net_try_learn(&net, &data, NULL), k == 0 ? PLAST_E_NOT_FINITE : PLAST_OK);
        net_get_weights(&net, 0, &after[0]);
        net_get_weights(&net, 1, &after[1]);
        group_get(feedback, &after[2]);
        for (int i = 0; i < 3; i++)
            assert_true((after[i] == before[i]) == (k == 0) && isfinite(after[i]));
        net_free(&net);
    }
}

/* A huge input with no weight at it, and a huge target: all is finite but for the update of the first layer. The
 * samples before it are learned, nothing of it is, not even what is drawn anew; then learning goes on. */
static void a_bad_sample_is_not_learned(void **state)
{
    enum { BAD = 7 };
    double in[SAMPLES * INPUTS], t[SAMPLES * OUTPUTS] = { 0.0 }, w[7 * INPUTS];
    (void)state;
    memcpy(in, x, sizeof in);
    for (int b = 0; b < SAMPLES; b++) {
        in[b * INPUTS + 2] = b == BAD ? DBL_MAX : 0.0;
        t[b * OUTPUTS + labels[b]] = b == BAD ? 1e153 : 1.0;
    }
    for (const scheme_plan *s = all_schemes; s->name != NULL; s++)
        for (int adam = 0; adam < 2; adam++) {
            if (!adam && strcmp(s->name, "dfa_sign") == 0)
                continue; /* a sign is not huge */
            const net_plan plan = { .dtype = PLAST_F64,
                                    .inputs = INPUTS,
                                    .layers = LAYERS,
                                    .units = { 7, 9, OUTPUTS },
                                    .hidden = PLAST_TANH,
                                    .output = PLAST_LINEAR,
                                    .seed = 8,
                                    .optimizer = adam ? "adam" : "sgd",
                                    .rate = 0.05 };
            net asked = net_make(&plan), never = net_make(&plan);
            net *const both[] = { &asked, &never };
            plast_report report = { PLAST_REPORT };
            for (int k = 0; k < 2; k++) {
                net_scheme(both[k], s);
                net_get_weights(both[k], 0, w);
                for (int i = 0; i < 7; i++)
                    w[i * INPUTS + 2] = 0.0;
                net_set_weights(both[k], 0, w);
            }
            const net_data all = { .n = SAMPLES, .x = in, .targets = t }, before = { .n = BAD, .x = in, .targets = t };
            const net_data after = { .n = SAMPLES - BAD - 1,
                                     .x = in + (BAD + 1) * INPUTS,
                                     .targets = t + (BAD + 1) * OUTPUTS };
            assert_int_equal(net_try_learn(&asked, &all, &report), PLAST_E_NOT_FINITE);
            assert_int_equal(report.samples, BAD);
            net_learn(&never, &before);
            assert_same_nets(&asked, &never);
            net_learn(&asked, &after);
            net_learn(&never, &after);
            assert_same_schemes(&asked, &never);
            net_free(&asked);
            net_free(&never);
        }
}

/* ---- the mirror ---- */

static plast_status mirror(net *net, int64_t updates, int64_t batch)
{
    const plast_mirror_options options = { PLAST_MIRROR_OPTIONS, .updates = updates, .batch = batch };
    return plast_network_mirror(net->network, NULL, &options);
}

static void bad_calls_of_the_mirror(void **state)
{
    net net = make_of(PLAST_F64, "sgd", &weight_mirror), other = make_of(PLAST_F64, "sgd", &weight_mirror);
    const plast_state_options two = { PLAST_STATE_OPTIONS, .batch = 2 };
    const plast_mirror_options reserved = { PLAST_MIRROR_OPTIONS, .reserved0 = 1 }, unsized = { .batch = 4 };
    const plast_mirror_options four = { PLAST_MIRROR_OPTIONS, .batch = 4 };
    plast_state *small = NULL;
    (void)state;
    net_ok(&net, plast_state_create(net.context, net.network, &two, &small));
    assert_int_equal(plast_network_mirror(NULL, NULL, NULL), PLAST_E_INVALID);
    expect(&net, mirror(&net, -1, 4), PLAST_E_RANGE, "updates");
    expect(&net, mirror(&net, 1, 1), PLAST_E_RANGE, "batch");
    expect(&net, mirror(&net, 1, -2), PLAST_E_RANGE, "batch");
    expect(&net, mirror(&net, 1, (int64_t)1 << 40), PLAST_E_RANGE, "batch");
    expect(&net, plast_network_mirror(net.network, small, &four), PLAST_E_INVALID, "room");
    expect(&net, plast_network_mirror(net.network, NULL, &reserved), PLAST_E_VERSION, "byte 4");
    expect(&net, plast_network_mirror(net.network, NULL, &unsized), PLAST_E_VERSION, "plast_mirror_options");
    assert_int_equal(plast_network_mirror(other.network, small, &four), PLAST_E_INVALID);
    assert_same_schemes(&net, &other);
    for (const scheme_plan *s = all_schemes; s->name != NULL; s++) {
        net_scheme(&net, s);
        if (strcmp(s->name, "weight_mirror") != 0)
            expect(&net, mirror(&net, 1, 4), PLAST_E_UNSUPPORTED, s->name);
    }
    plast_state_destroy(small);
    net_free(&net);
    net_free(&other);
}

/* Forward weights and biases, frozen feedback and what was learned before stay; updates in one call or several, in any
 * state, and by default 64 at a time, are the same. */
static void the_mirror_touches_nothing_else(void **state)
{
    (void)state;
    for (int32_t dtype = PLAST_F32; dtype <= PLAST_F64; dtype++) {
        net one = make_of(dtype, "adam", &weight_mirror), two = make_of(dtype, "adam", &weight_mirror);
        net plain = make_of(dtype, "adam", &weight_mirror);
        const plast_state_options room = { PLAST_STATE_OPTIONS, .batch = 64 };
        plast_state *own = NULL;
        double frozen[2][9 * OUTPUTS];
        net_ok(&two, plast_state_create(two.context, two.network, &room, &own));
        net_ok(&one, learn(&one, 0, 5, 1));
        net_ok(&two, learn(&two, 0, 5, 1));
        net_ok(&plain, learn(&plain, 0, 5, 1));
        net_ok(&one, mirror(&one, 3, 0));
        net_ok(&two, mirror(&two, 1, 64));
        net_ok(&two, plast_network_mirror(two.network, own, NULL));
        net_ok(&two, mirror(&two, 0, 64));
        assert_same_schemes(&one, &two);
        assert_same_nets(&one, &plain);
        assert_int_equal(plast_synapses_set_frozen(net_group(&one, 1, "feedback"), 1), PLAST_OK);
        group_get(net_group(&one, 1, "feedback"), frozen[0]);
        net_ok(&one, mirror(&one, 2, 10));
        net_ok(&two, mirror(&two, 2, 10));
        group_get(net_group(&one, 1, "feedback"), frozen[1]);
        assert_same_bits((int64_t)9 * OUTPUTS, frozen[1], frozen[0]);
        double *a = group_new(net_group(&one, 0, "feedback")), *b = group_new(net_group(&two, 0, "feedback"));
        assert_same_bits((int64_t)7 * 9, a, b);
        free(a);
        free(b);
        plast_state_destroy(own);
        net_free(&one);
        net_free(&two);
        net_free(&plain);
    }
}

/* X Y^T / N = (X X^T / N) W^T without centring: the noise of two networks of one seed is the same, so one with W = I
 * shows the moments that the other sees through its own W. Then what decay and rate do, exactly. */
static void the_mirror_update_is_exact(void **state)
{
    enum { N = 8, M = 6 };
    const scheme_plan raw = {
        "weight_mirror", { { "gain", 0.0 }, { "noise", 0.7 }, { "rate", 1.0 }, { "decay", 0.0 }, { "centred", 0.0 } }
    };
    net_plan plan = { .dtype = PLAST_F64,
                      .inputs = 3,
                      .layers = 2,
                      .units = { N, N },
                      .hidden = PLAST_TANH,
                      .output = PLAST_LINEAR,
                      .seed = 5 };
    net seen = net_make(&plan);
    double one[N * N] = { 0.0 }, w[M * N], turned[N * M], expected[N * M], first[N * M], found[N * M];
    (void)state;
    for (int i = 0; i < N; i++)
        one[i * N + i] = 1.0;
    plan.units[1] = M;
    net net = net_make(&plan), soft = net_make(&plan);
    net_scheme(&seen, &raw);
    net_scheme(&net, &raw);
    net_set_weights(&seen, 1, one);
    net_get_weights(&net, 1, w);
    net_ok(&seen, mirror(&seen, 1, 33));
    net_ok(&net, mirror(&net, 1, 33));
    group_get(net_group(&seen, 0, "feedback"), one);
    group_get(net_group(&net, 0, "feedback"), first);
    transpose(M, N, w, turned);
    matrix_product(N, N, M, one, turned, expected);
    assert_close((int64_t)N * M, first, expected, 1e-14);
    /* Softmax answers with z: the same bits. */
    plan.output = PLAST_SOFTMAX;
    net_free(&soft);
    soft = net_make(&plan);
    net_scheme(&soft, &raw);
    net_ok(&soft, mirror(&soft, 1, 33));
    group_get(net_group(&soft, 0, "feedback"), found);
    assert_same_bits((int64_t)N * M, found, first);
    /* B <- (1 - decay) B + rate ...: the same noise again after a reset, from the B that was drawn. */
    const scheme_plan whole = {
        "weight_mirror", { { "gain", 1.0 }, { "noise", 0.7 }, { "rate", 0.25 }, { "decay", 0.1 }, { "centred", 0.0 } }
    };
    double start[N * M];
    net_scheme(&net, &whole);
    net_ok(&net, plast_network_reset(net.network, plan.seed));
    group_get(net_group(&net, 0, "feedback"), start);
    net_ok(&net, mirror(&net, 1, 33));
    group_get(net_group(&net, 0, "feedback"), found);
    for (int i = 0; i < N * M; i++)
        expected[i] = 0.9 * start[i] + 0.25 * first[i];
    assert_close((int64_t)N * M, found, expected, 1e-14);
    net_free(&seen);
    net_free(&net);
    net_free(&soft);
}

/* An answer that overflows in one layer keeps the feedback of all layers as it was, and the noise that comes next
 * too. */
static void the_mirror_is_atomic(void **state)
{
    (void)state;
    for (int k = 0; k < 4; k++) {
        net asked = make_of(PLAST_F32, "sgd", &weight_mirror), never = make_of(PLAST_F32, "sgd", &weight_mirror);
        const scheme_plan loud = { "weight_mirror", { { "noise", 1e38 }, { "rate", 0.1 }, { "decay", 0.1 } } };
        double huge[9 * 9], w[9 * 9];
        for (int i = 0; i < 9 * 9; i++)
            huge[i] = i % 2 ? 3e38 : -3e38;
        net_get_weights(&asked, 2, w);
        if (k == 0)
            net_set_weights(&asked, 2, huge);
        if (k == 1)
            net_scheme_parameter(&asked, "rate", 1e39);
        if (k == 2)
            net_ok(&asked, plast_network_set_feedback_parameter(asked.network, 1, "rate", 3e38));
        if (k == 3)
            net_scheme_parameter(&asked, "noise", loud.values[0].value);
        expect(&asked, mirror(&asked, 2, 8), PLAST_E_NOT_FINITE, "layer");
        net_set_weights(&asked, 2, w);
        net_scheme_parameter(&asked, "rate", 0.1);
        net_scheme_parameter(&asked, "noise", 1.0);
        assert_same_schemes(&asked, &never);
        net_ok(&asked, mirror(&asked, 2, 8));
        net_ok(&never, mirror(&never, 2, 8));
        assert_same_schemes(&asked, &never);
        net_ok(&asked, learn(&asked, 0, SAMPLES, 1));
        net_ok(&never, learn(&never, 0, SAMPLES, 1));
        assert_same_schemes(&asked, &never);
        net_free(&asked);
        net_free(&never);
    }
}

/* What could overflow is judged by what the weights are, not by all that was ever added: with loud noise and a decay,
 * thousands of updates stay far from the end of the type, though the sum of their bounds does not. */
static void the_mirror_goes_on_for_ever(void **state)
{
    const scheme_plan loud = { "weight_mirror", { { "noise", 1e15 }, { "rate", 1e5 }, { "decay", 0.5 } } };
    net net = make_of(PLAST_F32, "sgd", &loud);
    int64_t n = 0;
    (void)state;
    net_set_bias(&net, 2, (const double[OUTPUTS]){ 0.0 });
    net_ok(&net, mirror(&net, 4000, 2));
    double *all = net_feedbacks(&net, &n);
    for (int64_t i = 0; i < n; i++)
        assert_true(isfinite(all[i]) && fabs(all[i]) < 1e37);
    free(all);
    net_free(&net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        quiet_test(names_are_known),
        quiet_test(values_have_ranges),
        quiet_test(schemes_are_of_hidden_layers),
        quiet_test(what_shapes_matrices_is_fixed),
        quiet_test(parameters_of_the_network),
        quiet_test(targets_need_their_losses),
        quiet_test(callbacks_change_no_scheme),
        quiet_test(overflow_of_a_feedback_matrix_changes_nothing),
        quiet_test(overflow_of_signals_and_partners_changes_nothing),
        quiet_test(a_partner_may_overflow_alone),
        quiet_test(a_bad_sample_is_not_learned),
        quiet_test(bad_calls_of_the_mirror),
        quiet_test(the_mirror_touches_nothing_else),
        quiet_test(the_mirror_update_is_exact),
        quiet_test(the_mirror_is_atomic),
        quiet_test(the_mirror_goes_on_for_ever),
    };
    return cmocka_run_group_tests(tests, fill_data, NULL);
}
