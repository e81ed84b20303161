/* SPDX-License-Identifier: MIT */
#include "signals.h"

#include <math.h>
#include <stdlib.h>

enum { TENTH_PLACE = 9, MEDIAN_PLACE = HIDDEN / 2 - 1 };

static const double nothing = 1e-30; /* smaller ones count as this: rounding has no logarithm worth a mean */

static void add_arm(struct signals *signals, int depth, int init, int rule)
{
    const struct setting *setting =
        rule < 0 ? NULL : plan_best(signals->plan, depth, init, (enum rule)rule, signals->plan->early).setting;
    if (rule < 0 || setting != NULL)
        signals->arms[signals->arm_count++] = (struct arm){ depth, init, setting };
}

/* Every depth from Xavier's initialisation; the deepest as drawn by the others, and from He's too. */
int signals_make(const struct plan *plan, struct signals *signals, struct message *message)
{
    const int deepest = plan_depths[DEPTHS - 1];
    *signals = (struct signals){ .plan = plan };
    for (int d = 0; d < DEPTHS; d++)
        for (int rule = -1; rule < RULES; rule++)
            add_arm(signals, plan_depths[d], XAVIER, rule);
    for (int rule = -1; rule < RULES; rule++)
        add_arm(signals, deepest, HE, rule);
    for (int init = 0; init < INITS; init++)
        if (init != XAVIER && init != HE)
            add_arm(signals, deepest, init, -1);
    const int probes = signals->arm_count * plan->seeds;
    signals->probes = calloc((size_t)probes, sizeof *signals->probes);
    for (int i = 0; signals->probes != NULL && i < probes; i++)
        signals->probes[i] = (struct probe){ .arm = i / plan->seeds, .seed = i % plan->seeds };
    return signals->probes != NULL ? 0 : message_set(message, "out of memory for %d networks' signals", probes);
}

void signals_free(struct signals *signals)
{
    free(signals->probes);
    *signals = (struct signals){ .probes = NULL };
}

/* A Jacobian's singular values take about as long as 20 products of its size. */
double signals_cost(const struct task *task, const struct signals *signals, int probe)
{
    const struct arm *arm = &signals->arms[signals->probes[probe].arm];
    const int64_t learned = arm->setting != NULL ? signals->plan->checkpoints[signals->plan->early] : 0;
    return (double)learned * trial_weights(task, arm->depth) + 20.0 * PROBED * (arm->depth - 2) * pow(HIDDEN, 3.0);
}

static double length(const double *v)
{
    double sum = 0.0;
    for (int i = 0; i < HIDDEN; i++)
        sum += v[i] * v[i];
    return sqrt(sum);
}

/* Adds one image's to the means. */
static plast_status add_image(plast_context *context, const double *jacobian, const double *y, double *value)
{
    double spectrum[HIDDEN], moved[HIDDEN], second = 0.0, fourth = 0.0;
    const plast_matrix j = plast_matrix_f64(jacobian, HIDDEN, HIDDEN), place = plast_output_f64(spectrum, 1, HIDDEN);
    const plast_status status = plast_measure_singular_spectrum(context, &j, &place);
    if (status != PLAST_OK)
        return status;
    for (int i = 0; i < HIDDEN; i++) {
        const double share = spectrum[0] > 0.0 ? spectrum[i] / spectrum[0] : 0.0;
        second += share * share;
        fourth += share * share * share * share;
        moved[i] = 0.0;
        for (int k = 0; k < HIDDEN; k++)
            moved[i] += jacobian[i * HIDDEN + k] * y[k];
    }
    value[LARGEST] += log10(fmax(spectrum[0], nothing)) / PROBED;
    value[TENTH] += log10(fmax(spectrum[TENTH_PLACE], nothing)) / PROBED;
    value[MEDIAN] += log10(fmax(spectrum[MEDIAN_PLACE], nothing)) / PROBED;
    value[OWN] += log10(fmax(length(moved) / fmax(length(y), nothing), nothing)) / PROBED;
    value[PARTICIPATION] += fourth > 0.0 ? second * second / fourth / PROBED : 0.0;
    return PLAST_OK;
}

/* The images' activities in the first hidden layer. */
static plast_status first_activities(const plast_state *state, double *y)
{
    plast_matrix view;
    const plast_status status = plast_state_view(state, 0, PLAST_ACTIVITY, &view);
    for (int b = 0; status == PLAST_OK && b < PROBED; b++)
        for (int i = 0; i < HIDDEN; i++)
            y[b * HIDDEN + i] = (double)((const float *)view.data)[b * view.row_stride + i];
    return status;
}

/* Layer after layer: what came out for one are the tangents of the next, in place. */
static plast_status measure(plast_context *context, const struct task *task, plast_network *network, plast_state *state,
                            int layers, double *jacobians, struct probe *probe)
{
    const plast_matrix images = plast_matrix_f32(task->data.test.images.pixels, PROBED, dataset_pixels(&task->data));
    const plast_matrix place = plast_output_f64(jacobians, PROBED * HIDDEN, HIDDEN);
    double y[PROBED * HIDDEN];
    plast_status status = PLAST_OK;
    for (int l = 0; l < layers && status == PLAST_OK; l++) {
        status = plast_measure_jacobian(network, state, &images, l + 1, l + 1, l == 0 ? NULL : &place, &place);
        if (status == PLAST_OK && l == 0)
            status = first_activities(state, y);
        for (int b = 0; b < PROBED && status == PLAST_OK; b++)
            status = add_image(context, jacobians + b * HIDDEN * HIDDEN, y + b * HIDDEN, probe->value[l]);
    }
    if (status == PLAST_OK)
        probe->layers = layers;
    return status;
}

static plast_status look(plast_context *context, const struct task *task, plast_network *network, int layers,
                         struct probe *probe)
{
    const plast_state_options options = { PLAST_STATE_OPTIONS, .batch = PROBED };
    plast_state *state = NULL;
    double *jacobians = malloc(sizeof(double) * PROBED * HIDDEN * HIDDEN);
    plast_status status = jacobians == NULL ? PLAST_E_NOMEM : plast_state_create(context, network, &options, &state);
    if (status == PLAST_OK)
        status = measure(context, task, network, state, layers, jacobians, probe);
    plast_state_destroy(state);
    free(jacobians);
    return status;
}

/* Divergence is a result: nothing is measured then. */
plast_status signals_run(plast_context *context, const struct task *task, const struct signals *signals, int index)
{
    struct probe *probe = &signals->probes[index];
    const struct arm *arm = &signals->arms[probe->arm];
    const struct setting drawn = { .depth = arm->depth, .init = arm->init, .rule = SGD, .rate = 1.0 };
    plast_network *network = NULL;
    int64_t learned = 0;
    plast_status status =
        trial_network(context, task, arm->setting != NULL ? arm->setting : &drawn, probe->seed, &network);
    if (status == PLAST_OK && arm->setting != NULL)
        status = trial_learn(task, network, probe->seed, 0, signals->plan->checkpoints[signals->plan->early], &learned);
    if (status == PLAST_OK)
        status = look(context, task, network, arm->depth - 2, probe);
    plast_network_destroy(network);
    return status == PLAST_E_NOT_FINITE ? PLAST_OK : status;
}

const struct arm *signals_find(const struct signals *signals, int depth, int init, int rule)
{
    for (int i = 0; i < signals->arm_count; i++) {
        const struct arm *arm = &signals->arms[i];
        const int own = arm->setting == NULL ? -1 : (int)arm->setting->rule;
        if (arm->depth == depth && arm->init == init && own == rule)
            return arm;
    }
    return NULL;
}

struct summary signals_at(const struct signals *signals, const struct arm *arm, int layer, enum quantity quantity,
                          int *count)
{
    const struct probe *probes = &signals->probes[(arm - signals->arms) * signals->plan->seeds];
    double values[MAX_SEEDS];
    *count = 0;
    for (int seed = 0; seed < signals->plan->seeds; seed++)
        if (probes[seed].layers > layer - 2)
            values[(*count)++] = probes[seed].value[layer - 2][quantity];
    return *count > 0 ? summarise(values, *count) : (struct summary){ 0.0, 0.0 };
}
