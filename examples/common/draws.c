/* SPDX-License-Identifier: MIT */
#include "draws.h"

#include <math.h>

/* The output function of SplitMix64 (Steele, Lea & Flood 2014). */
static uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

/* Mixed after each number comes in, so that seeds and trials that follow one another do not begin side by side. */
struct draws draws_begin(uint64_t seed, uint64_t trial)
{
    return (struct draws){ mix(mix(seed + 0x9e3779b97f4a7c15U) + trial) };
}

uint64_t draws_word(struct draws *draws)
{
    return mix(draws->state += 0x9e3779b97f4a7c15U);
}

/* The high half of a product: off by less than n / 2^32 from equal chances. */
int draws_below(struct draws *draws, int n)
{
    return (int)((draws_word(draws) >> 32) * (uint64_t)n >> 32);
}

/* 52 bits, in the middle of their cell. */
double draws_uniform(struct draws *draws)
{
    return ((double)(draws_word(draws) >> 12) + 0.5) * 0x1p-52;
}

/* Box & Muller 1958, one of the two. */
double draws_normal(struct draws *draws)
{
    const double radius = sqrt(-2.0 * log(draws_uniform(draws)));
    return radius * cos(6.283185307179586476925 * draws_uniform(draws));
}
