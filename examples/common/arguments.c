/* SPDX-License-Identifier: MIT */
#include "arguments.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int argument_count(const char *program, const char *name, const char *text, int64_t most, int64_t *count)
{
    char *end = NULL;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || value < 1 || value > most) {
        fprintf(stderr, "%s: --%s is '%s', expected a whole number from 1 to %" PRId64 "\n", program, name, text, most);
        return -1;
    }
    *count = value;
    return 0;
}

int argument_threads(int64_t wanted)
{
    if (wanted == 0) {
        long online = sysconf(_SC_NPROCESSORS_ONLN);
        wanted = online < 1 ? 1 : online;
    }
    return (int)(wanted > MOST_THREADS ? MOST_THREADS : wanted);
}
