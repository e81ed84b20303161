/* SPDX-License-Identifier: MIT
 *
 * The kernels, but for activations and networks in time, of every level and number type, against plain loops in long
 * double. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include <plasticity/context.h>

#include "support/tables.h"

/* ---- sweep ---- */

/* A sweep with arrays of its own; `v` are kept apart so that each has its canaries. */
typedef struct sweep_case {
    plast__sweep s;
    array w, factor, x, bias, z, u[PLAST__SWEEP_TERMS], v[PLAST__SWEEP_TERMS];
} sweep_case;

static sweep_case sweep_make(int64_t rows, int64_t cols, int64_t ld, int terms, int factor, int forward, int bias)
{
    sweep_case c = { .w = array_make(rows * ld),
                     .factor = array_random(rows),
                     .x = array_random(cols),
                     .bias = array_random(rows),
                     .z = array_make(rows) };
    for (int64_t i = 0; i < rows * cols; i++)
        set(c.w.data, i / cols * ld + i % cols, uniform());
    c.s = (plast__sweep){ .w = c.w.data,
                          .ld = ld,
                          .rows = rows,
                          .cols = cols,
                          .terms = terms,
                          .factor = factor ? c.factor.data : NULL,
                          .x = forward ? c.x.data : NULL,
                          .bias = bias ? c.bias.data : NULL,
                          .z = forward ? c.z.data : NULL };
    for (int k = 0; k < PLAST__SWEEP_TERMS; k++) {
        c.u[k] = array_random(rows);
        c.v[k] = array_random(cols);
        if (k < terms) {
            c.s.coef[k] = uniform();
            c.s.u[k] = c.u[k].data;
            c.s.v[k] = c.v[k].data;
        }
    }
    return c;
}

static void sweep_free(sweep_case *c)
{
    arrays_free((array[]){ c->w, c->factor, c->x, c->bias, c->z }, 5, "sweep canary");
    arrays_free(c->u, PLAST__SWEEP_TERMS, "sweep u canary");
    arrays_free(c->v, PLAST__SWEEP_TERMS, "sweep v canary");
}

/* The new weight in exact arithmetic, and the sum of its terms' absolute values */
static long double new_weight(const plast__sweep *s, const void *old, int64_t i, int64_t j, long double *absolute)
{
    long double w = get(old, i * s->ld + j) * (long double)(s->factor ? get(s->factor, i) : 1);
    *absolute = fabsl(w);
    for (int k = 0; k < s->terms; k++) {
        long double term = (long double)s->coef[k] * get(s->u[k], i) * get(s->v[k], j);
        w += term;
        *absolute += fabsl(term);
    }
    return w;
}

static void sweep_check(const sweep_case *c, const array *old)
{
    const plast__sweep *s = &c->s;
    for (int64_t i = 0; i < s->rows; i++) {
        long double z = s->bias ? get(s->bias, i) : 0, z_absolute = fabsl(z), absolute;
        for (int64_t j = 0; j < s->cols; j++) {
            long double w = new_weight(s, old->data, i, j, &absolute);
            int exact = s->terms == 0 && !s->factor;
            near(get(s->w, i * s->ld + j), w, exact ? 0 : (2 * s->terms + 3) * at.epsilon * absolute, "sweep w",
                 s->cols, j);
            long double x = get(c->x.data, j);
            z += w * x;
            z_absolute += absolute * fabsl(x);
        }
        if (s->x)
            near(get(s->z, i), z, ((long double)s->cols + 2 * s->terms + 4) * at.epsilon * z_absolute, "sweep z",
                 s->cols, i);
        for (int64_t j = s->cols; j < s->ld; j++)
            check(get(s->w, i * s->ld + j) == get(old->data, i * s->ld + j), "sweep padding", s->cols, j);
    }
}

static void sweep_values(void)
{
    static const int terms[] = { 0, 1, 2, 3, 4, 5, 8 };
    for (int64_t cols = 0; cols <= MAX_LENGTH; cols++)
        for (int t = 0; t < 7; t++)
            for (int kind = 0; kind < 8; kind++) {
                int64_t rows = (cols * 7 + t * 5 + kind) % 19;
                sweep_case c = sweep_make(rows, cols, cols + (cols + t) % 4, terms[t], kind & 1, kind & 2, kind & 4);
                array old = array_copy(&c.w);
                at.k->sweep(&c.s);
                sweep_check(&c, &old);
                array_free(&old, "sweep old");
                sweep_free(&c);
            }
}

static void sweep_in_parts(plast__sweep s)
{
    const int64_t end = s.rows;
    for (s.first = 0; s.first < end; s.first += s.rows) {
        s.rows = 1 + (int64_t)(random_bits() % 19);
        s.rows = s.rows < end - s.first ? s.rows : end - s.first;
        at.k->sweep(&s);
    }
}

/* Blocks of 5 or fewer rows; those 10 rows back are projected on the way. Returns how many were. */
static int64_t sweep_projecting(plast__sweep s, const void *y, void *projection)
{
    const int64_t end = s.rows;
    int64_t projected = 0;
    for (s.first = 0; s.first < end; s.first += 5) {
        s.rows = end - s.first < 5 ? end - s.first : 5;
        if (s.first >= 10) {
            s.lag = 10;
            s.y = y;
            s.projection = projection;
            projected = s.first - 10 + s.rows;
        }
        at.k->sweep(&s);
    }
    return projected;
}

static void sweep_cut_case(sweep_case *c)
{
    const int64_t rows = c->s.rows, cols = c->s.cols, ld = c->s.ld;
    array w = array_copy(&c->w), z = array_copy(&c->z), lagged = array_copy(&c->w);
    array y = array_random(rows), whole = array_random(cols), parts = array_copy(&whole);
    at.k->sweep(&c->s);

    plast__sweep update = c->s, forward = c->s, projecting = c->s;
    update.w = forward.w = w.data;
    projecting.w = lagged.data;
    forward.z = z.data;
    update.x = NULL;
    forward.terms = 0;
    forward.factor = NULL;
    sweep_in_parts(update);
    sweep_in_parts(forward);
    same_bits(&c->w, &w, "sweep cut w");
    same_bits(&c->z, &z, "sweep cut z");
    const int64_t done = sweep_projecting(projecting, y.data, parts.data);
    check(done > 0, "sweep projected", rows, done);
    at.k->project((char *)w.data + done * ld * at.size, ld, rows - done, cols, (char *)y.data + done * at.size,
                  parts.data);
    at.k->project(w.data, ld, rows, cols, y.data, whole.data);
    same_bits(&c->w, &lagged, "sweep projecting w");
    same_bits(&c->z, &z, "sweep projecting z");
    same_bits(&whole, &parts, "sweep projection");
    arrays_free((array[]){ w, z, lagged, y, whole, parts }, 6, "sweep cut canary");
}

static void sweep_cuts(void)
{
    for (int64_t cols = 1; cols <= 2 * MAX_LENGTH; cols += 3)
        for (int terms = 0; terms <= 5; terms++)
            for (int kind = 0; kind < 4; kind++) {
                sweep_case c = sweep_make(37 + cols % 5, cols, cols + 1, terms, kind & 1, 1, kind & 2);
                sweep_cut_case(&c);
                sweep_free(&c);
            }
}

/* With the rows' sums, beside a projection too: those that row_sums gives of the new weights, and else the same
 * bits. */
static void sweep_sum_case(sweep_case *c, int project)
{
    const int64_t rows = c->s.rows, cols = c->s.cols, lag = project ? rows / 2 : 0;
    array start = array_copy(&c->w), w = array_copy(&c->w), z = array_make(rows), y = array_random(rows);
    array sums = array_make(rows), expected = array_make(rows), out = array_make(cols), same = array_make(cols);
    plast__sweep plain = c->s;
    plain.first = lag;
    plain.rows = rows - lag;
    plain.lag = lag;
    plain.y = y.data;
    plast__sweep summing = plain;
    plain.projection = project ? same.data : NULL;
    summing.projection = project ? out.data : NULL;
    summing.w = w.data;
    summing.z = z.data;
    summing.sums = sums.data;
    at.k->sweep(&plain);
    at.k->sweep(&summing);
    at.k->row_sums((char *)c->w.data + (size_t)(lag * c->s.ld) * at.size, c->s.ld, rows - lag, cols,
                   (char *)expected.data + (size_t)lag * at.size);
    same_bits(&w, &c->w, "weights beside sums");
    same_bits(&z, &c->z, "products beside sums");
    same_bits(&out, &same, "projection beside sums");
    same_bits(&sums, &expected, "sums of a sweep");
    arrays_free((array[]){ start, w, z, y, sums, expected, out, same }, 8, "sweep sums canary");
}

static void sweep_sums(void)
{
    static const int64_t lengths[] = { 1, 7, 16, 33, 48, 70, 1100 }; /* long rows go one by one */
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++)
        for (int terms = 0; terms <= 5; terms++)
            for (int kind = 0; kind < 8; kind++) {
                const int64_t cols = lengths[i];
                sweep_case c = sweep_make(18 + cols % 5, cols, cols + 1, terms, kind & 1, 1, kind & 2);
                sweep_sum_case(&c, kind >> 2);
                sweep_free(&c);
            }
}

/* ---- project ---- */

static void project_values(void)
{
    for (int64_t cols = 0; cols <= MAX_LENGTH; cols++)
        for (int64_t rows = cols % 3; rows <= 40; rows += 3) {
            int64_t ld = cols + rows % 4;
            array w = array_random(rows * ld), y = array_random(rows), out = array_random(cols);
            array old = array_copy(&out);
            at.k->project(w.data, ld, rows, cols, y.data, out.data);
            for (int64_t j = 0; j < cols; j++) {
                long double sum = get(old.data, j), absolute = fabsl(sum);
                for (int64_t i = 0; i < rows; i++) {
                    long double term = (long double)get(y.data, i) * get(w.data, i * ld + j);
                    sum += term;
                    absolute += fabsl(term);
                }
                near(get(out.data, j), sum, (rows + 1) * at.epsilon * absolute, "project", cols, j);
            }
            arrays_free((array[]){ w, y, out, old }, 4, "project canary");
        }
}

static void project_cuts(void)
{
    for (int64_t cols = 1; cols <= MAX_LENGTH; cols++) {
        int64_t rows = 100;
        array w = array_random(rows * cols), y = array_random(rows), whole = array_random(cols);
        array parts = array_copy(&whole);
        at.k->project(w.data, cols, rows, cols, y.data, whole.data);
        for (int64_t i = 0; i < rows;) {
            int64_t count = 16 * (1 + (int64_t)(random_bits() % 3));
            count = count < rows - i ? count : rows - i;
            at.k->project((char *)w.data + (size_t)(i * cols) * at.size, cols, count, cols,
                          (char *)y.data + (size_t)i * at.size, parts.data);
            i += count;
        }
        same_bits(&whole, &parts, "project cut");
        arrays_free((array[]){ w, y, whole, parts }, 4, "project cut canary");
    }
}

/* ---- vectors ---- */

static void max_abs_values(void)
{
    static const double bad[] = { INFINITY, -INFINITY, (double)NAN, -(double)NAN };
    const double largest = (double)at.largest;
    check(at.k->max_abs(0, NULL) == 0, "max_abs of nothing", 0, 0);
    for (int64_t n = 1; n <= 2 * MAX_LENGTH; n++) {
        array x = array_random(n);
        double expected = 0;
        for (int64_t i = 0; i < n; i++)
            expected = fmax(expected, fabs(get(x.data, i)));
        check(at.k->max_abs(n, x.data) == expected, "max_abs", n, 0);
        for (int64_t i = 0; i < n; i++) {
            double old = get(x.data, i);
            set(x.data, i, -largest);
            check(at.k->max_abs(n, x.data) == largest, "max_abs largest", n, i);
            set(x.data, i, bad[i % 4]);
            check(at.k->max_abs(n, x.data) == INFINITY, "max_abs not finite", n, i);
            set(x.data, i, old);
        }
        array_free(&x, "max_abs canary");
    }
}

static void dot_values(void)
{
    for (int64_t n = 0; n <= 4 * MAX_LENGTH; n++) {
        array a = array_random(n), b = array_random(n);
        long double sum = 0, absolute = 0;
        for (int64_t i = 0; i < n; i++) {
            long double term = (long double)get(a.data, i) * get(b.data, i);
            sum += term;
            absolute += fabsl(term);
        }
        near(at.k->dot(n, a.data, b.data), sum, (n + 1) * at.epsilon * absolute, "dot", n, 0);
        arrays_free((array[]){ a, b }, 2, "dot canary");
    }
}

/* A row's sum has the same bits alone and beside others; columns the same whether rows come at once or in two calls. */
static void sums_values(void)
{
    for (int64_t rows = 0; rows <= 9; rows++)
        for (int64_t cols = 0; cols <= MAX_LENGTH; cols++) {
            const int64_t ld = cols + rows % 3;
            array w = array_random(rows * ld), by_row = array_make(rows), alone = array_make(rows);
            array by_column = array_random(cols), twice = array_copy(&by_column), before = array_copy(&by_column);
            const int64_t cut = rows / 2;
            at.k->row_sums(w.data, ld, rows, cols, by_row.data);
            at.k->column_sums(w.data, ld, rows, cols, by_column.data);
            at.k->column_sums(w.data, ld, cut, cols, twice.data);
            at.k->column_sums((char *)w.data + (size_t)(cut * ld) * at.size, ld, rows - cut, cols, twice.data);
            same_bits(&by_column, &twice, "column sums in two calls");
            for (int64_t i = 0; i < rows; i++) {
                long double sum = 0;
                for (int64_t j = 0; j < cols; j++)
                    sum += fabsl((long double)get(w.data, i * ld + j));
                near(get(by_row.data, i), sum, (cols + 1) * at.epsilon * sum, "row sum", cols, i);
                at.k->row_sums((char *)w.data + (size_t)(i * ld) * at.size, ld, 1, cols,
                               (char *)alone.data + (size_t)i * at.size);
            }
            same_bits(&by_row, &alone, "row sums one by one");
            for (int64_t j = 0; j < cols; j++) {
                long double sum = 0;
                for (int64_t i = 0; i < rows; i++)
                    sum += fabsl((long double)get(w.data, i * ld + j));
                near(get(by_column.data, j), get(before.data, j) + sum, 11 * at.epsilon * (sum + 1), "column sum", cols,
                     j);
            }
            arrays_free((array[]){ w, by_row, alone, by_column, twice, before }, 6, "sums canary");
        }
}

static void relative_values(void)
{
    for (int64_t n = 0; n <= MAX_LENGTH; n++)
        for (int kind = 0; kind < 4; kind++) {
            array a = array_random(n), out = array_make(n);
            const double largest = kind & 1 ? (double)at.largest : 1.5, low = kind & 2 ? 0.75 : 0.0;
            for (int64_t i = 0; i < n; i++)
                set(a.data, i, i % 5 == 1 ? largest : fabs(get(a.data, i)) * largest / 2);
            array a0 = array_copy(&a);
            array *result = n % 2 ? &a : &out;
            at.k->relative(n, largest, low, a.data, result->data);
            for (int64_t i = 0; i < n; i++) {
                long double expected = 2 * (get(a0.data, i) / (long double)largest);
                near(get(result->data, i), expected < low ? low : expected, i % 5 == 1 ? 0 : 2 * at.epsilon, "relative",
                     n, i);
            }
            arrays_free((array[]){ a, out, a0 }, 3, "relative canary");
        }
}

enum { MULTIPLY, SUBTRACT, SCALE, ADD_SCALED, OPERATIONS };

static long double expected_element(int operation, long double alpha, long double a, long double b, long double out)
{
    switch (operation) {
    case MULTIPLY:
        return a * b;
    case SUBTRACT:
        return a - b;
    case SCALE:
        return alpha * a;
    default:
        return out + alpha * a;
    }
}

static void operate(int operation, int64_t n, double alpha, const void *a, const void *b, void *out)
{
    if (operation == MULTIPLY || operation == SUBTRACT)
        (operation == MULTIPLY ? at.k->multiply : at.k->subtract)(n, a, b, out);
    else
        (operation == SCALE ? at.k->scale : at.k->add_scaled)(n, alpha, a, out);
}

static void elementwise_values(void)
{
    const double alpha = -1.375;
    for (int operation = 0; operation < OPERATIONS; operation++)
        for (int64_t n = 0; n <= MAX_LENGTH; n++)
            for (int alias = 0; alias < (operation == ADD_SCALED ? 1 : 3); alias++) {
                array a = array_random(n), b = array_random(n), out = array_random(n);
                array a0 = array_copy(&a), b0 = array_copy(&b), out0 = array_copy(&out);
                array *result = alias == 1 ? &a : alias == 2 ? &b : &out;
                operate(operation, n, alpha, a.data, b.data, result->data);
                for (int64_t i = 0; i < n; i++) {
                    long double ai = get(a0.data, i), bi = get(b0.data, i), o = get(out0.data, i);
                    near(get(result->data, i), expected_element(operation, alpha, ai, bi, o), 3 * at.epsilon,
                         "elementwise", n, i);
                }
                arrays_free((array[]){ a, b, out, a0, b0, out0 }, 6, "elementwise canary");
            }
}

static void adam_values(void)
{
    const plast__adam c = {
        .rate = 0x1p-6, .beta1 = 0.875, .beta2 = 0.96875, .epsilon = 0x1p-20, .correction1 = 1.5, .correction2 = 4
    };
    for (int64_t n = 0; n <= MAX_LENGTH; n++) {
        array g = array_random(n), m = array_random(n), v = array_random(n), delta = array_make(n);
        for (int64_t i = 0; i < n; i++)
            set(v.data, i, i % 5 ? fabs(get(v.data, i)) : 0);
        array m0 = array_copy(&m), v0 = array_copy(&v);
        at.k->adam(n, &c, g.data, m.data, v.data, delta.data);
        for (int64_t i = 0; i < n; i++) {
            long double gi = get(g.data, i);
            long double mi = c.beta1 * (long double)get(m0.data, i) + (1 - c.beta1) * gi;
            long double vi = c.beta2 * (long double)get(v0.data, i) + (1 - c.beta2) * gi * gi;
            near(get(m.data, i), mi, 3 * at.epsilon, "adam m", n, i);
            near(get(v.data, i), vi, 4 * at.epsilon * vi, "adam v", n, i);
            long double size = sqrtl(vi * c.correction2) + c.epsilon, step = -c.rate * (mi * c.correction1) / size;
            near(get(delta.data, i), step, 10 * at.epsilon * (fabsl(step) + c.rate * c.correction1 / size),
                 "adam delta", n, i);
        }
        arrays_free((array[]){ g, m, v, delta, m0, v0 }, 6, "adam canary");
    }
}

static void momentum_values(void)
{
    const plast__momentum kinds[] = { { .rate = 0x1p-6, .mu = 0.875, .of_moment = 1 },
                                      { .rate = 0x1p-6, .mu = 0.875, .of_gradient = 1, .of_moment = 0.75 } };
    for (int64_t n = 0; n <= MAX_LENGTH; n++)
        for (int kind = 0; kind < 2; kind++) {
            const plast__momentum c = kinds[kind];
            array g = array_random(n), m = array_random(n), delta = array_make(n), m0 = array_copy(&m);
            at.k->momentum(n, &c, g.data, m.data, delta.data);
            for (int64_t i = 0; i < n; i++) {
                long double gi = get(g.data, i), mi = c.mu * (long double)get(m0.data, i) + gi;
                near(get(m.data, i), mi, 3 * at.epsilon, "momentum m", n, i);
                near(get(delta.data, i), -c.rate * (c.of_gradient * gi + c.of_moment * mi), 8 * at.epsilon * c.rate,
                     "momentum delta", n, i);
            }
            arrays_free((array[]){ g, m, delta, m0 }, 4, "momentum canary");
        }
}

static void rmsprop_values(void)
{
    const plast__rmsprop c = { .rate = 0x1p-6, .alpha = 0.96875, .epsilon = 0x1p-20 };
    for (int64_t n = 0; n <= MAX_LENGTH; n++) {
        array g = array_random(n), v = array_random(n), delta = array_make(n);
        for (int64_t i = 0; i < n; i++)
            set(v.data, i, i % 5 ? fabs(get(v.data, i)) : 0);
        array v0 = array_copy(&v);
        at.k->rmsprop(n, &c, g.data, v.data, delta.data);
        for (int64_t i = 0; i < n; i++) {
            long double gi = get(g.data, i);
            long double vi = c.alpha * (long double)get(v0.data, i) + (1 - c.alpha) * gi * gi;
            long double step = -c.rate * gi / (sqrtl(vi) + c.epsilon);
            near(get(v.data, i), vi, 4 * at.epsilon * vi, "rmsprop v", n, i);
            near(get(delta.data, i), step, 8 * at.epsilon * fabsl(step), "rmsprop delta", n, i);
        }
        arrays_free((array[]){ g, v, delta, v0 }, 4, "rmsprop canary");
    }
}

static void clamp_values(void)
{
    for (int64_t n = 0; n <= MAX_LENGTH; n++)
        for (int alias = 0; alias < 2; alias++) {
            array a = array_random(n), out = array_make(n);
            for (int64_t i = 0; i < n; i += 7)
                set(a.data, i, i % 2 ? -INFINITY : 0.25);
            array a0 = array_copy(&a);
            array *result = alias ? &a : &out;
            at.k->clamp(n, -0.375, 0.25, a.data, result->data);
            for (int64_t i = 0; i < n; i++) {
                double x = get(a0.data, i);
                check(get(result->data, i) == (x > 0.25 ? 0.25 : x < -0.375 ? -0.375 : x), "clamp", n, i);
            }
            arrays_free((array[]){ a, out, a0 }, 3, "clamp canary");
        }
}

static void limit_values(void)
{
    for (int64_t n = 0; n <= MAX_LENGTH; n++)
        for (int alias = 0; alias < 2; alias++) {
            array a = array_random(n), low = array_random(n), high = array_random(n), out = array_make(n);
            for (int64_t i = 0; i < n; i++) {
                const double x = get(low.data, i), y = get(high.data, i);
                set(low.data, i, i % 5 == 1 ? -INFINITY : fmin(x, y));
                set(high.data, i, i % 7 == 1 ? INFINITY : i % 5 == 2 ? fmin(x, y) : fmax(x, y));
            }
            array a0 = array_copy(&a), low0 = array_copy(&low), high0 = array_copy(&high);
            array *result = alias ? &a : &out;
            at.k->limit(n, low.data, high.data, a.data, result->data);
            for (int64_t i = 0; i < n; i++)
                check(get(result->data, i) == fmin(fmax(get(a0.data, i), get(low0.data, i)), get(high0.data, i)),
                      "limit", n, i);
            same_bits(&low, &low0, "limit low");
            same_bits(&high, &high0, "limit high");
            arrays_free((array[]){ a, low, high, out, a0, low0, high0 }, 7, "limit canary");
        }
}

static void sign_values(void)
{
    for (int64_t n = 0; n <= MAX_LENGTH; n++)
        for (int kind = 0; kind < 4; kind++) {
            array a = array_random(n), magnitude = array_random(n), out = array_make(n);
            for (int64_t i = 0; i < n; i += 3)
                set(a.data, i, i % 2 ? -0.0 : 0.0);
            array a0 = array_copy(&a);
            array *result = kind & 1 ? &a : &out;
            at.k->sign(n, 1.5, a.data, kind & 2 ? magnitude.data : NULL, result->data);
            for (int64_t i = 0; i < n; i++) {
                double x = get(a0.data, i), size = 1.5 * (kind & 2 ? fabs(get(magnitude.data, i)) : 1);
                near(get(result->data, i),
                     x > 0   ? size
                     : x < 0 ? -size
                             : 0,
                     kind & 2 ? at.epsilon * size : 0, "sign", n, i);
            }
            arrays_free((array[]){ a, magnitude, out, a0 }, 4, "sign canary");
        }
}

/* ---- the table itself ---- */

static void test_levels(void **state)
{
    (void)state;
    uint32_t levels = plast__cpu_levels();
    assert_int_equal(levels & ~(uint32_t)(PLAST_CPU_BASELINE | PLAST_CPU_AVX2 | PLAST_CPU_AVX512), 0);
    assert_null(plast__kernels_get(0, PLAST_F32));
    for (uint32_t level = 1; level <= PLAST_CPU_AVX512; level <<= 1)
        if (levels & level)
            assert_ptr_not_equal(plast__kernels_get(level, PLAST_F32), plast__kernels_get(level, PLAST_F64));
}

/* ---- what recurrent layers do at every step ---- */

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_levels), ALL_TABLES(sweep_values),    ALL_TABLES(sweep_cuts),
        ALL_TABLES(sweep_sums),        ALL_TABLES(project_values),  ALL_TABLES(project_cuts),
        ALL_TABLES(max_abs_values),    ALL_TABLES(dot_values),      ALL_TABLES(elementwise_values),
        ALL_TABLES(adam_values),       ALL_TABLES(momentum_values), ALL_TABLES(rmsprop_values),
        ALL_TABLES(clamp_values),      ALL_TABLES(sign_values),     ALL_TABLES(sums_values),
        ALL_TABLES(relative_values),   ALL_TABLES(limit_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
