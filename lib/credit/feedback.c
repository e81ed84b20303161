/* SPDX-License-Identifier: MIT */
#include "credit/feedback.h"

/* The list. A new scheme is a file that defines plast__feedback_<name>, and a line here. */
#define SCHEMES(X)                                                                                                     \
    X(backprop)                                                                                                        \
    X(brsf)                                                                                                            \
    X(circuit)                                                                                                         \
    X(dfa)                                                                                                             \
    X(dfa_sign)                                                                                                        \
    X(drtp)                                                                                                            \
    X(fa)                                                                                                              \
    X(frsf)                                                                                                            \
    X(kolen_pollack)                                                                                                   \
    X(usf)                                                                                                             \
    X(weight_mirror)

#define DECLARE(name) extern const plast__feedback_kind plast__feedback_##name;
#define MEMBER(name) &plast__feedback_##name.parameters,

SCHEMES(DECLARE)

static const plast__parameters *const members[] = { SCHEMES(MEMBER) };

static const plast__list list = { "feedback", members, sizeof members / sizeof members[0] };

const plast__feedback_kind *plast__feedback_default(void)
{
    return &plast__feedback_backprop;
}

const char *plast_feedback_name(int32_t index)
{
    return plast__list_name(&list, index);
}

plast_status plast_feedback_create(plast_context *context, const char *name, plast_feedback **feedback)
{
    plast__description *made = NULL;
    const plast_status status = plast__description_create(context, &list, name, feedback == NULL ? NULL : &made);
    if (status == PLAST_OK)
        *feedback = (plast_feedback *)made;
    return status;
}

void plast_feedback_destroy(plast_feedback *feedback)
{
    plast__description_destroy((plast__description *)feedback);
}

plast_status plast_feedback_set(plast_feedback *feedback, const char *parameter, double value)
{
    return plast__description_set((plast__description *)feedback, parameter, value);
}

plast_status plast_feedback_get(const plast_feedback *feedback, const char *parameter, double *value)
{
    return plast__description_get((const plast__description *)feedback, parameter, value);
}

plast_status plast_feedback_parameter(const plast_feedback *feedback, int32_t index, plast_parameter *parameter)
{
    return plast__description_parameter((const plast__description *)feedback, index, parameter);
}
