/* SPDX-License-Identifier: MIT
 *
 * Independent jobs over several threads, each job with a context of its own. */
#ifndef EXAMPLES_JOBS_H
#define EXAMPLES_JOBS_H

#include "message.h"

#include <plasticity/plasticity.h>

#include <stdint.h>

/* One job. It destroys all that it makes with the context; `user` is shared with the other threads. */
typedef plast_status (*job_function)(plast_context *context, void *user, int64_t index);

/* Runs job 0 ... count - 1, handed out in this order. After the first failure no new job begins, and the result is -1
 * with that job's message. From here on OpenBLAS has one thread. */
int jobs_run(int64_t count, int threads, job_function function, void *user, struct message *message);

#endif
