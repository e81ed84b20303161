/* SPDX-License-Identifier: MIT */
#include "rate_scan.h"

#include <math.h>

enum { PATIENCE = 2 };

struct rate_scan rate_scan_begin(double guess)
{
    return (struct rate_scan){ .scanned = { { guess, 0.0 } }, .direction = 1 };
}

double rate_scan_next(const struct rate_scan *scan)
{
    return scan->direction == 0 || scan->count == MOST_SCANNED ? 0.0 : scan->scanned[scan->count].rate;
}

/* The farthest step in this direction, counted from the guess. */
static int last_step(const struct rate_scan *scan)
{
    int last = 0;
    for (int i = 0; i < scan->count; i++)
        if (scan->steps[i] * scan->direction > last * scan->direction)
            last = scan->steps[i];
    return last;
}

void rate_scan_add(struct rate_scan *scan, double score)
{
    const int i = scan->count++;
    scan->scanned[i].score = score;
    if (i == 0 || score > scan->scanned[scan->best].score) {
        scan->best = i;
        scan->worse = 0;
    } else {
        scan->worse++;
    }
    if (scan->worse == PATIENCE && scan->direction == 1) {
        scan->direction = -1;
        scan->worse = scan->steps[scan->best]; /* so many below the best have been tried on the way up */
    }
    if (scan->worse >= PATIENCE)
        scan->direction = 0;
    if (scan->direction == 0 || scan->count == MOST_SCANNED)
        return;
    scan->steps[scan->count] = last_step(scan) + scan->direction;
    scan->scanned[scan->count].rate = ldexp(scan->scanned[0].rate, scan->steps[scan->count]);
}

double rate_scan_best(const struct rate_scan *scan)
{
    return scan->scanned[scan->best].rate;
}
