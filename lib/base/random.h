/* SPDX-License-Identifier: MIT
 *
 * Counter-based random numbers: Philox-4x32-10 (Salmon et al., SC 2011). The same (seed, object, index) gives the
 * same numbers whatever was drawn before. */
#ifndef PLAST_BASE_RANDOM_H
#define PLAST_BASE_RANDOM_H

#include <stdint.h>

/* The generator's block function: `counter` and `key` to four words. */
void plast__philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

/* Two numbers of the pair `index` in the stream of `object`. */
void plast__uniform_pair(uint64_t seed, uint64_t object, uint64_t index, double out[2]); /* in (0, 1) */
void plast__normal_pair(uint64_t seed, uint64_t object, uint64_t index, double out[2]);  /* N(0, 1), Box-Muller */

#endif
