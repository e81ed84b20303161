/* SPDX-License-Identifier: MIT */
#include "support/tables.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <plasticity/context.h>

enum { GUARD = 128, CANARY = 0xA5 };

table_at_test at;

static void for_each_table(void (*test)(void))
{
    static const int32_t dtypes[] = { PLAST_F32, PLAST_F64 };
    uint32_t levels = plast__cpu_levels();
    assert_true(levels & PLAST_CPU_BASELINE);
    for (uint32_t level = 1; level; level <<= 1) {
        for (int d = 0; d < 2 && (levels & level); d++) {
            at.k = plast__kernels_get(level, dtypes[d]);
            assert_non_null(at.k);
            at.level = level;
            at.dtype = dtypes[d];
            at.size = at.dtype == PLAST_F32 ? sizeof(float) : sizeof(double);
            at.epsilon = at.dtype == PLAST_F32 ? FLT_EPSILON / 2 : DBL_EPSILON / 2;
            at.smallest = at.dtype == PLAST_F32 ? FLT_MIN : DBL_MIN;
            at.largest = at.dtype == PLAST_F32 ? FLT_MAX : DBL_MAX;
            test();
        }
    }
}

void check(int ok, const char *what, int64_t n, int64_t i)
{
    if (!ok)
        fail_msg("level %u, f%d: %s, n = %lld, element %lld", at.level, (int)at.size * 8, what, (long long)n,
                 (long long)i);
}

void near(double got, long double expected, long double bound, const char *what, int64_t n, int64_t i)
{
    if (!(fabsl(got - expected) <= bound))
        fail_msg("level %u, f%d: %s, n = %lld, element %lld: got %.17g, expected %.17Lg within %.3Lg", at.level,
                 (int)at.size * 8, what, (long long)n, (long long)i, got, expected, bound);
}

double get(const void *p, int64_t i)
{
    return at.dtype == PLAST_F32 ? (double)((const float *)p)[i] : ((const double *)p)[i];
}

void set(void *p, int64_t i, double value)
{
    if (at.dtype == PLAST_F32)
        ((float *)p)[i] = (float)value;
    else
        ((double *)p)[i] = value;
}

static uint64_t random_state = 1;

uint64_t random_bits(void)
{
    random_state += 0x9E3779B97F4A7C15u;
    uint64_t z = random_state;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

double uniform(void)
{
    return (double)(random_bits() >> 11) * 0x1p-52 - 1;
}

static size_t array_bytes(const array *a)
{
    return ((size_t)a->n + 2 * GUARD) * at.size;
}

array array_make(int64_t n)
{
    static int shift;
    array a = { NULL, NULL, n };
    a.memory = aligned_alloc(64, (array_bytes(&a) + 63) / 64 * 64);
    assert_non_null(a.memory);
    memset(a.memory, CANARY, array_bytes(&a));
    shift = (shift + 1) % 4;
    a.data = a.memory + (size_t)(GUARD / 2 + shift) * at.size;
    return a;
}

array array_random(int64_t n)
{
    array a = array_make(n);
    for (int64_t i = 0; i < n; i++)
        set(a.data, i, uniform());
    return a;
}

array array_copy(const array *from)
{
    array a = array_make(from->n);
    memcpy(a.data, from->data, (size_t)a.n * at.size);
    return a;
}

void array_free(array *a, const char *what)
{
    const unsigned char *begin = a->data, *end = begin + (size_t)a->n * at.size;
    for (const unsigned char *p = a->memory; p < a->memory + array_bytes(a); p++)
        check((p >= begin && p < end) || *p == CANARY, what, a->n, p - begin);
    free(a->memory);
}

void arrays_free(array *a, int count, const char *what)
{
    for (int k = 0; k < count; k++)
        array_free(&a[k], what);
}

void same_bits(const array *a, const array *b, const char *what)
{
    for (int64_t i = 0; i < a->n; i++)
        check(!memcmp((char *)a->data + (size_t)i * at.size, (char *)b->data + (size_t)i * at.size, at.size), what,
              a->n, i);
}

void test_all_tables(void **state)
{
    for_each_table(*(table_test **)*state);
}
