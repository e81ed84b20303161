/* SPDX-License-Identifier: MIT
 *
 * Looking for the best rate of a learner in steps of two: from a first guess up while it gets better, then down, and on
 * in each direction until two rates in a row are not better than the best. Nothing is at the edge of a grid, and every
 * learner is looked after alike, whatever scale its rates have. */
#ifndef EXAMPLES_RATE_SCAN_H
#define EXAMPLES_RATE_SCAN_H

enum { MOST_SCANNED = 24 };

struct rate_scan {
    int count;
    int best; /* of the scanned */
    struct {
        double rate;
        double score;
    } scanned[MOST_SCANNED]; /* in the order in which they were tried */
    int steps[MOST_SCANNED]; /* of each, from the guess */
    int direction;           /* 0 = the search is over */
    int worse;               /* in a row */
};

struct rate_scan rate_scan_begin(double guess);
/* The rate to try next; 0 = the search is over. */
double rate_scan_next(const struct rate_scan *scan);
/* What the rate of rate_scan_next has reached, more is better. */
void rate_scan_add(struct rate_scan *scan, double score);
double rate_scan_best(const struct rate_scan *scan);

#endif
