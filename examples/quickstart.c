/* SPDX-License-Identifier: MIT
 *
 * Eleven layers learn, one noisy image at a time, which of its rows is bright. Without Oja's rule, at this rate,
 * they only guess. */
#include <plasticity/plasticity.h>

#include <stdio.h>
#include <stdlib.h>

enum { SIDE = 8, PIXELS = SIDE * SIDE, LEARNED = 5000, TESTED = 1000 };

static plast_context *ctx;

static void check(plast_status status)
{
    if (status == PLAST_OK)
        return;
    fprintf(stderr, "%s: %s\n", plast_status_string(status), plast_context_error(ctx));
    exit(EXIT_FAILURE);
}

static void draw(int n, float *pixels, unsigned char *bright_rows)
{
    for (int i = 0; i < n; i++)
        bright_rows[i] = (unsigned char)(rand() % SIDE);
    for (int k = 0; k < n * PIXELS; k++) {
        int bright = k / SIDE % SIDE == bright_rows[k / PIXELS];
        pixels[k] = (float)rand() / (float)RAND_MAX * (bright ? 1.0f : 0.2f);
    }
}

int main(void)
{
    static float pixels[LEARNED * PIXELS];
    static unsigned char rows[LEARNED];
    plast_network_options network = { PLAST_NETWORK_OPTIONS, .inputs = PIXELS, .seed = 1 };
    plast_layer_options hidden = { PLAST_LAYER_OPTIONS, .units = 50, .activation = PLAST_SOFTPLUS };
    plast_layer_options output = { PLAST_LAYER_OPTIONS, .units = SIDE, .activation = PLAST_SOFTMAX };
    plast_network *net = NULL;
    plast_rule *oja = NULL;
    plast_optimizer *sgd = NULL;

    check(plast_context_create(NULL, &ctx));
    check(plast_network_create(ctx, &network, &net));
    for (int i = 0; i < 10; i++)
        check(plast_network_add(net, "dense", &hidden, NULL));
    check(plast_network_add(net, "dense", &output, NULL));

    check(plast_rule_create(ctx, "oja", &oja));
    check(plast_rule_set(oja, "rate", 3e-3));
    check(plast_network_add_rule(net, PLAST_HIDDEN_LAYERS, oja));
    check(plast_optimizer_create(ctx, "sgd", &sgd));
    check(plast_optimizer_set(sgd, "rate", 1e-2));
    check(plast_network_set_optimizer(net, sgd));

    draw(LEARNED, pixels, rows);
    plast_matrix x = plast_matrix_f32(pixels, LEARNED, PIXELS), y = plast_labels_u8(rows, LEARNED);
    plast_data data = { PLAST_DATA, .inputs = &x, .targets = &y };
    plast_report report = { PLAST_REPORT };
    check(plast_network_learn(net, NULL, &data, NULL, &report));
    printf("while learning: %d of %d right\n", (int)report.correct, (int)report.losses);

    draw(TESTED, pixels, rows);
    x.rows = y.rows = TESTED;
    check(plast_network_evaluate(net, NULL, &data, &report));
    printf("new images: %d of %d right\n", (int)report.correct, (int)report.losses);

    plast_optimizer_destroy(sgd);
    plast_rule_destroy(oja);
    plast_network_destroy(net);
    plast_context_destroy(ctx);
    return 0;
}
