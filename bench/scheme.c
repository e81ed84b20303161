/* SPDX-License-Identifier: MIT */
#include "scheme.h"

#include <string.h>

const bench_scheme bench_schemes[BENCH_SCHEMES] = {
    { .name = "fa", .groups = { "feedback" }, .mark = 1.15 },
    { .name = "dfa", .groups = { "feedback" }, .mark = 1.15 },
    { .name = "kolen_pollack", .decay = 1e-4, .groups = { "feedback" }, .mark = 1.6 },
    { .name = "circuit", .decay = 1e-4, .groups = { "descending", "teaching", "crossing" }, .mark = 3.2 },
};

static int is(const bench_task *task, const char *scheme)
{
    return task->scheme && strcmp(task->scheme->name, scheme) == 0;
}

int bench_group_shape(const bench_task *task, int32_t layer, int32_t group, int64_t *rows, int64_t *cols)
{
    if (!task->scheme || layer + 1 >= task->layers || !task->scheme->groups[group])
        return 0;
    *rows = task->sizes[layer + 1];
    *cols = group > 0 ? *rows : is(task, "dfa") ? task->sizes[task->layers] : task->sizes[layer + 2];
    return 1;
}

static int64_t feedback_weights(const bench_task *task)
{
    int64_t weights = 0, rows, cols;
    for (int32_t l = 0; l < task->layers; l++)
        for (int32_t group = 0; bench_group_shape(task, l, group, &rows, &cols); group++)
            weights += rows * cols;
    return weights;
}

bench_load bench_task_load(const bench_task *task)
{
    int64_t forward = 0, feedback = feedback_weights(task);
    for (int32_t l = 0; l < task->layers; l++)
        forward += bench_weights(task, l);
    bench_load load = { .held = forward + feedback, .changed = forward, .read = feedback };
    if (!task->scheme)
        load.read = forward - bench_weights(task, 0);
    if (is(task, "kolen_pollack") || is(task, "circuit"))
        load.changed = load.held;
    if (is(task, "circuit")) /* a product through them changes them on the way */
        load.read = 0;
    return load;
}

double bench_load_bytes(const bench_load *load)
{
    return sizeof(float) * (2.0 * (double)load->changed + (double)load->read);
}
