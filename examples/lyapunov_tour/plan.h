/* SPDX-License-Identifier: MIT
 *
 * The stops of the tour: two classical systems, and random networks over gain, size and noise. */
#ifndef LYAPUNOV_TOUR_PLAN_H
#define LYAPUNOV_TOUR_PLAN_H

#include "../common/message.h"
#include "../common/statistics.h"

#include <plasticity/plasticity.h>

enum { GAINS = 10, SIZES = 3, NOISES = 2, MOST_SEEDS = 64, MOST_UNITS = 200 };
enum { NETWORK_TRANSIENT = 500 };
enum { SPECTRA_GAIN = 6 }; /* place in plan_gains of the spectra in the figure */

extern const double plan_gains[GAINS];
extern const int plan_sizes[SIZES];
extern const double plan_noises[NOISES];

struct classic {
    const char *name;
    const char *known; /* exponents and dimension of the literature */
    int size;
    plast_lyapunov_summary summary;
    double exponents[3];
    double errors[3];
};

/* One network; all its exponents for the first seed without noise, the largest otherwise. */
struct trial {
    int gain, size, noise; /* places in the lists */
    int seed;
    int count;         /* exponents */
    double *exponents; /* count */
    double error;      /* of the first */
    plast_lyapunov_summary summary;
};

struct plan {
    struct classic classics[2];
    int seeds;
    int64_t steps; /* measured of each network */
    int sizes;     /* of plan_sizes that take part */
    struct trial *trials;
    int trial_count;
    double *memory; /* of the exponents */
};

int plan_make(int seeds, int quick, struct plan *plan, struct message *message);
void plan_free(struct plan *plan);

/* The trial of these places. */
const struct trial *plan_trial(const struct plan *plan, int gain, int size, int noise, int seed);
/* Largest exponents over the seeds. */
struct summary plan_largest(const struct plan *plan, int gain, int size, int noise);

plast_status classic_run(plast_context *context, struct plan *plan, int index);
plast_status trial_run(plast_context *context, const struct plan *plan, struct trial *trial);

#endif
