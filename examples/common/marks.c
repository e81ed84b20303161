/* SPDX-License-Identifier: MIT */
#include "marks.h"

#include <stdlib.h>

static int compare(const void *a, const void *b)
{
    double x = ((const struct mark *)a)->wanted;
    double y = ((const struct mark *)b)->wanted;
    return (x > y) - (x < y);
}

void marks_sort(struct mark *marks, int n)
{
    qsort(marks, (size_t)n, sizeof *marks, compare);
}

/* Each step moves two neighbours by as much. */
void marks_spread(struct mark *marks, int n, double gap)
{
    marks_sort(marks, n);
    for (int i = 0; i < n; i++)
        marks[i].place = marks[i].wanted;
    for (int round = 0; round < 200; round++)
        for (int i = 1; i < n; i++) {
            double lack = gap - (marks[i].place - marks[i - 1].place);
            if (lack > 0.0) {
                marks[i - 1].place -= 0.5 * lack;
                marks[i].place += 0.5 * lack;
            }
        }
}

void marks_lower(struct mark *marks, int n, double gap, double most)
{
    for (int i = n - 1; i >= 0; i--, most -= gap)
        if (marks[i].place > most)
            marks[i].place = most;
}
