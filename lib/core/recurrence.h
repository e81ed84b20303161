/* SPDX-License-Identifier: MIT
 *
 * What layers with a state share: the state before the first step, products with a delayed group, noise, and the way
 * back through recurrent synapses. */
#ifndef PLAST_CORE_RECURRENCE_H
#define PLAST_CORE_RECURRENCE_H

#include "core/pending.h"
#include "core/time.h"

/* Step t of an array of the population: one row for each sequence; t = -1 is the step before the first. */
static inline void *plast__step_of(const plast__model *model, const plast__activities *a, int32_t population,
                                   void *array, int64_t t)
{
    return (unsigned char *)array + t * a->sequences * model->populations[population].ld * plast__size(model->dtype);
}

static inline int64_t plast__steps(const plast__activities *a)
{
    return a->rows / a->sequences;
}

/* The state before the first step: the one carried, or the initial one (1 x units). `carried` and `lead` are its arrays
 * before and now. */
void plast__state_before(const plast__model *model, const plast__activities *a, int32_t population, const void *carried,
                         const void *initial, void *lead);

/* n numbers become `value`; n > 0. */
void plast__fill(const plast__model *model, int64_t n, double value, void *out);

/* y = f(z) and slope of one step. */
void plast__activate_step(const plast__model *model, const plast__activities *a, int32_t population, int64_t t);

/* z of all steps = bias + W x, for a group that is not delayed; one sample applies what waits. */
void plast__drive_all(const plast__model *model, const plast__group *group, plast__activities *a, plast__pending *p);

/* z of one step += W y of the step before; one sample applies what waits, or multiplies what it takes along. */
void plast__drive_step(const plast__model *model, const plast__group *group, plast__activities *a, int64_t t,
                       plast__pending *p);

/* The projection that rules ask for, once y of all steps is known. */
void plast__project_all(const plast__model *model, const plast__group *group, const plast__activities *a,
                        plast__pending *p);

/* Adds N(0, sd^2) to each state of one step; `stream` names the layer. */
void plast__add_noise(const plast__model *model, const plast__activities *a, int32_t population, int64_t t, double sd,
                      uint64_t stream, void *state);

/* out (one row for each sequence, over pre) = W^T e, or += with `add`, for the error e (over post) of one step. */
void plast__through_weights(const plast__model *model, const plast__group *group, const plast__activities *a,
                            const void *e, int add, void *out);

/* out (one row for each sequence, over pre) = what comes back of the error e (over post) of one step, by the plan's
 * path; where weights are averaged, as plast__types_average left the means. 0 when nothing does, and `out` is not
 * written. */
int plast__way_back(const plast__model *model, const plast__group *group, const plast__activities *a,
                    const plast__time *time, const void *e, void *out);

#endif
