/* SPDX-License-Identifier: MIT
 *
 * The list of optimizers. A new one is a file that defines its plast__optimizer_kind, and a line in optimizers.c. */
#ifndef PLAST_OPTIMIZERS_OPTIMIZERS_H
#define PLAST_OPTIMIZERS_OPTIMIZERS_H

#include "core/optimizer.h"

extern const plast__optimizer_kind plast__optimizer_adam;
extern const plast__optimizer_kind plast__optimizer_sgd;

#endif
