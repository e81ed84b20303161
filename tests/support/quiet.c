/* SPDX-License-Identifier: MIT */
#include "support/quiet.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
enum { WATCHED = 1 };
#else
enum { WATCHED = 2 };
#endif

static FILE *heard;
static int saved[2];

static void must(int worked)
{
    if (!worked) {
        perror("quiet");
        abort();
    }
}

void quiet_begin(void)
{
    fflush(NULL);
    heard = tmpfile();
    must(heard != NULL);
    for (int i = 0; i < WATCHED; i++) {
        saved[i] = dup(STDOUT_FILENO + i);
        must(saved[i] >= 0 && dup2(fileno(heard), STDOUT_FILENO + i) >= 0);
    }
}

int quiet_end(void)
{
    int bytes = 0;
    int c = 0;
    fflush(NULL); /* what stdio still holds was written meanwhile */
    for (int i = 0; i < WATCHED; i++) {
        must(dup2(saved[i], STDOUT_FILENO + i) >= 0);
        close(saved[i]);
    }
    rewind(heard);
    while ((c = getc(heard)) != EOF) {
        if (bytes++ == 0)
            fputs("expected silence, but this was written:\n", stderr);
        putc(c, stderr);
    }
    fclose(heard);
    return bytes == 0 ? 0 : -1;
}

int quiet_setup(void **state)
{
    (void)state;
    quiet_begin();
    return 0;
}

int quiet_teardown(void **state)
{
    (void)state;
    return quiet_end();
}
