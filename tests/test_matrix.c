/* SPDX-License-Identifier: MIT
 *
 * Views: every legal layout of the caller's arrays gives the bits of the dense one, and what lies between an output's
 * elements stays as it was. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include <plasticity/plasticity.h>

#include "support/quiet.h"

enum { SAMPLES = 70, INPUTS = 5, HIDDEN = 4, OUTPUTS = 3, ROOM = 4000, CANARY = 0x5a };

/* Strides are a + b rows + c cols. */
static const struct layout {
    const char *name;
    int64_t row[3], col[3];
} layouts[] = {
    { "dense", { 0, 0, 1 }, { 1, 0, 0 } },
    { "padded rows", { 3, 0, 1 }, { 1, 0, 0 } },
    { "every second column", { 0, 0, 2 }, { 2, 0, 0 } },
    { "spread", { 1, 0, 3 }, { 3, 0, 0 } },
    { "transposed", { 1, 0, 0 }, { 0, 1, 0 } },
    { "transposed, padded", { 1, 0, 0 }, { 2, 1, 0 } },
    { "transposed, spread", { 2, 0, 0 }, { 1, 2, 0 } },
};
enum { LAYOUTS = sizeof layouts / sizeof layouts[0] };

/* A caller's array with room to spare on both sides. */
typedef union array {
    unsigned char bytes[8 * ROOM];
    double f64[ROOM];
    float f32[2 * ROOM];
    int64_t i64[ROOM];
    int32_t i32[2 * ROOM];
} array;

static array in_array, target_array, order_array, mask_array, out_array, before;
static plast_context *context;

static int make_context(void **state)
{
    (void)state;
    return plast_context_create(NULL, &context) == PLAST_OK ? 0 : -1;
}

static int destroy_context(void **state)
{
    (void)state;
    plast_context_destroy(context);
    return 0;
}

static int64_t size_of(int32_t dtype)
{
    static const int64_t sizes[] = { 0, 4, 8, 1, 4, 8 };
    return sizes[dtype];
}

static plast_matrix view_of(array *a, const struct layout *l, int64_t rows, int64_t cols, int32_t dtype)
{
    plast_matrix m;
    plast_matrix_init(&m, a->bytes + 64, rows, cols, dtype, 0);
    m.row_stride = l->row[0] + l->row[1] * rows + l->row[2] * cols;
    m.col_stride = l->col[0] + l->col[1] * rows + l->col[2] * cols;
    const int64_t end = 1 + (rows - 1) * m.row_stride + (cols - 1) * m.col_stride;
    assert_true(64 + end * size_of(dtype) + 64 <= (int64_t)sizeof *a);
    memset(a->bytes, CANARY, sizeof a->bytes);
    return m;
}

static unsigned char *at(const plast_matrix *m, int64_t i, int64_t j)
{
    return (unsigned char *)m->data + (i * m->row_stride + j * m->col_stride) * size_of(m->dtype);
}

static double get(const plast_matrix *m, int64_t i, int64_t j)
{
    float f = 0.0f;
    double d = 0.0;
    if (m->dtype == PLAST_F32)
        memcpy(&f, at(m, i, j), sizeof f);
    else
        memcpy(&d, at(m, i, j), sizeof d);
    return m->dtype == PLAST_F32 ? (double)f : d;
}

static void put(const plast_matrix *m, int64_t i, int64_t j, double value)
{
    const float f = (float)value;
    const uint8_t u8 = (uint8_t)value;
    const int32_t i32 = (int32_t)value;
    const int64_t i64 = (int64_t)value;
    const void *const sources[] = { NULL, &f, &value, &u8, &i32, &i64 };
    memcpy(at(m, i, j), sources[m->dtype], (size_t)size_of(m->dtype));
}

/* Exact in f32, so that f32 and f64 callers hand over the same numbers. */
static double input(int64_t i, int64_t j)
{
    return (double)((i * 31 + j * 17) % 23 - 11) / 16.0;
}

static double target(int64_t i, int64_t j)
{
    return (double)((i * 13 + j * 7) % 9) / 8.0;
}

static double label(int64_t i, int64_t j)
{
    return (double)((i * 5 + j) % OUTPUTS);
}

static double visit(int64_t i, int64_t j)
{
    return (double)((i * 9 + j) % SAMPLES);
}

static double mask(int64_t i, int64_t j)
{
    return (double)((i + j) % 4);
}

static plast_matrix filled(array *a, const struct layout *l, int64_t rows, int64_t cols, int32_t dtype,
                           double (*value)(int64_t i, int64_t j))
{
    const plast_matrix m = view_of(a, l, rows, cols, dtype);
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < cols; j++)
            put(&m, i, j, value(i, j));
    return m;
}

static plast_network *make_network(int32_t dtype, int32_t output_activation)
{
    plast_network *network = NULL;
    plast_optimizer *optimizer = NULL;
    const plast_network_options options = { PLAST_NETWORK_OPTIONS, .dtype = dtype, .inputs = INPUTS, .seed = 3 };
    const plast_layer_options hidden = { PLAST_LAYER_OPTIONS, .units = HIDDEN, .activation = PLAST_TANH };
    const plast_layer_options output = { PLAST_LAYER_OPTIONS, .units = OUTPUTS, .activation = output_activation };
    assert_int_equal(plast_network_create(context, &options, &network), PLAST_OK);
    assert_int_equal(plast_network_add(network, "dense", &hidden, NULL), PLAST_OK);
    assert_int_equal(plast_network_add(network, "dense", &output, NULL), PLAST_OK);
    assert_int_equal(plast_optimizer_create(context, "sgd", &optimizer), PLAST_OK);
    assert_int_equal(plast_optimizer_set(optimizer, "rate", 0.1), PLAST_OK);
    assert_int_equal(plast_network_set_optimizer(network, optimizer), PLAST_OK);
    plast_optimizer_destroy(optimizer);
    return network;
}

static plast_synapses *synapses_of(const plast_network *network, int64_t index)
{
    plast_layer *layer = NULL;
    plast_synapses *synapses = NULL;
    assert_int_equal(plast_network_layer(network, index, &layer), PLAST_OK);
    assert_int_equal(plast_layer_synapses(layer, "input", &synapses), PLAST_OK);
    return synapses;
}

static void assert_same_weights(const plast_network *a, const plast_network *b)
{
    for (int64_t i = 0; i < plast_network_layers(a); i++) {
        plast_matrix v, w;
        assert_int_equal(plast_synapses_view(synapses_of(a, i), &v), PLAST_OK);
        assert_int_equal(plast_synapses_view(synapses_of(b, i), &w), PLAST_OK);
        assert_memory_equal(v.data, w.data, (size_t)(v.rows * v.row_stride * size_of(v.dtype)));
    }
}

static void learn(plast_network *network, const plast_matrix *inputs, const plast_matrix *targets,
                  const plast_matrix *loss_mask, const plast_matrix *order, int64_t batch)
{
    const plast_data data = { PLAST_DATA,     .inputs = inputs, .targets = targets, .loss_mask = loss_mask,
                              .order = order, .batch = batch };
    assert_int_equal(plast_network_learn(network, NULL, &data, NULL, NULL), PLAST_OK);
}

static void builders_fill_every_field(void **state)
{
    static const float f32[6];
    static const double f64[6];
    static const uint8_t u8[6];
    static const int32_t i32[6];
    static const int64_t i64[6];
    static float out32[6];
    static double out64[6];
    const struct {
        plast_matrix made;
        const void *data;
        int64_t rows, cols;
        int32_t dtype, flags;
    } cases[] = {
        { plast_matrix_f32(f32, 2, 3), f32, 2, 3, PLAST_F32, PLAST_READ_ONLY },
        { plast_matrix_f64(f64, 2, 3), f64, 2, 3, PLAST_F64, PLAST_READ_ONLY },
        { plast_output_f32(out32, 3, 2), out32, 3, 2, PLAST_F32, 0 },
        { plast_output_f64(out64, 3, 2), out64, 3, 2, PLAST_F64, 0 },
        { plast_labels_u8(u8, 6), u8, 6, 1, PLAST_U8, PLAST_READ_ONLY },
        { plast_labels_i32(i32, 6), i32, 6, 1, PLAST_I32, PLAST_READ_ONLY },
        { plast_labels_i64(i64, 6), i64, 6, 1, PLAST_I64, PLAST_READ_ONLY },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        plast_matrix general;
        memset(&general, CANARY, sizeof general);
        plast_matrix_init(&general, (void *)cases[i].data, cases[i].rows, cases[i].cols, cases[i].dtype,
                          cases[i].flags);
        assert_memory_equal(&general, &cases[i].made, sizeof general);
        assert_ptr_equal(general.data, cases[i].data);
        assert_true(general.rows == cases[i].rows && general.cols == cases[i].cols);
        assert_true(general.row_stride == cases[i].cols && general.col_stride == 1);
        assert_true(general.dtype == cases[i].dtype && general.flags == cases[i].flags);
    }
    plast_matrix_init(NULL, NULL, 1, 1, PLAST_F32, 0);
}

/* Learning from every layout and number type, online and by minibatches, against the dense arrays of the network's own.
 */
static void inputs_and_targets_may_have_any_layout(void **state)
{
    (void)state;
    for (int32_t dtype = PLAST_F32; dtype <= PLAST_F64; dtype++)
        for (int64_t batch = 1; batch <= 4; batch += 3) {
            plast_network *dense = make_network(dtype, PLAST_LINEAR);
            plast_matrix x = filled(&in_array, &layouts[0], SAMPLES, INPUTS, dtype, input);
            plast_matrix t = filled(&target_array, &layouts[0], SAMPLES, OUTPUTS, dtype, target);
            learn(dense, &x, &t, NULL, NULL, batch);
            for (int l = 0; l < 2 * LAYOUTS; l++) {
                const int32_t given = l % 2 ? PLAST_F32 : PLAST_F64;
                plast_network *network = make_network(dtype, PLAST_LINEAR);
                x = filled(&in_array, &layouts[l / 2], SAMPLES, INPUTS, given, input);
                t = filled(&target_array, &layouts[LAYOUTS - 1 - l / 2], SAMPLES, OUTPUTS, given, target);
                learn(network, &x, &t, NULL, NULL, batch);
                assert_same_weights(dense, network);
                plast_network_destroy(network);
            }
            plast_network_destroy(dense);
        }
}

static void labels_masks_and_orders_may_have_any_stride_and_type(void **state)
{
    const int32_t label_types[] = { PLAST_U8, PLAST_I32, PLAST_I64 }, order_types[] = { PLAST_I32, PLAST_I64 };
    const int32_t mask_types[] = { PLAST_F32, PLAST_F64, PLAST_U8 };
    (void)state;
    const plast_matrix x = filled(&in_array, &layouts[0], SAMPLES, INPUTS, PLAST_F32, input);
    plast_network *dense = make_network(PLAST_F32, PLAST_SOFTMAX);
    plast_matrix t = filled(&target_array, &layouts[0], SAMPLES, 1, PLAST_U8, label);
    plast_matrix m = filled(&mask_array, &layouts[0], SAMPLES, 1, PLAST_F64, mask);
    plast_matrix o = filled(&order_array, &layouts[0], SAMPLES, 1, PLAST_I64, visit);
    learn(dense, &x, &t, &m, &o, 3);
    for (int l = 0; l < LAYOUTS; l++)
        for (int k = 0; k < 6; k++) {
            plast_network *network = make_network(PLAST_F32, PLAST_SOFTMAX);
            t = filled(&target_array, &layouts[l], SAMPLES, 1, label_types[k % 3], label);
            m = filled(&mask_array, &layouts[(l + 1) % LAYOUTS], SAMPLES, 1, mask_types[(k + 1) % 3], mask);
            o = filled(&order_array, &layouts[(l + 2) % LAYOUTS], SAMPLES, 1, order_types[k % 2], visit);
            learn(network, &x, &t, &m, &o, 3);
            assert_same_weights(dense, network);
            plast_network_destroy(network);
        }
    plast_network_destroy(dense);
}

/* Bytes of `a` that belong to no element of `m` are as in `old`. */
static void assert_gaps_untouched(const array *a, const array *old, const plast_matrix *m)
{
    static unsigned char mine[sizeof(array)];
    memset(mine, 0, sizeof mine);
    for (int64_t i = 0; i < m->rows; i++)
        for (int64_t j = 0; j < m->cols; j++)
            memset(mine + (at(m, i, j) - a->bytes), 1, (size_t)size_of(m->dtype));
    for (size_t k = 0; k < sizeof a->bytes; k++)
        assert_true(mine[k] || a->bytes[k] == old->bytes[k]);
}

/* Once in one block, once in several. */
static void run_writes_into_any_layout(void **state)
{
    static float expected[SAMPLES * OUTPUTS];
    plast_network *network = make_network(PLAST_F32, PLAST_SOFTPLUS);
    plast_state *small = NULL;
    const plast_state_options eight = { PLAST_STATE_OPTIONS, .batch = 8 };
    const plast_matrix x = filled(&in_array, &layouts[4], SAMPLES, INPUTS, PLAST_F64, input);
    const plast_matrix dense = plast_output_f32(expected, SAMPLES, OUTPUTS);
    (void)state;
    assert_int_equal(plast_state_create(context, network, &eight, &small), PLAST_OK);
    for (int s = 0; s < 2; s++) {
        plast_state *used = s ? small : NULL;
        assert_int_equal(plast_network_run(network, used, &x, &dense), PLAST_OK);
        for (int l = 0; l < 2 * LAYOUTS; l++) {
            const plast_matrix y =
                view_of(&out_array, &layouts[l / 2], SAMPLES, OUTPUTS, l % 2 ? PLAST_F32 : PLAST_F64);
            before = out_array;
            assert_int_equal(plast_network_run(network, used, &x, &y), PLAST_OK);
            for (int64_t i = 0; i < SAMPLES; i++)
                for (int64_t j = 0; j < OUTPUTS; j++)
                    assert_true(get(&y, i, j) == (double)expected[i * OUTPUTS + j]);
            assert_gaps_untouched(&out_array, &before, &y);
        }
    }
    plast_state_destroy(small);
    plast_network_destroy(network);
}

static void weights_and_biases_go_in_and_out_of_any_layout(void **state)
{
    (void)state;
    for (int32_t dtype = PLAST_F32; dtype <= PLAST_F64; dtype++)
        for (int l = 0; l < 2 * LAYOUTS; l++) {
            const int32_t given = l % 2 ? PLAST_F32 : PLAST_F64;
            plast_network *network = make_network(dtype, PLAST_LINEAR);
            plast_layer *layer = NULL;
            assert_int_equal(plast_network_layer(network, 0, &layer), PLAST_OK);
            plast_matrix w = filled(&in_array, &layouts[l / 2], HIDDEN, INPUTS, given, input);
            plast_matrix b = filled(&mask_array, &layouts[l / 2], 1, HIDDEN, given, target);
            assert_int_equal(plast_synapses_set_weights(synapses_of(network, 0), &w), PLAST_OK);
            assert_int_equal(plast_layer_set_bias(layer, &b), PLAST_OK);
            w = view_of(&out_array, &layouts[LAYOUTS - 1 - l / 2], HIDDEN, INPUTS, given);
            before = out_array;
            assert_int_equal(plast_synapses_get_weights(synapses_of(network, 0), &w), PLAST_OK);
            assert_gaps_untouched(&out_array, &before, &w);
            b = view_of(&target_array, &layouts[LAYOUTS - 1 - l / 2], 1, HIDDEN, given);
            before = target_array;
            assert_int_equal(plast_layer_get_bias(layer, &b), PLAST_OK);
            assert_gaps_untouched(&target_array, &before, &b);
            for (int64_t i = 0; i < HIDDEN; i++) {
                assert_true(get(&b, 0, i) == target(0, i));
                for (int64_t j = 0; j < INPUTS; j++)
                    assert_true(get(&w, i, j) == input(i, j));
            }
            plast_network_destroy(network);
        }
}

/* Along an axis of length 1 a stride means nothing, whatever it holds. */
static void strides_of_an_axis_of_one_are_free(void **state)
{
    const int64_t odd[] = { 0, -1, INT64_MIN, INT64_MAX };
    float x[INPUTS] = { 1, 2, 3, 4, 5 }, y[OUTPUTS], expected[OUTPUTS], biases[HIDDEN] = { 1, 2, 3, 4 };
    const plast_matrix dense = plast_matrix_f32(x, 1, INPUTS), dense_y = plast_output_f32(expected, 1, OUTPUTS);
    plast_network *network = make_network(PLAST_F32, PLAST_LINEAR);
    plast_layer *layer = NULL;
    (void)state;
    assert_int_equal(plast_network_layer(network, 0, &layer), PLAST_OK);
    for (int i = 0; i < 4; i++) {
        plast_matrix row = dense, out = plast_output_f32(y, 1, OUTPUTS), b = plast_matrix_f32(biases, 1, HIDDEN);
        plast_matrix labels = filled(&target_array, &layouts[0], SAMPLES, 1, PLAST_I32, label);
        const plast_matrix many = filled(&in_array, &layouts[0], SAMPLES, INPUTS, PLAST_F32, input);
        row.row_stride = out.row_stride = b.row_stride = labels.col_stride = odd[i];
        assert_int_equal(plast_network_run(network, NULL, &row, &out), PLAST_OK);
        assert_int_equal(plast_network_run(network, NULL, &dense, &dense_y), PLAST_OK);
        assert_memory_equal(y, expected, sizeof y);
        assert_int_equal(plast_layer_set_bias(layer, &b), PLAST_OK);
        learn(network, &many, &labels, NULL, NULL, 1);
    }
    plast_network_destroy(network);
}

static int meet(int64_t rows, int64_t cols, int64_t row_stride, int64_t col_stride)
{
    int taken[64] = { 0 };
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < cols; j++)
            if (taken[i * row_stride + j * col_stride]++)
                return 1;
    return 0;
}

/* Every small shape and pair of strides: refused as an output if and only if two elements share a place. */
static void outputs_are_refused_only_when_elements_meet(void **state)
{
    float weights[64] = { 0 };
    (void)state;
    for (int64_t n = 0; n < 16; n++) {
        const int64_t rows = 1 + n / 4, cols = 1 + n % 4;
        plast_network *network = NULL;
        const plast_network_options options = { PLAST_NETWORK_OPTIONS, .inputs = cols };
        const plast_layer_options layer = { PLAST_LAYER_OPTIONS, .units = rows };
        assert_int_equal(plast_network_create(context, &options, &network), PLAST_OK);
        assert_int_equal(plast_network_add(network, "dense", &layer, NULL), PLAST_OK);
        for (int64_t s = 0; s < 81; s++) {
            plast_matrix m = plast_output_f32(weights, rows, cols);
            m.row_stride = 1 + s / 9;
            m.col_stride = 1 + s % 9;
            const int bad = meet(rows, cols, m.row_stride, m.col_stride);
            assert_int_equal(plast_synapses_get_weights(synapses_of(network, 0), &m), bad ? PLAST_E_INVALID : PLAST_OK);
            assert_true(!bad || strstr(plast_context_error(context), "overlap") != NULL);
            assert_int_equal(plast_synapses_set_weights(synapses_of(network, 0), &m), PLAST_OK);
        }
        plast_network_destroy(network);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        quiet_test(builders_fill_every_field),
        quiet_test(inputs_and_targets_may_have_any_layout),
        quiet_test(labels_masks_and_orders_may_have_any_stride_and_type),
        quiet_test(run_writes_into_any_layout),
        quiet_test(weights_and_biases_go_in_and_out_of_any_layout),
        quiet_test(strides_of_an_axis_of_one_are_free),
        quiet_test(outputs_are_refused_only_when_elements_meet),
    };
    return cmocka_run_group_tests(tests, make_context, destroy_context);
}
