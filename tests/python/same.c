/* SPDX-License-Identifier: MIT
 *
 * The C side of test_same.py: learns what it reads from stdin and writes all weights, biases and outputs to stdout.
 *
 * Arguments: dtype (1 or 2), batch, optimizer. Stdin: SAMPLES x INPUTS floats, then SAMPLES bytes of labels. */
#include <plasticity/plasticity.h>

#include <stdio.h>
#include <stdlib.h>

enum { SAMPLES = 300, INPUTS = 12, LAYERS = 3, WIDEST = 16 };

static plast_context *ctx;

static void check(plast_status status)
{
    if (status == PLAST_OK)
        return;
    fprintf(stderr, "%s\n", plast_context_error(ctx));
    exit(EXIT_FAILURE);
}

static plast_network *make(int dtype, const char *optimizer)
{
    plast_network_options options = { PLAST_NETWORK_OPTIONS, .inputs = INPUTS, .seed = 42, .dtype = dtype };
    plast_layer_options layers[LAYERS] = {
        { PLAST_LAYER_OPTIONS, .units = 16, .activation = PLAST_SOFTPLUS, .activation_param = 5, .gain = 1.5 },
        { PLAST_LAYER_OPTIONS, .units = 8, .activation = PLAST_TANH, .init = PLAST_INIT_ORTHOGONAL, .no_bias = 1 },
        { PLAST_LAYER_OPTIONS, .units = 3, .activation = PLAST_SOFTMAX },
    };
    plast_network *net;
    plast_rule *rule;
    plast_optimizer *description;
    check(plast_network_create(ctx, &options, &net));
    for (int i = 0; i < LAYERS; i++)
        check(plast_network_add(net, "dense", &layers[i], NULL));
    check(plast_rule_create(ctx, "oja", &rule));
    check(plast_rule_set(rule, "rate", 2e-3));
    check(plast_network_add_rule(net, PLAST_HIDDEN_LAYERS, rule));
    check(plast_optimizer_create(ctx, optimizer, &description));
    check(plast_optimizer_set(description, "rate", 1e-2));
    check(plast_network_set_optimizer(net, description));
    plast_rule_destroy(rule);
    plast_optimizer_destroy(description);
    return net;
}

static void write_parameters(const plast_network *net, int64_t inputs)
{
    double numbers[WIDEST * WIDEST];
    for (int i = 0; i < LAYERS; i++) {
        plast_layer *layer;
        plast_synapses *synapses;
        check(plast_network_layer(net, i, &layer));
        check(plast_layer_synapses(layer, NULL, &synapses));
        int64_t units = plast_layer_units(layer);
        plast_matrix weights = plast_output_f64(numbers, units, inputs);
        check(plast_synapses_get_weights(synapses, &weights));
        fwrite(numbers, sizeof *numbers, (size_t)(units * inputs), stdout);
        plast_matrix bias = plast_output_f64(numbers, 1, units);
        if (i != 1) {
            check(plast_layer_get_bias(layer, &bias));
            fwrite(numbers, sizeof *numbers, (size_t)units, stdout);
        }
        inputs = units;
    }
}

int main(int argc, char **argv)
{
    static float pixels[SAMPLES * INPUTS];
    static uint8_t labels[SAMPLES];
    static double outputs[SAMPLES * 3];
    if (argc != 4 || fread(pixels, sizeof pixels, 1, stdin) != 1 || fread(labels, sizeof labels, 1, stdin) != 1)
        return EXIT_FAILURE;
    check(plast_context_create(NULL, &ctx));
    plast_network *net = make(atoi(argv[1]), argv[3]);
    plast_matrix x = plast_matrix_f32(pixels, SAMPLES, INPUTS), y = plast_labels_u8(labels, SAMPLES);
    plast_matrix z = plast_output_f64(outputs, SAMPLES, 3);
    plast_data data = { PLAST_DATA, .inputs = &x, .targets = &y, .batch = atoi(argv[2]) };
    plast_report report = { PLAST_REPORT };
    check(plast_network_learn(net, NULL, &data, NULL, &report));
    write_parameters(net, INPUTS);
    check(plast_network_run(net, NULL, &x, &z));
    fwrite(outputs, sizeof outputs, 1, stdout);
    fwrite(&report.loss, sizeof report.loss, 1, stdout);
    plast_network_destroy(net);
    plast_context_destroy(ctx);
    return 0;
}
