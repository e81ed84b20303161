/* SPDX-License-Identifier: MIT
 *
 * Figures by gnuplot, started without a shell. */
#ifndef EXAMPLES_FIGURE_H
#define EXAMPLES_FIGURE_H

#include "message.h"

#include <stdio.h>

/* Writes the part of a gnuplot script that plots: everything but terminal and output. */
typedef void (*figure_script)(FILE *script, const void *user);

/* Runs the script with the terminal, such as "pngcairo size 900,600", and puts what comes out into the file `path`.
 * On failure returns -1 with a message; an older figure of that name is lost only if writing the new one failed. */
int figure_write(const char *path, const char *terminal, figure_script plot, const void *user, struct message *message);

#endif
