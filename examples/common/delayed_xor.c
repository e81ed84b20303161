/* SPDX-License-Identifier: MIT */
#include "delayed_xor.h"

#include "draws.h"

#include <inttypes.h>
#include <math.h>

enum { CUE = 100, DELAY = 700, INPUTS = 2 };

static const double height = 2.0, background = 0.02;

static int64_t cue_steps(const struct delayed_xor *task)
{
    return task->cue == 0 ? CUE : task->cue;
}

int delayed_xor_shape(const struct delayed_xor *task, struct sequence_shape *shape, struct message *message)
{
    const int64_t cue = cue_steps(task), delay = task->delay == 0 ? DELAY : task->delay;
    if (cue < 2 || cue > 1000000 || delay < 1 || delay > 1000000)
        return message_set(message,
                           "a cue of %" PRId64 " and a delay of %" PRId64 " steps, expected 2 and 1 to a million", cue,
                           delay);
    if (!(task->noise >= 0.0 && task->noise <= 1e6))
        return message_set(message, "noise is %g, expected 0 to a million", task->noise);
    *shape = (struct sequence_shape){ .steps = 2 * cue + delay, .inputs = INPUTS, .classes = 2 };
    return 0;
}

/* From two sd before the top to two behind it. */
static double bump(int64_t step, int64_t steps)
{
    const double sds = 4.0 * (double)step / (double)(steps - 1) - 2.0;
    return height * exp(-0.5 * sds * sds);
}

void delayed_xor_draw(const struct delayed_xor *task, uint64_t seed, uint64_t first, struct sequences *sequences,
                      struct delayed_xor_trial *trials)
{
    const int64_t cue = cue_steps(task), steps = sequences->shape.steps;
    sequences_clear(sequences);
    for (int64_t b = 0; b < sequences->batch; b++) {
        struct draws draws = draws_begin(seed, first + (uint64_t)b);
        const int32_t cues[2] = { draws_below(&draws, 2), draws_below(&draws, 2) };
        for (int64_t t = 0; t < steps; t++) {
            double *input = sequences_input(sequences, t, b);
            for (int i = 0; i < INPUTS; i++)
                input[i] = background + task->noise * draws_normal(&draws);
            if (t < cue && cues[0] == 1)
                input[0] += bump(t, cue);
            if (t >= steps - cue && cues[1] == 1)
                input[1] += bump(t - (steps - cue), cue);
        }
        sequences_label(sequences, steps - 1, b, cues[0] == cues[1]);
        if (trials != NULL)
            trials[b] = (struct delayed_xor_trial){ { cues[0], cues[1] }, cues[0] == cues[1] };
    }
}
