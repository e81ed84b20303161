/* SPDX-License-Identifier: MIT
 *
 * Rules and optimizers describe themselves, truthfully; descriptions are copied when they are attached, and attachments
 * have values of their own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include <plasticity/plasticity.h>

#include "support/quiet.h"

static plast_context *context;

static int make_context(void **state)
{
    (void)state;
    return plast_context_create(NULL, &context) == PLAST_OK ? 0 : -1;
}

static int destroy_context(void **state)
{
    (void)state;
    plast_context_destroy(context);
    return 0;
}

/* The lists behind one set of functions. */
typedef union handle {
    plast_rule *rule;
    plast_optimizer *optimizer;
    plast_feedback *feedback;
} handle;

typedef struct list {
    const char *kind;
    const char *(*name)(int32_t index);
    plast_status (*create)(const char *name, handle *h);
    void (*destroy)(handle h);
    plast_status (*set)(handle h, const char *parameter, double value);
    plast_status (*get)(handle h, const char *parameter, double *value);
    plast_status (*describe)(handle h, int32_t index, plast_parameter *parameter);
} list;

static plast_status rule_create(const char *name, handle *h)
{
    return plast_rule_create(context, name, &h->rule);
}

static void rule_destroy(handle h)
{
    plast_rule_destroy(h.rule);
}

static plast_status rule_set(handle h, const char *parameter, double value)
{
    return plast_rule_set(h.rule, parameter, value);
}

static plast_status rule_get(handle h, const char *parameter, double *value)
{
    return plast_rule_get(h.rule, parameter, value);
}

static plast_status rule_describe(handle h, int32_t index, plast_parameter *parameter)
{
    return plast_rule_parameter(h.rule, index, parameter);
}

static plast_status optimizer_create(const char *name, handle *h)
{
    return plast_optimizer_create(context, name, &h->optimizer);
}

static void optimizer_destroy(handle h)
{
    plast_optimizer_destroy(h.optimizer);
}

static plast_status optimizer_set(handle h, const char *parameter, double value)
{
    return plast_optimizer_set(h.optimizer, parameter, value);
}

static plast_status optimizer_get(handle h, const char *parameter, double *value)
{
    return plast_optimizer_get(h.optimizer, parameter, value);
}

static plast_status optimizer_describe(handle h, int32_t index, plast_parameter *parameter)
{
    return plast_optimizer_parameter(h.optimizer, index, parameter);
}

static plast_status feedback_create(const char *name, handle *h)
{
    return plast_feedback_create(context, name, &h->feedback);
}

static void feedback_destroy(handle h)
{
    plast_feedback_destroy(h.feedback);
}

static plast_status feedback_set(handle h, const char *parameter, double value)
{
    return plast_feedback_set(h.feedback, parameter, value);
}

static plast_status feedback_get(handle h, const char *parameter, double *value)
{
    return plast_feedback_get(h.feedback, parameter, value);
}

static plast_status feedback_describe(handle h, int32_t index, plast_parameter *parameter)
{
    return plast_feedback_parameter(h.feedback, index, parameter);
}

static const list lists[] = {
    { "rule", plast_rule_name, rule_create, rule_destroy, rule_set, rule_get, rule_describe },
    { "optimizer", plast_optimizer_name, optimizer_create, optimizer_destroy, optimizer_set, optimizer_get,
      optimizer_describe },
    { "feedback", plast_feedback_name, feedback_create, feedback_destroy, feedback_set, feedback_get,
      feedback_describe },
};

static void names_end_with_null(const char *(*name)(int32_t index), const char *const *expected)
{
    int32_t count = 0;
    while (name(count) != NULL)
        count++;
    for (int32_t i = 0; i < count; i++)
        for (int32_t k = 0; k < i; k++)
            assert_string_not_equal(name(i), name(k));
    for (; *expected != NULL; expected++) {
        int found = 0;
        for (int32_t i = 0; i < count; i++)
            found += strcmp(name(i), *expected) == 0;
        assert_int_equal(found, 1);
    }
    assert_null(name(count + 1));
    assert_null(name(-1));
    assert_null(name(INT32_MAX));
    assert_null(name(INT32_MIN));
}

static void every_list_enumerates_its_names(void **state)
{
    (void)state;
    names_end_with_null(plast_rule_name,
                        (const char *const[]){ "bcm", "decay", "decorrelation", "ehebb", "gha", "hebb", "normalisation",
                                               "oja", "oja_neuron", "pool", "soft_bounds", NULL });
    names_end_with_null(plast_optimizer_name,
                        (const char *const[]){ "adam", "adamw", "momentum", "nesterov", "rmsprop", "sgd", NULL });
    names_end_with_null(plast_feedback_name,
                        (const char *const[]){ "backprop", "fa", "dfa", "dfa_sign", "drtp", "usf", "frsf", "brsf",
                                               "kolen_pollack", "weight_mirror", "circuit", NULL });
    names_end_with_null(plast_layer_kind_name, (const char *const[]){ "dense", NULL });
}

static void check_text(const char *text)
{
    assert_non_null(text);
    assert_true(strlen(text) > 0);
    assert_null(strchr(text, '\n'));
}

/* A refused value leaves the one before it, and the message names member, parameter and value. */
static void refuses(const list *l, handle h, const plast_parameter *p, double value)
{
    double old = 0.0, now = 0.0;
    const plast_status there = l->get(h, p->name, &old);
    assert_int_equal(l->set(h, p->name, value), PLAST_E_RANGE);
    assert_non_null(strstr(plast_context_error(context), p->name));
    assert_non_null(strstr(plast_context_error(context), l->kind));
    assert_int_equal(l->get(h, p->name, &now), there);
    assert_true(there != PLAST_OK || now == old);
}

static void accepts(const list *l, handle h, const plast_parameter *p, double value)
{
    double now = 0.0;
    assert_int_equal(l->set(h, p->name, value), PLAST_OK);
    assert_int_equal(l->get(h, p->name, &now), PLAST_OK);
    assert_true(now == value);
}

/* One side of the range; `outward` is the infinity behind the end. */
static void check_end(const list *l, handle h, const plast_parameter *p, double end, double outward, int open)
{
    const double huge = p->maximum < (double)INFINITY ? 2.0 * p->maximum : 1e300;
    const int whole = p->flags & PLAST_PARAMETER_WHOLE;
    const double step = whole ? end - copysign(1.0, outward) : nextafter(end, -outward);
    const double inward = isfinite(end) ? step : copysign(huge, end);
    if (open || !isfinite(end))
        refuses(l, h, p, end);
    else
        accepts(l, h, p, end);
    accepts(l, h, p, inward);
    if (whole && isfinite(end))
        refuses(l, h, p, end - copysign(0.5, outward));
    if (isfinite(end))
        refuses(l, h, p, nextafter(end, outward));
    refuses(l, h, p, outward);
}

static void check_parameter(const list *l, handle h, const plast_parameter *p)
{
    double value = 0.0;
    assert_int_equal(p->struct_size, sizeof *p);
    check_text(p->name);
    check_text(p->unit);
    check_text(p->help);
    assert_true(p->minimum < p->maximum);
    assert_int_equal(p->flags & ~(PLAST_PARAMETER_REQUIRED | PLAST_PARAMETER_OPEN_MINIMUM |
                                  PLAST_PARAMETER_OPEN_MAXIMUM | PLAST_PARAMETER_WHOLE | PLAST_PARAMETER_SHAPES),
                     0);
    if (p->flags & PLAST_PARAMETER_REQUIRED) {
        value = 42.0;
        assert_int_equal(l->get(h, p->name, &value), PLAST_E_STATE);
        assert_non_null(strstr(plast_context_error(context), "never set"));
        assert_true(value == 42.0);
    } else {
        assert_int_equal(l->get(h, p->name, &value), PLAST_OK);
        assert_true(value == p->default_value);
        accepts(l, h, p, p->default_value);
    }
    refuses(l, h, p, (double)NAN);
    check_end(l, h, p, p->minimum, -(double)INFINITY, p->flags & PLAST_PARAMETER_OPEN_MINIMUM);
    check_end(l, h, p, p->maximum, (double)INFINITY, p->flags & PLAST_PARAMETER_OPEN_MAXIMUM);
}

static void descriptions_agree_with_set_and_get(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof lists / sizeof lists[0]; k++)
        for (int32_t i = 0; lists[k].name(i) != NULL; i++) {
            const list *l = &lists[k];
            handle h = { NULL };
            plast_parameter p = { PLAST_PARAMETER }, others[16];
            int32_t count = 0;
            check_text(l->name(i));
            assert_int_equal(l->create(l->name(i), &h), PLAST_OK);
            for (; l->describe(h, count, &p) == PLAST_OK; count++) {
                check_parameter(l, h, &p);
                for (int32_t other = 0; other < count; other++)
                    assert_string_not_equal(others[other].name, p.name);
                others[count] = p;
            }
            assert_true(count > 0 || strcmp(l->name(i), "backprop") == 0);
            memset(&p, 0x5a, sizeof p);
            p.struct_size = sizeof p;
            others[0] = p;
            assert_int_equal(l->describe(h, count, &p), PLAST_E_RANGE);
            assert_int_equal(l->describe(h, -1, &p), PLAST_E_RANGE);
            assert_int_equal(l->describe(h, INT32_MAX, &p), PLAST_E_RANGE);
            assert_memory_equal(&p, &others[0], sizeof p);
            l->destroy(h);
        }
}

/* What rule.h, optimizer.h and feedback.h say. */
static void documented_parameters_are_there(void **state)
{
    enum {
        REQUIRED = PLAST_PARAMETER_REQUIRED,
        LOW = PLAST_PARAMETER_OPEN_MINIMUM,
        HIGH = PLAST_PARAMETER_OPEN_MAXIMUM,
        WHOLE = PLAST_PARAMETER_WHOLE,
        SHAPES = PLAST_PARAMETER_SHAPES
    };
    const double inf = (double)INFINITY;
    const struct {
        int list;
        const char *member;
        int32_t index;
        const char *name;
        int32_t flags;
        double default_value, minimum, maximum;
    } known[] = {
        { 0, "decay", 0, "rate", REQUIRED | HIGH, 0.0, 0.0, 1.0 },
        { 0, "ehebb", 0, "rate", REQUIRED | HIGH, 0.0, 0.0, inf },
        { 0, "gha", 0, "rate", REQUIRED | HIGH, 0.0, 0.0, inf },
        { 0, "oja", 0, "rate", REQUIRED | HIGH, 0.0, 0.0, inf },
        { 0, "oja", 1, "guard", HIGH, 0.0, 0.0, inf },
        { 0, "pool", 0, "theta_0", LOW | HIGH, 0.0, -inf, inf },
        { 0, "pool", 9, "theta_9", LOW | HIGH, 0.0, -inf, inf },
        { 0, "hebb", 0, "rate", REQUIRED | HIGH, 0.0, 0.0, inf },
        { 0, "oja_neuron", 0, "rate", REQUIRED | HIGH, 0.0, 0.0, inf },
        { 0, "bcm", 1, "tau", REQUIRED | HIGH, 0.0, 1.0, inf },
        { 0, "bcm", 2, "start", HIGH, 0.0, 0.0, inf },
        { 0, "decorrelation", 0, "rate", REQUIRED | HIGH, 0.0, 0.0, inf },
        { 0, "normalisation", 0, "norm", LOW | HIGH, 1.0, 0.0, inf },
        { 0, "normalisation", 1, "order", WHOLE, 2.0, 1.0, 2.0 },
        { 0, "soft_bounds", 1, "w_min", LOW | HIGH, 0.0, -inf, inf },
        { 0, "soft_bounds", 2, "w_max", LOW | HIGH, 1.0, -inf, inf },
        { 1, "sgd", 0, "rate", REQUIRED | HIGH, 0.0, 0.0, inf },
        { 1, "adam", 0, "rate", REQUIRED | HIGH, 0.0, 0.0, inf },
        { 1, "adam", 1, "beta1", HIGH, 0.9, 0.0, 1.0 },
        { 1, "adam", 2, "beta2", HIGH, 0.999, 0.0, 1.0 },
        { 1, "adam", 3, "epsilon", LOW | HIGH, 1e-8, 0.0, inf },
        { 1, "adamw", 0, "rate", REQUIRED | HIGH, 0.0, 0.0, inf },
        { 1, "adamw", 1, "beta1", HIGH, 0.9, 0.0, 1.0 },
        { 1, "adamw", 2, "beta2", HIGH, 0.999, 0.0, 1.0 },
        { 1, "adamw", 3, "epsilon", LOW | HIGH, 1e-8, 0.0, inf },
        { 1, "adamw", 4, "decay", HIGH, 0.01, 0.0, inf },
        { 1, "momentum", 0, "rate", REQUIRED | HIGH, 0.0, 0.0, inf },
        { 1, "momentum", 1, "mu", HIGH, 0.9, 0.0, 1.0 },
        { 1, "nesterov", 0, "rate", REQUIRED | HIGH, 0.0, 0.0, inf },
        { 1, "nesterov", 1, "mu", HIGH, 0.9, 0.0, 1.0 },
        { 1, "rmsprop", 0, "rate", REQUIRED | HIGH, 0.0, 0.0, inf },
        { 1, "rmsprop", 1, "alpha", HIGH, 0.99, 0.0, 1.0 },
        { 1, "rmsprop", 2, "epsilon", LOW | HIGH, 1e-8, 0.0, inf },
        { 1, "adam", 4, "clip_norm", HIGH, 0.0, 0.0, inf },
        { 1, "adamw", 5, "clip_norm", HIGH, 0.0, 0.0, inf },
        { 1, "momentum", 2, "clip_norm", HIGH, 0.0, 0.0, inf },
        { 1, "nesterov", 3, "clip_value", HIGH, 0.0, 0.0, inf },
        { 1, "rmsprop", 5, "manhattan", WHOLE, 0.0, 0.0, 1.0 },
        { 1, "sgd", 1, "clip_norm", HIGH, 0.0, 0.0, inf },
        { 1, "sgd", 2, "clip_value", HIGH, 0.0, 0.0, inf },
        { 1, "sgd", 3, "manhattan", WHOLE, 0.0, 0.0, 1.0 },
        { 2, "fa", 0, "gain", LOW | HIGH | SHAPES, 1.0, -inf, inf },
        { 2, "usf", 0, "scale", HIGH, 0.0, 0.0, inf },
        { 2, "kolen_pollack", 1, "decay", REQUIRED | HIGH, 0.0, 0.0, 1.0 },
        { 2, "kolen_pollack", 2, "mirror_rules", WHOLE, 1.0, 0.0, 1.0 },
        { 2, "weight_mirror", 1, "noise", REQUIRED | LOW | HIGH, 0.0, 0.0, inf },
        { 2, "circuit", 0, "units", WHOLE | SHAPES, 0.0, 0.0, (double)INT32_MAX },
        { 2, "circuit", 2, "gain_v", LOW | HIGH | SHAPES, 0.1, -inf, inf },
        { 2, "circuit", 4, "gate", WHOLE | SHAPES, 4.0, 0.0, 4.0 },
        { 2, "circuit", 3, "gain_c", LOW | HIGH | SHAPES, 0.5, -inf, inf },
        { 2, "circuit", 6, "rate_v", HIGH, 1.0, 0.0, inf },
        { 2, "circuit", 7, "rate_c", HIGH, 0.1, 0.0, inf },
        { 2, "circuit", 8, "decay", REQUIRED | HIGH, 0.0, 0.0, 1.0 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        const list *l = &lists[known[i].list];
        handle h = { NULL };
        plast_parameter p = { PLAST_PARAMETER };
        assert_int_equal(l->create(known[i].member, &h), PLAST_OK);
        assert_int_equal(l->describe(h, known[i].index, &p), PLAST_OK);
        assert_string_equal(p.name, known[i].name);
        assert_int_equal(p.flags, known[i].flags);
        assert_true(p.flags & REQUIRED || p.default_value == known[i].default_value);
        assert_true(p.minimum == known[i].minimum && p.maximum == known[i].maximum);
        l->destroy(h);
    }
}

/* A linear network 3-3-...-3 whose weights are all 1. */
static plast_network *make_network(int layers)
{
    plast_network *network = NULL;
    const plast_network_options options = { PLAST_NETWORK_OPTIONS, .dtype = PLAST_F64, .inputs = 3 };
    const plast_layer_options layer = { PLAST_LAYER_OPTIONS, .units = 3, .init = PLAST_INIT_CONSTANT, .no_bias = 1 };
    assert_int_equal(plast_network_create(context, &options, &network), PLAST_OK);
    for (int i = 0; i < layers; i++)
        assert_int_equal(plast_network_add(network, "dense", &layer, NULL), PLAST_OK);
    return network;
}

static double first_weight(const plast_network *network, int64_t index)
{
    plast_layer *layer = NULL;
    plast_synapses *synapses = NULL;
    plast_matrix view;
    assert_int_equal(plast_network_layer(network, index, &layer), PLAST_OK);
    assert_int_equal(plast_layer_synapses(layer, NULL, &synapses), PLAST_OK);
    assert_int_equal(plast_synapses_view(synapses, &view), PLAST_OK);
    return *(const double *)view.data;
}

/* One sample whose only effect is that of decay. */
static void learn_nothing(plast_network *network)
{
    const double zero[3] = { 0 };
    const plast_matrix x = plast_matrix_f64(zero, 1, 3);
    const plast_data data = { PLAST_DATA, .inputs = &x };
    assert_int_equal(plast_network_learn(network, NULL, &data, NULL, NULL), PLAST_OK);
}

static double attached(const plast_network *network, int32_t layer, const char *rule, const char *parameter)
{
    double value = -1.0;
    assert_int_equal(plast_network_get_rule(network, layer, rule, parameter, &value), PLAST_OK);
    return value;
}

static void rules_are_copied_when_attached(void **state)
{
    plast_rule *decay = NULL;
    double value = 0.0;
    plast_network *first = make_network(2), *second = make_network(1);
    (void)state;
    assert_int_equal(plast_rule_create(context, "decay", &decay), PLAST_OK);
    assert_int_equal(plast_rule_set(decay, "rate", 0.5), PLAST_OK);
    assert_int_equal(plast_network_add_rule(first, PLAST_ALL_LAYERS, decay), PLAST_OK);
    assert_int_equal(plast_rule_set(decay, "rate", 0.25), PLAST_OK);
    assert_int_equal(plast_network_add_rule(second, 0, decay), PLAST_OK);
    assert_true(attached(first, 0, "decay", "rate") == 0.5 && attached(first, 1, "decay", "rate") == 0.5);
    assert_true(attached(second, 0, "decay", "rate") == 0.25);
    assert_int_equal(plast_network_set_rule(second, 0, "decay", "rate", 0.75), PLAST_OK);
    assert_int_equal(plast_rule_get(decay, "rate", &value), PLAST_OK);
    assert_true(value == 0.25);
    plast_rule_destroy(decay);
    learn_nothing(first);
    learn_nothing(second);
    assert_true(first_weight(first, 0) == 0.5 && first_weight(first, 1) == 0.5 && first_weight(second, 0) == 0.25);
    plast_network_destroy(first);
    plast_network_destroy(second);
}

static void attached_rules_have_values_per_layer(void **state)
{
    plast_rule *decay = NULL, *oja = NULL;
    plast_network *network = make_network(4);
    (void)state;
    assert_int_equal(plast_rule_create(context, "decay", &decay), PLAST_OK);
    assert_int_equal(plast_rule_create(context, "oja", &oja), PLAST_OK);
    assert_int_equal(plast_rule_set(decay, "rate", 0.0), PLAST_OK);
    assert_int_equal(plast_rule_set(oja, "rate", 0.1), PLAST_OK);
    assert_int_equal(plast_rule_set(oja, "guard", 2.0), PLAST_OK);
    assert_int_equal(plast_network_add_rule(network, PLAST_HIDDEN_LAYERS, decay), PLAST_OK);
    assert_int_equal(plast_network_add_rule(network, 1, oja), PLAST_OK);
    assert_int_equal(plast_network_set_rule(network, 1, "decay", "rate", 0.5), PLAST_OK);
    assert_true(attached(network, 0, "decay", "rate") == 0.0 && attached(network, 1, "decay", "rate") == 0.5);
    assert_true(attached(network, 1, "oja", "rate") == 0.1 && attached(network, 1, "oja", "guard") == 2.0);
    learn_nothing(network);
    for (int64_t i = 0; i < 4; i++)
        assert_true(first_weight(network, i) == (i == 1 ? 0.5 : 1.0));
    /* Selectors reach all layers that have the rule, and pass over the others. */
    assert_int_equal(plast_network_set_rule(network, PLAST_HIDDEN_LAYERS, "decay", "rate", 0.25), PLAST_OK);
    assert_int_equal(plast_network_set_rule(network, PLAST_ALL_LAYERS, "decay", "rate", 0.75), PLAST_OK);
    assert_int_equal(plast_network_set_rule(network, PLAST_ALL_LAYERS, "oja", "rate", 0.2), PLAST_OK);
    for (int32_t i = 0; i < 3; i++)
        assert_true(attached(network, i, "decay", "rate") == 0.75);
    learn_nothing(network);
    assert_true(first_weight(network, 0) == 0.25 && first_weight(network, 1) == 0.125);
    assert_true(first_weight(network, 3) == 1.0 && attached(network, 1, "oja", "rate") == 0.2);
    plast_rule_destroy(decay);
    plast_rule_destroy(oja);
    plast_network_destroy(network);
}

static void optimizers_are_copied_and_changed_in_place(void **state)
{
    const double x[3] = { 1.0, 1.0, 1.0 }, t[3] = { 2.0, 2.0, 2.0 };
    const plast_matrix inputs = plast_matrix_f64(x, 1, 3), targets = plast_matrix_f64(t, 1, 3);
    const plast_data data = { PLAST_DATA, .inputs = &inputs, .targets = &targets };
    plast_network *network = make_network(1);
    plast_optimizer *sgd = NULL;
    double value = 0.0;
    (void)state;
    assert_int_equal(plast_optimizer_create(context, "sgd", &sgd), PLAST_OK);
    assert_int_equal(plast_optimizer_set(sgd, "rate", 0.125), PLAST_OK);
    assert_int_equal(plast_network_set_optimizer(network, sgd), PLAST_OK);
    assert_int_equal(plast_optimizer_set(sgd, "rate", 0.5), PLAST_OK);
    assert_int_equal(plast_network_get_optimizer_parameter(network, "rate", &value), PLAST_OK);
    assert_true(value == 0.125);
    assert_int_equal(plast_network_learn(network, NULL, &data, NULL, NULL), PLAST_OK);
    assert_true(first_weight(network, 0) == 0.875); /* y = 3, s = 1 */
    assert_int_equal(plast_network_set_optimizer_parameter(network, "rate", 0.25), PLAST_OK);
    assert_int_equal(plast_optimizer_get(sgd, "rate", &value), PLAST_OK);
    assert_true(value == 0.5);
    plast_optimizer_destroy(sgd);
    assert_int_equal(plast_network_learn(network, NULL, &data, NULL, NULL), PLAST_OK);
    assert_true(first_weight(network, 0) == 0.71875); /* y = 2.625, s = 0.625 */
    plast_network_destroy(network);
}

/* A change of rate between two calls leaves Adam's moments: another network that had the rate change at the same place
 * inside one call, by its callback, ends with the same bits. */
static plast_status halve_rate(void *user, const plast_report *so_far)
{
    (void)so_far;
    return plast_network_set_optimizer_parameter(user, "rate", 0.005);
}

static void moments_survive_a_change_of_rate(void **state)
{
    static const double x[8][3] = { { 1, 0, 2 }, { 0, 1, 1 }, { 1, 1, 0 }, { 2, 0, 1 }, { 1, 2, 0 }, { 0, 0, 1 } };
    const plast_matrix all = plast_matrix_f64(x[0], 8, 3),
                       half[2] = { plast_matrix_f64(x[0], 4, 3), plast_matrix_f64(x[4], 4, 3) };
    plast_network *whole = make_network(2), *parts = make_network(2);
    const plast_learn_options options = { PLAST_LEARN_OPTIONS, .progress = halve_rate, .user = whole,
                                          .progress_every = 4 };
    plast_optimizer *adam = NULL;
    (void)state;
    assert_int_equal(plast_optimizer_create(context, "adam", &adam), PLAST_OK);
    assert_int_equal(plast_optimizer_set(adam, "rate", 0.01), PLAST_OK);
    assert_int_equal(plast_network_set_optimizer(whole, adam), PLAST_OK);
    assert_int_equal(plast_network_set_optimizer(parts, adam), PLAST_OK);
    const plast_data data = { PLAST_DATA, .inputs = &all, .targets = &all };
    assert_int_equal(plast_network_learn(whole, NULL, &data, &options, NULL), PLAST_OK);
    for (int i = 0; i < 2; i++) {
        const plast_data part = { PLAST_DATA, .inputs = &half[i], .targets = &half[i] };
        assert_int_equal(plast_network_learn(parts, NULL, &part, NULL, NULL), PLAST_OK);
        assert_int_equal(plast_network_set_optimizer_parameter(parts, "rate", 0.005), PLAST_OK);
    }
    assert_true(first_weight(whole, 0) == first_weight(parts, 0) && first_weight(whole, 0) != 1.0);
    assert_true(first_weight(whole, 1) == first_weight(parts, 1));
    plast_optimizer_destroy(adam);
    plast_network_destroy(whole);
    plast_network_destroy(parts);
}

/* An optimizer set anew begins with moments and a count of 0: its first step is of the size of the rate again. */
static void moments_start_anew_with_a_new_optimizer(void **state)
{
    const double x[3] = { 1.0, 1.0, 1.0 }, t[3] = { 9.0, 9.0, 9.0 };
    const plast_matrix inputs = plast_matrix_f64(x, 1, 3), low = plast_matrix_f64(x, 1, 3),
                       high = plast_matrix_f64(t, 1, 3);
    const plast_data up = { PLAST_DATA, .inputs = &inputs, .targets = &high };
    const plast_data down = { PLAST_DATA, .inputs = &inputs, .targets = &low };
    plast_network *network = make_network(1);
    plast_optimizer *adam = NULL;
    (void)state;
    assert_int_equal(plast_optimizer_create(context, "adam", &adam), PLAST_OK);
    assert_int_equal(plast_optimizer_set(adam, "rate", 0.01), PLAST_OK);
    assert_int_equal(plast_network_set_optimizer(network, adam), PLAST_OK);
    for (int i = 0; i < 5; i++)
        assert_int_equal(plast_network_learn(network, NULL, &up, NULL, NULL), PLAST_OK);
    assert_int_equal(plast_network_set_optimizer(network, adam), PLAST_OK);
    const double before = first_weight(network, 0);
    assert_int_equal(plast_network_learn(network, NULL, &down, NULL, NULL), PLAST_OK);
    assert_true(fabs(before - first_weight(network, 0) - 0.01) < 1e-6);
    plast_optimizer_destroy(adam);
    plast_network_destroy(network);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        quiet_test(every_list_enumerates_its_names),      quiet_test(descriptions_agree_with_set_and_get),
        quiet_test(documented_parameters_are_there),      quiet_test(rules_are_copied_when_attached),
        quiet_test(attached_rules_have_values_per_layer), quiet_test(optimizers_are_copied_and_changed_in_place),
        quiet_test(moments_survive_a_change_of_rate),     quiet_test(moments_start_anew_with_a_new_optimizer),
    };
    return cmocka_run_group_tests(tests, make_context, destroy_context);
}
