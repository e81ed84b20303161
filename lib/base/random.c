/* SPDX-License-Identifier: MIT */
#include "base/random.h"

#include <math.h>

void plast__philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4])
{
    uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
    uint32_t k0 = key[0], k1 = key[1];
    for (int round = 0; round < 10; round++) {
        const uint64_t a = (uint64_t)0xD2511F53u * c0, b = (uint64_t)0xCD9E8D57u * c2;
        const uint32_t n0 = (uint32_t)(b >> 32) ^ c1 ^ k0, n2 = (uint32_t)(a >> 32) ^ c3 ^ k1;
        c1 = (uint32_t)b;
        c3 = (uint32_t)a;
        c0 = n0;
        c2 = n2;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

/* 53 bits, centred in their cell so that neither 0 nor 1 occurs. */
static double unit(uint32_t high, uint32_t low)
{
    const uint64_t bits = ((uint64_t)high << 32 | low) >> 12;
    return ((double)bits + 0.5) * 0x1p-52;
}

void plast__uniform_pair(uint64_t seed, uint64_t object, uint64_t index, double out[2])
{
    const uint32_t counter[4] = { (uint32_t)index, (uint32_t)(index >> 32), (uint32_t)object,
                                  (uint32_t)(object >> 32) };
    const uint32_t key[2] = { (uint32_t)seed, (uint32_t)(seed >> 32) };
    uint32_t words[4];
    plast__philox(counter, key, words);
    out[0] = unit(words[0], words[1]);
    out[1] = unit(words[2], words[3]);
}

void plast__normal_pair(uint64_t seed, uint64_t object, uint64_t index, double out[2])
{
    double u[2];
    plast__uniform_pair(seed, object, index, u);
    const double radius = sqrt(-2.0 * log(u[0])), angle = 6.283185307179586476925 * u[1];
    out[0] = radius * cos(angle);
    out[1] = radius * sin(angle);
}
