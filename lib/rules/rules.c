/* SPDX-License-Identifier: MIT */
#include "core/rule.h"

#include <string.h>

/* claimed in US patent 12,020,162 B2: builds may leave it out */
#ifdef PLAST__GRAPES
#define GRAPES(X) X(grapes)
#else
#define GRAPES(X)
#endif

/* The list. A new rule is a file that defines plast__rule_<name>, and a line here. */
#define RULES(X)                                                                                                       \
    X(bcm)                                                                                                             \
    X(decay)                                                                                                           \
    X(decorrelation)                                                                                                   \
    X(ehebb)                                                                                                           \
    X(gha)                                                                                                             \
    GRAPES(X)                                                                                                          \
    X(hebb)                                                                                                            \
    X(normalisation)                                                                                                   \
    X(oja)                                                                                                             \
    X(oja_neuron)                                                                                                      \
    X(pool)                                                                                                            \
    X(soft_bounds)

#define DECLARE(name) extern const plast__rule_kind plast__rule_##name;
#define MEMBER(name) &plast__rule_##name.parameters,

RULES(DECLARE)

static const plast__parameters *const members[] = { RULES(MEMBER) };

static const plast__list list = { "rule", members, sizeof members / sizeof members[0] };

const char *plast_rule_name(int32_t index)
{
    return plast__list_name(&list, index);
}

/* A rule that this build could have had. */
static int left_out(const char *name)
{
#ifdef PLAST__GRAPES
    (void)name;
    return 0;
#else
    return name != NULL && strcmp(name, "grapes") == 0;
#endif
}

plast_status plast_rule_create(plast_context *context, const char *name, plast_rule **rule)
{
    plast__description *made = NULL;
    if (context != NULL && left_out(name))
        return plast__fail(context, PLAST_E_UNKNOWN,
                           "rule \"%s\" was left out of this build (-Dgrapes=false): it is claimed in US patent "
                           "12,020,162 B2",
                           name);
    const plast_status status = plast__description_create(context, &list, name, rule == NULL ? NULL : &made);
    if (status == PLAST_OK)
        *rule = (plast_rule *)made;
    return status;
}

void plast_rule_destroy(plast_rule *rule)
{
    plast__description_destroy((plast__description *)rule);
}

plast_status plast_rule_set(plast_rule *rule, const char *parameter, double value)
{
    return plast__description_set((plast__description *)rule, parameter, value);
}

plast_status plast_rule_get(const plast_rule *rule, const char *parameter, double *value)
{
    return plast__description_get((const plast__description *)rule, parameter, value);
}

plast_status plast_rule_parameter(const plast_rule *rule, int32_t index, plast_parameter *parameter)
{
    return plast__description_parameter((const plast__description *)rule, index, parameter);
}
