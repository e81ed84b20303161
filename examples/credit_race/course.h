/* SPDX-License-Identifier: MIT
 *
 * Who races, and on which course: the networks, the methods with their grids of rates, and how all of them learn. */
#ifndef CREDIT_RACE_COURSE_H
#define CREDIT_RACE_COURSE_H

#include <stdbool.h>
#include <stdint.h>

enum { MAX_LAYERS = 5, MAX_HIDDEN = MAX_LAYERS - 1, MAX_RATES = 5, MAX_PARAMETERS = 6, CLASSES = 10 };

struct shape {
    const char *name;
    int layers; /* weight matrices */
    int64_t units[MAX_LAYERS];
};

/* Where the feedback weights come from. */
enum family { EXACT, LEARNED, SIGNS, RANDOM };

struct method {
    const char *name;
    const char *scheme; /* of plast_feedback_create */
    enum family family;
    double rates[MAX_RATES]; /* the grid, ascending; 0 = none. A single one is not tuned */
    struct {
        const char *name;
        double value;
    } parameters[MAX_PARAMETERS];
    bool manhattan;      /* the sign of the gradient */
    bool fixed_crossing; /* the circuit's synapses C stay as they start */
    bool mirror;         /* a mirror update after every minibatch */
};

struct course {
    const char *title;
    const struct shape *shapes;
    int shape_count;
    const struct method *methods; /* backpropagation first */
    int method_count;
    int32_t hidden; /* activations */
    int32_t output;
    int32_t init;
    double gain;
    bool random_bias; /* from the same law as the weights; else 0 */
    bool shuffled;    /* else the images come in the order of the file, a last short minibatch left out */
    bool falling;     /* the rate, linearly to 0 */
    int64_t batch;
    int column; /* of plast_measure_alignment: the angle that the figure shows */
};

extern const struct course course_race;
/* Akrout et al., "Deep learning without weight transport", 2019: the setting of their published code, but for the
 * biases, which learn there at a rate 128 times lower. */
extern const struct course course_akrout;

int course_rates(const struct method *method);

#endif
