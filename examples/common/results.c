/* SPDX-License-Identifier: MIT */
#include "results.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int results_check(const struct results *results, struct message *message)
{
    if (access(results->folder, W_OK | X_OK) != 0)
        return message_set(message, "%s: cannot write there: %s", results->folder, strerror(errno));
    return 0;
}

static int make_path(const struct results *results, const char *suffix, char *path, size_t size,
                     struct message *message)
{
    int length = snprintf(path, size, "%s/%s.%s", results->folder, results->name, suffix);
    if (length < 0 || (size_t)length >= size)
        return message_set(message, "the folder's name is longer than %d characters", (int)size - 40);
    return 0;
}

int results_csv(const struct results *results, results_writer write, const void *user, struct message *message)
{
    char path[1024];
    if (make_path(results, "csv", path, sizeof path, message) != 0)
        return -1;
    FILE *file = fopen(path, "w");
    if (file == NULL)
        return message_set(message, "%s: cannot write: %s", path, strerror(errno));
    write(file, user);
    int error = fflush(file) != 0 || ferror(file) ? errno : 0;
    if (fclose(file) != 0 && error == 0)
        error = errno;
    if (error != 0)
        return message_set(message, "%s: cannot write: %s", path, strerror(error));
    fprintf(stderr, "wrote %s\n", path);
    return 0;
}

int results_draw(const struct results *results, figure_script plot, const void *user, struct message *message)
{
    char path[1024];
    char terminal[200];
    for (int png = 0; png < 2; png++) {
        if (png)
            snprintf(terminal, sizeof terminal,
                     "pngcairo size %d,%d fontscale 1.5 linewidth 1.5 pointscale 1.5 font 'DejaVu Sans,12'",
                     3 * results->width / 2, 3 * results->height / 2);
        else
            snprintf(terminal, sizeof terminal,
                     "svg size %d,%d dynamic font 'DejaVu Sans,Helvetica,Arial,sans-serif,12' background rgb 'white'",
                     results->width, results->height);
        if (make_path(results, png ? "png" : "svg", path, sizeof path, message) != 0 ||
            figure_write(path, terminal, plot, user, message) != 0)
            return -1;
        fprintf(stderr, "wrote %s\n", path);
    }
    return 0;
}

int results_flush(struct message *message)
{
    if (fflush(stdout) != 0 || ferror(stdout))
        return message_set(message, "cannot write to standard output");
    return 0;
}

int results_publish(const struct results *results, results_writer write, results_printer print, figure_script plot,
                    const void *user, struct message *message)
{
    const int result = results_csv(results, write, user, message);
    print(user);
    if (results_flush(message) != 0)
        return -1;
    return result == 0 ? results_draw(results, plot, user, message) : result;
}
