/* SPDX-License-Identifier: MIT
 *
 * Lyapunov exponents and their arguments: bad ones are refused with a reason, callbacks may fail, memory may run out,
 * and nothing is allocated while an estimate runs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include <plasticity/plasticity.h>

#include "support/fail_allocator.h"
#include "support/malloc_count.h"
#include "support/quiet.h"
#include "support/systems.h"

static fail_allocator memory;
static plast_context *context;

static int begin(void **state)
{
    (void)state;
    fail_allocator_init(&memory, 0);
    const plast_context_options options = { PLAST_CONTEXT_OPTIONS, .allocator = &memory.table };
    return plast_context_create(&options, &context) == PLAST_OK ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    plast_context_destroy(context);
    return memory.live_blocks == 0 && memory.complaint == NULL ? 0 : -1;
}

static void says(const char *word)
{
    if (strstr(plast_context_error(context), word) == NULL)
        fail_msg("'%s' does not say '%s'", plast_context_error(context), word);
}

static void refuse(const plast_system *system, const plast_lyapunov_options *options, plast_status expected,
                   const char *word)
{
    plast_lyapunov *made = NULL;
    const int64_t blocks = memory.live_blocks;
    assert_int_equal(plast_lyapunov_create(context, system, options, &made), expected);
    assert_null(made);
    assert_int_equal(memory.live_blocks, blocks);
    says(word);
}

static void bad_options_are_refused(void **state)
{
    const plast_system henon = henon_map();
    const struct {
        plast_lyapunov_options options;
        plast_status status;
        const char *word;
    } bad[] = {
        { { PLAST_LYAPUNOV_OPTIONS, .exponents = 3 }, PLAST_E_RANGE, "exponents is 3" },
        { { PLAST_LYAPUNOV_OPTIONS, .exponents = -1 }, PLAST_E_RANGE, "exponents is -1" },
        { { PLAST_LYAPUNOV_OPTIONS, .transient = -1 }, PLAST_E_RANGE, "transient is -1" },
        { { PLAST_LYAPUNOV_OPTIONS, .alignment = -2 }, PLAST_E_RANGE, "alignment is -2" },
        { { PLAST_LYAPUNOV_OPTIONS, .transient = INT64_MAX, .alignment = 1 }, PLAST_E_RANGE, "overflows" },
        { { PLAST_LYAPUNOV_OPTIONS, .interval = -1 }, PLAST_E_RANGE, "interval is -1" },
        { { PLAST_LYAPUNOV_OPTIONS, .blocks = 1 }, PLAST_E_RANGE, "blocks is 1" },
        { { PLAST_LYAPUNOV_OPTIONS, .blocks = -4 }, PLAST_E_RANGE, "blocks is -4" },
        { { PLAST_LYAPUNOV_OPTIONS, .blocks = INT64_C(1) << 40 }, PLAST_E_RANGE, "blocks is 1099511627776" },
        { { PLAST_LYAPUNOV_OPTIONS, .trajectories = -1 }, PLAST_E_RANGE, "trajectories is -1" },
        { { PLAST_LYAPUNOV_OPTIONS, .trajectories = INT64_MAX }, PLAST_E_NOMEM, "no memory for" },
        { { PLAST_LYAPUNOV_OPTIONS, .log_base = 3 }, PLAST_E_INVALID, "log_base is 3" },
        { { PLAST_LYAPUNOV_OPTIONS, .time_step = -0.1 }, PLAST_E_RANGE, "time_step is -0.1" },
        { { PLAST_LYAPUNOV_OPTIONS, .time_step = NAN }, PLAST_E_RANGE, "time_step is " },
        { { PLAST_LYAPUNOV_OPTIONS, .time_step = INFINITY }, PLAST_E_RANGE, "time_step is inf" },
        { { PLAST_LYAPUNOV_OPTIONS, .sum_rule = 2 }, PLAST_E_INVALID, "sum_rule is 2" },
        { { PLAST_LYAPUNOV_OPTIONS, .sum_rule = 1, .exponents = 1 }, PLAST_E_UNSUPPORTED, "sum_rule needs all 2" },
        { { PLAST_LYAPUNOV_OPTIONS, .reserved0 = 1 }, PLAST_E_VERSION, "sets a field" },
        { { .struct_size = 8 }, PLAST_E_VERSION, "plast_lyapunov_options has struct_size 8" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        refuse(&henon, &bad[i].options, bad[i].status, bad[i].word);
}

static void bad_systems_are_refused(void **state)
{
    const plast_system henon = henon_map(), towel = towel_map();
    plast_system bad = henon;
    (void)state;
    refuse(NULL, NULL, PLAST_E_INVALID, "plast_system is NULL");
    bad.size = 0;
    refuse(&bad, NULL, PLAST_E_INVALID, "state is 0");
    bad.size = (int64_t)INT32_MAX + 1;
    refuse(&bad, NULL, PLAST_E_RANGE, "2147483648");
    bad = henon;
    bad.step = NULL;
    refuse(&bad, NULL, PLAST_E_INVALID, "step is NULL");
    bad = henon;
    bad.tangent = NULL;
    refuse(&bad, NULL, PLAST_E_INVALID, "neither tangent nor jacobian");
    bad = towel;
    bad.tangent = henon.tangent;
    refuse(&bad, NULL, PLAST_E_INVALID, "both tangent and jacobian");
    bad = henon;
    bad.reserved0 = 1;
    refuse(&bad, NULL, PLAST_E_VERSION, "sets a field");
    bad = henon;
    bad.struct_size = 4;
    refuse(&bad, NULL, PLAST_E_VERSION, "plast_system has struct_size 4");
    assert_int_equal(plast_lyapunov_create(context, &henon, NULL, NULL), PLAST_E_INVALID);
    says("place for the estimate");
    assert_int_equal(plast_lyapunov_create(NULL, &henon, NULL, &(plast_lyapunov *){ NULL }), PLAST_E_INVALID);
}

static plast_lyapunov *make(const plast_system *system, const plast_lyapunov_options *options)
{
    plast_lyapunov *made = NULL;
    if (plast_lyapunov_create(context, system, options, &made) != PLAST_OK)
        fail_msg("%s", plast_context_error(context));
    return made;
}

static void null_and_bad_numbers_are_refused(void **state)
{
    const plast_system henon = henon_map();
    double x[2] = { 0.1, 0.1 };
    (void)state;
    plast_lyapunov *l = make(&henon, NULL);
    assert_int_equal(plast_lyapunov_run(l, NULL, 1), PLAST_E_INVALID);
    says("states is NULL");
    assert_int_equal(plast_lyapunov_run(l, x, -1), PLAST_E_RANGE);
    says("steps is -1");
    assert_int_equal(plast_lyapunov_run(l, x, 0), PLAST_OK);
    assert_int_equal(plast_lyapunov_run(NULL, x, 1), PLAST_E_INVALID);
    assert_int_equal(plast_lyapunov_reset(NULL, 1), PLAST_E_INVALID);
    assert_int_equal(plast_lyapunov_read(NULL, NULL), PLAST_E_INVALID);
    assert_int_equal(plast_lyapunov_get(NULL, 0, NULL), PLAST_E_INVALID);
    assert_int_equal(plast_lyapunov_history(NULL, NULL, NULL, NULL), PLAST_E_INVALID);
    plast_lyapunov_destroy(NULL);
    plast_lyapunov_destroy(l);
}

/* Nothing is there before it was measured, and wrong places are refused; failures write nothing. */
static void results_come_when_they_are_there(void **state)
{
    const plast_system henon = henon_map();
    const plast_lyapunov_options options = { PLAST_LYAPUNOV_OPTIONS, .transient = 5, .alignment = 5, .interval = 4,
                                             .blocks = 2 };
    double x[2] = { 0.1, 0.1 }, values[2] = { -77.0, -77.0 }, small[1];
    plast_lyapunov_summary summary = { PLAST_LYAPUNOV_SUMMARY, .dimension = -77.0 };
    const plast_matrix to = plast_output_f64(values, 1, 2), short_one = plast_output_f64(small, 1, 1);
    const plast_matrix fixed = plast_matrix_f64(values, 1, 2);
    (void)state;
    plast_lyapunov *l = make(&henon, &options);
    assert_int_equal(plast_lyapunov_run(l, x, 13), PLAST_OK);
    assert_int_equal(plast_lyapunov_get(l, PLAST_LYAPUNOV_EXPONENTS, &to), PLAST_E_STATE);
    says("nothing is measured yet: 13 steps were taken, 10 belong");
    assert_int_equal(plast_lyapunov_read(l, &summary), PLAST_E_STATE);
    assert_int_equal(plast_lyapunov_history(l, NULL, &to, NULL), PLAST_E_STATE);
    assert_int_equal(plast_lyapunov_run(l, x, 1), PLAST_OK);
    assert_int_equal(plast_lyapunov_get(l, PLAST_LYAPUNOV_FIRST_HALF, &to), PLAST_E_STATE);
    says("no halves yet: 1 blocks");
    assert_int_equal(plast_lyapunov_get(l, PLAST_LYAPUNOV_SECOND_HALF, &to), PLAST_E_STATE);
    assert_int_equal(plast_lyapunov_get(l, 5, &to), PLAST_E_INVALID);
    says("quantity is 5");
    assert_int_equal(plast_lyapunov_get(l, -1, &to), PLAST_E_INVALID);
    assert_int_equal(plast_lyapunov_get(l, 0, &short_one), PLAST_E_INVALID);
    says("values has 1 columns, expected 2");
    assert_int_equal(plast_lyapunov_get(l, 0, &fixed), PLAST_E_INVALID);
    assert_int_equal(plast_lyapunov_get(l, 0, NULL), PLAST_E_INVALID);
    assert_int_equal(plast_lyapunov_history(l, NULL, NULL, NULL), PLAST_E_INVALID);
    says("all NULL");
    assert_int_equal(plast_lyapunov_history(l, &to, NULL, NULL), PLAST_E_INVALID);
    says("times has 2 columns, expected 1");
    assert_int_equal(plast_lyapunov_history(l, NULL, &short_one, NULL), PLAST_E_INVALID);
    assert_int_equal(plast_lyapunov_history(l, NULL, NULL, &short_one), PLAST_E_INVALID);
    summary.struct_size = 8;
    assert_int_equal(plast_lyapunov_read(l, &summary), PLAST_E_VERSION);
    assert_true(values[0] == -77.0 && values[1] == -77.0 && summary.dimension == -77.0);
    float as_floats[2];
    const plast_matrix f32 = plast_output_f32(as_floats, 1, 2);
    assert_int_equal(plast_lyapunov_get(l, 0, &to), PLAST_OK);
    assert_int_equal(plast_lyapunov_get(l, 0, &f32), PLAST_OK);
    assert_true(as_floats[0] == (float)values[0] && as_floats[1] == (float)values[1]);
    plast_lyapunov_destroy(l);
}

/* ---- callbacks ---- */

/* x' = 2 x, or what the fields say at step `at`. */
typedef struct moody {
    int64_t now, at;
    plast_status step, tangent; /* returned then */
    double state, pushed;       /* written then, unless 0 */
    int32_t jacobian;
} moody;

static plast_status moody_step(void *user, int64_t trajectory, double *state)
{
    moody *m = user;
    const int struck = m->now == m->at;
    (void)trajectory;
    state[0] *= 2.0;
    if (struck && m->step != PLAST_OK)
        return m->step;
    if (struck && m->state != 0.0)
        state[0] = m->state;
    m->now++;
    return PLAST_OK;
}

static plast_status moody_tangent(void *user, int64_t trajectory, const double *state, int64_t count,
                                  const double *tangents, double *pushed)
{
    const moody *m = user;
    const int struck = m->now == m->at;
    (void)trajectory;
    (void)state;
    for (int64_t i = 0; i < count; i++)
        pushed[i] = struck && m->pushed != 0.0 ? m->pushed : 2.0 * tangents[i];
    return struck ? m->tangent : PLAST_OK;
}

static plast_status moody_jacobian(void *user, int64_t trajectory, const double *state, double *jacobian)
{
    const double one = 1.0;
    return moody_tangent(user, trajectory, state, 1, &one, jacobian);
}

static plast_system moody_system(moody *m)
{
    plast_system s = { PLAST_SYSTEM, .size = 1, .user = m, .step = moody_step };
    if (m->jacobian)
        s.jacobian = moody_jacobian;
    else
        s.tangent = moody_tangent;
    return s;
}

/* The failing step is not taken; it may be tried again, and then the estimate is that without failure. */
static void callbacks_may_fail(void **state)
{
    static const struct {
        moody moody;
        plast_status expected;
        const char *word;
    } cases[] = {
        { { .at = 9, .step = PLAST_E_USER - 3 }, PLAST_E_USER - 3, "step 10: callback step returned -1003" },
        { { .at = 9, .tangent = PLAST_E_USER }, PLAST_E_USER, "step 10: callback tangent returned -1000" },
        { { .at = 9, .tangent = PLAST_E_RANGE, .jacobian = 1 }, PLAST_E_RANGE, "callback jacobian returned -6" },
        { { .at = 9, .step = 3 }, PLAST_E_INVALID, "callback step returned 3, expected" },
        { { .at = 9, .state = NAN }, PLAST_E_NOT_FINITE, "step 10: the state diverges, element 0" },
        { { .at = 9, .state = -INFINITY }, PLAST_E_NOT_FINITE, "becomes -inf" },
        { { .at = 2, .step = PLAST_E_USER }, PLAST_E_USER, "step 3: " }, /* in the transient */
    };
    const plast_lyapunov_options options = { PLAST_LYAPUNOV_OPTIONS, .transient = 5 };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        moody m = cases[i].moody;
        const plast_system system = moody_system(&m);
        double x = 1.0, found = 0.0;
        const plast_matrix to = plast_output_f64(&found, 1, 1);
        plast_lyapunov_summary summary = { PLAST_LYAPUNOV_SUMMARY };
        plast_lyapunov *l = make(&system, &options);
        assert_int_equal(plast_lyapunov_run(l, &x, 40), cases[i].expected);
        says(cases[i].word);
        assert_true(x == ldexp(1.0, (int)m.at)); /* as many steps */
        const int64_t taken = m.at;
        m.at = -1;
        assert_int_equal(plast_lyapunov_run(l, &x, 40 - taken), PLAST_OK);
        assert_true(x == ldexp(1.0, 40));
        assert_int_equal(plast_lyapunov_read(l, &summary), PLAST_OK);
        assert_int_equal(plast_lyapunov_get(l, 0, &to), PLAST_OK);
        assert_true(summary.steps == 40 && summary.measured <= 35 && summary.measured > 20);
        assert_true(fabs(found - log(2.0)) < 1e-15);
        plast_lyapunov_destroy(l);
    }
}

/* A tangent that is not finite spoils the frame: what was measured stays, and reset starts anew. */
static void tangents_must_be_finite(void **state)
{
    static const double bad[] = { NAN, INFINITY };
    (void)state;
    for (int jacobian = 0; jacobian < 2; jacobian++)
        for (int b = 0; b < 2; b++) {
            moody m = { .at = 20, .pushed = bad[b], .jacobian = jacobian };
            const plast_system system = moody_system(&m);
            const plast_lyapunov_options options = { PLAST_LYAPUNOV_OPTIONS, .interval = 1 };
            plast_lyapunov_summary summary = { PLAST_LYAPUNOV_SUMMARY };
            double x = 1.0;
            plast_lyapunov *l = make(&system, &options);
            assert_int_equal(plast_lyapunov_run(l, &x, 40), PLAST_E_NOT_FINITE);
            says("step 21: the tangents of trajectory 0 are not finite");
            assert_int_equal(plast_lyapunov_read(l, &summary), PLAST_OK);
            assert_true(summary.measured == 20 && fabs(summary.sum - log(2.0)) < 1e-15);
            assert_int_equal(plast_lyapunov_run(l, &x, 1), PLAST_E_STATE);
            says("lost at step 21");
            assert_int_equal(plast_lyapunov_reset(l, 0), PLAST_OK);
            assert_int_equal(plast_lyapunov_run(l, &x, 100), PLAST_OK);
            plast_lyapunov_destroy(l);
        }
}

/* D of 1e90 and of 1e-90 in turn, and bursts: no interval that adapts can overflow or vanish. */
static plast_status burst_tangent(void *user, int64_t trajectory, const double *state, int64_t count,
                                  const double *tangents, double *pushed)
{
    const moody *m = user;
    const double d = m->now % 500 < 400 ? 1.5 : m->now % 1000 < 500 ? 1e90 : 1e-90;
    (void)trajectory;
    (void)state;
    for (int64_t i = 0; i < count; i++) {
        pushed[2 * i] = d * tangents[2 * i];
        pushed[2 * i + 1] = 0.5 * d * tangents[2 * i + 1];
    }
    return PLAST_OK;
}

static plast_status only_count(void *user, int64_t trajectory, double *state)
{
    (void)trajectory;
    (void)state;
    ((moody *)user)->now++;
    return PLAST_OK;
}

static void bursts_are_met(void **state)
{
    moody m = { .now = 0 };
    const plast_system system = { PLAST_SYSTEM, .size = 2, .user = &m, .step = only_count, .tangent = burst_tangent };
    const plast_lyapunov_options options = { PLAST_LYAPUNOV_OPTIONS, .alignment = 100 };
    double x[2] = { 0 }, found[2];
    const plast_matrix to = plast_output_f64(found, 1, 2);
    (void)state;
    plast_lyapunov *l = make(&system, &options);
    assert_int_equal(plast_lyapunov_run(l, x, 5000), PLAST_OK);
    assert_int_equal(plast_lyapunov_get(l, 0, &to), PLAST_OK);
    assert_true(fabs(found[0] - found[1] - log(2.0)) < 1e-9);
    /* 400 x 1.5 of 500, and the bursts cancel; the last ones may not have been measured */
    assert_true(fabs(found[0] - 0.8 * log(1.5)) < 0.02);
    plast_lyapunov_destroy(l);
}

/* ---- memory ---- */

static void any_allocation_may_fail(void **state)
{
    const plast_system systems[] = { henon_map(), towel_map() };
    const plast_lyapunov_options options = { PLAST_LYAPUNOV_OPTIONS, .trajectories = 3, .sum_rule = 1 };
    (void)state;
    for (int s = 0; s < 2; s++) {
        const int64_t blocks = memory.live_blocks, before = memory.calls;
        plast_lyapunov_destroy(make(&systems[s], &options));
        const int64_t calls = memory.calls - before;
        assert_true(calls > 10);
        for (int64_t i = 1; i <= calls; i++) {
            memory.fail_at = memory.calls + i;
            refuse(&systems[s], &options, PLAST_E_NOMEM, "no memory for ");
            assert_int_equal(memory.live_blocks, blocks);
        }
        memory.fail_at = 0;
        plast_lyapunov_destroy(make(&systems[s], &options));
        assert_null(memory.complaint);
    }
}

static void running_allocates_nothing(void **state)
{
    enum { N = 100 };
    static double x[N], values[N];
    const plast_matrix to = plast_output_f64(values, 1, N);
    plast_lyapunov_summary summary = { PLAST_LYAPUNOV_SUMMARY };
    network_system net = network_make(N, 2.0, 0.1, 0, 1);
    const plast_system system = network_map(&net);
    const plast_lyapunov_options options = { PLAST_LYAPUNOV_OPTIONS, .sum_rule = 1, .blocks = 2 };
    (void)state;
    network_start(&net, 1.0, 1, x);
    plast_lyapunov *l = make(&system, &options);
    const int64_t ours = memory.calls, all = malloc_count();
    const plast_status statuses[] = { plast_lyapunov_run(l, x, 15), plast_lyapunov_read(l, &summary),
                                      plast_lyapunov_get(l, PLAST_LYAPUNOV_ERRORS, &to), plast_lyapunov_reset(l, 2) };
    const int64_t allocated = malloc_count() - all;
    for (int i = 0; i < 4; i++)
        assert_int_equal(statuses[i], PLAST_OK);
    assert_int_equal(memory.calls, ours);
    if (malloc_count_works()) /* sanitizers and valgrind have a malloc of their own */
        assert_int_equal(allocated, 0);
    plast_lyapunov_destroy(l);
    network_free(&net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        quiet_test(running_allocates_nothing), /* first: OpenBLAS has not been warmed up yet */
        quiet_test(bad_options_are_refused),
        quiet_test(bad_systems_are_refused),
        quiet_test(null_and_bad_numbers_are_refused),
        quiet_test(results_come_when_they_are_there),
        quiet_test(callbacks_may_fail),
        quiet_test(tangents_must_be_finite),
        quiet_test(bursts_are_met),
        quiet_test(any_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
