/* SPDX-License-Identifier: MIT
 *
 * A program that allows itself what its allocator and its threads need and is ended for
 * any other system call. Of a new thread's first event the runtime once asked the kernel
 * for its id, the process's id and its name, later for the path of the program and
 * whether other threads lived: each of which killed programs that ran well without it.
 *
 * Arguments: kill, trap or refuse what is not allowed; then, in any order: alone (no
 * threads, so less is allowed), late (tracing begins behind the filter), fork, bare (the
 * filter comes by a bare system call, unseen). */
#define _GNU_SOURCE
#include <memtrace.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "filter.h"
#include "ledger.h"

enum { THREADS = 6, ROUNDS = 300, DEPTH = 12 };
static struct ledger* book;
/* Each thread's own: in one that all shared, a thread freed what another had just put there. */
static _Thread_local void* volatile sink;

static const int alone[] = {SYS_mmap, SYS_munmap, SYS_mprotect, SYS_madvise,
                            SYS_brk,  SYS_mremap, SYS_kill,     SYS_exit_group};
static const int threaded[] = {
    SYS_mmap,         SYS_munmap,    SYS_mprotect,          SYS_madvise, SYS_brk,
    SYS_mremap,       SYS_kill,      SYS_exit_group,        SYS_exit,    SYS_futex,
    SYS_clone,        SYS_clone3,    SYS_set_robust_list,   SYS_rseq,    SYS_rt_sigprocmask,
    SYS_rt_sigaction, SYS_getrandom, SYS_sched_getaffinity, SYS_wait4};

/* A stack of its own for each path through the two, and each deeper than the last. */
static void keep(unsigned path, int depth);
static void left(unsigned path, int depth) { keep(path >> 1, depth - 1); }
static void right(unsigned path, int depth) {
    volatile char room[600];
    room[0] = 1;
    keep(path >> 1, depth - room[0]);
}
static void keep(unsigned path, int depth) {
    if (depth > 0) {
        if ((path & 1) != 0) return left(path, depth);
        return right(path, depth);
    }
    size_t size = LEDGER_OWN + path % 1000;
    void* block = malloc(size - 50000);
    sink = block;
    block = realloc(block, size);
    if (block == NULL) _exit(3);
    ledger_add(book, block, size);
}

static void* work(void* first) {
    for (unsigned i = 0; i < ROUNDS; ++i) {
        keep(i * 40503u + (unsigned)(size_t)first, DEPTH);
        sink = calloc(1, 400);
        free(sink);
        if (i % 50 == 0) keep(i, 400 + (int)i);
    }
    return NULL;
}

static void run_threads(void) {
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; ++i) {
        if (pthread_create(&threads[i], NULL, work, (void*)(i + 1)) != 0) _exit(4);
    }
    for (size_t i = 0; i < THREADS; ++i) pthread_join(threads[i], NULL);
}

static int in_child(void) {
    for (int i = 0; i < 100; ++i) free(malloc(300));
    memtrace_clear_traces();
    for (int i = 0; i < 100; ++i) free(malloc(300));
    return 0;
}

static void forbid(unsigned otherwise, const int* allowed, unsigned count, int bare) {
    if (!bare) {
        if (filter_all_but(allowed, count, otherwise) != 0) _exit(5);
        return;
    }
    /* What prctl would have told the runtime it does not see. */
    struct sock_filter code[2 * FILTER_CALLS + 2];
    unsigned n = 0;
    code[n++] =
        (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    for (unsigned i = 0; i < count; ++i) {
        code[n++] =
            (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)allowed[i], 0, 1);
        code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    }
    code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, otherwise);
    struct sock_fprog program = {(unsigned short)n, code};
    if (syscall(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0) {
        _exit(5);
    }
}

static int is_given(int argc, char** argv, const char* word) {
    for (int i = 2; i < argc; ++i) {
        if (strcmp(argv[i], word) == 0) return 1;
    }
    return 0;
}

int main(int argc, char** argv) {
    const char* answer = argc > 1 ? argv[1] : "kill";
    const int late = is_given(argc, argv, "late"), only = is_given(argc, argv, "alone");
    const int forks = is_given(argc, argv, "fork"), bare = is_given(argc, argv, "bare");
    const unsigned otherwise = strcmp(answer, "kill") == 0   ? FILTER_KILLS
                               : strcmp(answer, "trap") == 0 ? SECCOMP_RET_TRAP
                                                             : FILTER_REFUSES;
    const pid_t self = getpid();
    book = ledger_open();
    if (book == NULL || (!late && memtrace_start(32) != 0)) return 2;
    memtrace_is_tracing(); /* its one dlsym */
    free(malloc(10));
    if (only) {
        forbid(otherwise, alone, sizeof alone / sizeof *alone, bare);
    } else {
        forbid(otherwise, threaded, sizeof threaded / sizeof *threaded, bare);
    }
    if (late && memtrace_start(32) != 0) _exit(2);
    work(0);
    if (!only) run_threads();
    if (forks) {
        int status = -1;
        const pid_t child = fork();
        if (child == 0) _exit(in_child());
        if (wait4(child, &status, 0, NULL) != child || status != 0) _exit(6);
    }
    if (!only) run_threads();
    kill(self, SIGSTOP);
    _exit(0);
}
