/* SPDX-License-Identifier: MIT
 *
 * The forward pass of a population that has one group of inputs. */
#ifndef PLAST_CORE_FORWARD_H
#define PLAST_CORE_FORWARD_H

#include "core/activity.h"
#include "core/pending.h"

/* One sample: what waits for the group is applied, then z, y and slope of its post population and, where a rule needs
 * it, the projection W^T y, block of rows by block of rows. `p` NULL = not learning. */
void plast__forward_online(const plast__model *model, const plast__group *group, plast__activities *a,
                           plast__pending *p);

/* a->rows samples by matrix products; nothing may wait. */
void plast__forward_batch(const plast__model *model, const plast__group *group, plast__activities *a,
                          plast__pending *p);

#endif
