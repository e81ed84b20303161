/* SPDX-License-Identifier: MIT
 *
 * The pullback of thin QR: against central differences, with either signs of R's diagonal, and where it is known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "linalg/qr.h"
#include "support/nets.h"
#include "support/quiet.h"

enum { MOST = 40 };
static const int shapes[][2] = { { 7, 4 }, { 5, 5 }, { 9, 1 }, { 3, 2 } };
enum { SHAPES = sizeof shapes / sizeof shapes[0] };

static plast_context *context;

static int begin(void **state)
{
    (void)state;
    return plast_context_create(NULL, &context) == PLAST_OK ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    plast_context_destroy(context);
    return 0;
}

/* Q and R of A; column j of Q and row j of R times sign[j]. */
static void factor(plast__qr *qr, const double *a, const double *sign, double *q, double *r)
{
    memcpy(q, a, (size_t)(qr->n * qr->k) * sizeof *q);
    assert_int_equal(plast__qr_householder(qr, q), 1);
    for (int j = 0; j < qr->k; j++)
        for (int i = 0; i < qr->n; i++)
            q[j * qr->n + i] *= sign[j];
    for (int j = 0; j < qr->k; j++)
        for (int i = 0; i < qr->k; i++)
            r[j * qr->k + i] = i <= j ? qr->r[j * qr->k + i] * sign[i] : NAN; /* never read */
}

/* sum Qb o Q + sum of the upper triangle of Rb o R. */
static double loss(plast__qr *qr, const double *a, const double *sign, const double *q_bar, const double *r_bar)
{
    double q[MOST], r[MOST], sum = 0.0;
    factor(qr, a, sign, q, r);
    for (int i = 0; i < qr->n * qr->k; i++)
        sum += q_bar[i] * q[i];
    for (int j = 0; j < qr->k; j++)
        for (int i = 0; i <= j; i++)
            sum += r_bar[j * qr->k + i] * r[j * qr->k + i];
    return sum;
}

static void it_is_the_derivative(void **state)
{
    static const double signs[2][5] = { { 1, 1, 1, 1, 1 }, { -1, 1, -1, -1, 1 } };
    const double h = 1e-5;
    (void)state;
    for (int s = 0; s < SHAPES; s++)
        for (int w = 0; w < 2; w++) {
            const int n = shapes[s][0], k = shapes[s][1];
            double a[MOST], q_bar[MOST], r_bar[MOST], q[MOST], r[MOST], differences[MOST];
            plast__qr qr;
            assert_int_equal(plast__qr_create(context, n, k, &qr), PLAST_OK);
            fill_normal(60 + (uint64_t)s, n * k, a);
            fill_normal(70 + (uint64_t)s, n * k, q_bar);
            fill_normal(80 + (uint64_t)s, k * k, r_bar);
            for (int i = 0; i < n * k; i++) {
                const double old = a[i];
                a[i] = old + h;
                const double above = loss(&qr, a, signs[w], q_bar, r_bar);
                a[i] = old - h;
                differences[i] = (above - loss(&qr, a, signs[w], q_bar, r_bar)) / (2.0 * h);
                a[i] = old;
            }
            factor(&qr, a, signs[w], q, r);
            plast__qr_pull(&qr, q, r, r_bar, q_bar);
            assert_close(n * k, q_bar, differences, 1e-7); /* h^2 times third derivatives, 1e-16 / h */
            plast__qr_free(&qr);
        }
}

/* The gradient of sum ln R_jj is Q R^-T: A's pseudo-inverse, transposed. */
static void of_the_logarithms_it_is_the_inverse(void **state)
{
    (void)state;
    for (int s = 0; s < SHAPES; s++) {
        const int n = shapes[s][0], k = shapes[s][1];
        double a[MOST], q[MOST], bar[MOST], r_bar[MOST];
        plast__qr qr;
        assert_int_equal(plast__qr_create(context, n, k, &qr), PLAST_OK);
        fill_normal(90 + (uint64_t)s, n * k, a);
        memcpy(q, a, sizeof q);
        assert_int_equal(plast__qr_householder(&qr, q), 1);
        memset(bar, 0, sizeof bar);
        memset(r_bar, 0, sizeof r_bar);
        for (int j = 0; j < k; j++)
            r_bar[j * k + j] = 1.0 / qr.r[j * k + j];
        plast__qr_pull(&qr, q, qr.r, r_bar, bar);
        for (int j = k - 1; j >= 0; j--) { /* Q R^-T = B: B R^T = Q, from the last column on */
            for (int i = 0; i < n; i++) {
                double sum = q[j * n + i];
                for (int l = j + 1; l < k; l++)
                    sum -= q[l * n + i] * qr.r[l * k + j];
                q[j * n + i] = sum / qr.r[j * k + j];
            }
        }
        assert_true(difference(n * k, bar, q) < 1e-14);
        plast__qr_free(&qr);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        quiet_test(it_is_the_derivative),
        quiet_test(of_the_logarithms_it_is_the_inverse),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
