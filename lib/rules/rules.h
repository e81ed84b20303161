/* SPDX-License-Identifier: MIT
 *
 * The list of rules. A new one is a file that defines its plast__rule_kind, and a line in rules.c. */
#ifndef PLAST_RULES_RULES_H
#define PLAST_RULES_RULES_H

#include "base/scalar.h"
#include "core/rule.h"

extern const plast__rule_kind plast__rule_decay;
extern const plast__rule_kind plast__rule_gha;
extern const plast__rule_kind plast__rule_oja;

#endif
