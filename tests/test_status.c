/* SPDX-License-Identifier: MIT
 *
 * Status numbers are for ever: this table is the promise. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <plasticity/plasticity.h>

static const struct {
    plast_status status;
    int32_t number;
    const char *name;
} table[] = {
    { PLAST_OK, 0, "PLAST_OK" },
    { PLAST_E_INVALID, -1, "PLAST_E_INVALID" },
    { PLAST_E_NOMEM, -2, "PLAST_E_NOMEM" },
    { PLAST_E_STATE, -3, "PLAST_E_STATE" },
    { PLAST_E_VERSION, -4, "PLAST_E_VERSION" },
    { PLAST_E_UNSUPPORTED, -5, "PLAST_E_UNSUPPORTED" },
    { PLAST_E_RANGE, -6, "PLAST_E_RANGE" },
    { PLAST_E_UNKNOWN, -7, "PLAST_E_UNKNOWN" },
    { PLAST_E_STOPPED, -8, "PLAST_E_STOPPED" },
    { PLAST_E_NOT_FINITE, -100, "PLAST_E_NOT_FINITE" },
    { PLAST_E_LAPACK, -101, "PLAST_E_LAPACK" },
};

enum { KNOWN = sizeof table / sizeof table[0] };

static void numbers_are_as_committed(void **state)
{
    (void)state;
    assert_int_equal(sizeof(plast_status), 4);
    assert_int_equal(PLAST_E_USER, -1000);
    for (int i = 0; i < KNOWN; i++)
        assert_int_equal(table[i].status, table[i].number);
}

static void enumerators_are_as_committed(void **state)
{
    static const int32_t pairs[][2] = {
        { PLAST_DTYPE_DEFAULT, 0 },
        { PLAST_F32, 1 },
        { PLAST_F64, 2 },
        { PLAST_U8, 3 },
        { PLAST_I32, 4 },
        { PLAST_I64, 5 },
        { PLAST_F16, 6 },
        { PLAST_BF16, 7 },
        { PLAST_READ_ONLY, 1 },
        { PLAST_PARAMETER_REQUIRED, 1 },
        { PLAST_PARAMETER_OPEN_MINIMUM, 2 },
        { PLAST_PARAMETER_OPEN_MAXIMUM, 4 },
        { PLAST_CPU_BASELINE, 1 },
        { PLAST_CPU_AVX2, 2 },
        { PLAST_CPU_AVX512, 4 },
        { PLAST_LINEAR, 0 },
        { PLAST_SOFTPLUS, 1 },
        { PLAST_RELU, 2 },
        { PLAST_TANH, 3 },
        { PLAST_SIGMOID, 4 },
        { PLAST_SOFTMAX, 5 },
        { PLAST_LEAKY_RELU, 6 },
        { PLAST_ELU, 7 },
        { PLAST_SCALED_TANH, 8 },
        { PLAST_RECTIFIED_TANH, 9 },
        { PLAST_HARD_SIGMOID, 10 },
        { PLAST_LOSS_DEFAULT, 0 },
        { PLAST_LOSS_CROSS_ENTROPY, 1 },
        { PLAST_LOSS_LOGISTIC, 2 },
        { PLAST_LOSS_SQUARED, 3 },
        { PLAST_INIT_XAVIER_UNIFORM, 0 },
        { PLAST_INIT_XAVIER_NORMAL, 1 },
        { PLAST_INIT_HE_UNIFORM, 2 },
        { PLAST_INIT_HE_NORMAL, 3 },
        { PLAST_INIT_ORTHOGONAL, 4 },
        { PLAST_INIT_GAUSSIAN, 5 },
        { PLAST_INIT_UNIFORM, 6 },
        { PLAST_INIT_CONSTANT, 7 },
        { PLAST_INIT_ZERO, 8 },
        { PLAST_INIT_LECUN_UNIFORM, 9 },
        { PLAST_INIT_LECUN_NORMAL, 10 },
        { PLAST_INIT_TRUNCATED_NORMAL, 11 },
        { PLAST_INIT_SPARSE, 12 },
        { PLAST_INIT_FAN_IN_UNIFORM, 13 },
        { PLAST_INIT_DILUTED, 14 },
        { PLAST_INIT_LOW_RANK, 15 },
        { PLAST_INIT_DALE_BALANCED, 16 },
        { PLAST_HIDDEN_LAYERS, -1 },
        { PLAST_ALL_LAYERS, -2 },
        { PLAST_ACTIVITY, 1 },
        { PLAST_POTENTIAL, 2 },
        { PLAST_SIGNAL, 3 },
        { PLAST_RECURRENT_SIGNAL, 4 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        assert_int_equal(pairs[i][0], pairs[i][1]);
}

/* "PLAST_E_RANGE: a number ..." */
static void texts_begin_with_the_name(void **state)
{
    (void)state;
    for (int i = 0; i < KNOWN; i++) {
        const char *text = plast_status_string(table[i].status);
        const size_t n = strlen(table[i].name);
        assert_non_null(text);
        assert_memory_equal(text, table[i].name, n);
        assert_memory_equal(text + n, ": ", 2);
        assert_true(strlen(text) > n + 2);
        assert_null(strchr(text, '\n'));
    }
}

static int is_committed(plast_status status)
{
    for (int i = 0; i < KNOWN; i++)
        if (table[i].status == status)
            return 1;
    return 0;
}

/* No code that the library has a text for is missing above, and the others share a text that none of these has. */
static void other_numbers_have_a_generic_text(void **state)
{
    const char *generic = plast_status_string(1);
    (void)state;
    assert_non_null(generic);
    for (plast_status status = PLAST_E_USER + 1; status <= 1000; status++) {
        if (is_committed(status))
            assert_string_not_equal(plast_status_string(status), generic);
        else
            assert_string_equal(plast_status_string(status), generic);
    }
    assert_string_equal(plast_status_string(INT32_MAX), generic);
}

static void users_numbers_have_a_text_of_their_own(void **state)
{
    const char *users = plast_status_string(PLAST_E_USER);
    (void)state;
    assert_string_not_equal(users, plast_status_string(1));
    assert_string_equal(plast_status_string(PLAST_E_USER - 1), users);
    assert_string_equal(plast_status_string(INT32_MIN), users);
}

static void version_is_that_of_the_headers(void **state)
{
    char text[64];
    (void)state;
    snprintf(text, sizeof text, "%d.%d.%d", PLAST_VERSION_MAJOR, PLAST_VERSION_MINOR, PLAST_VERSION_PATCH);
    assert_string_equal(text, PLAST_VERSION_STRING);
    assert_string_equal(plast_version(), PLAST_VERSION_STRING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_as_committed),
        cmocka_unit_test(enumerators_are_as_committed),
        cmocka_unit_test(texts_begin_with_the_name),
        cmocka_unit_test(other_numbers_have_a_generic_text),
        cmocka_unit_test(users_numbers_have_a_text_of_their_own),
        cmocka_unit_test(version_is_that_of_the_headers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
