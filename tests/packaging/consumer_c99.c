/* SPDX-License-Identifier: MIT
 *
 * A program of a user, in C99: three clusters in the plane, told apart after a few hundred online steps. */
#include <plasticity/plasticity.h>

#include <stdio.h>
#include <string.h>

enum { N = 30, PASSES = 40 };

static void make_clusters(float *points, int32_t *labels)
{
    static const float centre[3][2] = { { 1, 0 }, { -1, 1 }, { -1, -1 } };
    for (int i = 0; i < N; i++) {
        const int k = i % 3;
        points[2 * i] = centre[k][0] + 0.02f * (float)(i % 7);
        points[2 * i + 1] = centre[k][1] - 0.02f * (float)(i % 5);
        labels[i] = k;
    }
}

static plast_status build(plast_context *context, plast_network **network)
{
    const plast_network_options options = { PLAST_NETWORK_OPTIONS, .inputs = 2, .seed = 1 };
    const plast_layer_options hidden = { PLAST_LAYER_OPTIONS, .units = 8, .activation = PLAST_TANH };
    const plast_layer_options output = { PLAST_LAYER_OPTIONS, .units = 3, .activation = PLAST_SOFTMAX };
    plast_rule *oja = NULL;
    plast_optimizer *sgd = NULL;
    plast_status status = plast_network_create(context, &options, network);
    if (status == PLAST_OK)
        status = plast_network_add(*network, "dense", &hidden, NULL);
    if (status == PLAST_OK)
        status = plast_network_add(*network, "dense", &output, NULL);
    if (status == PLAST_OK)
        status = plast_rule_create(context, "oja", &oja);
    if (status == PLAST_OK)
        status = plast_rule_set(oja, "rate", 1e-3);
    if (status == PLAST_OK)
        status = plast_network_add_rule(*network, PLAST_HIDDEN_LAYERS, oja);
    if (status == PLAST_OK)
        status = plast_optimizer_create(context, "sgd", &sgd);
    if (status == PLAST_OK)
        status = plast_optimizer_set(sgd, "rate", 0.1);
    if (status == PLAST_OK)
        status = plast_network_set_optimizer(*network, sgd);
    plast_rule_destroy(oja);
    plast_optimizer_destroy(sgd);
    return status;
}

static plast_status train(plast_network *network, plast_report *report)
{
    float points[2 * N];
    int32_t labels[N];
    plast_matrix inputs, targets;
    plast_data data = { PLAST_DATA, .inputs = &inputs, .targets = &targets };
    plast_status status = PLAST_OK;
    make_clusters(points, labels);
    inputs = plast_matrix_f32(points, N, 2);
    targets = plast_labels_i32(labels, N);
    for (int pass = 0; pass < PASSES && status == PLAST_OK; pass++)
        status = plast_network_learn(network, NULL, &data, NULL, NULL);
    return status == PLAST_OK ? plast_network_evaluate(network, NULL, &data, report) : status;
}

int main(void)
{
    plast_context *context = NULL;
    plast_network *network = NULL;
    plast_report report = { PLAST_REPORT };
    plast_status status = plast_context_create(NULL, &context);
    if (status == PLAST_OK)
        status = build(context, &network);
    if (status == PLAST_OK)
        status = train(network, &report);
    if (status != PLAST_OK)
        fprintf(stderr, "%s: %s\n", plast_status_string(status), plast_context_error(context));
    plast_network_destroy(network);
    plast_context_destroy(context);
    printf("library %s, headers %s, %d of %d correct\n", plast_version(), PLAST_VERSION_STRING, (int)report.correct, N);
    return status != PLAST_OK || report.correct != N || strcmp(plast_version(), PLAST_VERSION_STRING) != 0;
}
