/* SPDX-License-Identifier: MIT
 *
 * Where an example puts its results: FOLDER/NAME.csv, .svg, .png. Each file that was written is told on stderr. */
#ifndef EXAMPLES_RESULTS_H
#define EXAMPLES_RESULTS_H

#include "figure.h"
#include "message.h"

struct results {
    const char *folder;
    const char *name;
    int width; /* of the figure, in points of the SVG file; the PNG has 1.5 times as many pixels */
    int height;
};

typedef void (*results_writer)(FILE *file, const void *user);
typedef void (*results_printer)(const void *user); /* to standard output */

/* Whether the folder is there and can be written to. */
int results_check(const struct results *results, struct message *message);
/* FOLDER/NAME.csv, by the writer. A full disk is a failure. */
int results_csv(const struct results *results, results_writer write, const void *user, struct message *message);
/* FOLDER/NAME.svg and FOLDER/NAME.png. */
int results_draw(const struct results *results, figure_script plot, const void *user, struct message *message);
/* What was printed to standard output must have arrived. */
int results_flush(struct message *message);
/* All of it, the numbers first: whatever happens to the figure, they are there. */
int results_publish(const struct results *results, results_writer write, results_printer print, figure_script plot,
                    const void *user, struct message *message);

#endif
