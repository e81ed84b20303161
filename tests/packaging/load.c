/* SPDX-License-Identifier: MIT
 *
 * Loads the library whose path is given, makes the first context, and prints how many microseconds of CPU time that
 * took. Fails when a floating-point mode of the host has changed: a library linked with -ffast-math does that on
 * loading. */
#include <plasticity/plasticity.h>

#include <dlfcn.h>
#include <fenv.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#if defined(__SSE__)
#include <xmmintrin.h>
#endif

/* Rounding, flush-to-zero, denormals-are-zero and exception masks; not the flags that any arithmetic raises. */
static unsigned floating_point_modes(void)
{
#if defined(__SSE__)
    return _mm_getcsr() & ~0x3fu;
#else
    return (unsigned)fegetround();
#endif
}

/* Of this process alone, so that a busy machine does not count. */
static double microseconds(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return 1e6 * (double)time.tv_sec + 1e-3 * (double)time.tv_nsec;
}

int main(int argc, char **argv)
{
    plast_status (*create)(const plast_context_options *, plast_context **) = NULL;
    plast_context *context = NULL;
    if (argc != 2)
        return 1;
    const unsigned modes = floating_point_modes();
    const double began = microseconds();
    void *library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    void *symbol = library == NULL ? NULL : dlsym(library, "plast_context_create");
    if (symbol == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        return 1;
    }
    memcpy(&create, &symbol, sizeof create);
    if (create(NULL, &context) != PLAST_OK)
        return 1;
    printf("%.0f\n", microseconds() - began);
    if (floating_point_modes() != modes) {
        fprintf(stderr, "floating-point modes: %#x before, %#x after\n", modes, floating_point_modes());
        return 1;
    }
    return 0;
}
