/* SPDX-License-Identifier: MIT
 *
 * One line of text about what went wrong, for the caller to print where it likes. */
#ifndef EXAMPLES_MESSAGE_H
#define EXAMPLES_MESSAGE_H

#if defined(__GNUC__)
#define MESSAGE_FORMAT __attribute__((format(printf, 2, 3)))
#else
#define MESSAGE_FORMAT
#endif

struct message {
    char text[600];
};

/* Always returns -1, so that a function can fail with `return message_set(...)`. */
MESSAGE_FORMAT int message_set(struct message *message, const char *format, ...);
/* "program: text" on stderr. Always returns EXIT_FAILURE, so that main() can end with it. */
int message_print(const char *program, const struct message *message);

#endif
