/* SPDX-License-Identifier: MIT */
#include "figure.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOT_FOUND = 127 };

struct bytes {
    char *data;
    size_t size;
    size_t room;
};

/* gnuplot reads its script from a file, not from a pipe: if it gives up half-way, nobody is left writing to it. */
static FILE *make_script(const char *terminal, figure_script plot, const void *user, struct message *message)
{
    FILE *script = tmpfile();
    if (script == NULL) {
        message_set(message, "cannot make a temporary file for gnuplot: %s", strerror(errno));
        return NULL;
    }
    fprintf(script, "set terminal %s\n", terminal);
    plot(script, user);
    if (fflush(script) != 0 || ferror(script) != 0 || fseek(script, 0, SEEK_SET) != 0) {
        message_set(message, "cannot write a temporary file for gnuplot: %s", strerror(errno));
        fclose(script);
        return NULL;
    }
    return script;
}

/* gnuplot with its script on standard input and the figure on standard output, the end of a pipe. */
static pid_t start_gnuplot(int script, const int *ends)
{
    pid_t child = fork();
    if (child != 0)
        return child;
    if (dup2(script, STDIN_FILENO) >= 0 && dup2(ends[1], STDOUT_FILENO) >= 0) {
        char name[] = "gnuplot";
        char *arguments[] = { name, NULL };
        close(ends[0]);
        close(ends[1]);
        execvp(name, arguments);
    }
    _exit(errno == ENOENT ? NOT_FOUND : NOT_FOUND - 1);
}

static int read_all(int fd, struct bytes *bytes, struct message *message)
{
    for (;;) {
        if (bytes->size == bytes->room) {
            size_t room = bytes->room == 0 ? 65536 : 2 * bytes->room;
            char *data = realloc(bytes->data, room);
            if (data == NULL)
                return message_set(message, "out of memory for a figure");
            bytes->data = data;
            bytes->room = room;
        }
        ssize_t got = read(fd, bytes->data + bytes->size, bytes->room - bytes->size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return message_set(message, "cannot read from gnuplot: %s", strerror(errno));
        if (got == 0)
            return 0;
        bytes->size += (size_t)got;
    }
}

static int wait_for(pid_t child, struct message *message)
{
    int status = 0;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return message_set(message, "cannot wait for gnuplot: %s", strerror(errno));
    if (WIFSIGNALED(status))
        return message_set(message, "gnuplot was ended by signal %d", WTERMSIG(status));
    if (WEXITSTATUS(status) == NOT_FOUND)
        return message_set(message, "gnuplot was not found (Debian package gnuplot-nox)");
    if (WEXITSTATUS(status) != 0)
        return message_set(message, "gnuplot failed with exit status %d", WEXITSTATUS(status));
    return 0;
}

static int run_gnuplot(FILE *script, struct bytes *figure, struct message *message)
{
    int ends[2];
    if (pipe(ends) != 0)
        return message_set(message, "cannot make a pipe: %s", strerror(errno));
    pid_t child = start_gnuplot(fileno(script), ends);
    close(ends[1]);
    int result = child < 0 ? message_set(message, "cannot start gnuplot: %s", strerror(errno)) : 0;
    if (result == 0)
        result = read_all(ends[0], figure, message);
    close(ends[0]);
    if (child > 0) {
        struct message waited;
        int end = wait_for(child, &waited);
        if (result == 0 && end != 0) {
            *message = waited;
            result = end;
        }
    }
    if (result == 0 && figure->size == 0)
        result = message_set(message, "gnuplot drew nothing");
    return result;
}

static int save(const char *path, const struct bytes *figure, struct message *message)
{
    FILE *file = fopen(path, "wb");
    if (file == NULL)
        return message_set(message, "%s: cannot write: %s", path, strerror(errno));
    int error = fwrite(figure->data, 1, figure->size, file) == figure->size ? 0 : errno;
    if (fclose(file) != 0 && error == 0)
        error = errno;
    return error == 0 ? 0 : message_set(message, "%s: cannot write: %s", path, strerror(error));
}

int figure_write(const char *path, const char *terminal, figure_script plot, const void *user, struct message *message)
{
    struct bytes figure = { 0 };
    FILE *script = make_script(terminal, plot, user, message);
    if (script == NULL)
        return -1;
    int result = run_gnuplot(script, &figure, message);
    fclose(script);
    if (result == 0)
        result = save(path, &figure, message);
    free(figure.data);
    return result;
}
