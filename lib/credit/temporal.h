/* SPDX-License-Identifier: MIT
 *
 * The list of temporal schemes. */
#ifndef PLAST_CREDIT_TEMPORAL_H
#define PLAST_CREDIT_TEMPORAL_H

#include "core/time.h"

#include <plasticity/temporal.h>

/* In force where none was chosen: backpropagation through time. */
const plast__temporal_kind *plast__temporal_default(void);

#endif
