/* SPDX-License-Identifier: MIT */
#include "layers/layers.h"

#include "base/memory.h"

#include <string.h>

/* The list. A new kind is a file that defines plast__layer_<name>, and a line here. */
#define KINDS(X)                                                                                                       \
    X(dense)                                                                                                           \
    X(gru)                                                                                                             \
    X(recurrent)

#define DECLARE(name) extern const plast__layer_kind plast__layer_##name;
#define MEMBER(name) &plast__layer_##name.parameters,

KINDS(DECLARE)

static const plast__parameters *const members[] = { KINDS(MEMBER) };

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

plast_status plast__layer_add_initial(plast__model *model, const plast_layer_options *options, plast_layer *layer)
{
    const plast__population initial = { .units = options->units, .has_bias = 1, .is_initial = 1 };
    const plast_status status = plast__model_add_population(model, &initial, &layer->initial);
    if (status == PLAST_OK)
        model->populations[layer->initial].has_bias = options->learn_initial;
    return status;
}

plast_status plast__layer_add_groups(plast__model *model, const plast_layer_options *o, int32_t drive,
                                     int32_t recurrent, plast_layer *layer)
{
    const plast__group groups[] = {
        { .name = "input", .pre = layer->input, .post = drive, .initialiser = { o->init, o->gain, o->init_param } },
        { .name = "recurrent",
          .pre = layer->state,
          .post = recurrent,
          .delayed = 1,
          .initialiser = { o->recurrent_init, o->recurrent_gain, o->recurrent_param } }
    };
    plast_status status = PLAST_OK;
    for (int32_t i = 0; status == PLAST_OK && i < 2; i++) {
        plast__group group = groups[i];
        group.layer = layer->index;
        group.learns = 1;
        group.stream = plast__group_stream(layer->index, i);
        status = plast__model_add_group(model, &group, &layer->synapses[i].group);
        layer->groups += status == PLAST_OK;
    }
    if (status != PLAST_OK || !o->no_self)
        return status;
    plast__group *recurrent_group = &model->groups[layer->synapses[1].group];
    recurrent_group->no_self = 1;
    status = plast__group_mask_no_self(model, recurrent_group, &recurrent_group->mask);
    if (status == PLAST_OK)
        plast__group_project(model, recurrent_group);
    return status;
}
