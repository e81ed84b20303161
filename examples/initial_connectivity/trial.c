/* SPDX-License-Identifier: MIT */
#include "trial.h"

#include "exponents.h"

#include <math.h>
#include <stdlib.h>

enum { UNITS = 100, BATCH = 32, CLASSES = 3 };

struct runner {
    const struct plan *plan;
    struct trial *trial;
    struct choice_task task;
    struct sequences sequences;
    plast_context *context;
    plast_network *network;
    plast_state *state;
    plast_synapses *recurrent;
    double *answers; /* of a batch, rows x CLASSES */
    double early, late, accuracy;
    int64_t early_count, late_count;
};

double trial_cost(const struct plan *plan, const struct trial *trial)
{
    return (double)plan->iterations * (arms[trial->arm].types < 0 ? 10.0 : trial->oja_rate > 0.0 ? 1.4 : 1.0);
}

static plast_status add_layers(plast_network *network, double gain, plast_synapses **recurrent)
{
    plast_layer_options memory = { PLAST_LAYER_OPTIONS,
                                   .units = UNITS,
                                   .activation = PLAST_RELU,
                                   .form = PLAST_FORM_INSIDE,
                                   .init = PLAST_INIT_FAN_IN_UNIFORM,
                                   .recurrent_init = PLAST_INIT_LECUN_NORMAL,
                                   .recurrent_gain = gain,
                                   .no_bias = 1 };
    plast_layer_options readout = { PLAST_LAYER_OPTIONS, .units = CLASSES, .activation = PLAST_SOFTMAX,
                                    .init = PLAST_INIT_FAN_IN_UNIFORM, .no_bias = 1 };
    plast_layer *layer = NULL;
    plast_status status = plast_network_add(network, "recurrent", &memory, &layer);
    if (status == PLAST_OK)
        status = plast_layer_synapses(layer, "recurrent", recurrent);
    return status == PLAST_OK ? plast_network_add(network, "dense", &readout, NULL) : status;
}

static plast_status set_optimizer(plast_context *context, plast_network *network)
{
    plast_optimizer *optimizer = NULL;
    plast_status status = plast_optimizer_create(context, "momentum", &optimizer);
    if (status == PLAST_OK)
        status = plast_optimizer_set(optimizer, "rate", 0.003);
    if (status == PLAST_OK)
        status = plast_optimizer_set(optimizer, "mu", 0.9);
    if (status == PLAST_OK)
        status = plast_network_set_optimizer(network, optimizer);
    plast_optimizer_destroy(optimizer);
    return status;
}

static plast_status set_temporal(plast_context *context, plast_network *network, const char *name)
{
    plast_temporal *temporal = NULL;
    plast_status status = plast_temporal_create(context, name, &temporal);
    if (status == PLAST_OK)
        status = plast_network_set_temporal(network, temporal);
    plast_temporal_destroy(temporal);
    return status;
}

static plast_status set_feedback(plast_context *context, plast_network *network, const struct arm *arm)
{
    plast_feedback *feedback = NULL;
    plast_status status = plast_feedback_create(context, arm->feedback, &feedback);
    if (status == PLAST_OK && arm->readout_alone)
        status = plast_feedback_set(feedback, "gain", 0.0);
    if (status == PLAST_OK)
        status = plast_network_set_feedback(network, PLAST_HIDDEN_LAYERS, feedback);
    plast_feedback_destroy(feedback);
    return status;
}

/* Units that follow one another have different types; with one type nothing is to be set. */
static plast_status set_types(plast_network *network, int32_t types)
{
    int32_t type[UNITS];
    plast_layer *layer = NULL;
    if (types == 0)
        return PLAST_OK;
    for (int32_t i = 0; i < UNITS; i++)
        type[i] = types < 0 ? i : i % types;
    plast_matrix view = plast_labels_i32(type, UNITS);
    view.rows = 1;
    view.cols = UNITS;
    plast_status status = plast_network_layer(network, 0, &layer);
    return status == PLAST_OK ? plast_layer_set_types(layer, &view) : status;
}

static plast_status add_oja(plast_context *context, plast_network *network, double rate)
{
    plast_rule *oja = NULL;
    plast_status status = plast_rule_create(context, "oja", &oja);
    if (status == PLAST_OK)
        status = plast_rule_set(oja, "rate", rate);
    if (status == PLAST_OK)
        status = plast_network_add_rule(network, 0, oja);
    plast_rule_destroy(oja);
    return status;
}

static plast_status make_network(struct runner *runner)
{
    const struct arm *arm = &arms[runner->trial->arm];
    plast_network_options options = { PLAST_NETWORK_OPTIONS, .inputs = runner->sequences.shape.inputs,
                                      .seed = (uint64_t)runner->trial->seed };
    plast_state_options room = { PLAST_STATE_OPTIONS, .batch = BATCH, .steps = runner->sequences.shape.steps };
    plast_status status = plast_network_create(runner->context, &options, &runner->network);
    if (status == PLAST_OK)
        status = add_layers(runner->network, runner->trial->gain, &runner->recurrent);
    if (status == PLAST_OK)
        status = set_types(runner->network, arm->types);
    if (status == PLAST_OK)
        status = set_optimizer(runner->context, runner->network);
    if (status == PLAST_OK)
        status = set_temporal(runner->context, runner->network, arm->temporal);
    if (status == PLAST_OK)
        status = set_feedback(runner->context, runner->network, arm);
    if (status == PLAST_OK && runner->trial->oja_rate > 0.0)
        status = add_oja(runner->context, runner->network, runner->trial->oja_rate);
    return status == PLAST_OK ? plast_state_create(runner->context, runner->network, &room, &runner->state) : status;
}

/* Of the batch that was just learned: what the network answered before it learned from it. */
static plast_status decide(struct runner *runner, double *accuracy)
{
    const int64_t rows = sequences_rows(&runner->sequences);
    plast_matrix view;
    plast_status status = plast_state_view(runner->state, 1, PLAST_ACTIVITY, &view);
    if (status != PLAST_OK)
        return status;
    for (int64_t i = 0; i < rows; i++)
        for (int64_t k = 0; k < CLASSES; k++)
            runner->answers[i * CLASSES + k] =
                (double)((const float *)view.data)[i * view.row_stride + k * view.col_stride];
    *accuracy = sequences_accuracy(&runner->sequences, runner->answers, CLASSES, choice_decision(&runner->task),
                                   runner->sequences.shape.steps);
    return PLAST_OK;
}

/* The windows of `early` and `late`: the tenth before iteration 1000, the last twentieth. */
static plast_status learn(struct runner *runner, int64_t iteration)
{
    const int64_t all = runner->plan->iterations;
    const int64_t early_end = all < 1000 ? all : 1000;
    double accuracy = 0.0;
    choice_draw(&runner->task, (uint64_t)runner->trial->seed, (uint64_t)(iteration * BATCH), &runner->sequences, NULL);
    const struct sequence_views views = sequences_view(&runner->sequences);
    plast_data data = { PLAST_DATA, .inputs = &views.inputs, .targets = &views.labels, .batch = BATCH,
                        .steps = runner->sequences.shape.steps };
    plast_report report = { PLAST_REPORT };
    plast_status status = plast_network_learn(runner->network, runner->state, &data, NULL, &report);
    if (status == PLAST_OK && iteration >= early_end - early_end / 10 && iteration < early_end) {
        runner->early += report.loss;
        runner->early_count++;
    }
    if (status == PLAST_OK && iteration >= all - all / 20) {
        status = decide(runner, &accuracy);
        runner->late += report.loss;
        runner->accuracy += accuracy;
        runner->late_count++;
    }
    return status;
}

static plast_status measure(struct runner *runner, struct connectivity *connectivity)
{
    plast_matrix view;
    plast_status status = plast_synapses_view(runner->recurrent, &view);
    return status == PLAST_OK ? plast_measure_spectral_radius(runner->context, &view, &connectivity->radius) : status;
}

static struct driver driver(struct runner *runner)
{
    return (struct driver){ runner->context, runner->network, &runner->task, (uint64_t)runner->trial->seed,
                            &runner->sequences };
}

static plast_status measure_exponent(struct runner *runner, int point)
{
    const struct driver d = driver(runner);
    if (point != 0 && point != POINTS - 1)
        return PLAST_OK;
    return exponents_measure(&d, &runner->trial->connectivity[point].lambda);
}

static plast_status floss(struct runner *runner)
{
    const struct driver d = driver(runner);
    const enum flossing flossing = arms[runner->trial->arm].flossing;
    return flossing != FLOSSING_NONE ? exponents_floss(&d, flossing) : PLAST_OK;
}

static plast_status run(struct runner *runner)
{
    struct trial *trial = runner->trial;
    plast_status status = floss(runner);
    int64_t iteration = 0;
    for (int point = 0; point < POINTS && status == PLAST_OK; point++) {
        while (iteration < plan_iteration(runner->plan, point) && status == PLAST_OK) {
            status = learn(runner, iteration);
            iteration += status == PLAST_OK;
        }
        if (status == PLAST_OK)
            status = measure(runner, &trial->connectivity[point]);
        if (status == PLAST_OK)
            status = measure_exponent(runner, point);
    }
    if (status == PLAST_OK) {
        trial->early = runner->early / (double)runner->early_count;
        trial->late = runner->late / (double)runner->late_count;
        trial->accuracy = runner->accuracy / (double)runner->late_count;
    }
    if (status == PLAST_E_NOT_FINITE)
        trial->diverged = iteration;
    return status == PLAST_E_NOT_FINITE ? PLAST_OK : status;
}

static plast_status prepare(struct runner *runner)
{
    struct sequence_shape shape;
    struct message message;
    if (choice_shape(&runner->task, &shape, &message) != 0)
        return PLAST_E_RANGE;
    if (sequences_make(&shape, BATCH, &runner->sequences, &message) != 0)
        return PLAST_E_NOMEM;
    runner->answers = malloc((size_t)(shape.steps * BATCH * CLASSES) * sizeof *runner->answers);
    return runner->answers == NULL ? PLAST_E_NOMEM : make_network(runner);
}

plast_status trial_run(plast_context *context, const struct plan *plan, struct trial *trial)
{
    struct runner runner = {
        .plan = plan,
        .trial = trial,
        .context = context,
        .task = { .kind = trial->task, .sigma = choice_sigma, .cue_ends_at_decision = true },
    };
    trial->early = trial->late = (double)NAN;
    trial->accuracy = 0.5;
    trial->diverged = -1;
    for (int i = 0; i < POINTS; i++)
        trial->connectivity[i] = (struct connectivity){ (double)NAN, (double)NAN };
    plast_status status = prepare(&runner);
    if (status == PLAST_OK)
        status = run(&runner);
    plast_state_destroy(runner.state);
    plast_network_destroy(runner.network);
    sequences_free(&runner.sequences);
    free(runner.answers);
    return status;
}
