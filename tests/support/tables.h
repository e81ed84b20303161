/* SPDX-License-Identifier: MIT
 *
 * For tests of kernels: every table of every level and number type, generic access to elements, and arrays between
 * canaries. */
#ifndef TESTS_TABLES_H
#define TESTS_TABLES_H

#include <stddef.h>
#include <stdint.h>

#include "kernels/kernels.h"

enum { MAX_LENGTH = 70 };

/* The table under test */
typedef struct table_at_test {
    const plast__kernels *k;
    uint32_t level;
    int32_t dtype;
    size_t size;
    long double epsilon;  /* largest relative rounding error */
    long double smallest; /* normal number */
    long double largest;  /* finite number */
} table_at_test;

extern table_at_test at;

typedef void table_test(void);

/* The body of a cmocka test whose state is a pointer to a table_test. */
void test_all_tables(void **state);

#define ALL_TABLES(function)                                                                                           \
    {                                                                                                                  \
#function, test_all_tables, NULL, NULL, &(table_test *)                                                        \
        {                                                                                                              \
            function                                                                                                   \
        }                                                                                                              \
    }

/* Fail the test with level, number type, n and i; `near` unless |got - expected| <= bound. */
void check(int ok, const char *what, int64_t n, int64_t i);
void near(double got, long double expected, long double bound, const char *what, int64_t n, int64_t i);

double get(const void *p, int64_t i);
void set(void *p, int64_t i, double value);

uint64_t random_bits(void);
double uniform(void); /* [-1, 1) */

/* An array between canaries, at an odd multiple of its element from any vector's alignment */
typedef struct array {
    unsigned char *memory;
    void *data;
    int64_t n;
} array;

array array_make(int64_t n);
array array_random(int64_t n);
array array_copy(const array *from);
/* Fail the test when a canary is dead. */
void array_free(array *a, const char *what);
void arrays_free(array *a, int count, const char *what);

void same_bits(const array *a, const array *b, const char *what);

#endif
