/* SPDX-License-Identifier: MIT
 *
 * Wrong matrices and data: each gives the status that the headers promise, one line in the context that says what was
 * found and what was expected, and changes nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/world.h"

static plast_status learn(const plast_data *data)
{
    return plast_network_learn(the.network, NULL, data, NULL, NULL);
}

/* A matrix like `good` with one field changed. */
static plast_matrix changed(plast_matrix good, size_t field, int64_t value)
{
    const int32_t narrow = (int32_t)value;
    if (field >= offsetof(plast_matrix, dtype))
        memcpy((char *)&good + field, &narrow, sizeof narrow);
    else
        memcpy((char *)&good + field, &value, sizeof value);
    return good;
}

#define FIELD(name) offsetof(plast_matrix, name)

/* What is wrong in any matrix, whatever it is for. */
static const struct {
    size_t field;
    int64_t value;
    const char *word;
} wrongs[] = {
    { FIELD(data), 0, "NULL" },
    { FIELD(dtype), 0, "type none (0)" },
    { FIELD(dtype), PLAST_F16, "type f16 (6)" },
    { FIELD(dtype), PLAST_BF16, "type bf16 (7)" },
    { FIELD(dtype), 99, "type unknown (99)" },
    { FIELD(dtype), -1, "type unknown (-1)" },
    { FIELD(flags), 2, "flags 2" },
    { FIELD(flags), -1, "flags -1" },
    { FIELD(rows), 0, "is 0 x" },
    { FIELD(rows), -4, "is -4 x" },
    { FIELD(rows), INT64_MIN, "is -9223372036854775808 x" },
    { FIELD(cols), 0, "x 0, expected" },
    { FIELD(cols), -4, "x -4, expected" },
    { FIELD(row_stride), 0, "strides 0," },
    { FIELD(row_stride), -3, "strides -3," },
    { FIELD(row_stride), INT64_MIN, "strides -9223372036854775808," },
    { FIELD(row_stride), INT64_MAX / 2, "beyond all memory" },
    { FIELD(row_stride), INT64_MAX, "beyond all memory" },
};
enum { WRONGS = sizeof wrongs / sizeof wrongs[0] };

static void wrong_matrices_are_refused_everywhere(void **given)
{
    float y[SAMPLES * OUTPUTS] = { 3.0f }, w[HIDDEN * INPUTS] = { 3.0f };
    const float ones[SAMPLES] = { 1, 1, 1, 1, 1, 1 };
    const int64_t visits[SAMPLES] = { 0 };
    const plast_matrix out = plast_output_f32(y, SAMPLES, OUTPUTS), weights = plast_output_f32(w, HIDDEN, INPUTS);
    const plast_matrix mask = plast_matrix_f32(ones, SAMPLES, 1), order = plast_labels_i64(visits, SAMPLES);
    plast_report report = { PLAST_REPORT };
    (void)given;
    for (int i = 0; i < WRONGS; i++) {
        const char *const word = wrongs[i].word;
        const size_t field = wrongs[i].field;
        const plast_matrix bad_x = changed(the.inputs, field, wrongs[i].value),
                           bad_y = changed(out, field, wrongs[i].value),
                           bad_t = changed(the.labels, field, wrongs[i].value),
                           bad_w = changed(weights, field, wrongs[i].value),
                           bad_m = changed(mask, field, wrongs[i].value),
                           bad_o = changed(order, field, wrongs[i].value);
        const plast_data data[] = { { PLAST_DATA, .inputs = &bad_x, .targets = &the.labels },
                                    { PLAST_DATA, .inputs = &the.inputs, .targets = &bad_t },
                                    { PLAST_DATA, .inputs = &the.inputs, .targets = &the.labels, .loss_mask = &bad_m },
                                    { PLAST_DATA, .inputs = &the.inputs, .targets = &the.labels, .order = &bad_o } };
        const char *const names[] = { "inputs", "targets", "loss_mask", "order" };
        for (int k = 0; k < 4; k++) {
            REFUSED(learn(&data[k]), PLAST_E_INVALID, names[k], word);
            REFUSED(plast_network_evaluate(the.network, the.state, &data[k], &report), PLAST_E_INVALID, names[k], word);
        }
        REFUSED(plast_network_run(the.network, NULL, &bad_x, &out), PLAST_E_INVALID, "inputs", word);
        REFUSED(plast_network_run(the.network, NULL, &the.inputs, &bad_y), PLAST_E_INVALID, "outputs", word);
        REFUSED(plast_synapses_set_weights(the.synapses, &bad_w), PLAST_E_INVALID, "weights", word);
        REFUSED(plast_synapses_get_weights(the.synapses, &bad_w), PLAST_E_INVALID, "weights", word);
    }
    assert_true(y[0] == 3.0f && w[0] == 3.0f && report.samples == 0);
    check_normal_use();
}

static void wrong_shapes_types_and_flags_are_refused(void **given)
{
    static float f[64] = { 3.0f };
    static const uint8_t u8[64];
    static const int32_t i32[64];
    const plast_matrix out = plast_output_f32(f, SAMPLES, OUTPUTS);
    const plast_matrix bytes_x = { (void *)u8, SAMPLES, INPUTS, INPUTS, 1, PLAST_U8, PLAST_READ_ONLY };
    const plast_matrix bytes_y = { (void *)u8, SAMPLES, OUTPUTS, OUTPUTS, 1, PLAST_U8, 0 };
    const plast_matrix wide_x = plast_matrix_f32(f, SAMPLES, INPUTS + 1),
                       locked = plast_matrix_f32(f, SAMPLES, OUTPUTS);
    const plast_matrix short_y = plast_output_f32(f, SAMPLES - 1, OUTPUTS), wide_y = plast_output_f32(f, SAMPLES, 3);
    const plast_matrix tall_w = plast_output_f32(f, HIDDEN + 1, INPUTS), locked_w = plast_matrix_f32(f, HIDDEN, INPUTS);
    const plast_matrix column_b = plast_output_f32(f, HIDDEN, 1), locked_b = plast_matrix_f32(f, 1, HIDDEN);
    const plast_matrix labels_b = { (void *)i32, 1, HIDDEN, HIDDEN, 1, PLAST_I32, 0 };
    plast_matrix folded_y = out, folded_w = plast_output_f32(f, HIDDEN, INPUTS);
    plast_layer *bare = NULL;
    const plast_layer_options no_bias = { PLAST_LAYER_OPTIONS, .units = 2, .no_bias = 1 };
    (void)given;
    folded_y.row_stride = folded_w.row_stride = 1;
    REFUSED(plast_network_run(the.network, NULL, &bytes_x, &out), PLAST_E_INVALID, "inputs", "type u8", "f32 or f64");
    REFUSED(plast_network_run(the.network, NULL, &wide_x, &out), PLAST_E_INVALID, "inputs", "4 columns", "expected 3");
    REFUSED(plast_network_run(the.network, NULL, &the.inputs, &bytes_y), PLAST_E_INVALID, "outputs", "type u8",
            "f32 or f64");
    REFUSED(plast_network_run(the.network, NULL, &the.inputs, &locked), PLAST_E_INVALID, "outputs", "read-only");
    REFUSED(plast_network_run(the.network, NULL, &the.inputs, &short_y), PLAST_E_INVALID, "outputs", "5 rows",
            "expected 6");
    REFUSED(plast_network_run(the.network, NULL, &the.inputs, &wide_y), PLAST_E_INVALID, "outputs", "3 columns",
            "expected 2");
    REFUSED(plast_network_run(the.network, NULL, &the.inputs, &folded_y), PLAST_E_INVALID, "outputs", "1, 1",
            "overlap");
    REFUSED(plast_synapses_get_weights(the.synapses, &locked_w), PLAST_E_INVALID, "weights", "read-only");
    REFUSED(plast_synapses_get_weights(the.synapses, &folded_w), PLAST_E_INVALID, "weights", "overlap");
    REFUSED(plast_synapses_get_weights(the.synapses, &tall_w), PLAST_E_INVALID, "weights", "5 rows", "expected 4");
    REFUSED(plast_synapses_set_weights(the.synapses, &tall_w), PLAST_E_INVALID, "weights", "5 rows", "expected 4");
    REFUSED(plast_layer_get_bias(the.hidden, &locked_b), PLAST_E_INVALID, "bias", "read-only");
    REFUSED(plast_layer_get_bias(the.hidden, &column_b), PLAST_E_INVALID, "bias", "4 rows", "expected 1");
    REFUSED(plast_layer_set_bias(the.hidden, &column_b), PLAST_E_INVALID, "bias", "4 rows", "expected 1");
    REFUSED(plast_layer_set_bias(the.hidden, &labels_b), PLAST_E_INVALID, "bias", "type i32", "f32 or f64");
    REFUSED(plast_layer_set_frozen(the.hidden, 2), PLAST_E_INVALID, "frozen is 2", "0 or 1");
    REFUSED(plast_synapses_set_frozen(the.synapses, -1), PLAST_E_INVALID, "frozen is -1", "0 or 1");
    must(plast_network_add(the.empty, "dense", &no_bias, &bare));
    const plast_matrix two = plast_output_f32(f, 1, 2);
    REFUSED(plast_layer_get_bias(bare, &two), PLAST_E_STATE, "without bias");
    REFUSED(plast_layer_set_bias(bare, &two), PLAST_E_STATE, "without bias");
    assert_true(f[0] == 3.0f);
    check_normal_use();
}

static void wrong_data_are_refused(void **given)
{
    const uint8_t byte_255[SAMPLES] = { 0, 1, 0, 1, 0, 255 };
    const int32_t two[SAMPLES] = { 0, 2, 0, 0, 0, 0 }, late[SAMPLES] = { 0, 0, 0, 6, 0, 0 };
    const int64_t deep[SAMPLES] = { 0, 0, 0, 0, INT64_MIN, 0 }, early[SAMPLES] = { 0, 0, -1, 0, 0, 0 };
    const float half[SAMPLES] = { 1, 1, -0.5f, 1, 1, 1 }, nan_mask[SAMPLES] = { 1, 1, 1, 1, 1, (float)NAN };
    const double infinite[SAMPLES] = { (double)INFINITY };
    const plast_matrix too_high = plast_labels_u8(byte_255, SAMPLES), one_more = plast_labels_i32(two, SAMPLES);
    const plast_matrix too_low = plast_labels_i64(deep, SAMPLES), few = plast_labels_i32(classes, SAMPLES - 1);
    const plast_matrix wide = plast_matrix_f32(x, SAMPLES, 3), flat = { (void *)two, 3, 2, 2, 1, PLAST_I32, 0 };
    const plast_matrix order_late = plast_labels_i32(late, SAMPLES), order_early = plast_labels_i64(early, SAMPLES);
    const plast_matrix order_u8 = plast_labels_u8(byte_255, SAMPLES), order_f32 = plast_matrix_f32(half, SAMPLES, 1);
    const plast_matrix mask_low = plast_matrix_f32(half, SAMPLES, 1), mask_nan = plast_matrix_f32(nan_mask, SAMPLES, 1);
    const plast_matrix mask_inf = plast_matrix_f64(infinite, SAMPLES, 1), mask_i32 = plast_labels_i32(two, SAMPLES);
    const plast_matrix mask_few = plast_matrix_f32(half, 2, 1);
    const struct {
        plast_data data;
        plast_status status;
        const char *words[3];
    } cases[] = {
        { { PLAST_DATA, .targets = &too_high }, PLAST_E_RANGE, { "label 5 is 255", "0 to 1", "-1" } },
        { { PLAST_DATA, .targets = &one_more }, PLAST_E_RANGE, { "label 1 is 2", "0 to 1" } },
        { { PLAST_DATA, .targets = &too_low }, PLAST_E_RANGE, { "label 4 is -9223372036854775808" } },
        { { PLAST_DATA, .targets = &few }, PLAST_E_INVALID, { "targets", "5 rows", "expected 6" } },
        { { PLAST_DATA, .targets = &wide }, PLAST_E_INVALID, { "targets", "3 columns", "expected 2" } },
        { { PLAST_DATA, .targets = &flat }, PLAST_E_INVALID, { "targets", "3 rows", "expected 6" } },
        { { PLAST_DATA, .order = &order_late }, PLAST_E_RANGE, { "order[3] is 6", "6 rows" } },
        { { PLAST_DATA, .order = &order_early }, PLAST_E_RANGE, { "order[2] is -1", "6 rows" } },
        { { PLAST_DATA, .order = &order_u8 }, PLAST_E_INVALID, { "order", "type u8", "i32 or i64" } },
        { { PLAST_DATA, .order = &order_f32 }, PLAST_E_INVALID, { "order", "type f32", "expected i32 or i64" } },
        { { PLAST_DATA, .loss_mask = &mask_low }, PLAST_E_RANGE, { "loss_mask[2] is -0.5", ">= 0" } },
        { { PLAST_DATA, .loss_mask = &mask_nan }, PLAST_E_RANGE, { "loss_mask[5] is", "nan" } },
        { { PLAST_DATA, .loss_mask = &mask_inf }, PLAST_E_RANGE, { "loss_mask[0] is inf" } },
        { { PLAST_DATA, .loss_mask = &mask_i32 }, PLAST_E_INVALID, { "loss_mask", "type i32", "f32, f64 or u8" } },
        { { PLAST_DATA, .loss_mask = &mask_few }, PLAST_E_INVALID, { "loss_mask", "2 rows", "expected 6" } },
        { { PLAST_DATA, .batch = -1 }, PLAST_E_RANGE, { "batch is -1" } },
        { { PLAST_DATA, .batch = INT64_MAX }, PLAST_E_RANGE, { "batch is 9223372036854775807" } },
    };
    (void)given;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        plast_data data = cases[i].data;
        plast_report report = { PLAST_REPORT, .samples = 7, .updates = 7, .losses = 7, .correct = 7, .loss = 7.0 };
        const char *const *w = cases[i].words;
        data.inputs = &the.inputs;
        data.targets = data.targets == NULL ? &the.labels : data.targets;
        REFUSED(plast_network_learn(the.network, NULL, &data, NULL, &report), cases[i].status, w[0], w[1], w[2]);
        assert_true(report.samples == 0 && report.updates == 0 && report.losses == 0 && report.correct == 0);
        assert_true(report.loss == 0.0 && report.struct_size == sizeof report);
    }
    check_normal_use();
}

/* Rows of targets are looked at when they are reached: what was learned before them stays and is counted. */
static void target_rows_must_be_probabilities(void **given)
{
    static const struct {
        float row[OUTPUTS];
        plast_status status;
        const char *word;
    } bad[] = {
        { { 0.5f, 0.6f }, PLAST_E_RANGE, "row 0 of targets sums to 1.1" },
        { { 0.0f, 0.0f }, PLAST_E_RANGE, "row 0 of targets sums to 0" },
        { { -0.5f, 1.5f }, PLAST_E_RANGE, "row 0 of targets holds -0.5" },
        { { 2.0f, 0.0f }, PLAST_E_RANGE, "row 0 of targets holds 2" },
        { { (float)NAN, 1.0f }, PLAST_E_NOT_FINITE, "row 0 of targets is not finite" },
        { { 1.0f, (float)INFINITY }, PLAST_E_NOT_FINITE, "row 0 of targets is not finite" },
    };
    float rows[SAMPLES * OUTPUTS];
    const plast_matrix targets = plast_matrix_f32(rows, SAMPLES, OUTPUTS), x_row = plast_matrix_f32(x, 1, INPUTS);
    plast_report report = { PLAST_REPORT };
    (void)given;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const plast_matrix row = plast_matrix_f32(bad[i].row, 1, OUTPUTS);
        const plast_data one = { PLAST_DATA, .inputs = &x_row, .targets = &row };
        const plast_data all = { PLAST_DATA, .inputs = &the.inputs, .targets = &targets };
        REFUSED(learn(&one), bad[i].status, bad[i].word);
        REFUSED(plast_network_evaluate(the.network, NULL, &one, &report), bad[i].status, bad[i].word);
        for (int k = 0; k < SAMPLES * OUTPUTS; k++)
            rows[k] = 0.5f;
        memcpy(&rows[3 * OUTPUTS], bad[i].row, sizeof bad[i].row);
        assert_int_equal(plast_network_learn(the.network, NULL, &all, NULL, &report), bad[i].status);
        assert_int_equal(report.samples, 3);
        assert_non_null(strstr(plast_context_error(the.context), "row 3 of targets"));
    }
}

static void numbers_that_are_not_finite_are_refused(void **given)
{
    const double bad[] = { (double)NAN, (double)INFINITY, -(double)INFINITY, 1e39 };
    double values[SAMPLES * INPUTS] = { 0 };
    float y[SAMPLES * OUTPUTS] = { 3.0f };
    const plast_matrix m = plast_matrix_f64(values, SAMPLES, INPUTS), w = plast_matrix_f64(values, HIDDEN, INPUTS);
    const plast_matrix b = plast_matrix_f64(values, 1, HIDDEN), out = plast_output_f32(y, SAMPLES, OUTPUTS);
    const plast_data data = { PLAST_DATA, .inputs = &m, .targets = &the.labels };
    plast_report report = { PLAST_REPORT };
    (void)given;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        for (int at = 0; at < HIDDEN; at++) {
            values[at] = bad[i];
            REFUSED(plast_synapses_set_weights(the.synapses, &w), PLAST_E_NOT_FINITE, "weights", "not finite");
            REFUSED(plast_layer_set_bias(the.hidden, &b), PLAST_E_NOT_FINITE, "bias", "not finite");
            values[at] = 0.0;
        }
        values[0] = bad[i];
        REFUSED(learn(&data), PLAST_E_NOT_FINITE, "row 0 of inputs", "not finite");
        values[0] = 0.0;
        values[SAMPLES * INPUTS - 1] = bad[i];
        REFUSED(plast_network_run(the.network, NULL, &m, &out), PLAST_E_NOT_FINITE, "row 5 of inputs", "not finite");
        REFUSED(plast_network_run(the.network, the.small_state, &m, &out), PLAST_E_NOT_FINITE, "row 5 of inputs");
        REFUSED(plast_network_evaluate(the.network, NULL, &data, &report), PLAST_E_NOT_FINITE, "row 5 of inputs");
        values[SAMPLES * INPUTS - 1] = 0.0;
    }
    assert_true(y[0] == 3.0f);
    check_normal_use();
}

static void states_and_progress_must_fit(void **given)
{
    const plast_data data = { PLAST_DATA, .inputs = &the.inputs, .targets = &the.labels, .batch = 3 };
    const plast_learn_options backwards = { PLAST_LEARN_OPTIONS, .progress_every = -1 };
    const plast_context_options no_level = { PLAST_CONTEXT_OPTIONS, .cpu_mask = 1u << 20 };
    const plast_allocator half[] = { { PLAST_ALLOCATOR, .allocate = small_memory.allocate },
                                     { PLAST_ALLOCATOR, .release = small_memory.release } };
    plast_report report = { PLAST_REPORT };
    plast_context *none = NULL;
    (void)given;
    REFUSED(plast_network_learn(the.network, the.small_state, &data, NULL, NULL), PLAST_E_INVALID, "2 samples",
            "batch is 3");
    must(plast_network_evaluate(the.network, the.small_state, &data, &report)); /* takes two at a time */
    REFUSED(plast_network_learn(the.network, NULL, &data, &backwards, NULL), PLAST_E_RANGE, "progress_every is -1");
    assert_int_equal(plast_context_create(&no_level, &none), PLAST_E_UNSUPPORTED);
    for (int i = 0; i < 2; i++) {
        const plast_context_options options = { PLAST_CONTEXT_OPTIONS, .allocator = &half[i] };
        assert_int_equal(plast_context_create(&options, &none), PLAST_E_INVALID);
    }
    assert_null(none);
    check_normal_use();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        world_test(wrong_matrices_are_refused_everywhere),
        world_test(wrong_shapes_types_and_flags_are_refused),
        world_test(wrong_data_are_refused),
        world_test(target_rows_must_be_probabilities),
        world_test(numbers_that_are_not_finite_are_refused),
        world_test(states_and_progress_must_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
