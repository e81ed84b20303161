/* SPDX-License-Identifier: MIT
 *
 * The ten candidate terms of Shervani-Tabar & Rosenbaum 2023, W += sum_r theta_r F^r, eqs. 14-23 read literally: what
 * multiplies an outer product there is one number for the whole layer. By the presynaptic vector they are three terms,
 *
 *     x             u = -(theta_0 + theta_5 sum y + theta_7 a) e
 *     e_pre         u = -theta_2 e - (theta_1 + theta_6 a + theta_8 c) y - theta_4 1
 *     x - W^T y     u = theta_9 y
 *
 * with a = y . W e_pre = W^T y . e_pre and c = e . W x = e . (z - b), and theta_3 shrinks all. The last holds where the
 * group is the only one into its population. */
#include "base/scalar.h"
#include "core/rule.h"

#include <math.h>

#define THETA(r, help)                                                                                                 \
    {                                                                                                                  \
        "theta_" #r, "1", help, 0.0, -(double)INFINITY, (double)INFINITY,                                              \
            PLAST_PARAMETER_OPEN_MINIMUM | PLAST_PARAMETER_OPEN_MAXIMUM                                                \
    }

static const plast__parameter parameters[] = {
    THETA(0, "of -e x^T, the error-driven term"),
    THETA(1, "of -y e_pre^T"),
    THETA(2, "of -e e_pre^T, error-based Hebbian plasticity; negative turns W toward the feedback"),
    THETA(3, "of -W, once per update"),
    THETA(4, "of -1 e_pre^T"),
    THETA(5, "of -e (1^T y) x^T"),
    THETA(6, "of -y (y^T W e_pre) e_pre^T"),
    THETA(7, "of -e (y^T W e_pre) x^T"),
    THETA(8, "of -y (x^T W^T e) e_pre^T"),
    THETA(9, "of y x^T - y y^T W, Oja's subspace rule"),
};

/* One sample's vectors and numbers. */
typedef struct sample {
    const void *y, *e;
    double sum;      /* of y */
    double backward; /* a */
    double forward;  /* c */
} sample;

static sample look_at(const plast__site *site, int64_t b)
{
    const int32_t dtype = site->dtype;
    const void *z = plast__at_const(dtype, site->z, b * site->ld_post);
    sample s = { .y = plast__at_const(dtype, site->y, b * site->ld_post),
                 .e = plast__at_const(dtype, site->s, b * site->ld_post) };
    for (int64_t i = 0; i < site->n_post; i++) {
        const double bias = site->bias == NULL ? 0.0 : plast__get(dtype, site->bias, i);
        s.sum += plast__get(dtype, s.y, i);
        s.forward += plast__get(dtype, s.e, i) * (plast__get(dtype, z, i) - bias);
    }
    s.backward = site->kernels->dot(site->n_pre, plast__at_const(dtype, site->projection, b * site->ld_pre),
                                    plast__at_const(dtype, site->s_pre, b * site->ld_pre));
    return s;
}

/* What stands with x. Without layer-wide numbers that is the signal itself. */
static void emit_with_activity(plast__site *site, plast__terms *terms)
{
    const double *theta = site->values, mean = 1.0 / (double)site->samples;
    if (theta[5] == 0.0 && theta[7] == 0.0) {
        if (theta[0] != 0.0)
            plast__terms_add_rank(terms, -mean * theta[0], site->s, site->x);
        return;
    }
    for (int64_t b = 0; b < site->samples; b++) {
        const sample s = look_at(site, b);
        const double factor = theta[0] + theta[5] * s.sum + theta[7] * s.backward;
        site->kernels->scale(site->n_post, factor, s.e, plast__at(site->dtype, site->post_work, b * site->ld_post));
    }
    plast__terms_add_rank(terms, -mean, site->post_work, site->x);
}

/* What stands with e_pre. */
static void emit_with_signal(plast__site *site, plast__terms *terms)
{
    const double *theta = site->values, mean = 1.0 / (double)site->samples;
    if (theta[1] == 0.0 && theta[4] == 0.0 && theta[6] == 0.0 && theta[8] == 0.0) {
        if (theta[2] != 0.0)
            plast__terms_add_rank(terms, -mean * theta[2], site->s, site->s_pre);
        return;
    }
    for (int64_t b = 0; b < site->samples; b++) {
        const sample s = look_at(site, b);
        const double of_y = theta[1] + theta[6] * s.backward + theta[8] * s.forward;
        void *u = plast__at(site->dtype, site->post_work_2, b * site->ld_post);
        for (int64_t i = 0; i < site->n_post; i++)
            plast__set(site->dtype, u, i,
                       theta[2] * plast__get(site->dtype, s.e, i) + of_y * plast__get(site->dtype, s.y, i) + theta[4]);
    }
    plast__terms_add_rank(terms, -mean, site->post_work_2, site->s_pre);
}

static void emit(plast__site *site, plast__terms *terms)
{
    const double *theta = site->values, mean = 1.0 / (double)site->samples;
    emit_with_activity(site, terms);
    emit_with_signal(site, terms);
    plast__terms_shrink(terms, theta[3]);
    if (theta[9] == 0.0)
        return;
    site->kernels->subtract(site->samples * site->ld_pre, site->x, site->projection, site->pre_work);
    plast__terms_add_rank(terms, mean * theta[9], site->y, site->pre_work);
}

const plast__rule_kind plast__rule_pool = {
    .parameters = { "rule", "pool", parameters, sizeof parameters / sizeof parameters[0] },
    .needs = PLAST__NEEDS_LONE_DRIVE | PLAST__NEEDS_PROJECTION | PLAST__NEEDS_POST_WORK | PLAST__NEEDS_POST_WORK_2 |
             PLAST__NEEDS_PRE_WORK | PLAST__NEEDS_PRE_SIGNAL,
    .ranks = 3,
    .emit = emit,
};
