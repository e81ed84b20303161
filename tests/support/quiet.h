/* SPDX-License-Identifier: MIT
 *
 * Proves that nothing is written to standard output or standard error, by whatever means. cmocka writes its own
 * lines outside of a test's setup and teardown, so the two functions below serve as these:
 *
 *     static const struct CMUnitTest tests[] = { quiet_test(learns), quiet_test(refuses_nan) };
 *
 * A test that has a setup of its own calls quiet_begin() and quiet_end() there. */
#ifndef TESTS_QUIET_H
#define TESTS_QUIET_H

void quiet_begin(void);
/* 0 when nothing was written since quiet_begin(); otherwise -1, and the text is repeated on standard error. Under
 * AddressSanitizer, whose reports must get through, only standard output is watched. */
int quiet_end(void);

int quiet_setup(void **state);
int quiet_teardown(void **state);

#define quiet_test(function) cmocka_unit_test_setup_teardown(function, quiet_setup, quiet_teardown)

#endif
