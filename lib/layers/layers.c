/* SPDX-License-Identifier: MIT */
#include "layers/layers.h"

#include <string.h>

static const plast__parameters *const members[] = {
    &plast__layer_dense.parameters,
};

static const plast__list list = { "layer kind", members, sizeof members / sizeof members[0] };

const char *plast_layer_kind_name(int32_t index)
{
    return plast__list_name(&list, index);
}

plast_status plast__layer_find(plast_context *context, const char *name, const plast__layer_kind **kind)
{
    for (int32_t i = 0; name != NULL && i < list.count; i++)
        if (strcmp(members[i]->owner, name) == 0) {
            *kind = (const plast__layer_kind *)members[i];
            return PLAST_OK;
        }
    return plast__unknown_name(context, &list, name);
}
