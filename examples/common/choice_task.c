/* SPDX-License-Identifier: MIT */
#include "choice_task.h"

#include "draws.h"

#include <math.h>

enum { FIXATION = 0, PAIR = 1, SECOND_PAIR = 3, CUE = 5, CHOICES = 3 };
enum { INPUTS = 3, INPUTS_CXT = 7 };

/* In units of 100 ms. */
enum { DECISION = 7, END = 8, STIMULUS_END_CXT = 2, SAMPLE_END = 1, TEST = 6 };

static double step_length(const struct choice_task *task)
{
    return task->dt == 0.0 ? 100.0 : task->dt;
}

/* In 100 ms. */
static int64_t fineness(const struct choice_task *task)
{
    return llround(100.0 / step_length(task));
}

int choice_shape(const struct choice_task *task, struct sequence_shape *shape, struct message *message)
{
    const double steps = 100.0 / step_length(task);
    if (!(steps >= 1.0 && steps <= 1e6) || fabs(steps - round(steps)) > 1e-9 * steps)
        return message_set(message, "dt is %g ms, expected 100 divided by a whole number up to a million", task->dt);
    if (!(task->sigma >= 0.0 && task->sigma <= 1e6))
        return message_set(message, "sigma is %g, expected 0 to a million", task->sigma);
    *shape = (struct sequence_shape){ .steps = END * fineness(task),
                                      .inputs = task->kind == CHOICE_CXT ? INPUTS_CXT : INPUTS,
                                      .classes = CHOICES };
    return 0;
}

int64_t choice_decision(const struct choice_task *task)
{
    return DECISION * fineness(task);
}

static struct choice_trial draw_trial(enum choice_kind kind, struct draws *draws)
{
    static const double coherences_2af[] = { 0.0, 6.4, 12.8, 25.6, 51.2 }, coherences_cxt[] = { 5.0, 15.0, 50.0 };
    struct choice_trial trial = { .side = { draws_below(draws, 2), 0 } };
    switch (kind) {
    case CHOICE_2AF:
        trial.coherence[0] = coherences_2af[draws_below(draws, 5)];
        trial.label = 1 + trial.side[0];
        break;
    case CHOICE_DMS:
        trial.side[1] = draws_below(draws, 2);
        trial.label = trial.side[0] == trial.side[1] ? 1 : 2;
        break;
    case CHOICE_CXT:
        trial.side[1] = draws_below(draws, 2);
        trial.coherence[0] = coherences_cxt[draws_below(draws, 3)];
        trial.coherence[1] = coherences_cxt[draws_below(draws, 3)];
        trial.cued = draws_below(draws, 2);
        trial.label = 1 + trial.side[trial.cued];
        break;
    }
    return trial;
}

/* 0 = the first stimulus or sample, 1 = test, -1 = none. */
static int stimulus_at(enum choice_kind kind, int64_t time)
{
    switch (kind) {
    case CHOICE_2AF:
        return time < DECISION ? 0 : -1;
    case CHOICE_DMS:
        return time < SAMPLE_END ? 0 : time == TEST ? 1 : -1;
    default:
        return time < STIMULUS_END_CXT ? 0 : -1;
    }
}

/* `apart` = the difference of the two means. */
static void set_pair(double *pair, int32_t side, double apart)
{
    pair[side] += 0.5 + apart / 2.0;
    pair[1 - side] += 0.5 - apart / 2.0;
}

static void set_stimulus(enum choice_kind kind, const struct choice_trial *trial, int which, double *input)
{
    switch (kind) {
    case CHOICE_2AF:
        set_pair(input + PAIR, trial->side[0], trial->coherence[0] / 100.0);
        break;
    case CHOICE_DMS:
        set_pair(input + PAIR, trial->side[which], 1.0);
        break;
    case CHOICE_CXT:
        set_pair(input + PAIR, trial->side[0], trial->coherence[0] / 100.0);
        set_pair(input + SECOND_PAIR, trial->side[1], trial->coherence[1] / 100.0);
        break;
    }
}

static void draw_step(const struct choice_task *task, const struct choice_trial *trial, int64_t time,
                      struct draws *draws, double *input)
{
    const int which = stimulus_at(task->kind, time);
    if (time < DECISION)
        input[FIXATION] = 1.0;
    if (task->kind == CHOICE_CXT && (time < DECISION || !task->cue_ends_at_decision))
        input[CUE + trial->cued] = 1.0;
    if (which < 0)
        return;
    set_stimulus(task->kind, trial, which, input);
    const double sd = task->sigma / sqrt(step_length(task));
    const int first = task->kind == CHOICE_CXT ? 0 : PAIR, end = task->kind == CHOICE_CXT ? INPUTS_CXT : INPUTS;
    for (int i = first; i < end; i++)
        input[i] += sd * draws_normal(draws);
}

void choice_draw(const struct choice_task *task, uint64_t seed, uint64_t first, struct sequences *sequences,
                 struct choice_trial *trials)
{
    const int64_t fine = fineness(task);
    sequences_clear(sequences);
    for (int64_t b = 0; b < sequences->batch; b++) {
        struct draws draws = draws_begin(seed, first + (uint64_t)b);
        const struct choice_trial trial = draw_trial(task->kind, &draws);
        for (int64_t t = 0; t < sequences->shape.steps; t++) {
            draw_step(task, &trial, t / fine, &draws, sequences_input(sequences, t, b));
            sequences_label(sequences, t, b, t / fine < DECISION ? 0 : trial.label);
        }
        if (trials != NULL)
            trials[b] = trial;
    }
}
