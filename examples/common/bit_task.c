/* SPDX-License-Identifier: MIT */
#include "bit_task.h"

#include "draws.h"

#include <inttypes.h>

int64_t bit_first(const struct bit_task *task)
{
    return task->delay << task->order;
}

int bit_shape(const struct bit_task *task, struct sequence_shape *shape, struct message *message)
{
    if (task->order < 0 || task->order > MOST_BITS_ORDER)
        return message_set(message, "order is %d, expected 0 to %d", task->order, MOST_BITS_ORDER);
    if (task->delay < 1 || task->delay > INT32_MAX)
        return message_set(message, "delay is %" PRId64 ", expected at least 1", task->delay);
    if (task->steps <= bit_first(task))
        return message_set(message, "%" PRId64 " steps, expected more than the longest delay, %" PRId64, task->steps,
                           bit_first(task));
    *shape = (struct sequence_shape){ .steps = task->steps, .inputs = 1, .classes = 2, .outputs = 1 };
    return 0;
}

static int32_t parity(const struct bit_task *task, const struct sequences *sequences, int64_t t, int64_t b)
{
    int32_t odd = 0;
    for (int64_t lag = task->delay; lag <= bit_first(task); lag += task->delay)
        odd ^= *sequences_input(sequences, t - lag, b) != 0.0;
    return odd;
}

void bit_draw(const struct bit_task *task, uint64_t seed, uint64_t first, struct sequences *sequences)
{
    sequences_clear(sequences);
    for (int64_t b = 0; b < sequences->batch; b++) {
        struct draws draws = draws_begin(seed, first + (uint64_t)b);
        for (int64_t t = 0; t < task->steps; t++)
            *sequences_input(sequences, t, b) = draws_below(&draws, 2);
        for (int64_t t = bit_first(task); t < task->steps; t++) {
            const int32_t bit = parity(task, sequences, t, b);
            sequences_label(sequences, t, b, bit);
            sequences->targets[t * sequences->batch + b] = bit;
        }
    }
}
