/* SPDX-License-Identifier: MIT
 *
 * The C side of python_call.py: the same call of the same network on the same arrays, made and timed in C. */
#include <plasticity/plasticity.h>

#include <time.h>

double bench_learn_seconds(plast_network *network, const float *inputs, const int32_t *labels, int64_t samples,
                           int64_t columns);

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Negative when the call fails. */
double bench_learn_seconds(plast_network *network, const float *inputs, const int32_t *labels, int64_t samples,
                           int64_t columns)
{
    double start = now();
    plast_matrix x = plast_matrix_f32(inputs, samples, columns), y = plast_labels_i32(labels, samples);
    plast_data data = { PLAST_DATA, .inputs = &x, .targets = &y };
    plast_report report = { PLAST_REPORT };
    plast_status status = plast_network_learn(network, NULL, &data, NULL, &report);
    return status == PLAST_OK ? now() - start : -1.0;
}
