/* SPDX-License-Identifier: MIT
 *
 * Where a process may stand when somebody wants to attach to it, by its first argument; the others
 * are libraries to be opened. It says "ready", then stands there; where it can it ends when its
 * input does. */
#include <dlfcn.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <unistd.h>

#ifdef STATIC_PROGRAM
#define dlopen(path, mode) ((void*)0)
#endif

static void ready(void) {
    if (write(1, "ready\n", 6) != 6) abort();
}
static void wait_for_end(void) {
    char byte;
    while (read(0, &byte, 1) > 0) {
    }
}
static void handler(int signal) {
    (void)signal;
    ready();
    wait_for_end();
}
static int compare(const void* a, const void* b) {
    (void)a;
    (void)b;
    static int is_first = 1;
    if (is_first) {
        is_first = 0;
        ready();
        wait_for_end();
    }
    return 0;
}
static int restrict_calls(void) {
    struct sock_filter allow[] = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    struct sock_fprog program = {1, allow};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0;
}

/* As libc's constructors of libraries may. */
void attach_cases_constructor(void);
void attach_cases_constructor(void) {
    ready();
    wait_for_end();
}

int main(int argc, char** argv) {
    const char* what = argc > 1 ? argv[1] : "";
    int opened = 0;
    for (int i = 2; i < argc && strcmp(what, "loader") != 0; ++i)
        opened += dlopen(argv[i], RTLD_NOW | RTLD_LOCAL) != 0;
    if (strcmp(what, "signal") == 0) {
        signal(SIGUSR1, handler);
        raise(SIGUSR1);
    } else if (strcmp(what, "callback") == 0) {
        int numbers[2] = {2, 1};
        qsort(numbers, 2, sizeof numbers[0], compare);
    } else if (strcmp(what, "loader") == 0) {
        if (argc < 3 || dlopen(argv[2], RTLD_NOW) == 0) return 3;
    } else if (strcmp(what, "epoll") == 0) {
        const int set = epoll_create1(0);
        struct epoll_event event = {.events = EPOLLIN, .data = {.fd = 0}};
        if (epoll_ctl(set, EPOLL_CTL_ADD, 0, &event) != 0) return 3;
        ready();
        while (epoll_wait(set, &event, 1, -1) != 1) {
        }
    } else if (strcmp(what, "busy") == 0) {
        ready();
        for (volatile unsigned long i = 0;; ++i) {
        }
    } else {
        if (strcmp(what, "filter") == 0 && restrict_calls()) return 3;
        ready();
        wait_for_end();
    }
    char* volatile block = malloc(100);
    free(block);
    printf("%s over, %d opened\n", what, opened);
    return 0;
}
