/* SPDX-License-Identifier: MIT
 *
 * Runs a program with an environment as nobody expects one: none at all (NULL, or an empty
 * list), a mebibyte of it, lines without "=". Argument: null, empty, huge or odd; then the
 * program. "end": it is that program. Readers of the environment before main crash here. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINES = 10, LENGTH = 100000 };

static int end(void) {
    int lines = 0;
    while (environ != 0 && environ[lines] != 0) ++lines;
    errno = 4242;
    char* const block = malloc(100);
    strcpy(block, "works");
    const int kept = errno == 4242;
    printf("%s, errno %d, any %d\n", block, kept, lines > 0);
    free(block);
    return 5;
}

int main(int argc, char** argv) {
    if (argc < 3) return 2;
    if (strcmp(argv[1], "end") == 0) {
        if (strcmp(argv[2], "late") == 0) environ = 0;
        return end();
    }
    char* lines[LINES + 40] = {0};
    int count = 0;
    if (strcmp(argv[1], "huge") == 0) {
        for (; count < LINES; ++count) {
            lines[count] = malloc(LENGTH);
            memset(lines[count], 'A' + count, LENGTH - 1);
            lines[count][1] = '=';
            lines[count][LENGTH - 1] = 0;
        }
    } else if (strcmp(argv[1], "odd") == 0) {
        lines[count++] = "MEMTRACE";
        lines[count++] = "=";
        lines[count++] = "";
    }
    if (count != 0) {
        for (char** e = environ; *e != 0 && count < LINES + 39; ++e) {
            if (strncmp(*e, "LD_PRELOAD", 10) == 0 || strncmp(*e, "MEMTRACE", 8) == 0)
                lines[count++] = *e;
        }
    }
    char* arguments[] = {argv[2], "end", argv[1], 0};
    execve(argv[2], arguments, strcmp(argv[1], "null") == 0 ? 0 : lines);
    return 6;
}
