/* SPDX-License-Identifier: MIT */
#include "permuted_task.h"

#include "draws.h"

/* Fisher & Yates. */
void permuted_task_places(uint64_t seed, int task, int32_t n, int32_t *places)
{
    struct draws draws = draws_begin(seed, (uint64_t)task);
    for (int32_t i = 0; i < n; i++)
        places[i] = i;
    for (int32_t i = 0; i < n && task != 0; i++) {
        const int32_t there = i + draws_below(&draws, n - i), moved = places[there];
        places[there] = places[i];
        places[i] = moved;
    }
}

void permuted_task_apply(const int32_t *places, int32_t n, const float *from, int64_t count, float *to)
{
    for (int64_t image = 0; image < count; image++)
        for (int32_t i = 0; i < n; i++)
            to[image * n + i] = from[image * n + places[i]];
}
