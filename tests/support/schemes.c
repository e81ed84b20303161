/* SPDX-License-Identifier: MIT */
#include "support/schemes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CIRCUIT(gate, units)                                                                                           \
    {                                                                                                                  \
        "circuit",                                                                                                     \
        {                                                                                                              \
            { "gate", gate }, { "units", units }, { "gain", 0.8 }, { "gain_v", 0.7 }, { "gain_c", 0.9 },               \
                { "rate_b", 0.5 }, { "rate_v", 0.3 }, { "rate_c", 0.2 }, { "decay", 0.01 }, { "decay_v", 0.02 },       \
                { "decay_c", 0.03 }, { "mirror_rules", 0.0 },                                                          \
        }                                                                                                              \
    }

const scheme_plan all_schemes[] = {
    { "backprop", { { NULL, 0.0 } } },
    { "fa", { { "gain", -1.5 } } },
    { "dfa", { { "gain", 1.3 } } },
    { "dfa_sign", { { "gain", 0.7 } } },
    { "drtp", { { "gain", 0.6 } } },
    { "usf", { { "scale", 0.0 } } },
    { "usf", { { "scale", 0.2 } } },
    { "frsf", { { "scale", 0.0 } } },
    { "frsf", { { "scale", 0.7 } } },
    { "brsf", { { "scale", 0.9 } } },
    { "kolen_pollack", { { "gain", 0.5 }, { "decay", 0.02 } } },
    { "kolen_pollack", { { "decay", 0.02 }, { "mirror_rules", 0.0 } } },
    { "weight_mirror", { { "gain", 1.2 }, { "noise", 0.5 }, { "rate", 0.1 }, { "decay", 0.05 } } },
    CIRCUIT(0.0, 0.0),
    CIRCUIT(1.0, 0.0),
    CIRCUIT(2.0, 0.0),
    CIRCUIT(3.0, 0.0),
    CIRCUIT(0.0, 5.0),
    CIRCUIT(3.0, 11.0),
    CIRCUIT(4.0, 0.0),
    CIRCUIT(4.0, 6.0),
    { NULL, { { NULL, 0.0 } } },
};

double scheme_value_of(const scheme_plan *plan, const char *name, double otherwise)
{
    for (const scheme_value *v = plan->values; v->name != NULL; v++)
        if (strcmp(v->name, name) == 0)
            return v->value;
    return otherwise;
}

plast_status net_try_scheme(const net *net, const scheme_plan *plan)
{
    plast_feedback *feedback = NULL;
    net_ok(net, plast_feedback_create(net->context, plan->name, &feedback));
    for (const scheme_value *v = plan->values; v->name != NULL; v++)
        net_ok(net, plast_feedback_set(feedback, v->name, v->value));
    const plast_status status = plast_network_set_feedback(net->network, PLAST_HIDDEN_LAYERS, feedback);
    plast_feedback_destroy(feedback);
    return status;
}

void net_scheme(const net *net, const scheme_plan *plan)
{
    net_ok(net, net_try_scheme(net, plan));
}

void net_scheme_parameter(const net *net, const char *name, double value)
{
    net_ok(net, plast_network_set_feedback_parameter(net->network, PLAST_HIDDEN_LAYERS, name, value));
}

plast_layer *net_layer(const net *net, int32_t layer)
{
    plast_layer *found = NULL;
    net_ok(net, plast_network_layer(net->network, layer, &found));
    return found;
}

plast_synapses *net_find_group(const net *net, int32_t layer, const char *name)
{
    plast_synapses *found = NULL;
    return plast_layer_synapses(net_layer(net, layer), name, &found) == PLAST_OK ? found : NULL;
}

plast_synapses *net_group(const net *net, int32_t layer, const char *name)
{
    plast_synapses *found = NULL;
    net_ok(net, plast_layer_synapses(net_layer(net, layer), name, &found));
    return found;
}

static plast_matrix view_of(const plast_synapses *synapses)
{
    plast_matrix view = { .rows = 0 };
    assert_int_equal(plast_synapses_view(synapses, &view), PLAST_OK);
    return view;
}

int64_t group_rows(const plast_synapses *synapses)
{
    return view_of(synapses).rows;
}

int64_t group_cols(const plast_synapses *synapses)
{
    return view_of(synapses).cols;
}

int64_t group_size(const plast_synapses *synapses)
{
    return group_rows(synapses) * group_cols(synapses);
}

void group_get(const plast_synapses *synapses, double *weights)
{
    const plast_matrix view = view_of(synapses), m = plast_output_f64(weights, view.rows, view.cols);
    assert_int_equal(plast_synapses_get_weights(synapses, &m), PLAST_OK);
}

void group_set(plast_synapses *synapses, const double *weights)
{
    const plast_matrix view = view_of(synapses), m = plast_matrix_f64(weights, view.rows, view.cols);
    assert_int_equal(plast_synapses_set_weights(synapses, &m), PLAST_OK);
}

double *group_new(const plast_synapses *synapses)
{
    double *weights = new_array(group_size(synapses));
    group_get(synapses, weights);
    return weights;
}

void group_mask(plast_synapses *synapses, const double *mask)
{
    const plast_matrix view = view_of(synapses), m = plast_matrix_f64(mask, view.rows, view.cols);
    assert_int_equal(plast_synapses_set_mask(synapses, &m), PLAST_OK);
}

void group_get_mask(const plast_synapses *synapses, double *mask)
{
    const plast_matrix view = view_of(synapses), m = plast_output_f64(mask, view.rows, view.cols);
    assert_int_equal(plast_synapses_get_mask(synapses, &m), PLAST_OK);
}

static const char *const group_names[] = { "feedback", "magnitude", "descending", "teaching", "crossing" };
enum { GROUP_NAMES = sizeof group_names / sizeof group_names[0] };

double *net_feedbacks(const net *net, int64_t *size)
{
    double *all = NULL, *at;
    *size = 0;
    for (int pass = 0; pass < 2; pass++) {
        at = all;
        for (int32_t l = 0; l < net->plan.layers - 1; l++)
            for (int k = 0; k < GROUP_NAMES; k++) {
                const plast_synapses *group = net_find_group(net, l, group_names[k]);
                if (group == NULL)
                    continue;
                if (pass == 0) {
                    *size += group_size(group);
                    continue;
                }
                group_get(group, at);
                at += group_size(group);
            }
        if (pass == 0)
            all = new_array(*size + 1);
    }
    return all;
}

void assert_same_schemes(const net *a, const net *b)
{
    int64_t n = 0, m = 0;
    double *of_a = net_feedbacks(a, &n), *of_b = net_feedbacks(b, &m);
    assert_same_nets(a, b);
    assert_int_equal(n, m);
    assert_same_bits(n, of_a, of_b);
    free(of_a);
    free(of_b);
}

void transpose(int64_t rows, int64_t cols, const double *a, double *out)
{
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < cols; j++)
            out[j * rows + i] = a[i * cols + j];
}

double distance(int64_t n, const double *a, const double *b)
{
    double sum = 0.0;
    for (int64_t i = 0; i < n; i++)
        sum += (a[i] - b[i]) * (a[i] - b[i]);
    return sqrt(sum);
}

double length(int64_t n, const double *a)
{
    double sum = 0.0;
    for (int64_t i = 0; i < n; i++)
        sum += a[i] * a[i];
    return sqrt(sum);
}

double angle(int64_t n, const double *a, const double *b)
{
    double dot = 0.0;
    for (int64_t i = 0; i < n; i++)
        dot += a[i] * b[i];
    return acos(fmax(-1.0, fmin(1.0, dot / (length(n, a) * length(n, b))))) * 57.295779513082320877;
}

void matrix_product(int64_t rows, int64_t inner, int64_t cols, const double *a, const double *b, double *out)
{
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < cols; j++) {
            out[i * cols + j] = 0.0;
            for (int64_t k = 0; k < inner; k++)
                out[i * cols + j] += a[i * inner + k] * b[k * cols + j];
        }
}

/* ---- the independent learner ---- */

/* Kolen-Pollack's feedback has the signs of the forward matrix, which are those of its rows. */
void net_interval(const net *net, int32_t layer, const char *name, double *low, double *high)
{
    const int follows =
        strcmp(plast_network_feedback(net->network), "kolen_pollack") == 0 && strcmp(name, "feedback") == 0;
    const plast_synapses *group = net_group(net, layer, name);
    const plast_synapses *source = follows ? net_group(net, layer + 1, "input") : group;
    const int64_t n = group_cols(source), rows = group_rows(group), cols = group_cols(group);
    double lower = 0.0, upper = 0.0, *signs = new_array(n);
    const plast_matrix m = plast_output_f64(signs, 1, n);
    net_ok(net, plast_synapses_get_sign(source, &m));
    net_ok(net, plast_synapses_get_bounds(source, &lower, &upper));
    for (int64_t i = 0; i < rows * cols; i++) {
        const double of = signs[follows ? i / cols : i % cols];
        low[i] = of > 0.0 ? fmax(lower, 0.0) : lower;
        high[i] = of < 0.0 ? fmin(upper, 0.0) : upper;
    }
    free(signs);
}

/* A matrix that may learn: what adds up over a minibatch's samples is descended. */
typedef struct matrix {
    int64_t rows, cols;
    double *w, *gradient, *first, *second;
    double *mask; /* of 0 and 1, the library's when the learner was made, as are the intervals */
    double *low, *high;
} matrix;

/* One hidden layer's. */
typedef struct part {
    matrix feedback, magnitude, descending, teaching, crossing;
    int64_t n, m;      /* units of the layer and of the descending population */
    double *q, *g, *r; /* m */
    double *phi, *psi; /* m, n */
} part;

typedef struct learner {
    const scheme_plan *plan;
    part part[NET_LAYERS];
} learner;

static double value(const naive *naive, const char *name, double otherwise)
{
    return scheme_value_of(((const learner *)naive->scheme)->plan, name, otherwise);
}

static int is(const naive *naive, const char *name)
{
    return strcmp(((const learner *)naive->scheme)->plan->name, name) == 0;
}

static void read_matrix(const net *net, int32_t layer, const char *name, matrix *m)
{
    const plast_synapses *group = net_find_group(net, layer, name);
    if (group == NULL)
        return;
    m->rows = group_rows(group);
    m->cols = group_cols(group);
    m->w = group_new(group);
    m->gradient = new_array(m->rows * m->cols);
    m->first = new_array(m->rows * m->cols);
    m->second = new_array(m->rows * m->cols);
    m->mask = new_array(m->rows * m->cols);
    group_get_mask(group, m->mask);
    m->low = new_array(m->rows * m->cols);
    m->high = new_array(m->rows * m->cols);
    net_interval(net, layer, name, m->low, m->high);
}

static void project(const matrix *m)
{
    for (int64_t i = 0; i < m->rows * m->cols; i++)
        m->w[i] = fmin(fmax(m->w[i] * m->mask[i], m->low[i]), m->high[i]);
}

static matrix *matrix_of(part *p, int k)
{
    matrix *const all[] = { &p->feedback, &p->magnitude, &p->descending, &p->teaching, &p->crossing };
    return all[k];
}

static void add_product(const matrix *m, const double *x, double *out)
{
    for (int64_t i = 0; i < m->rows; i++)
        for (int64_t j = 0; j < m->cols; j++)
            out[i] += m->w[i * m->cols + j] * x[j];
}

static double sign(double x)
{
    return (double)((x > 0.0) - (x < 0.0));
}

/* B = scale |M| o sign(W)^T */
static void make_signs(const naive *naive, int32_t l, part *p)
{
    const naive_layer *above = &naive->layer[l + 1];
    const double given = value(naive, "scale", 0.0);
    const double scale = given > 0.0 ? given : is(naive, "usf") ? 1.0 / sqrt((double)p->n) : 1.0;
    for (int64_t j = 0; j < p->feedback.rows; j++)
        for (int64_t i = 0; i < p->feedback.cols; i++) {
            const int64_t at = j * p->feedback.cols + i;
            const double magnitude = p->magnitude.w == NULL ? 1.0 : fabs(p->magnitude.w[at]);
            p->feedback.w[at] = scale * magnitude * sign(above->w[i * above->in + j]);
        }
    project(&p->feedback);
}

/* What is sent into the layer. */
static void choose_sent(const naive *naive, int32_t l, const double *target, double weight, double *sent)
{
    const naive_layer *output = &naive->layer[naive->layers - 1], *above = &naive->layer[l + 1];
    const int direct = is(naive, "dfa") || is(naive, "dfa_sign") || is(naive, "drtp");
    const naive_layer *from = direct ? output : above;
    for (int64_t i = 0; i < from->out; i++) {
        sent[i] = from->s[i];
        if (is(naive, "dfa_sign"))
            sent[i] = sign(from->s[i]);
        if (is(naive, "drtp"))
            sent[i] = -weight * target[i];
    }
}

static void descend_by_matrix(naive *naive, int32_t l, part *p, const double *target, double weight)
{
    naive_layer *here = &naive->layer[l];
    double sent[128];
    assert_true(naive->layer[l + 1].out <= 128 && naive->layer[naive->layers - 1].out <= 128);
    choose_sent(naive, l, target, weight, sent);
    if (is(naive, "usf") || is(naive, "frsf") || is(naive, "brsf"))
        make_signs(naive, l, p);
    memset(here->s, 0, (size_t)here->out * sizeof(double));
    add_product(&p->feedback, sent, here->s);
    for (int64_t j = 0; j < here->out; j++)
        here->s[j] *= naive_slope(here, here->z[j]);
}

static void make_gates(const naive *naive, int32_t l, part *p)
{
    const naive_layer *here = &naive->layer[l];
    const double gate = value(naive, "gate", 4.0);
    double *own = new_array(p->m);
    add_product(&p->crossing, here->z, own);
    for (int64_t i = 0; i < p->m; i++) {
        p->phi[i] = 1.0;
        if (gate == 1.0 || gate == 2.0)
            p->phi[i] = naive_slope(here, here->z[i]);
        if (gate == 3.0 || gate == 4.0)
            p->phi[i] = naive_slope(here, own[i]);
    }
    for (int64_t i = 0; i < p->n; i++)
        p->psi[i] = gate == 0.0 || gate == 2.0 || gate == 4.0 ? naive_slope(here, here->z[i]) : 1.0;
    free(own);
}

/* gradient -= share u v^T: these synapses ascend. */
static void ascend(matrix *m, double share, const double *u, const double *v)
{
    for (int64_t i = 0; i < m->rows; i++)
        for (int64_t j = 0; j < m->cols; j++)
            m->gradient[i * m->cols + j] -= share * u[i] * v[j];
}

/* `above` is g_(l+1). */
static void descend_circuit(naive *naive, int32_t l, part *p, const double *above, double share)
{
    naive_layer *here = &naive->layer[l];
    memset(p->q, 0, (size_t)p->m * sizeof(double));
    memset(p->r, 0, (size_t)p->m * sizeof(double));
    memset(here->s, 0, (size_t)p->n * sizeof(double));
    add_product(&p->descending, above, p->q);
    add_product(&p->crossing, here->y, p->r);
    make_gates(naive, l, p);
    for (int64_t i = 0; i < p->m; i++)
        p->g[i] = p->phi[i] * p->q[i];
    add_product(&p->teaching, p->g, here->s);
    for (int64_t i = 0; i < p->n; i++)
        here->s[i] *= -p->psi[i];
    ascend(&p->descending, share, p->r, above);
    ascend(&p->teaching, share, here->y, p->g);
    ascend(&p->crossing, share, p->g, here->y);
}

static void descend(naive *naive, const double *target, double weight, double share)
{
    learner *s = naive->scheme;
    const naive_layer *output = &naive->layer[naive->layers - 1];
    double top[64];
    assert_true(output->out <= 64);
    for (int64_t i = 0; i < output->out; i++)
        top[i] = -output->s[i];
    for (int32_t l = naive->layers - 2; l >= 0; l--)
        if (is(naive, "circuit"))
            descend_circuit(naive, l, &s->part[l], l == naive->layers - 2 ? top : s->part[l + 1].g, share);
        else
            descend_by_matrix(naive, l, &s->part[l], target, weight);
}

/* The partner takes what the forward weights take, transposed. */
static void learn_with(const naive *naive, int32_t layer, matrix *m, int carries_error)
{
    const naive_layer *l = &naive->layer[layer];
    const int mirror = value(naive, "mirror_rules", 1.0) != 0.0;
    const double decay = (carries_error ? l->error_decay : 0.0) + (mirror ? l->decay : 0.0);
    for (int64_t i = 0; i < l->out; i++)
        for (int64_t j = 0; j < l->in; j++) {
            double *w = &m->w[j * m->cols + i];
            *w += l->gradient_w[i * l->in + j] + (mirror ? l->rule[i * l->in + j] : 0.0) - decay * *w;
        }
    project(m);
}

static void learn_alone(const naive *naive, matrix *m, double rate, double decay)
{
    naive_step(naive, m->rows * m->cols, m->gradient, m->first, m->second);
    for (int64_t i = 0; i < m->rows * m->cols; i++)
        m->w[i] += rate * m->gradient[i] - decay * m->w[i];
    project(m);
    memset(m->gradient, 0, (size_t)(m->rows * m->cols) * sizeof(double));
}

/* W_(l+1) and what ends in layer l. */
static void learn(naive *naive, int32_t layer, int carries_error)
{
    learner *s = naive->scheme;
    part *p = layer > 0 ? &s->part[layer - 1] : NULL;
    if (p == NULL)
        return;
    if (is(naive, "kolen_pollack") && !naive->layer[layer].frozen)
        learn_with(naive, layer, &p->feedback, carries_error);
    if (!is(naive, "circuit") || !carries_error)
        return;
    learn_alone(naive, &p->descending, value(naive, "rate_b", 1.0), value(naive, "decay", 0.0));
    learn_alone(naive, &p->teaching, value(naive, "rate_v", 1.0), value(naive, "decay_v", 0.0));
    learn_alone(naive, &p->crossing, value(naive, "rate_c", 0.1), value(naive, "decay_c", 0.0));
}

void naive_scheme(naive *naive, const net *net, const scheme_plan *plan)
{
    learner *s = calloc(1, sizeof *s);
    assert_non_null(s);
    s->plan = plan;
    naive->scheme = s;
    naive->descend = strcmp(plan->name, "backprop") == 0 ? NULL : descend;
    naive->learn = learn;
    for (int32_t l = 0; l < naive->layers - 1; l++) {
        part *p = &s->part[l];
        for (int k = 0; k < GROUP_NAMES; k++)
            read_matrix(net, l, group_names[k], matrix_of(p, k));
        p->n = naive->layer[l].out;
        p->m = p->descending.rows;
        double **const vectors[] = { &p->q, &p->g, &p->r, &p->phi };
        for (int k = 0; k < 4; k++)
            *vectors[k] = new_array(p->m + 1);
        p->psi = new_array(p->n);
        if (is(naive, "kolen_pollack") || is(naive, "circuit"))
            naive->layer[l + 1].error_decay = value(naive, "decay", 0.0);
    }
}

void naive_scheme_free(naive *naive)
{
    learner *s = naive->scheme;
    for (int32_t l = 0; l < naive->layers - 1; l++) {
        part *p = &s->part[l];
        for (int k = 0; k < GROUP_NAMES; k++) {
            const matrix *m = matrix_of(p, k);
            free(m->w);
            free(m->gradient);
            free(m->first);
            free(m->second);
            free(m->mask);
            free(m->low);
            free(m->high);
        }
        free(p->q);
        free(p->g);
        free(p->r);
        free(p->phi);
        free(p->psi);
    }
    free(s);
    naive->scheme = NULL;
}

void naive_scheme_redraw(naive *naive, const net *net)
{
    learner *s = naive->scheme;
    for (int32_t l = 0; l < naive->layers - 1; l++)
        if (is(naive, "brsf"))
            group_get(net_group(net, l, "magnitude"), s->part[l].magnitude.w);
}

void assert_scheme_is(const net *net, const naive *naive, double tolerance)
{
    learner *s = naive->scheme;
    for (int32_t l = 0; l < naive->layers - 1; l++)
        for (int k = 0; k < GROUP_NAMES; k++) {
            const matrix *m = matrix_of(&s->part[l], k);
            const plast_synapses *group = net_find_group(net, l, group_names[k]);
            assert_true((group == NULL) == (m->w == NULL));
            if (group == NULL)
                continue;
            double *found = group_new(group);
            assert_close(m->rows * m->cols, found, m->w, tolerance);
            free(found);
        }
}
