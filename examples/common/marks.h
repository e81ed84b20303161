/* SPDX-License-Identifier: MIT
 *
 * Names beside the ends of lines in a figure, moved apart so that all can be read. */
#ifndef EXAMPLES_MARKS_H
#define EXAMPLES_MARKS_H

struct mark {
    int line; /* which one; the caller's own number */
    double wanted;
    double place;
};

/* Ascending by the wanted place. */
void marks_sort(struct mark *marks, int n);
/* Sorts, and sets the places: near the wanted ones, neighbours not closer than `gap`. */
void marks_spread(struct mark *marks, int n, double gap);

/* After that: lowers the last ones so that none is above `most`, and those below as far as the gap wants it. */
void marks_lower(struct mark *marks, int n, double gap, double most);

#endif
