/* SPDX-License-Identifier: MIT
 *
 * Growing structs: older and newer callers, and the layouts that release 0.1 promises. Every struct is handed over in
 * a heap block of exactly its own struct_size, so that AddressSanitizer and valgrind see a byte read behind it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <plasticity/plasticity.h>

enum { LARGEST = 4096 };

/* Appending a field changes size and last member; what stands here of release 0.1 never changes. */
#define LAYOUT(type, size, last, offset)                                                                               \
    _Static_assert(sizeof(type) == (size) && offsetof(type, last) == (offset), #type " of release 0.1")

#if UINTPTR_MAX == UINT64_MAX
LAYOUT(plast_parameter, 56, maximum, 48);
LAYOUT(plast_allocator, 32, release, 24);
LAYOUT(plast_context_options, 16, allocator, 8);
LAYOUT(plast_network_options, 32, reserved0, 28);
LAYOUT(plast_layer_options, 96, learn_initial, 92);
_Static_assert(offsetof(plast_layer_options, no_bias) == 36, "of release 0.1");
LAYOUT(plast_state_options, 32, seed, 24);
LAYOUT(plast_data, 56, steps, 48);
LAYOUT(plast_report, 48, loss, 40);
LAYOUT(plast_learn_options, 40, update_every, 32);
LAYOUT(plast_matrix, 48, flags, 44);
LAYOUT(plast_system, 48, jacobian, 40);
LAYOUT(plast_lyapunov_options, 80, reserved0, 76);
LAYOUT(plast_lyapunov_summary, 104, log_determinant, 96);
#endif

/* A network 2-3-2 that can learn four samples. */
static plast_context *context;
static plast_network *network;
static plast_rule *rule;
static plast_optimizer *optimizer;
static const float points[] = { 0, 0, 0, 1, 1, 0, 1, 1 };
static const uint8_t classes[] = { 0, 1, 1, 0 };
static plast_matrix inputs, targets;

static const plast_network_options good_network = { PLAST_NETWORK_OPTIONS, .inputs = 2, .seed = 1 };
static const plast_layer_options good_layer = { PLAST_LAYER_OPTIONS, .units = 3, .activation = PLAST_TANH };
static const plast_layer_options output_layer = { PLAST_LAYER_OPTIONS, .units = 2, .activation = PLAST_SOFTMAX };
static const plast_state_options good_state = { PLAST_STATE_OPTIONS, .batch = 4 };
static const plast_learn_options good_learn = { PLAST_LEARN_OPTIONS, .progress_every = 2 };
static const plast_data good_data = { PLAST_DATA, .inputs = &inputs, .targets = &targets, .batch = 2 };
static const plast_context_options good_context = { PLAST_CONTEXT_OPTIONS, .cpu_mask = PLAST_CPU_BASELINE };

static void *allocate(void *user, size_t size, size_t alignment)
{
    void *memory = NULL;
    (void)user;
    return posix_memalign(&memory, alignment, size) == 0 ? memory : NULL;
}

static void release(void *user, void *memory, size_t size, size_t alignment)
{
    (void)user;
    (void)size;
    (void)alignment;
    free(memory);
}

static const plast_allocator good_allocator = { PLAST_ALLOCATOR, .allocate = allocate, .release = release };

static int make_world(void **state)
{
    (void)state;
    inputs = plast_matrix_f32(points, 4, 2);
    targets = plast_labels_u8(classes, 4);
    assert_int_equal(plast_context_create(NULL, &context), PLAST_OK);
    assert_int_equal(plast_network_create(context, &good_network, &network), PLAST_OK);
    assert_int_equal(plast_network_add(network, "dense", &good_layer, NULL), PLAST_OK);
    assert_int_equal(plast_network_add(network, "dense", &output_layer, NULL), PLAST_OK);
    assert_int_equal(plast_rule_create(context, "oja", &rule), PLAST_OK);
    assert_int_equal(plast_optimizer_create(context, "sgd", &optimizer), PLAST_OK);
    assert_int_equal(plast_optimizer_set(optimizer, "rate", 0.1), PLAST_OK);
    assert_int_equal(plast_network_set_optimizer(network, optimizer), PLAST_OK);
    return 0;
}

static int unmake_world(void **state)
{
    (void)state;
    plast_optimizer_destroy(optimizer);
    plast_rule_destroy(rule);
    plast_network_destroy(network);
    plast_context_destroy(context);
    return 0;
}

/* Each hands one struct to a call that takes it, and undoes what the call made. */
typedef plast_status (*taker)(void *given);

static plast_status take_context_options(void *given)
{
    plast_context *made = NULL;
    const plast_status status = plast_context_create(given, &made);
    assert_int_equal(made != NULL, status == PLAST_OK);
    plast_context_destroy(made);
    return status;
}

static plast_status take_allocator(void *given)
{
    const plast_context_options options = { PLAST_CONTEXT_OPTIONS, .allocator = given };
    plast_context *made = NULL;
    const plast_status status = plast_context_create(&options, &made);
    assert_int_equal(made != NULL, status == PLAST_OK);
    plast_context_destroy(made);
    return status;
}

static plast_status take_network_options(void *given)
{
    plast_network *made = NULL;
    const plast_status status = plast_network_create(context, given, &made);
    assert_int_equal(made != NULL, status == PLAST_OK);
    plast_network_destroy(made);
    return status;
}

static plast_status take_layer_options(void *given)
{
    plast_network *made = NULL;
    assert_int_equal(plast_network_create(context, &good_network, &made), PLAST_OK);
    const plast_status status = plast_network_add(made, "dense", given, NULL);
    assert_int_equal(plast_network_layers(made), status == PLAST_OK ? 1 : 0);
    plast_network_destroy(made);
    return status;
}

static plast_status take_state_options(void *given)
{
    plast_state *made = NULL;
    const plast_status status = plast_state_create(context, network, given, &made);
    assert_int_equal(made != NULL, status == PLAST_OK);
    plast_state_destroy(made);
    return status;
}

static plast_status take_learn_options(void *given)
{
    return plast_network_learn(network, NULL, &good_data, given, NULL);
}

static plast_status take_data_to_learn(void *given)
{
    return plast_network_learn(network, NULL, given, NULL, NULL);
}

static plast_status take_data_to_evaluate(void *given)
{
    plast_report report = { PLAST_REPORT };
    return plast_network_evaluate(network, NULL, given, &report);
}

static plast_status take_report_of_learn(void *given)
{
    return plast_network_learn(network, NULL, &good_data, NULL, given);
}

static plast_status take_report_of_evaluate(void *given)
{
    return plast_network_evaluate(network, NULL, &good_data, given);
}

static plast_status take_parameter_of_rule(void *given)
{
    return plast_rule_parameter(rule, 0, given);
}

static plast_status take_parameter_of_optimizer(void *given)
{
    return plast_optimizer_parameter(optimizer, 0, given);
}

static const plast_report empty_report = { PLAST_REPORT };
static const plast_parameter empty_parameter = { PLAST_PARAMETER };

typedef struct subject {
    const char *name;
    const void *good;
    size_t size;
    taker take;
    int has_context; /* there is one to leave a message in */
} subject;

/* The struct's size in release 0.1: a program of that time hands over no more, and gets what zeros in the later fields
 * give. */
static size_t oldest_size(const subject *s)
{
    return s->take == take_layer_options ? offsetof(plast_layer_options, init_param) : s->size;
}

/* Read by the library. */
static const subject readers[] = {
    { "take_context_options", &good_context, sizeof good_context, take_context_options, 0 },
    { "take_allocator", &good_allocator, sizeof good_allocator, take_allocator, 0 },
    { "take_network_options", &good_network, sizeof good_network, take_network_options, 1 },
    { "take_layer_options", &good_layer, sizeof good_layer, take_layer_options, 1 },
    { "take_state_options", &good_state, sizeof good_state, take_state_options, 1 },
    { "take_learn_options", &good_learn, sizeof good_learn, take_learn_options, 1 },
    { "take_data_to_learn", &good_data, sizeof good_data, take_data_to_learn, 1 },
    { "take_data_to_evaluate", &good_data, sizeof good_data, take_data_to_evaluate, 1 },
};

/* Written by the library. */
static const subject writers[] = {
    { "take_report_of_learn", &empty_report, sizeof empty_report, take_report_of_learn, 1 },
    { "take_report_of_evaluate", &empty_report, sizeof empty_report, take_report_of_evaluate, 1 },
    { "take_parameter_of_rule", &empty_parameter, sizeof empty_parameter, take_parameter_of_rule, 1 },
    { "take_parameter_of_optimizer", &empty_parameter, sizeof empty_parameter, take_parameter_of_optimizer, 1 },
};

enum { READERS = sizeof readers / sizeof readers[0], WRITERS = sizeof writers / sizeof writers[0] };

/* The subject's struct as a program of another release would hand it over: struct_size `claimed`, in a block of
 * `bytes`, at least the four that hold the claim; behind the known fields zeros. */
static unsigned char *resized(const subject *s, uint32_t claimed, size_t bytes)
{
    const size_t room = bytes < sizeof claimed ? sizeof claimed : bytes;
    unsigned char *given = calloc(1, room);
    assert_non_null(given);
    memcpy(given, s->good, room < s->size ? room : s->size);
    memcpy(given, &claimed, sizeof claimed);
    return given;
}

static void assert_taken(const subject *s, unsigned char *given, plast_status expected)
{
    uint32_t size = 0;
    const plast_status status = s->take(given);
    memcpy(&size, given, sizeof size);
    if (status != expected)
        fail_msg("%s, struct_size %u: status %d, expected %d", s->name, (unsigned)size, (int)status, (int)expected);
}

static void assert_refused(const subject *s, uint32_t claimed, size_t bytes)
{
    unsigned char *given = resized(s, claimed, bytes);
    assert_taken(s, given, PLAST_E_VERSION);
    if (s->has_context)
        assert_non_null(strstr(plast_context_error(context), "struct_size"));
    free(given);
}

static void assert_sizes_outside_are_refused(const subject *s)
{
    for (uint32_t size = 0; size < oldest_size(s); size++)
        assert_refused(s, size, size);
    assert_refused(s, LARGEST + 1, sizeof(uint32_t));
    assert_refused(s, UINT32_MAX, sizeof(uint32_t));
}

/* A reserved field may get a meaning later, so a program that sets it is newer. */
static void reserved_fields_are_refused(void **state)
{
    static const struct {
        taker take;
        size_t offset;
    } reserved[] = {
        { take_allocator, offsetof(plast_allocator, reserved0) },
        { take_network_options, offsetof(plast_network_options, reserved0) },
        { take_state_options, offsetof(plast_state_options, reserved0) },
        { take_learn_options, offsetof(plast_learn_options, reserved0) },
    };
    (void)state;
    for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++)
        for (int k = 0; k < READERS; k++) {
            if (readers[k].take != reserved[i].take)
                continue;
            unsigned char *given = resized(&readers[k], (uint32_t)readers[k].size, readers[k].size);
            assert_taken(&readers[k], given, PLAST_OK);
            given[reserved[i].offset] = 1;
            assert_taken(&readers[k], given, PLAST_E_VERSION);
            free(given);
        }
}

static void older_and_absurd_callers_are_refused(void **state)
{
    (void)state;
    for (int i = 0; i < READERS; i++)
        assert_sizes_outside_are_refused(&readers[i]);
    for (int i = 0; i < WRITERS; i++)
        assert_sizes_outside_are_refused(&writers[i]);
}

static void own_and_older_releases_and_zero_tails_are_accepted(void **state)
{
    (void)state;
    for (int i = 0; i < READERS; i++) {
        const subject *s = &readers[i];
        const size_t sizes[] = { oldest_size(s), s->size, s->size + 1, s->size + 8, LARGEST };
        for (int k = 0; k < 5; k++) {
            unsigned char *given = resized(s, (uint32_t)sizes[k], sizes[k]);
            assert_taken(s, given, PLAST_OK);
            free(given);
        }
    }
}

static void newer_fields_that_are_set_are_refused(void **state)
{
    (void)state;
    for (int i = 0; i < READERS; i++) {
        const subject *s = &readers[i];
        const size_t set[] = { s->size, s->size + 7, LARGEST - 1 };
        for (int k = 0; k < 3; k++) {
            unsigned char *given = resized(s, LARGEST, LARGEST);
            given[set[k]] = 1;
            assert_taken(s, given, PLAST_E_VERSION);
            if (s->has_context)
                assert_non_null(strstr(plast_context_error(context), "newer"));
            free(given);
        }
    }
}

/* The caller's struct_size and whatever lies behind the known fields stay as they were. */
static void known_fields_are_written_and_nothing_else(void **state)
{
    (void)state;
    for (int i = 0; i < WRITERS; i++) {
        const subject *s = &writers[i];
        const size_t sizes[] = { s->size, s->size + 1, s->size + 8, LARGEST };
        for (int k = 0; k < 4; k++) {
            const uint32_t claimed = (uint32_t)sizes[k];
            unsigned char *given = resized(s, claimed, sizes[k]);
            assert_taken(s, given, PLAST_OK);
            assert_memory_equal(given, &claimed, sizeof claimed);
            assert_memory_not_equal(given, s->good, s->size);
            for (size_t byte = s->size; byte < sizes[k]; byte++)
                assert_int_equal(given[byte], 0);
            free(given);
        }
    }
}

/* A report that cannot be written is noticed before anything is learned. */
static void bad_report_changes_no_weight(void **state)
{
    plast_report report = { .struct_size = 8 };
    plast_synapses *synapses = NULL;
    plast_layer *layer = NULL;
    float before[6], after[6];
    const plast_matrix first = plast_output_f32(before, 3, 2), second = plast_output_f32(after, 3, 2);
    (void)state;
    assert_int_equal(plast_network_layer(network, 0, &layer), PLAST_OK);
    assert_int_equal(plast_layer_synapses(layer, NULL, &synapses), PLAST_OK);
    assert_int_equal(plast_synapses_get_weights(synapses, &first), PLAST_OK);
    assert_int_equal(plast_network_learn(network, NULL, &good_data, NULL, &report), PLAST_E_VERSION);
    assert_int_equal(plast_synapses_get_weights(synapses, &second), PLAST_OK);
    assert_memory_equal(before, after, sizeof before);
}

static void init_twin_clears_and_writes_the_size(void **state)
{
    plast_layer_options twin;
    const plast_layer_options macro = { PLAST_LAYER_OPTIONS };
    unsigned char longer[sizeof twin + 1];
    (void)state;
    memset(&twin, 0xab, sizeof twin);
    plast_struct_init(&twin, sizeof twin);
    assert_memory_equal(&twin, &macro, sizeof twin);

    memset(longer, 0xab, sizeof longer);
    plast_struct_init(longer, sizeof twin);
    assert_memory_equal(longer, &macro, sizeof twin);
    assert_int_equal(longer[sizeof twin], 0xab);
}

/* There is no status to return: what is not a struct stays as it is. */
static void init_twin_leaves_what_is_no_struct(void **state)
{
    unsigned char bytes[4] = { 1, 2, 3, 4 };
    (void)state;
    plast_struct_init(NULL, 16);
    for (uint32_t size = 0; size < sizeof bytes; size++)
        plast_struct_init(bytes, size);
    assert_memory_equal(bytes, ((const unsigned char[]){ 1, 2, 3, 4 }), sizeof bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(older_and_absurd_callers_are_refused),
        cmocka_unit_test(reserved_fields_are_refused),
        cmocka_unit_test(own_and_older_releases_and_zero_tails_are_accepted),
        cmocka_unit_test(newer_fields_that_are_set_are_refused),
        cmocka_unit_test(known_fields_are_written_and_nothing_else),
        cmocka_unit_test(bad_report_changes_no_weight),
        cmocka_unit_test(init_twin_clears_and_writes_the_size),
        cmocka_unit_test(init_twin_leaves_what_is_no_struct),
    };
    return cmocka_run_group_tests(tests, make_world, unmake_world);
}
