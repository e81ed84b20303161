/* SPDX-License-Identifier: MIT */
#include "credit/temporal.h"

/* The list. A new scheme is a file that defines plast__temporal_<name>, and a line here. */
#define SCHEMES(X)                                                                                                     \
    X(bptt)                                                                                                            \
    X(eprop)                                                                                                           \
    X(mdgl)                                                                                                            \
    X(modprop)                                                                                                         \
    X(rtrl)

#define DECLARE(name) extern const plast__temporal_kind plast__temporal_##name;
#define MEMBER(name) &plast__temporal_##name.parameters,

SCHEMES(DECLARE)

static const plast__parameters *const members[] = { SCHEMES(MEMBER) };

static const plast__list list = { "temporal scheme", members, sizeof members / sizeof members[0] };

const plast__temporal_kind *plast__temporal_default(void)
{
    return &plast__temporal_bptt;
}

const char *plast_temporal_name(int32_t index)
{
    return plast__list_name(&list, index);
}

plast_status plast_temporal_create(plast_context *context, const char *name, plast_temporal **temporal)
{
    plast__description *made = NULL;
    const plast_status status = plast__description_create(context, &list, name, temporal == NULL ? NULL : &made);
    if (status == PLAST_OK)
        *temporal = (plast_temporal *)made;
    return status;
}

void plast_temporal_destroy(plast_temporal *temporal)
{
    plast__description_destroy((plast__description *)temporal);
}

plast_status plast_temporal_set(plast_temporal *temporal, const char *parameter, double value)
{
    return plast__description_set((plast__description *)temporal, parameter, value);
}

plast_status plast_temporal_get(const plast_temporal *temporal, const char *parameter, double *value)
{
    return plast__description_get((const plast__description *)temporal, parameter, value);
}

plast_status plast_temporal_parameter(const plast_temporal *temporal, int32_t index, plast_parameter *parameter)
{
    return plast__description_parameter((const plast__description *)temporal, index, parameter);
}
