/* SPDX-License-Identifier: MIT
 *
 * measure FILE [NAME=VALUE…] COMMAND [ARGUMENT…]: runs a command and writes into FILE
 * what it and those it waited for took: user and system seconds, elapsed seconds, peak
 * resident KiB, exit status. The variables are set for the command alone.
 *
 * A process begins with its parent's peak as its own, so what asks for the peak must be
 * small itself: a script cannot. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double seconds(struct timeval value) {
    return (double)value.tv_sec + (double)value.tv_usec * 1e-6;
}

int main(int argc, char** argv) {
    int command = 2;
    while (command < argc && strchr(argv[command], '=') != NULL) ++command;
    if (command >= argc) {
        fprintf(stderr, "usage: measure FILE [NAME=VALUE...] COMMAND [ARGUMENT...]\n");
        return 2;
    }
    FILE* file = fopen(argv[1], "we");
    if (file == NULL) {
        fprintf(stderr, "measure: cannot write %s: %s\n", argv[1], strerror(errno));
        return 2;
    }
    struct timespec from, to;
    clock_gettime(CLOCK_MONOTONIC, &from);
    const pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* no server outlives a bench that was interrupted */
        for (int i = 2; i < command; ++i) putenv(argv[i]);
        execvp(argv[command], argv + command);
        fprintf(stderr, "measure: cannot run %s: %s\n", argv[command], strerror(errno));
        _exit(127);
    }
    int status = 0;
    struct rusage usage;
    if (child < 0 || wait4(child, &status, 0, &usage) != child) {
        fprintf(stderr, "measure: %s\n", strerror(errno));
        return 2;
    }
    clock_gettime(CLOCK_MONOTONIC, &to);
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    fprintf(file, "%.6f %.6f %.6f %ld %d\n", seconds(usage.ru_utime), seconds(usage.ru_stime),
            (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) * 1e-9,
            usage.ru_maxrss, code);
    return fclose(file) == 0 ? code : 2;
}
