/* SPDX-License-Identifier: MIT
 *
 * A stage of an experiment: many independent trials over several threads, with a progress bar. */
#ifndef EXAMPLES_STAGE_H
#define EXAMPLES_STAGE_H

#include "jobs.h"
#include "message.h"

struct stage {
    const char *label;
    int64_t count;
    double (*cost)(void *user, int64_t index); /* of trial `index`, in any unit; NULL = all alike */
    job_function run;
    void *user;
};

/* As jobs_run; tells on stderr how long it took. */
int stage_run(const struct stage *stage, int threads, struct message *message);

#endif
