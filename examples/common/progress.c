/* SPDX-License-Identifier: MIT */
#include "progress.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { WIDTH = 30 };

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void draw(const struct progress *progress, double time)
{
    static const char full[] = "##############################";
    static const char empty[] = "..............................";
    double fraction = progress->done / progress->total;
    int filled = (int)(fraction * WIDTH);
    double left = (time - progress->began) * (1.0 - fraction) / fraction;
    fprintf(stderr, "\r%s [%.*s%.*s] %3.0f %%, %.0f s left \x1b[K", progress->label, filled, full, WIDTH - filled,
            empty, 100.0 * fraction, left);
}

void progress_begin(struct progress *progress, const char *label, double total)
{
    *progress = (struct progress){ .label = label, .total = total, .began = now() };
    progress->terminal = isatty(STDERR_FILENO) != 0;
    pthread_mutex_init(&progress->lock, NULL);
}

void progress_add(struct progress *progress, double work)
{
    pthread_mutex_lock(&progress->lock);
    double time = now();
    progress->done += work;
    if (progress->done > progress->total)
        progress->done = progress->total;
    int quarters = (int)(4.0 * progress->done / progress->total + 1e-9);
    if (progress->terminal && time - progress->drawn > 0.1) {
        draw(progress, time);
        progress->drawn = time;
    } else if (!progress->terminal && quarters > progress->quarters) {
        fprintf(stderr, "%s: %d %%, %.0f s\n", progress->label, 25 * quarters, time - progress->began);
        progress->quarters = quarters;
    }
    pthread_mutex_unlock(&progress->lock);
}

double progress_end(struct progress *progress)
{
    if (progress->terminal)
        fputs("\r\x1b[K", stderr);
    pthread_mutex_destroy(&progress->lock);
    return now() - progress->began;
}
