/* SPDX-License-Identifier: MIT */
#include "jobs.h"

#include <cblas.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct jobs {
    int64_t count;
    job_function function;
    void *user;
    _Atomic int64_t next;
    atomic_bool stop;
    pthread_mutex_t lock; /* guards the message */
    struct message *message;
};

/* The first failure is the one that is told. */
static void fail(struct jobs *jobs, int64_t index, plast_status status, const plast_context *context)
{
    const char *detail = context != NULL ? plast_context_error(context) : "";
    pthread_mutex_lock(&jobs->lock);
    if (!atomic_exchange(&jobs->stop, true))
        message_set(jobs->message, "job %" PRId64 ": %s%s%s", index, plast_status_string(status),
                    detail[0] != '\0' ? ": " : "", detail);
    pthread_mutex_unlock(&jobs->lock);
}

static void *work(void *argument)
{
    struct jobs *jobs = argument;
    while (!atomic_load(&jobs->stop)) {
        int64_t index = atomic_fetch_add(&jobs->next, 1);
        plast_context *context = NULL;
        if (index >= jobs->count)
            break;
        plast_status status = plast_context_create(NULL, &context);
        if (status == PLAST_OK)
            status = jobs->function(context, jobs->user, index);
        if (status != PLAST_OK)
            fail(jobs, index, status, context);
        plast_context_destroy(context);
    }
    return NULL;
}

int jobs_run(int64_t count, int threads, job_function function, void *user, struct message *message)
{
    struct jobs jobs = { .count = count, .function = function, .user = user, .message = message };
    int started = 0;
    int error = 0;
    /* The jobs already keep all CPUs busy; OpenBLAS must not start threads of its own for each of them. */
    openblas_set_num_threads(1);
    if (threads > count)
        threads = (int)count;
    pthread_t *handles = calloc((size_t)(threads > 0 ? threads : 1), sizeof *handles);
    if (handles == NULL)
        return message_set(message, "out of memory for %d threads", threads);
    atomic_init(&jobs.next, 0);
    atomic_init(&jobs.stop, false);
    pthread_mutex_init(&jobs.lock, NULL);
    while (started < threads && error == 0) {
        error = pthread_create(&handles[started], NULL, work, &jobs);
        started += error == 0;
    }
    if (error != 0)
        atomic_store(&jobs.stop, true);
    for (int i = 0; i < started; i++)
        pthread_join(handles[i], NULL);
    pthread_mutex_destroy(&jobs.lock);
    free(handles);
    if (error != 0)
        return message_set(message, "cannot start thread %d: %s", started + 1, strerror(error));
    return atomic_load(&jobs.stop) ? -1 : 0;
}
