/* SPDX-License-Identifier: MIT
 *
 * What belongs to a data stream: the activities and signals of every population, samples in rows. */
#ifndef PLAST_CORE_ACTIVITY_H
#define PLAST_CORE_ACTIVITY_H

#include "core/model.h"

/* Arrays of batch x ld of one population; paddings are 0. */
typedef struct plast__activity {
    void *z;        /* potential; the input population has none */
    void *y;        /* activity */
    void *y_before; /* of the sample before: online terms that wait still need it */
    void *slope;    /* f'(z); not for softmax; the input population has none */
    void *s;        /* learning signal dLoss/dz; of the input population where a rule asks for it */
    void *s_before;
    int64_t units; /* of the population */
} plast__activity;

typedef struct plast__activities {
    plast__activity *of; /* one per population */
    int32_t count;
    int64_t batch; /* rows allocated */
    int64_t rows;  /* rows in use */
    void *target;  /* what the outputs should have been, where it was read or a feedback scheme wants it */
    void *proxy;   /* what a direct feedback scheme sends down in place of the outputs' signal */
} plast__activities;

plast_status plast__activities_create(plast_context *context, const plast__model *model, int64_t batch,
                                      plast__activities *a);
void plast__activities_destroy(plast_context *context, plast__activities *a);
/* Whether they were made for as many populations as the model has now, all of the same sizes. */
int plast__activities_fit(const plast__model *model, const plast__activities *a);

/* s <- f'(z) o s for n units with activity y = f(z), the slope taken from y alone. */
void plast__slope_times(const plast__model *model, const plast__population *units, int64_t n, const void *y, void *s);

/* Before the next online sample: y becomes y_before, s becomes s_before. */
void plast__activities_turn(plast__activities *a);

#endif
