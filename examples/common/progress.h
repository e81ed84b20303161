/* SPDX-License-Identifier: MIT
 *
 * A progress bar on stderr with the time that is left. Where stderr is no terminal it is four plain lines. */
#ifndef EXAMPLES_PROGRESS_H
#define EXAMPLES_PROGRESS_H

#include <pthread.h>
#include <stdbool.h>

struct progress {
    const char *label;
    double total; /* in any unit of work */
    double done;
    double began; /* seconds on the monotonic clock */
    double drawn; /* when it was last drawn */
    int quarters; /* told so far, without a terminal */
    bool terminal;
    pthread_mutex_t lock;
};

void progress_begin(struct progress *progress, const char *label, double total);
/* From any thread. */
void progress_add(struct progress *progress, double work);
/* Wipes the bar. Returns the seconds since the beginning. */
double progress_end(struct progress *progress);

#endif
