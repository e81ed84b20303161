/* SPDX-License-Identifier: MIT */
#include "base/context.h"

#include <stdarg.h>
#include <stdio.h>

plast_status plast__fail(plast_context *context, plast_status status, const char *format, ...)
{
    if (context != NULL) {
        va_list args;
        va_start(args, format);
        (void)vsnprintf(context->message, sizeof context->message, format, args);
        va_end(args);
        for (char *c = context->message; *c != '\0'; c++) /* names come from the caller: the line stays one line */
            if (*c == '\n' || *c == '\r')
                *c = ' ';
    }
    return status;
}

const char *plast_context_error(const plast_context *context)
{
    return context == NULL ? "" : context->message;
}
