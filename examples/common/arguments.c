/* SPDX-License-Identifier: MIT */
#include "arguments.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { MOST_ARGUMENTS = 16, FIRST = 256, HELP = FIRST - 1 }; /* no letter, nor what getopt_long() says of mistakes */

static int parse_count(const char *program, const struct argument *argument, const char *text)
{
    const int least = argument->least > 0 ? argument->least : 1;
    char *end = NULL;
    errno = 0;
    const long long value = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || value < least || value > argument->most) {
        fprintf(stderr, "%s: --%s is '%s', expected a whole number from %d to %d\n", program, argument->name, text,
                least, argument->most);
        return -1;
    }
    *argument->count = (int)value;
    return 0;
}

static int parse_rate(const char *program, const struct argument *argument, const char *text)
{
    char *end = NULL;
    *argument->rate = strtod(text, &end);
    if (end != text && *end == '\0' && *argument->rate > 0.0 && *argument->rate <= argument->most)
        return 0;
    fprintf(stderr, "%s: --%s is '%s', expected a rate above 0, %d at most\n", program, argument->name, text,
            argument->most);
    return -1;
}

static int take(const char *program, const struct argument *argument, const char *text)
{
    if (argument->count != NULL)
        return parse_count(program, argument, text);
    if (argument->rate != NULL)
        return parse_rate(program, argument, text);
    if (argument->flag != NULL)
        *argument->flag = true;
    else if (argument->choice != NULL)
        *argument->choice = argument->value;
    else
        *argument->text = text;
    return 0;
}

int arguments_parse(const char *program, const struct argument *arguments, int argc, char **argv)
{
    struct option names[MOST_ARGUMENTS + 2] = { { "help", no_argument, NULL, HELP } };
    for (int i = 0; arguments[i].name != NULL && i < MOST_ARGUMENTS; i++) {
        const bool alone = arguments[i].flag != NULL || arguments[i].choice != NULL;
        names[i + 1] = (struct option){ arguments[i].name, alone ? no_argument : required_argument, NULL, FIRST + i };
    }
    optind = 1;
    for (int found; (found = getopt_long(argc, argv, "", names, NULL)) != -1;) {
        if (found == HELP)
            return ARGUMENTS_HELP;
        if (found < FIRST || take(program, &arguments[found - FIRST], optarg) != 0)
            return -1;
    }
    if (optind < argc) {
        fprintf(stderr, "%s: '%s' is no option\n", program, argv[optind]);
        return -1;
    }
    return 0;
}

void arguments_read(const char *program, const char *help, const struct argument *arguments, int argc, char **argv)
{
    const int result = arguments_parse(program, arguments, argc, argv);
    if (result == ARGUMENTS_HELP) {
        puts(help);
        exit(fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
    }
    if (result != 0) {
        fprintf(stderr, "Try '%s --help'.\n", program);
        exit(2);
    }
}

int arguments_threads(void)
{
    const long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online < 1 ? 1 : online > MOST_THREADS ? MOST_THREADS : (int)online;
}
