/* SPDX-License-Identifier: MIT */
#include "trial.h"

#include "../common/bit_task.h"
#include "../common/draws.h"

#include <math.h>

/* The published code skips 16 of the 55 steps of a flossing update, which is what the library does by default. */
enum { BATCH = 16, FLOSSING_STEPS = 55, MOST_MEASURED = 500, TRANSIENT = 100, TIMES_AGAIN = 2 };
/* Streams of random numbers, apart from those of the task's sequences. */
enum { BIASES = 1000000, MEASURING, FLOSSING };

static const double rate = 1e-3, clip = 0.03, largest_bias = 0.1;

struct runner {
    const struct plan *plan;
    struct trial *trial;
    struct bit_task task;
    struct sequences sequences;
    plast_context *context;
    plast_network *network;
    plast_flossing *flossing; /* NULL in the arm without it */
    uint64_t flossed;         /* updates so far */
};

double trial_cost(const struct plan *plan, const struct trial *trial)
{
    static const double costs[ARMS] = { 0.0, 0.05, 0.1, 1.0, 1.0 + TIMES_AGAIN };
    return (double)plan->epochs + costs[trial->arm] * (double)plan->updates;
}

static plast_status draw_biases(plast_layer *layer, uint64_t seed)
{
    struct draws draws = draws_begin(seed, BIASES);
    double biases[UNITS];
    for (int i = 0; i < UNITS; i++)
        biases[i] = largest_bias * draws_uniform(&draws);
    const plast_matrix view = plast_matrix_f64(biases, 1, UNITS);
    return plast_layer_set_vector(layer, "bias", &view);
}

static plast_status add_layers(plast_network *network, uint64_t seed)
{
    const plast_layer_options memory = { PLAST_LAYER_OPTIONS,         .units = UNITS,
                                         .activation = PLAST_TANH,    .form = PLAST_FORM_CURRENT,
                                         .init = PLAST_INIT_GAUSSIAN, .recurrent_init = PLAST_INIT_LECUN_NORMAL,
                                         .learn_initial = 1 };
    const plast_layer_options readout = { PLAST_LAYER_OPTIONS, .units = 1, .activation = PLAST_SIGMOID,
                                          .init = PLAST_INIT_GAUSSIAN };
    plast_layer *layer = NULL;
    plast_status status = plast_network_add(network, "recurrent", &memory, &layer);
    if (status == PLAST_OK)
        status = draw_biases(layer, seed);
    return status == PLAST_OK ? plast_network_add(network, "dense", &readout, NULL) : status;
}

static plast_status make_adam(plast_context *context, double norm, plast_optimizer **adam)
{
    plast_status status = plast_optimizer_create(context, "adam", adam);
    if (status == PLAST_OK)
        status = plast_optimizer_set(*adam, "rate", rate);
    return status == PLAST_OK ? plast_optimizer_set(*adam, "clip_norm", norm) : status;
}

static plast_status add_flossing(struct runner *runner)
{
    const enum arm arm = runner->trial->arm;
    const plast_flossing_options options = { PLAST_FLOSSING_OPTIONS,
                                             .gradient = arm == ARM_LOCAL ? PLAST_FLOSSING_LOCAL : PLAST_FLOSSING_EXACT,
                                             .exponents = arm == ARM_LOCAL || arm == ARM_ONE ? 1 : FLOSSED,
                                             .steps = FLOSSING_STEPS, .seed = (uint64_t)runner->trial->seed };
    plast_optimizer *adam = NULL;
    plast_status status = make_adam(runner->context, 0.0, &adam);
    if (status == PLAST_OK)
        status = plast_flossing_create(runner->network, &options, adam, &runner->flossing);
    plast_optimizer_destroy(adam);
    return status;
}

static plast_status make_network(struct runner *runner)
{
    const uint64_t seed = (uint64_t)runner->trial->seed;
    const plast_network_options options = { PLAST_NETWORK_OPTIONS, .dtype = PLAST_F64, .inputs = 1, .seed = seed };
    plast_optimizer *adam = NULL;
    plast_status status = plast_network_create(runner->context, &options, &runner->network);
    if (status == PLAST_OK)
        status = add_layers(runner->network, seed);
    if (status == PLAST_OK)
        status = make_adam(runner->context, clip, &adam);
    if (status == PLAST_OK)
        status = plast_network_set_optimizer(runner->network, adam);
    plast_optimizer_destroy(adam);
    return status == PLAST_OK && runner->trial->arm != ARM_NONE ? add_flossing(runner) : status;
}

static void draw_bits(struct draws *draws, int64_t steps, double *bits)
{
    for (int64_t t = 0; t < steps; t++)
        bits[t] = draws_below(draws, 2);
}

static plast_status floss(struct runner *runner)
{
    double bits[FLOSSING_STEPS];
    const plast_matrix inputs = plast_matrix_f64(bits, FLOSSING_STEPS, 1);
    plast_status status = PLAST_OK;
    for (int64_t i = 0; i < runner->plan->updates && status == PLAST_OK; i++) {
        struct draws draws = draws_begin((uint64_t)runner->trial->seed, FLOSSING + runner->flossed++);
        draw_bits(&draws, FLOSSING_STEPS, bits);
        status = plast_flossing_update(runner->flossing, NULL, &inputs, NULL);
    }
    return status;
}

/* Anew, under bits that the network has not met. */
static plast_status measure(struct runner *runner, double *exponents)
{
    static const plast_lyapunov_options options = { PLAST_LYAPUNOV_OPTIONS, .exponents = FLOSSED,
                                                    .transient = TRANSIENT, .alignment = TRANSIENT };
    const int64_t steps = 2 * TRANSIENT + runner->plan->measured;
    struct draws draws = draws_begin((uint64_t)runner->trial->seed, MEASURING);
    double bits[2 * TRANSIENT + MOST_MEASURED], all[FLOSSED];
    const plast_matrix inputs = plast_matrix_f64(bits, steps, 1), to = plast_output_f64(all, 1, FLOSSED);
    plast_lyapunov *lyapunov = NULL;
    draw_bits(&draws, steps, bits);
    plast_status status = plast_lyapunov_create_network(runner->context, runner->network, &options, &lyapunov);
    if (status == PLAST_OK)
        status = plast_lyapunov_run_network(lyapunov, NULL, &inputs, steps);
    if (status == PLAST_OK)
        status = plast_lyapunov_get(lyapunov, PLAST_LYAPUNOV_EXPONENTS, &to);
    for (int i = 0; i < PLACES && status == PLAST_OK; i++)
        exponents[i] = all[plan_places[i] - 1];
    plast_lyapunov_destroy(lyapunov);
    return status;
}

static plast_status learn(struct runner *runner, int64_t epoch, double *accuracy)
{
    const struct sequence_views views = sequences_view(&runner->sequences);
    const plast_data data = {
        PLAST_DATA,     .inputs = &views.inputs,     .targets = &views.labels, .loss_mask = &views.mask,
        .batch = BATCH, .steps = runner->task.steps,
    };
    plast_report report = { PLAST_REPORT };
    bit_draw(&runner->task, (uint64_t)runner->trial->seed, (uint64_t)epoch * BATCH, &runner->sequences);
    const plast_status status = plast_network_learn(runner->network, NULL, &data, NULL, &report);
    if (status == PLAST_OK)
        *accuracy += (double)report.correct / (double)report.losses;
    return status;
}

static int floss_again(const struct runner *runner, int64_t epoch)
{
    const int64_t every = runner->plan->again_every;
    return runner->trial->arm == ARM_DURING && epoch > 0 && epoch % every == 0 && epoch <= TIMES_AGAIN * every;
}

static plast_status train(struct runner *runner, int64_t *epoch)
{
    struct trial *trial = runner->trial;
    plast_status status = PLAST_OK;
    double sum = 0.0;
    for (*epoch = 0; *epoch < runner->plan->epochs && status == PLAST_OK; ++*epoch) {
        if (floss_again(runner, *epoch))
            status = floss(runner);
        if (status == PLAST_OK)
            status = learn(runner, *epoch, &sum);
        if (status == PLAST_OK && (*epoch + 1) % runner->plan->window == 0) {
            trial->accuracy = trial->curve[trial->points++] = sum / (double)runner->plan->window;
            sum = 0.0;
        }
    }
    return status;
}

static plast_status run(struct runner *runner)
{
    struct trial *trial = runner->trial;
    int64_t epoch = 0;
    plast_status status = measure(runner, trial->exponents[AS_DRAWN]);
    if (status == PLAST_OK && runner->flossing != NULL)
        status = floss(runner);
    if (status == PLAST_OK)
        status = measure(runner, trial->exponents[ONCE_FLOSSED]);
    if (status == PLAST_OK)
        status = train(runner, &epoch);
    if (status == PLAST_OK)
        status = measure(runner, trial->exponents[AT_END]);
    if (status == PLAST_E_NOT_FINITE)
        trial->diverged = epoch;
    return status == PLAST_E_NOT_FINITE ? PLAST_OK : status;
}

static plast_status prepare(struct runner *runner)
{
    struct sequence_shape shape;
    struct message message;
    if (bit_shape(&runner->task, &shape, &message) != 0)
        return PLAST_E_RANGE;
    if (sequences_make(&shape, BATCH, &runner->sequences, &message) != 0)
        return PLAST_E_NOMEM;
    return make_network(runner);
}

plast_status trial_run(plast_context *context, const struct plan *plan, struct trial *trial)
{
    const struct task *task = &plan->tasks[trial->task];
    struct runner runner = { .plan = plan,
                             .trial = trial,
                             .context = context,
                             .task = { .order = task->order, .delay = task->delay, .steps = plan->steps } };
    trial->accuracy = 0.5;
    trial->diverged = -1;
    for (int moment = 0; moment < MOMENTS; moment++)
        for (int place = 0; place < PLACES; place++)
            trial->exponents[moment][place] = (double)NAN;
    plast_status status = prepare(&runner);
    if (status == PLAST_OK)
        status = run(&runner);
    plast_flossing_destroy(runner.flossing);
    plast_network_destroy(runner.network);
    sequences_free(&runner.sequences);
    return status;
}
