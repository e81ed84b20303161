/* SPDX-License-Identifier: MIT
 *
 * Masks of synapse groups: which synapses exist. What does not exist is 0 whatever learns, in forward and feedback
 * matrices; the rest learns as plain loops do; partners have transposed masks. Also the two ways round in which
 * matrices lie. */
#include "support/quiet.h"
#include "support/scheme_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Two thirds of all synapses. */
static void draw_mask(uint64_t seed, int64_t n, double *mask)
{
    fill_uniform(seed, n, mask);
    for (int64_t i = 0; i < n; i++)
        mask[i] = mask[i] > -1.0 / 3.0;
}

/* 0 exactly where the mask is 0, and not elsewhere. `all`: every other synapse is there. */
static void check_support(const net *net, int all)
{
    for (int32_t l = 0; l < LAYERS; l++)
        for (int k = 0; k < NAMES; k++) {
            const plast_synapses *group = net_find_group(net, l, group_names[k]);
            if (group == NULL)
                continue;
            double mask[MOST], *w = group_new(group);
            group_get_mask(group, mask);
            for (int64_t i = 0; i < group_size(group); i++) {
                assert_true(mask[i] == 0.0 || mask[i] == 1.0);
                assert_true(mask[i] == 1.0 || w[i] == 0.0);
                assert_true(!all || mask[i] == 0.0 || w[i] != 0.0);
            }
            free(w);
        }
}

static void mask_everything(const net *net)
{
    for (int32_t l = 0; l < LAYERS; l++)
        for (int k = 0; k < NAMES; k++) {
            plast_synapses *group = net_find_group(net, l, group_names[k]);
            double mask[MOST];
            if (group == NULL || follows(net, group_names[k]))
                continue;
            draw_mask((uint64_t)(l * NAMES + k + 1), group_size(group), mask);
            group_mask(group, mask);
        }
    check_support(net, 0);
}

static void mask_reference(const net *net, const naive *reference)
{
    for (int32_t l = 0; l < LAYERS; l++) {
        const plast_synapses *group = net_group(net, l, "input");
        double mask[MOST];
        group_get_mask(group, mask);
        for (int64_t i = 0; i < group_size(group); i++)
            reference->layer[l].w[i] *= mask[i];
    }
}

static void follow(const net_plan *plan, const scheme_plan *scheme, int64_t batch)
{
    net net = follow_plain_loops(plan, scheme, batch, mask_everything, mask_reference);
    const int signs =
        strcmp(scheme->name, "usf") == 0 || strcmp(scheme->name, "frsf") == 0 || strcmp(scheme->name, "brsf") == 0;
    check_support(&net, !signs); /* those are 0 too where the forward weights are */
    net_free(&net);
}

static void masked_synapses_do_not_exist(void **state)
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

/* Layers of several blocks of rows, where the projection that Oja's rule needs runs beside the sweep. */
static void wide_layers_are_masked_block_by_block(void **state)
{
    net_plan plan = plan_of(PLAST_F64, 0, 1);
    (void)state;
    plan.units[0] = 70;
    plan.units[1] = 40;
    plan.rate = 0.02;
    for (int k = 0; k <= 10; k += 10) { /* backprop, Kolen-Pollack */
        check_split(&plan, &all_schemes[k], mask_everything);
        follow(&plan, &all_schemes[k], 1);
        follow(&plan, &all_schemes[k], 6);
    }
}

/* Masked rows are finished one by one: still the same bits however samples are split. */
static void splits_keep_their_bits(void **state)
{
    (void)state;
    for (const scheme_plan *s = all_schemes; s->name != NULL; s++)
        for (int k = 0; k < 8; k++) {
            const net_plan plan = plan_of(k & 1 ? PLAST_F64 : PLAST_F32, k & 2, k & 4 ? 2 : 0);
            check_split(&plan, s, mask_everything);
        }
}

/* Masks stay over a reset; without one all synapses are drawn and learn. */
static void masks_stay_and_go(void **state)
{
    (void)state;
    for (const scheme_plan *s = all_schemes; s->name != NULL; s++) {
        const net_plan plan = plan_of(PLAST_F64, 0, 0);
        net net = net_make(&plan), fresh = net_make(&plan);
        net_scheme(&net, s);
        net_scheme(&fresh, s);
        mask_everything(&net);
        learn(&net, 0, SAMPLES, 1);
        net_ok(&net, plast_network_reset(net.network, plan.seed));
        check_support(&net, 0);
        if (strcmp(s->name, "weight_mirror") == 0) {
            net_ok(&net, plast_network_mirror(net.network, NULL, NULL));
            check_support(&net, 1);
        }
        for (int32_t l = 0; l < LAYERS; l++) {
            const double zeros[9] = { 0.0 };
            net_set_bias(&fresh, l, zeros);
            for (int k = 0; k < NAMES; k++)
                if (net_find_group(&net, l, group_names[k]) != NULL && !follows(&net, group_names[k]))
                    net_ok(&net, plast_synapses_set_mask(net_group(&net, l, group_names[k]), NULL));
        }
        net_ok(&net, plast_network_reset(net.network, plan.seed));
        assert_same_schemes(&net, &fresh);
        net_free(&net);
        net_free(&fresh);
    }
}

/* ---- which way round ---- */

static void every_type_of_mask_is_read(void **state)
{
    const net_plan plan = plan_of(PLAST_F32, 0, 0);
    net net = net_make(&plan);
    static const char *const groups[] = { "input", "feedback" };
    (void)state;
    net_scheme(&net, &all_schemes[1]);
    for (int k = 0; k < 2; k++) {
        plast_synapses *group = net_group(&net, 1, groups[k]);
        const int64_t rows = group_rows(group), cols = group_cols(group), n = rows * cols;
        double wanted[MOST], found[MOST];
        float of_f32[MOST], out[MOST];
        uint8_t of_u8[MOST];
        group_get_mask(group, found);
        for (int64_t i = 0; i < n; i++)
            assert_near(found[i], 1.0, 0.0);
        draw_mask(3, n, wanted);
        for (int64_t i = 0; i < n; i++) {
            of_f32[i] = (float)wanted[i];
            of_u8[i] = (uint8_t)wanted[i];
        }
        plast_matrix bytes = plast_labels_u8(of_u8, rows);
        bytes.cols = cols;
        bytes.row_stride = cols;
        const plast_matrix singles = plast_matrix_f32(of_f32, rows, cols), back = plast_output_f32(out, rows, cols);
        const plast_matrix *const given[] = { &bytes, &singles };
        for (int type = 0; type < 2; type++) {
            net_ok(&net, plast_synapses_set_mask(group, NULL));
            net_ok(&net, plast_synapses_set_mask(group, given[type]));
            group_get_mask(group, found);
            assert_same_bits(n, found, wanted);
            net_ok(&net, plast_synapses_get_mask(group, &back));
            assert_memory_equal(out, of_f32, (size_t)n * sizeof *out);
        }
        net_ok(&net, plast_synapses_set_mask(group, NULL));
        group_get_mask(group, found);
        for (int64_t i = 0; i < n; i++)
            assert_near(found[i], 1.0, 0.0);
    }
    net_free(&net);
}

/* A feedback matrix lies in the shape of the forward one; views and copies show it as n_out x n_in. */
static void feedback_is_seen_the_right_way_round(void **state)
{
    (void)state;
    for (int32_t dtype = PLAST_F32; dtype <= PLAST_F64; dtype++) {
        const net_plan plan = plan_of(dtype, 0, 0);
        net net = net_make(&plan);
        net_scheme(&net, &all_schemes[1]);
        plast_synapses *group = net_group(&net, 1, "feedback"); /* 5 x 8 */
        plast_matrix view;
        double put[5 * 8], got[5 * 8];
        for (int i = 0; i < 5 * 8; i++)
            put[i] = (double)i / 4.0;
        group_set(group, put);
        group_get(group, got);
        assert_same_bits((int64_t)5 * 8, got, put);
        net_ok(&net, plast_synapses_view(group, &view));
        assert_int_equal(view.rows, 5);
        assert_int_equal(view.cols, 8);
        assert_int_equal(view.row_stride, 1);
        assert_int_equal(view.col_stride, dtype == PLAST_F64 ? 8 : 16);
        assert_int_equal(view.dtype, dtype);
        assert_true((view.flags & PLAST_READ_ONLY) != 0);
        for (int64_t i = 0; i < 5; i++)
            for (int64_t j = 0; j < 8; j++) {
                const int64_t at = i * view.row_stride + j * view.col_stride;
                const double seen =
                    dtype == PLAST_F64 ? ((const double *)view.data)[at] : (double)((const float *)view.data)[at];
                assert_near(seen, put[i * 8 + j], 0.0);
            }
        net_free(&net);
    }
}

/* ---- partners ---- */

/* W's mask is its partner's, transposed, whether it was set before the scheme or after; another one is refused, the
 * same one is not; and within it the difference shrinks as it must. */
static void partners_have_one_mask(void **state)
{
    (void)state;
    for (int before = 0; before < 2; before++)
        for (int64_t batch = 1; batch <= 6; batch += 5) {
            const net_plan plan = plan_of(PLAST_F64, (int)batch > 1, 2);
            net net = net_make(&plan);
            double mask[5 * 8], turned[8 * 5], found[8 * 5];
            draw_mask(5, (int64_t)5 * 8, mask);
            transpose(8, 5, mask, turned);
            if (!before)
                net_scheme(&net, &kolen_pollack);
            group_mask(net_group(&net, 2, "input"), mask); /* 8 x 5 */
            if (before)
                net_scheme(&net, &kolen_pollack);
            plast_synapses *forward = net_group(&net, 2, "input"), *feedback = net_group(&net, 1, "feedback");
            group_get_mask(feedback, found);
            assert_same_bits((int64_t)5 * 8, found, turned);
            check_support(&net, 1);
            group_mask(feedback, turned);
            turned[7] = 1.0 - turned[7];
            const plast_matrix other = plast_matrix_f64(turned, 5, 8);
            assert_int_equal(plast_synapses_set_mask(feedback, &other), PLAST_E_STATE);
            assert_non_null(strstr(plast_context_error(net.context), "transposed"));
            assert_int_equal(plast_synapses_set_mask(feedback, NULL), PLAST_E_STATE);
            double w[2][8 * 5], b[2][5 * 8], back[8 * 5];
            group_get(forward, w[0]);
            group_get(feedback, b[0]);
            for (int64_t i = 0; i < SAMPLES; i += batch)
                learn(&net, i, i + batch, batch);
            group_get(forward, w[1]);
            group_get(feedback, b[1]);
            for (int k = 0; k < 2; k++) {
                transpose(5, 8, b[k], back);
                for (int i = 0; i < 8 * 5; i++)
                    w[k][i] -= back[i];
            }
            const double shrunk = pow(1.0 - 0.01 - 0.004, (double)SAMPLES / (double)batch);
            for (int i = 0; i < 8 * 5; i++) {
                assert_near(w[1][i], shrunk * w[0][i], 1e-14);
                assert_true(mask[i] != 0.0 || w[1][i] == 0.0);
            }
            net_ok(&net, plast_synapses_set_mask(forward, NULL));
            group_get_mask(feedback, found);
            for (int i = 0; i < 8 * 5; i++)
                assert_near(found[i], 1.0, 0.0);
            net_free(&net);
        }
}

/* Without the scheme that tied them each is free again, and other schemes' feedback is not masked with the forward
 * weights. */
static void masks_of_partners_go_with_the_scheme(void **state)
{
    const net_plan plan = plan_of(PLAST_F64, 0, 0);
    net net = net_make(&plan);
    double mask[8 * 5], found[8 * 5];
    (void)state;
    net_scheme(&net, &kolen_pollack);
    draw_mask(5, (int64_t)8 * 5, mask);
    group_mask(net_group(&net, 2, "input"), mask);
    net_scheme(&net, &all_schemes[1]);
    group_get_mask(net_group(&net, 2, "input"), found);
    assert_same_bits((int64_t)8 * 5, found, mask);
    group_get_mask(net_group(&net, 1, "feedback"), found);
    for (int i = 0; i < 8 * 5; i++)
        assert_near(found[i], 1.0, 0.0);
    draw_mask(6, (int64_t)8 * 5, mask);
    group_mask(net_group(&net, 1, "feedback"), mask);
    group_mask(net_group(&net, 2, "input"), mask);
    net_free(&net);
}

/* Entries that are neither 0 nor 1, other shapes and types are refused, and nothing changes. */
static void bad_masks_are_refused(void **state)
{
    const net_plan plan = plan_of(PLAST_F64, 0, 0);
    net net = net_make(&plan);
    double mask[5 * 8], before[5 * 8], after[5 * 8];
    int32_t whole[5 * 8] = { 1 };
    (void)state;
    net_scheme(&net, &all_schemes[1]);
    plast_synapses *group = net_group(&net, 1, "feedback");
    draw_mask(5, (int64_t)5 * 8, mask);
    group_mask(group, mask);
    group_get(group, before);
    static const double wrong[] = { 0.5, -1.0, 2.0, (double)NAN, (double)INFINITY };
    for (int k = 0; k < 5; k++) {
        double bad[5 * 8];
        memcpy(bad, mask, sizeof bad);
        bad[2 * 8 + 3] = wrong[k];
        const plast_matrix m = plast_matrix_f64(bad, 5, 8);
        assert_int_equal(plast_synapses_set_mask(group, &m), PLAST_E_RANGE);
        assert_non_null(strstr(plast_context_error(net.context), "mask[2][3]"));
    }
    const plast_matrix turned = plast_matrix_f64(mask, 8, 5);
    assert_int_equal(plast_synapses_set_mask(group, &turned), PLAST_E_INVALID);
    assert_non_null(strstr(plast_context_error(net.context), "mask"));
    plast_matrix labels = plast_labels_i32(whole, 5);
    labels.cols = labels.row_stride = 8;
    assert_int_equal(plast_synapses_set_mask(group, &labels), PLAST_E_INVALID);
    assert_int_equal(plast_synapses_set_mask(NULL, &turned), PLAST_E_INVALID);
    assert_int_equal(plast_synapses_get_mask(NULL, &turned), PLAST_E_INVALID);
    assert_int_equal(plast_synapses_get_mask(group, NULL), PLAST_E_INVALID);
    group_get(group, after);
    assert_same_bits((int64_t)5 * 8, after, before);
    group_get_mask(group, after);
    assert_same_bits((int64_t)5 * 8, after, mask);
    net_free(&net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        quiet_test(masked_synapses_do_not_exist), quiet_test(wide_layers_are_masked_block_by_block),
        quiet_test(splits_keep_their_bits),       quiet_test(masks_stay_and_go),
        quiet_test(every_type_of_mask_is_read),   quiet_test(feedback_is_seen_the_right_way_round),
        quiet_test(partners_have_one_mask),       quiet_test(masks_of_partners_go_with_the_scheme),
        quiet_test(bad_masks_are_refused),
    };
    return cmocka_run_group_tests(tests, fill_data, NULL);
}
