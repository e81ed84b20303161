/* SPDX-License-Identifier: MIT
 *
 * What is compared: the tasks, and the ways of wiring the circuit beside the schemes that are its controls. */
#ifndef SELF_ASSEMBLY_ARMS_H
#define SELF_ASSEMBLY_ARMS_H

#include <stdbool.h>
#include <stdint.h>

enum { MAX_LAYERS = 5, MAX_HIDDEN = MAX_LAYERS - 1, MAX_RATES = 6, TASKS = 3 };

struct task {
    const char *name;
    bool teacher; /* normalised squared error against a teacher network; else accuracy on Fashion-MNIST */
    int layers;   /* weight matrices */
    int64_t units[MAX_LAYERS];
    int64_t batch;
    int64_t samples;
    double rates[MAX_RATES]; /* the grid, ascending; 0 ends it */
};

extern const struct task arms_tasks[TASKS];

/* The circuit's four groups. */
enum group { W, V, B, C, GROUPS, NONE = GROUPS };

struct arm {
    const char *name;
    const char *scheme;  /* of plast_feedback_create */
    double density;      /* of the masks on V, B and C */
    double units;        /* of the descending populations, over those of their layers */
    enum group frozen;   /* W: the hidden layers' */
    bool reciprocal;     /* V = C^T, orthonormal, from the start */
    bool teaching_gated; /* only: gate 0, with V and C at full size and a tenth of the rate */
    bool drawn;          /* as a curve */
};

extern const struct arm arms[];
int arms_count(void);
int arms_rates(const struct task *task);

#endif
