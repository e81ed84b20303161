/* SPDX-License-Identifier: MIT
 *
 * The self-assembling circuit, a reconstruction after Liao et al. 2024; equations in plasticity/feedback.h. The
 * descending population's arrays hold: z the potential q, y the activity g, s the view r of the ascending activity. */
#include "base/memory.h"
#include "base/scalar.h"
#include "core/product.h"
#include "credit/credit.h"
#include "linalg/blas.h"

#include <math.h>

enum { B, V, C }; /* the hop's groups */
enum { GATE_TEACHING, GATE_DESCENDING, GATE_BOTH, GATE_OWN, GATE_OWN_BOTH };
enum { UNITS, GAIN, GAIN_V, GAIN_C, GATE, RATE_B, RATE_V, RATE_C, DECAY, DECAY_V, DECAY_C, MIRROR_RULES };

#define ANY_GAIN -(double)INFINITY, (double)INFINITY, OPEN | PLAST_PARAMETER_SHAPES
#define OPEN PLAST_PARAMETER_OPEN_MINIMUM | PLAST_PARAMETER_OPEN_MAXIMUM
#define SHARE(default_value) default_value, 0.0, (double)INFINITY, PLAST_PARAMETER_OPEN_MAXIMUM

static const plast__parameter parameters[] = {
    [UNITS] = { "units", "1", "units of the descending population; 0 = as many as the layer", 0.0, 0.0, INT32_MAX,
                PLAST_PARAMETER_WHOLE | PLAST_PARAMETER_SHAPES },
    [GAIN] = { "gain", "1", "initial size of the descending weights, over 1 / sqrt(fan-in)", 1.0, ANY_GAIN },
    [GAIN_V] = { "gain_v", "1", "initial size of the teaching weights, over 1 / sqrt(fan-in)", 0.1, ANY_GAIN },
    [GAIN_C] = { "gain_c", "1", "initial size of the crossing weights, over 1 / sqrt(fan-in)", 0.5, ANY_GAIN },
    [GATE] = { "gate", "1",
               "slopes at: 0 teaching potential, 1 descending activity, 2 both, 3 and 4 as 1 and 2, its own", 4.0, 0.0,
               4.0, PLAST_PARAMETER_WHOLE | PLAST_PARAMETER_SHAPES },
    [RATE_B] = { "rate_b", "1", "share of the optimizer's step that descending weights take", SHARE(1.0) },
    [RATE_V] = { "rate_v", "1", "share of the optimizer's step that teaching weights take", SHARE(1.0) },
    [RATE_C] = { "rate_c", "1", "share of the optimizer's step that crossing weights take", SHARE(0.1) },
    [DECAY] = { "decay", "1/update", "share that forward and descending weights lose at an update with an error", 0.0,
                0.0, 1.0, PLAST_PARAMETER_REQUIRED | PLAST_PARAMETER_OPEN_MAXIMUM },
    [DECAY_V] = { "decay_v", "1/update", "share that teaching weights lose at an update with an error", 0.0, 0.0, 1.0,
                  PLAST_PARAMETER_OPEN_MAXIMUM },
    [DECAY_C] = { "decay_c", "1/update", "share that crossing weights lose at an update with an error", 0.0, 0.0, 1.0,
                  PLAST_PARAMETER_OPEN_MAXIMUM },
    [MIRROR_RULES] = { "mirror_rules", "1", "1 = what rules do to forward weights reaches the descending ones", 1.0,
                       0.0, 1.0, PLAST_PARAMETER_WHOLE },
};

static int32_t gate_of(const plast__hop *hop)
{
    return (int32_t)hop->values[GATE];
}

/* phi = f'(z): one descending unit for each ascending one. */
static int borrows_slope(const plast__hop *hop)
{
    return gate_of(hop) == GATE_DESCENDING || gate_of(hop) == GATE_BOTH;
}

static int gates_own(const plast__hop *hop)
{
    return gate_of(hop) == GATE_OWN || gate_of(hop) == GATE_OWN_BOTH;
}

static int gates_teaching(const plast__hop *hop)
{
    return gate_of(hop) == GATE_TEACHING || gate_of(hop) == GATE_BOTH || gate_of(hop) == GATE_OWN_BOTH;
}

/* The population whose activity the descending weights carry down. */
static int32_t sender(const plast__model *model, const plast__hop *hop)
{
    return hop->upper == NULL ? model->output : hop->upper->population;
}

static plast_status add(plast__model *model, plast__hop *hop, const char *name, int32_t pre, int32_t post, double gain)
{
    const double size = gain / sqrt((double)model->populations[pre].units);
    const plast__group group = {
        .name = name, .pre = pre, .post = post, .learns = 1, .initialiser = { PLAST_INIT_GAUSSIAN, size }
    };
    return plast__credit_add(model, hop, &group);
}

static plast_status build(plast__model *model, plast__hop *hop)
{
    const int64_t n = model->populations[hop->below].units;
    const int64_t m = hop->values[UNITS] > 0.0 ? (int64_t)hop->values[UNITS] : n;
    const plast__population descending = { .units = m, .activation = PLAST_LINEAR };
    if (m != n && borrows_slope(hop))
        return plast__fail(
            model->context, PLAST_E_UNSUPPORTED,
            "feedback \"circuit\": gate %d needs as many descending units as layer %d has, %lld, units is "
            "%lld",
            gate_of(hop), hop->layer, (long long)n, (long long)m);
    plast_status status = plast__model_add_population(model, &descending, &hop->population);
    if (status == PLAST_OK)
        status = add(model, hop, "descending", sender(model, hop), hop->population, hop->values[GAIN]);
    if (status == PLAST_OK)
        status = add(model, hop, "teaching", hop->population, hop->below, hop->values[GAIN_V]);
    if (status == PLAST_OK)
        status = add(model, hop, "crossing", hop->below, hop->population, hop->values[GAIN_C]);
    return status;
}

static void configure(plast__model *model, const plast__hop *hop)
{
    model->groups[hop->forward].decay = hop->values[DECAY];
    model->groups[hop->group[B]].leader = hop->forward;
}

static void product(const plast__descent *descent, int32_t group, const void *x, void *out)
{
    plast__pending *p = descent->pending == NULL ? NULL : &descent->pending[group];
    plast__product(descent->model, &descent->model->groups[group], p, descent->activities->rows, x, out);
}

/* Descending units gate by the slope at their own view of the ascending potential, C z. */
static void gate_own(const plast__descent *descent, const plast__hop *hop)
{
    const plast__model *model = descent->model;
    const plast__activities *a = descent->activities;
    const plast__population *below = &model->populations[hop->below];
    const plast__activity *own = &a->of[hop->population];
    const int64_t units = model->populations[hop->population].units, ld = model->populations[hop->population].ld;
    plast__product(model, &model->groups[hop->group[C]], NULL, a->rows, a->of[hop->below].z, own->y);
    for (int64_t b = 0; b < a->rows; b++) {
        void *y = plast__at(model->dtype, own->y, b * ld);
        model->kernels->activate(below->activation, below->param, units, y, y,
                                 plast__at(model->dtype, own->slope, b * ld));
    }
    model->kernels->multiply(a->rows * ld, own->z, own->slope, own->y);
}

static void descend(const plast__descent *descent, const plast__hop *hop)
{
    const plast__model *model = descent->model;
    const plast__kernels *k = model->kernels;
    plast__activities *a = descent->activities;
    const plast__activity *ascending = &a->of[hop->below], *own = &a->of[hop->population];
    const int64_t n = a->rows * model->populations[hop->below].ld, m = a->rows * model->populations[hop->population].ld;
    const int32_t from = sender(model, hop);
    product(descent, hop->group[B], hop->upper == NULL ? a->of[from].s : a->of[from].y, own->z);
    if (hop->upper == NULL)
        k->scale(m, -1.0, own->z, own->z);
    product(descent, hop->group[C], ascending->y, own->s);
    if (gates_own(hop))
        gate_own(descent, hop);
    else if (borrows_slope(hop))
        k->multiply(m, own->z, ascending->slope, own->y);
    else
        k->scale(m, 1.0, own->z, own->y);
    product(descent, hop->group[V], own->y, ascending->s);
    k->scale(n, -1.0, ascending->s, ascending->s);
    if (gates_teaching(hop))
        k->multiply(n, ascending->s, ascending->slope, ascending->s);
}

/* What rules do to the forward weights reaches the descending ones through the crossing synapses: u v^T as
 * (C v) (C' u)^T, with C' those of the layer above (the identity at the top), and a decay as it is. */
static void mirror_rules(const plast__descent *descent, const plast__hop *hop, plast__drive *drive)
{
    const plast__model *model = descent->model;
    const plast__pending *forward = &descent->pending[hop->forward], *own = &descent->pending[hop->group[B]];
    const plast__terms *terms = &forward->terms;
    const int64_t samples = descent->activities->rows;
    const int64_t row_ld = model->populations[hop->population].ld, column_ld = model->groups[hop->group[B]].ld;
    if (hop->values[MIRROR_RULES] == 0.0 || model->groups[hop->forward].frozen)
        return;
    drive->mirrored_shrink = terms->shrink - forward->of_error.shrink;
    for (int32_t i = forward->of_error.ranks; i < terms->ranks; i++) {
        const plast__rank *rank = &terms->rank[i];
        void *u = plast__at(model->dtype, own->mirrored_u, drive->mirrored_ranks * samples * row_ld);
        void *v = plast__at(model->dtype, own->mirrored_v, drive->mirrored_ranks * samples * column_ld);
        plast__product(model, &model->groups[hop->group[C]], NULL, samples, rank->v, u);
        if (hop->upper == NULL)
            model->kernels->scale(samples * column_ld, 1.0, rank->u, v);
        else
            plast__product(model, &model->groups[hop->upper->group[C]], NULL, samples, rank->u, v);
        drive->mirrored[drive->mirrored_ranks++] = (plast__rank){ rank->coef, u, v };
    }
}

/* Every drive is an ascent, hence the minus sign; at the top g = -s turns it round. */
static plast_status emit(plast_context *context, const plast__descent *descent, const plast__hop *hop,
                         plast__error *error)
{
    const plast__model *model = descent->model;
    const plast__activities *a = descent->activities;
    const plast__activity *ascending = &a->of[hop->below], *own = &a->of[hop->population],
                          *above = &a->of[sender(model, hop)];
    const int top = hop->upper == NULL;
    const double *values = hop->values;
    plast__drive drives[] = {
        [B] = { own->s, top ? above->s : above->y, top ? 1.0 : -1.0, values[RATE_B], .decay = values[DECAY] },
        [V] = { ascending->y, own->y, -1.0, values[RATE_V], .decay = values[DECAY_V] },
        [C] = { own->y, ascending->y, -1.0, values[RATE_C], .decay = values[DECAY_C] },
    };
    plast_status status = PLAST_OK;
    mirror_rules(descent, hop, &drives[B]);
    for (int i = B; status == PLAST_OK && i <= C; i++)
        status = plast__emit_drive(context, model, &model->groups[hop->group[i]], a->rows, &drives[i], error,
                                   &descent->pending[hop->group[i]]);
    return status;
}

static int32_t matrix(const plast__hop *hop)
{
    (void)hop;
    return -1;
}

/* V B C', which takes an error d of the layer above, sent as C' d, to the teaching potential here; C' is the identity
 * at the top. Its transpose is C'^T B^T V^T. */
static plast_status effective(plast_context *context, const plast__model *model, const plast__hop *hop, void **made)
{
    const plast__group *b = &model->groups[hop->group[B]], *v = &model->groups[hop->group[V]];
    const plast__group *c = hop->upper == NULL ? NULL : &model->groups[hop->upper->group[C]];
    const plast__group *w = &model->groups[hop->forward];
    const int64_t size = plast__size(model->dtype);
    void *product = plast__allocate_rows(context, b->rows, w->rows, size);
    *made = plast__allocate_rows(context, w->rows, w->ld, size);
    if (product == NULL || *made == NULL) {
        plast__release(context, product);
        plast__release(context, *made);
        *made = NULL;
        return plast__no_memory(context, "a product of feedback weights");
    }
    plast__operand left = { b->weights, b->ld, 1 };
    if (c != NULL) {
        plast__gemm(model->dtype, b->rows, c->cols, b->cols, 1.0, (plast__operand){ b->weights, b->ld, 0 },
                    (plast__operand){ c->weights, c->ld, 0 }, 0.0, product, w->rows);
        left = (plast__operand){ product, w->rows, 1 };
    }
    plast__gemm(model->dtype, w->rows, w->cols, b->rows, 1.0, left, (plast__operand){ v->weights, v->ld, 1 }, 0.0,
                *made, w->ld);
    plast__release(context, product);
    return PLAST_OK;
}

const plast__feedback_kind plast__feedback_circuit = {
    .parameters = { "feedback", "circuit", parameters, sizeof parameters / sizeof parameters[0] },
    .no_inputs = 1,
    .own_gate = 1,
    .no_states = 1,
    .apart = 1,
    .build = build,
    .configure = configure,
    .descend = descend,
    .emit = emit,
    .matrix = matrix,
    .effective = effective,
};
