// SPDX-License-Identifier: MIT
#include "os/fault.h"

#include <signal.h>
#include <sys/syscall.h>

#include "os/syscall.h"
#include "os/thread.h"

namespace mt::runtime::os {
namespace {

// As the kernel has it (rt_sigaction(2)); libc's sigaction() may be another library's.
struct KernelAction {
    void (*handler)(int, siginfo_t*, void*);
    unsigned long flags;
    void (*restorer)();
    unsigned long mask;
};
constexpr unsigned long kRestorer = 0x04000000;  // SA_RESTORER

OnFault on_fault_ = nullptr;

long set_action(const KernelAction* wanted, KernelAction* old) {
    return raw_syscall(SYS_rt_sigaction, SIGBUS, reinterpret_cast<long>(wanted),
                       reinterpret_cast<long>(old), sizeof(KernelAction::mask));
}

// The instruction faults again, or the signal comes again, and the kernel does what it does.
void leave_to_kernel(const siginfo_t& info) {
    const KernelAction none{};
    set_action(&none, nullptr);
    if (info.si_code <= 0) raw_syscall(SYS_tgkill, process_id(), thread_id(), SIGBUS);
}

void handle(int, siginfo_t* info, void*) {
    if (info->si_code > 0 && on_fault_(info->si_addr)) return;
    leave_to_kernel(*info);
}

}  // namespace

// The bytes by which unwinders know the frame of a signal.
extern "C" void memtrace_return_from_signal() __attribute__((visibility("hidden")));
asm(".text\n.type memtrace_return_from_signal, @function\n.hidden memtrace_return_from_signal\n"
    ".globl memtrace_return_from_signal\n.balign 16\nnop\nmemtrace_return_from_signal:\n"
    "mov $15, %rax\nsyscall\n.size memtrace_return_from_signal, .-memtrace_return_from_signal\n");

void take_bus_errors(OnFault on_fault) {
    KernelAction now{};
    if (failed(set_action(nullptr, &now)) || now.handler != nullptr) return;
    on_fault_ = on_fault;
    // The mask stays the program's, so that the handler may be left by a jump.
    const KernelAction wanted{handle, SA_SIGINFO | SA_ONSTACK | SA_NODEFER | kRestorer,
                              memtrace_return_from_signal, 0};
    set_action(&wanted, nullptr);
}

}  // namespace mt::runtime::os
