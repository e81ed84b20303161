/* SPDX-License-Identifier: MIT */
#include "message.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

int message_set(struct message *message, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message->text, sizeof message->text, format, arguments);
    va_end(arguments);
    return -1;
}

int message_print(const char *program, const struct message *message)
{
    fprintf(stderr, "%s: %s\n", program, message->text);
    return EXIT_FAILURE;
}
