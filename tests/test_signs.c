/* SPDX-License-Identifier: MIT
 *
 * Dale's law and bounds of synapse groups: what is not allowed is cut off after every change, whatever makes it, in
 * forward and feedback matrices, and everything else learns as plain loops do that cut as well. */
#include "support/quiet.h"
#include "support/scheme_world.h"

#include "layers/layers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

static plast_status set_sign(plast_synapses *group, const double *signs)
{
    const plast_matrix m = plast_matrix_f64(signs, 1, group_cols(group));
    return plast_synapses_set_sign(group, &m);
}

/* -1, 0 or 1. */
static void draw_signs(uint64_t seed, int64_t n, double *signs)
{
    fill_uniform(seed, n, signs);
    for (int64_t i = 0; i < n; i++)
        signs[i] = signs[i] < -0.4 ? -1.0 : signs[i] > 0.2 ? 1.0 : 0.0;
}

/* How many weights there are, and how many lie at an end of what is allowed. */
typedef struct tally {
    int64_t all, ends;
} tally;

/* All weights are in their intervals as the number type rounds these, and below the group's bound. */
static tally check_intervals(const net *net)
{
    const char *scheme = plast_network_feedback(net->network);
    const int by_sign = strcmp(scheme + strlen(scheme) - 2, "sf") == 0; /* feedback is made anew at every descent */
    tally t = { 0, 0 };
    for (int32_t l = 0; l < LAYERS; l++)
        for (int k = 0; k < NAMES; k++) {
            const plast_synapses *group = net_find_group(net, l, group_names[k]);
            if (group == NULL)
                continue;
            double low[MOST], high[MOST], mask[MOST], *w = group_new(group);
            const int made_anew = by_sign && strcmp(group_names[k], "input") != 0;
            net_interval(net, l, group_names[k], low, high);
            group_get_mask(group, mask);
            for (int64_t i = 0; i < group_size(group); i++) {
                const int single = net->plan.dtype != PLAST_F64;
                const double least = single ? (double)(float)low[i] : low[i];
                const double most = single ? (double)(float)high[i] : high[i];
                assert_true(w[i] >= least && w[i] <= most);
                assert_true(mask[i] != 0.0 || w[i] == 0.0);
                assert_true(fabs(w[i]) <= group->model->groups[group->group].bound || made_anew);
                t.ends += mask[i] != 0.0 && (w[i] == least || w[i] == most);
                t.all += mask[i] != 0.0;
            }
            free(w);
        }
    return t;
}

/* Signs for every group that has its own, beside that bounds for one in two and a mask for one in three. */
static void constrain_everything(const net *net)
{
    for (int32_t l = 0; l < LAYERS; l++)
        for (int k = 0; k < NAMES; k++) {
            plast_synapses *group = net_find_group(net, l, group_names[k]);
            double mask[MOST], signs[70];
            if (group == NULL || follows(net, group_names[k]))
                continue;
            const uint64_t seed = (uint64_t)(l * NAMES + k + 1);
            draw_signs(seed, group_cols(group), signs);
            net_ok(net, set_sign(group, signs));
            if ((l + k) % 2 == 0)
                net_ok(net, plast_synapses_set_bounds(group, -0.35, 0.25));
            fill_uniform(seed, group_size(group), mask);
            for (int64_t i = 0; i < group_size(group); i++)
                mask[i] = mask[i] > -0.7;
            if ((l + k) % 3 == 0)
                group_mask(group, mask);
        }
    check_intervals(net);
}

/* ---- against plain loops ---- */

static void project_reference(const net *net, const naive *reference)
{
    for (int32_t l = 0; l < LAYERS; l++) {
        const plast_synapses *group = net_group(net, l, "input");
        double mask[MOST], low[MOST], high[MOST], *w = reference->layer[l].w;
        group_get_mask(group, mask);
        net_interval(net, l, "input", low, high);
        for (int64_t i = 0; i < group_size(group); i++)
            w[i] = fmin(fmax(w[i] * mask[i], low[i]), high[i]);
    }
}

static void follow(const net_plan *plan, const scheme_plan *scheme, int64_t batch)
{
    net net = follow_plain_loops(plan, scheme, batch, constrain_everything, project_reference);
    const tally t = check_intervals(&net);
    assert_true(t.ends > 10 && t.ends < t.all);
    net_free(&net);
}

static void constrained_weights_learn_as_plain_loops_do(void **state)
{
    (void)state;
    for (const scheme_plan *s = all_schemes; s->name != NULL; s++)
        for (int adam = 0; adam < 2; adam++)
            for (int ruled = 0; ruled < 3; ruled++)
                for (int64_t batch = 1; batch <= 6; batch += 5) {
                    const net_plan plan = plan_of(PLAST_F64, adam, ruled);
                    follow(&plan, s, batch);
                }
}

/* Layers of several blocks of rows. */
static void wide_layers_are_cut_block_by_block(void **state)
{
    net_plan plan = plan_of(PLAST_F64, 0, 1);
    (void)state;
    plan.units[0] = 70;
    plan.units[1] = 40;
    plan.rate = 0.02;
    follow(&plan, &all_schemes[0], 1);
    follow(&plan, &kolen_pollack, 1);
    follow(&plan, &kolen_pollack, 6);
}

/* ---- bits ---- */

static void splits_keep_their_bits(void **state)
{
    (void)state;
    for (const scheme_plan *s = all_schemes; s->name != NULL; s++)
        for (int k = 0; k < 8; k++) {
            const net_plan plan = plan_of(k & 1 ? PLAST_F64 : PLAST_F32, k & 2, k & 4 ? 2 : 0);
            check_split(&plan, s, constrain_everything);
        }
}

/* Bounds that are never met, signs that are all free, and signs and bounds that were taken away: the bits of none. */
static void what_allows_everything_changes_nothing(void **state)
{
    (void)state;
    for (int k = 0; k < 24; k++) {
        const net_plan plan = plan_of(k & 1 ? PLAST_F64 : PLAST_F32, k & 2, k & 4 ? 1 : 0);
        const int64_t batch = k % 3 == 0 ? 6 : 1;
        net plain = net_make(&plan), wide = net_make(&plan);
        const double none[9] = { 0.0 };
        net_scheme(&plain, &kolen_pollack);
        net_scheme(&wide, &kolen_pollack);
        for (int32_t l = 0; l < LAYERS; l++) {
            plast_synapses *group = net_group(&wide, l, "input");
            net_ok(&wide, set_sign(group, none));
            net_ok(&wide, plast_synapses_set_bounds(group, -1e3, 1e3));
            if (l == 1)
                net_ok(&wide, plast_synapses_set_bounds(group, -(double)INFINITY, (double)INFINITY));
            assert_true((group->model->groups[group->group].limits == NULL) == (l == 1)); /* back on the fast path */
            if (l == 2)
                net_ok(&wide, plast_synapses_set_sign(group, NULL));
        }
        learn(&plain, 0, SAMPLES, batch);
        learn(&wide, 0, SAMPLES, batch);
        assert_same_schemes(&wide, &plain);
        net_free(&plain);
        net_free(&wide);
    }
}

/* ---- for long ---- */

static void thousands_of_steps_leave_no_weight_outside(void **state)
{
    enum { EPOCHS = 100 };
    (void)state;
    for (int k = 0; k < 16; k++) {
        const net_plan plan = plan_of(k & 1 ? PLAST_F64 : PLAST_F32, k & 2, k & 4 ? 1 : 0);
        net net = net_make(&plan);
        net_scheme(&net, &kolen_pollack);
        constrain_everything(&net);
        for (int e = 0; e < EPOCHS; e++) {
            learn(&net, 0, SAMPLES, k & 8 ? 6 : 1);
            check_intervals(&net);
        }
        const tally t = check_intervals(&net);
        assert_true(t.ends > 0 && t.ends < t.all);
        net_free(&net);
    }
}

/* A rule that rescales rows would carry weights beyond their bounds: these have the last word, in the partner too. */
static void bounds_come_after_rescaling(void **state)
{
    (void)state;
    for (int64_t batch = 1; batch <= 6; batch += 5) {
        net_plan plan = plan_of(PLAST_F64, 0, 0);
        net net = net_make(&plan);
        plast_rule *rule = NULL;
        int64_t at_norm = 0;
        net_ok(&net, plast_rule_create(net.context, "normalisation", &rule));
        net_ok(&net, plast_rule_set(rule, "norm", 0.5));
        net_ok(&net, plast_network_add_rule(net.network, PLAST_ALL_LAYERS, rule));
        plast_rule_destroy(rule);
        net_scheme(&net, &kolen_pollack);
        constrain_everything(&net);
        for (int e = 0; e < 5; e++) {
            learn(&net, 0, SAMPLES, batch);
            check_intervals(&net);
        }
        for (int32_t l = 0; l < LAYERS; l++) {
            const plast_synapses *group = net_group(&net, l, "input");
            double *w = group_new(group);
            for (int64_t i = 0; i < group_rows(group); i++) {
                const double norm = length(group_cols(group), w + i * group_cols(group));
                assert_true(norm < 0.5 * (1.0 + 1e-14));
                at_norm += norm > 0.5 * (1.0 - 1e-14);
            }
            free(w);
        }
        assert_true(at_norm > 5);
        net_free(&net);
    }
}

/* ---- what they belong to ---- */

/* Hand-made: each weight on its own, at once, by set_weights, and in both number types. */
static void weights_are_cut_at_once(void **state)
{
    static const double given[8] = { -0.5, 0.9, -0.2, 0.3, 0.1, -0.9, 0.2, -0.05 };
    static const double by_sign[8] = { 0.0, 0.0, -0.2, 0.3, 0.1, -0.9, 0.2, -0.05 };
    static const double by_both[8] = { 0.0, 0.0, -0.1, 0.2, 0.1, -0.1, 0.2, -0.05 };
    static const double signs[4] = { 1.0, -1.0, 0.0, 0.0 };
    (void)state;
    for (int32_t dtype = PLAST_F32; dtype <= PLAST_F64; dtype++) {
        const net_plan plan = { .dtype = dtype, .inputs = 4, .layers = 1, .units = { 2 } };
        net net = net_make(&plan);
        plast_synapses *group = net_group(&net, 0, "input");
        double w[8], back[4] = { 9.0, 9.0, 9.0, 9.0 }, lower = 0.0, upper = 0.0;
        const double tolerance = dtype == PLAST_F64 ? 0.0 : 1e-7;
        group_set(group, given);
        net_ok(&net, set_sign(group, signs));
        group_get(group, w);
        for (int i = 0; i < 8; i++)
            assert_near(w[i], by_sign[i], tolerance);
        net_ok(&net, plast_synapses_set_bounds(group, -0.1, 0.2));
        group_set(group, given);
        group_get(group, w);
        for (int i = 0; i < 8; i++)
            assert_near(w[i], by_both[i], tolerance);
        const plast_matrix column = plast_output_f64(back, 4, 1);
        net_ok(&net, plast_synapses_get_sign(group, &column));
        assert_same_bits(4, back, signs);
        net_ok(&net, plast_synapses_get_bounds(group, &lower, NULL));
        net_ok(&net, plast_synapses_get_bounds(group, NULL, &upper));
        assert_true(lower == -0.1 && upper == 0.2);
        net_ok(&net, plast_synapses_set_sign(group, NULL));
        net_ok(&net, plast_synapses_set_bounds(group, -(double)INFINITY, (double)INFINITY));
        group_set(group, given);
        group_get(group, w);
        for (int i = 0; i < 8; i++)
            assert_near(w[i], given[i], tolerance);
        net_free(&net);
    }
}

/* Rows, columns, strides and all number types. */
static void every_form_of_signs_is_read(void **state)
{
    const net_plan plan = plan_of(PLAST_F32, 0, 0);
    net net = net_make(&plan);
    plast_synapses *group = net_group(&net, 1, "input"); /* 5 x 9 */
    double wanted[9], found[9], spread[27];
    float of_f32[9];
    int32_t of_i32[9];
    int64_t of_i64[9];
    (void)state;
    draw_signs(2, 9, wanted);
    for (int i = 0; i < 9; i++) {
        of_f32[i] = (float)wanted[i];
        of_i32[i] = (int32_t)wanted[i];
        of_i64[i] = (int64_t)wanted[i];
        spread[3 * i] = wanted[i];
    }
    plast_matrix strided = plast_matrix_f64(spread, 1, 9);
    strided.col_stride = 3;
    plast_matrix upright = plast_matrix_f64(spread, 9, 1);
    upright.row_stride = 3;
    const plast_matrix forms[] = { plast_matrix_f32(of_f32, 1, 9), plast_labels_i32(of_i32, 9),
                                   plast_labels_i64(of_i64, 9), strided, upright };
    const plast_matrix out = plast_output_f64(found, 1, 9);
    for (int k = 0; k < 5; k++) {
        net_ok(&net, plast_synapses_set_sign(group, NULL));
        net_ok(&net, plast_synapses_get_sign(group, &out));
        for (int i = 0; i < 9; i++)
            assert_true(found[i] == 0.0);
        net_ok(&net, plast_synapses_set_sign(group, &forms[k]));
        net_ok(&net, plast_synapses_get_sign(group, &out));
        assert_same_bits(9, found, wanted);
    }
    net_free(&net);
}

/* They stay over a reset and are gone without a trace when taken away. */
static void limits_stay_and_go(void **state)
{
    (void)state;
    for (const scheme_plan *s = all_schemes; s->name != NULL; s++) {
        const net_plan plan = plan_of(PLAST_F64, 0, 0);
        net net = net_make(&plan), fresh = net_make(&plan);
        net_scheme(&net, s);
        net_scheme(&fresh, s);
        constrain_everything(&net);
        learn(&net, 0, SAMPLES, 1);
        net_ok(&net, plast_network_reset(net.network, plan.seed));
        check_intervals(&net);
        if (strcmp(s->name, "weight_mirror") == 0) {
            net_ok(&net, plast_network_mirror(net.network, NULL, NULL));
            check_intervals(&net);
        }
        for (int32_t l = 0; l < LAYERS; l++) {
            const double zeros[9] = { 0.0 };
            net_set_bias(&fresh, l, zeros);
            for (int k = 0; k < NAMES; k++) {
                plast_synapses *group = net_find_group(&net, l, group_names[k]);
                if (group == NULL || follows(&net, group_names[k]))
                    continue;
                net_ok(&net, plast_synapses_set_mask(group, NULL));
                net_ok(&net, plast_synapses_set_sign(group, NULL));
                net_ok(&net, plast_synapses_set_bounds(group, -(double)INFINITY, (double)INFINITY));
            }
        }
        net_ok(&net, plast_network_reset(net.network, plan.seed));
        assert_same_schemes(&net, &fresh);
        net_free(&net);
        net_free(&fresh);
    }
}

/* A partner has the forward limits, set before the scheme or after; it cannot have others, and without the scheme it
 * has its own. */
static void partners_have_the_same_limits(void **state)
{
    (void)state;
    for (int before = 0; before < 2; before++) {
        const net_plan plan = plan_of(PLAST_F64, 0, 1);
        net net = net_make(&plan);
        double signs[5] = { 1.0, -1.0, 1.0, 0.0, -1.0 }, found[8], lower = 0.0, upper = 0.0;
        const plast_matrix out = plast_output_f64(found, 1, 8), in = plast_matrix_f64(found, 1, 8);
        if (!before)
            net_scheme(&net, &kolen_pollack);
        net_ok(&net, set_sign(net_group(&net, 2, "input"), signs)); /* 8 x 5 */
        net_ok(&net, plast_synapses_set_bounds(net_group(&net, 2, "input"), -0.25, 0.5));
        if (before)
            net_scheme(&net, &kolen_pollack);
        plast_synapses *feedback = net_group(&net, 1, "feedback"); /* 5 x 8 */
        double *b = group_new(feedback);
        for (int i = 0; i < 40; i++)
            assert_true(signs[i / 8] * b[i] >= 0.0 && b[i] >= -0.25 && b[i] <= 0.5);
        free(b);
        memset(found, 0, sizeof found);
        assert_int_equal(plast_synapses_get_sign(feedback, &out), PLAST_E_STATE);
        assert_non_null(strstr(plast_context_error(net.context), "forward ones of layer 2"));
        assert_int_equal(plast_synapses_set_sign(feedback, &in), PLAST_E_STATE);
        assert_int_equal(plast_synapses_set_sign(feedback, NULL), PLAST_E_STATE);
        assert_int_equal(plast_synapses_set_bounds(feedback, -0.25, 0.4), PLAST_E_STATE);
        assert_non_null(strstr(plast_context_error(net.context), "set them there"));
        net_ok(&net, plast_synapses_set_bounds(feedback, -0.25, 0.5)); /* it has them */
        net_ok(&net, plast_synapses_get_bounds(feedback, &lower, &upper));
        assert_true(lower == -0.25 && upper == 0.5);
        learn(&net, 0, SAMPLES, 1);
        check_intervals(&net);
        net_scheme(&net, &all_schemes[1]);
        feedback = net_group(&net, 1, "feedback");
        net_ok(&net, plast_synapses_get_sign(feedback, &out));
        net_ok(&net, plast_synapses_get_bounds(feedback, &lower, &upper));
        assert_true(found[0] == 0.0 && isinf(lower) && isinf(upper));
        net_ok(&net, plast_synapses_get_bounds(net_group(&net, 2, "input"), &lower, &upper));
        assert_true(lower == -0.25 && upper == 0.5);
        net_free(&net);
    }
}

/* Bounds need not hold 0: weights start there then, and the group's bound follows. */
static void bounds_may_leave_out_zero(void **state)
{
    (void)state;
    for (int k = 0; k < 4; k++) {
        net_plan plan = plan_of(k & 1 ? PLAST_F64 : PLAST_F32, 0, 1);
        plan.init = PLAST_INIT_ZERO;
        net net = net_make(&plan);
        net_scheme(&net, &kolen_pollack);
        for (int32_t l = 0; l < LAYERS; l++) {
            plast_synapses *group = net_group(&net, l, "input");
            double signs[9];
            net_ok(&net, plast_synapses_set_bounds(group, k & 2 ? 0.3 : -0.6, k & 2 ? 0.7 : -0.1));
            for (int j = 0; j < 9; j++)
                signs[j] = j % 2 == 0 ? 0.0 : k & 2 ? 1.0 : -1.0;
            if (l % 2 == 0) /* signs that agree with the bounds */
                net_ok(&net, set_sign(group, signs));
        }
        check_intervals(&net);
        learn(&net, 0, SAMPLES, 1);
        learn(&net, 0, SAMPLES, 6);
        check_intervals(&net);
        net_ok(&net, plast_network_reset(net.network, 3));
        check_intervals(&net);
        net_free(&net);
    }
}

/* ---- bad input ---- */

#define REFUSED(call, expected, text)                                                                                  \
    do {                                                                                                               \
        assert_int_equal(call, expected);                                                                              \
        if (strstr(plast_context_error(net.context), text) == NULL)                                                    \
            fail_msg("%s", plast_context_error(net.context));                                                          \
    } while (0)

static void what_cannot_be_is_refused(void **state)
{
    const net_plan plan = plan_of(PLAST_F32, 0, 0);
    net net = net_make(&plan);
    plast_synapses *group = net_group(&net, 2, "input"); /* 8 x 5 */
    const double nan = (double)NAN, inf = (double)INFINITY;
    double signs[8] = { 1.0, 0.0, -1.0, 0.0, 0.0 }, before[40], after[40], mask[40], found[5], lower = 0.0, upper = 0.0;
    static const double wrong[] = { 0.5, 2.0, -2.0, (double)NAN, (double)INFINITY };
    const plast_matrix in = plast_matrix_f64(signs, 1, 5), out = plast_output_f64(found, 1, 5);
    (void)state;
    net_ok(&net, plast_synapses_set_sign(group, &in));
    net_ok(&net, plast_synapses_set_bounds(group, -0.5, 0.25));
    group_get(group, before);
    for (int k = 0; k < 5; k++) {
        double bad[5] = { 1.0, 0.0, -1.0, 0.0, 0.0 };
        bad[3] = wrong[k];
        REFUSED(set_sign(group, bad), PLAST_E_RANGE, "signs[3] is ");
    }
    const plast_matrix more = plast_matrix_f64(signs, 1, 8), tall = plast_matrix_f64(signs, 8, 1);
    const plast_matrix read_only = in;
    REFUSED(plast_synapses_set_sign(group, &more), PLAST_E_INVALID, "signs has 8 columns, expected 5");
    REFUSED(plast_synapses_set_sign(group, &tall), PLAST_E_INVALID, "signs has 8 rows, expected 5");
    REFUSED(plast_synapses_get_sign(group, &read_only), PLAST_E_INVALID, "read-only");
    REFUSED(plast_synapses_get_sign(group, NULL), PLAST_E_INVALID, "signs is NULL");
    REFUSED(plast_synapses_get_bounds(group, NULL, NULL), PLAST_E_INVALID, "places for both bounds");
    REFUSED(plast_synapses_set_bounds(group, 0.5, 0.25), PLAST_E_RANGE, "bounds are 0.5 to 0.25, expected lower");
    REFUSED(plast_synapses_set_bounds(group, nan, 1.0), PLAST_E_RANGE, "bounds are ");
    REFUSED(plast_synapses_set_bounds(group, 0.0, nan), PLAST_E_RANGE, "bounds are ");
    REFUSED(plast_synapses_set_bounds(group, inf, inf), PLAST_E_RANGE, "a number of the network's type");
    REFUSED(plast_synapses_set_bounds(group, -inf, -inf), PLAST_E_RANGE, "a number of the network's type");
    REFUSED(plast_synapses_set_bounds(group, 1e39, inf), PLAST_E_RANGE, "a number of the network's type");
    REFUSED(plast_synapses_set_bounds(group, -inf, -1e39), PLAST_E_RANGE, "a number of the network's type");
    REFUSED(plast_synapses_set_bounds(group, 0.1, 0.5), PLAST_E_RANGE, "the sign of unit 2 is -1");
    REFUSED(plast_synapses_set_bounds(group, -0.5, -0.1), PLAST_E_RANGE, "the sign of unit 0 is 1");
    group_get(group, after);
    assert_same_bits(40, after, before);
    net_ok(&net, plast_synapses_get_sign(group, &out));
    assert_same_bits(5, found, signs);
    net_ok(&net, plast_synapses_get_bounds(group, &lower, &upper));
    assert_true(lower == -0.5 && upper == 0.25);
    net_ok(&net, plast_synapses_set_sign(group, NULL)); /* now bounds without 0, a sign and a mask against them */
    net_ok(&net, plast_synapses_set_bounds(group, 0.1, 0.5));
    REFUSED(plast_synapses_set_sign(group, &in), PLAST_E_RANGE, "the sign of unit 2 is -1");
    for (int i = 0; i < 40; i++)
        mask[i] = i != 39;
    const plast_matrix m = plast_matrix_f64(mask, 8, 5);
    REFUSED(plast_synapses_set_mask(group, &m), PLAST_E_RANGE, "bounds of 0.1 to 0.5 leave out 0");
    net_ok(&net, plast_synapses_set_bounds(group, 0.0, 0.5));
    group_mask(group, mask);
    REFUSED(plast_synapses_set_bounds(group, 0.1, 0.5), PLAST_E_RANGE, "bounds of 0.1 to 0.5 leave out 0");
    assert_int_equal(plast_synapses_set_sign(NULL, &in), PLAST_E_INVALID);
    assert_int_equal(plast_synapses_get_sign(NULL, &out), PLAST_E_INVALID);
    assert_int_equal(plast_synapses_set_bounds(NULL, 0.0, 1.0), PLAST_E_INVALID);
    assert_int_equal(plast_synapses_get_bounds(NULL, &lower, &upper), PLAST_E_INVALID);
    net_free(&net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        quiet_test(constrained_weights_learn_as_plain_loops_do),
        quiet_test(wide_layers_are_cut_block_by_block),
        quiet_test(splits_keep_their_bits),
        quiet_test(what_allows_everything_changes_nothing),
        quiet_test(thousands_of_steps_leave_no_weight_outside),
        quiet_test(bounds_come_after_rescaling),
        quiet_test(weights_are_cut_at_once),
        quiet_test(every_form_of_signs_is_read),
        quiet_test(limits_stay_and_go),
        quiet_test(partners_have_the_same_limits),
        quiet_test(bounds_may_leave_out_zero),
        quiet_test(what_cannot_be_is_refused),
    };
    return cmocka_run_group_tests(tests, fill_data, NULL);
}
