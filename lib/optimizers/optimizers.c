/* SPDX-License-Identifier: MIT */
#include "core/optimizer.h"

/* The list. A new optimizer is a file that defines plast__optimizer_<name>, and a line here. */
#define OPTIMIZERS(X)                                                                                                  \
    X(adam)                                                                                                            \
    X(adamw)                                                                                                           \
    X(momentum)                                                                                                        \
    X(nesterov)                                                                                                        \
    X(rmsprop)                                                                                                         \
    X(sgd)

#define DECLARE(name) extern const plast__optimizer_kind plast__optimizer_##name;
#define MEMBER(name) &plast__optimizer_##name.parameters,

OPTIMIZERS(DECLARE)

static const plast__parameters *const members[] = { OPTIMIZERS(MEMBER) };

static const plast__list list = { "optimizer", members, sizeof members / sizeof members[0] };

const char *plast_optimizer_name(int32_t index)
{
    return plast__list_name(&list, index);
}

plast_status plast_optimizer_create(plast_context *context, const char *name, plast_optimizer **optimizer)
{
    plast__description *made = NULL;
    const plast_status status = plast__description_create(context, &list, name, optimizer == NULL ? NULL : &made);
    if (status == PLAST_OK)
        *optimizer = (plast_optimizer *)made;
    return status;
}

void plast_optimizer_destroy(plast_optimizer *optimizer)
{
    plast__description_destroy((plast__description *)optimizer);
}

plast_status plast_optimizer_set(plast_optimizer *optimizer, const char *parameter, double value)
{
    return plast__description_set((plast__description *)optimizer, parameter, value);
}

plast_status plast_optimizer_get(const plast_optimizer *optimizer, const char *parameter, double *value)
{
    return plast__description_get((const plast__description *)optimizer, parameter, value);
}

plast_status plast_optimizer_parameter(const plast_optimizer *optimizer, int32_t index, plast_parameter *parameter)
{
    return plast__description_parameter((const plast__description *)optimizer, index, parameter);
}
