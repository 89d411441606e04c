/* SPDX-License-Identifier: MIT
 *
 * A seccomp filter that lets some system calls pass and answers all others in one way.
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

/* At most FILTER_CALLS numbers. 0, or -1 where the kernel has no filters. */
static inline int filter_all_but(const int* allowed, unsigned count, unsigned otherwise) {
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
            (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)allowed[i], 0, 1);
        code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    }
    code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, otherwise);
    program.len = (unsigned short)n;
    program.filter = code;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -1;
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

#endif
