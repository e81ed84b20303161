/* SPDX-License-Identifier: MIT
 *
 * The list of feedback schemes. */
#ifndef PLAST_CREDIT_FEEDBACK_H
#define PLAST_CREDIT_FEEDBACK_H

#include "core/feedback.h"

#include <plasticity/feedback.h>

/* In force where none was chosen: backpropagation. */
const plast__feedback_kind *plast__feedback_default(void);

#endif
