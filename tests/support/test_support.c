/* SPDX-License-Identifier: MIT
 *
 * The helpers must see what they are there to see. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>
#include <lapacke.h>

#include "support/fail_allocator.h"
#include "support/malloc_count.h"
#include "support/quiet.h"

static void allocator_counts_and_fails_once(void **state)
{
    fail_allocator a;
    (void)state;
    fail_allocator_init(&a, 2);
    void *first = a.table.allocate(a.table.user, 100, 64);
    assert_null(a.table.allocate(a.table.user, 10, 8));
    void *third = a.table.allocate(a.table.user, 20, 8);
    assert_non_null(first);
    assert_non_null(third);
    assert_int_equal((uintptr_t)first % 64, 0);
    assert_int_equal(a.calls, 3);
    assert_int_equal(a.live_blocks, 2);
    a.table.release(a.table.user, first, 100, 64);
    assert_int_equal(a.live_bytes, 20);
    a.table.release(a.table.user, third, 20, 8);
    assert_int_equal(a.live_blocks, 0);
    assert_int_equal(a.live_bytes, 0);
    assert_int_equal(a.most_bytes, 120);
    assert_null(a.complaint);
}

static void allocator_notices_a_wrong_release(void **state)
{
    static const struct {
        size_t size;
        size_t alignment;
    } wrong[] = { { 99, 64 }, { 100, 32 } };
    (void)state;
    for (int i = 0; i < 2; i++) {
        fail_allocator a;
        fail_allocator_init(&a, 0);
        void *memory = a.table.allocate(a.table.user, 100, 64);
        assert_non_null(memory);
        a.table.release(a.table.user, memory, wrong[i].size, wrong[i].alignment);
        assert_non_null(a.complaint);
    }
}

/* LAPACKE_dgeqrf allocates its work array inside liblapacke.so; its _work form does not. */
static void malloc_is_counted_inside_shared_libraries(void **state)
{
    double matrix[4] = { 2, 1, 1, 3 }, tau[2], work[64];
    (void)state;
    if (!malloc_count_works())
        skip();
    assert_int_equal(LAPACKE_dgeqrf_work(LAPACK_COL_MAJOR, 2, 2, matrix, 2, tau, work, 64), 0);
    const int64_t before = malloc_count();
    assert_int_equal(LAPACKE_dgeqrf_work(LAPACK_COL_MAJOR, 2, 2, matrix, 2, tau, work, 64), 0);
    assert_int_equal(malloc_count(), before);
    assert_int_equal(LAPACKE_dgeqrf(LAPACK_COL_MAJOR, 2, 2, matrix, 2, tau), 0);
    assert_true(malloc_count() > before);
}

static void quiet_hears_both_streams(void **state)
{
    (void)state;
    quiet_begin();
    assert_int_equal(quiet_end(), 0);
    quiet_begin();
    printf("(a buffered line, as planned)\n");
    assert_int_equal(quiet_end(), -1);
#if !defined(__SANITIZE_ADDRESS__)
    quiet_begin();
    assert_int_equal(write(STDERR_FILENO, "(unbuffered, as planned)\n", 25), 25);
    assert_int_equal(quiet_end(), -1);
#endif
}

static void quiet_serves_as_setup_and_teardown(void **state)
{
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(allocator_counts_and_fails_once),
        cmocka_unit_test(allocator_notices_a_wrong_release),
        cmocka_unit_test(malloc_is_counted_inside_shared_libraries),
        cmocka_unit_test(quiet_hears_both_streams),
        quiet_test(quiet_serves_as_setup_and_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
