/* SPDX-License-Identifier: MIT
 *
 * A seccomp filter that answers some system calls in one way and all others in another.
 * C, for every debuggee; must not allocate. */
#ifndef MEMTRACE_TESTS_FILTER_H
#define MEMTRACE_TESTS_FILTER_H

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>

#define FILTER_KILLS SECCOMP_RET_KILL_PROCESS
#define FILTER_REFUSES (SECCOMP_RET_ERRNO | EPERM)
#define FILTER_CALLS 64

/* `these` is what becomes of at most FILTER_CALLS calls, by number, `others` of all others. 0, or
 * -1 where the kernel has no filters. */
static inline int filter_calls(const int* calls, unsigned count, unsigned these, unsigned others) {
    struct sock_filter code[4 + 2 * FILTER_CALLS + 1];
    struct sock_fprog program;
    unsigned n = 0, i;
    if (count > FILTER_CALLS) return -1;
    code[n++] =
        (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));
    code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0);
    code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
    code[n++] =
        (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    for (i = 0; i < count; ++i) {
        code[n++] =
            (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)calls[i], 0, 1);
        code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, these);
    }
    code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, others);
    program.len = (unsigned short)n;
    program.filter = code;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -1;
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static inline int filter_all_but(const int* allowed, unsigned count, unsigned otherwise) {
    return filter_calls(allowed, count, SECCOMP_RET_ALLOW, otherwise);
}

#endif
