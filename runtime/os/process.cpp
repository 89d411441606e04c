// SPDX-License-Identifier: MIT
#include "os/process.h"

#include <elf.h>
#include <linux/membarrier.h>
#include <signal.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "os/syscall.h"

// Of ld.so: points at argc, with argv, the environment and auxv above it. Weak,
// so that libc stays the only library that the runtime needs.
extern "C" __attribute__((weak)) void* __libc_stack_end;
extern "C" __attribute__((weak)) char** environ;

namespace mt::runtime::os {
namespace {

bool has_name(const char* entry, const char* name) {
    while (*name != '\0' && *entry == *name) ++entry, ++name;
    return *name == '\0' && *entry == '=';
}

char** environment_block() {
    if (&__libc_stack_end == nullptr || __libc_stack_end == nullptr) {
        return &environ != nullptr ? environ : nullptr;
    }
    auto** word = static_cast<char**>(__libc_stack_end);
    const auto argc = reinterpret_cast<std::uintptr_t>(word[0]);
    if (argc > 0x1000000) return environ;
    return word + 1 + argc + 1;
}

}  // namespace

std::uint32_t process_id() { return static_cast<std::uint32_t>(raw_syscall(SYS_getpid)); }
std::uint32_t thread_id() { return static_cast<std::uint32_t>(raw_syscall(SYS_gettid)); }

bool thread_is_gone(std::uint32_t pid, std::uint32_t tid) {
    constexpr long kNoSuchProcess = -3;
    return raw_syscall(SYS_tgkill, pid, tid, 0) == kNoSuchProcess;
}

void thread_name(char (&name)[16]) {
    for (char& c : name) c = '\0';
    raw_syscall(SYS_prctl, PR_GET_NAME, reinterpret_cast<long>(name));
    name[15] = '\0';
}

const char* environment(const char* name) {
    char** block = environment_block();
    if (block == nullptr) return nullptr;
    for (; *block != nullptr; ++block) {
        if (!has_name(*block, name)) continue;
        const char* value = *block;
        while (*value != '=') ++value;
        return value + 1;
    }
    return nullptr;
}

bool is_secure() { return getauxval(AT_SECURE) != 0; }

const char* started_as() { return reinterpret_cast<const char*>(getauxval(AT_EXECFN)); }

std::uint64_t process_cookie() {
    const auto* random = reinterpret_cast<const std::uint64_t*>(getauxval(AT_RANDOM));
    std::uint64_t a = process_id();
    std::uint64_t b = 0x9e3779b97f4a7c15ull;
    if (random != nullptr) {
        a ^= random[0];
        b ^= random[1];
    }
    // Two 64-bit secrets folded into one number: cannot be turned round.
    unsigned __int128 product = static_cast<unsigned __int128>(a | 1) * (b | 1);
    std::uint64_t cookie = static_cast<std::uint64_t>(product >> 64) ^
                           static_cast<std::uint64_t>(product) * 0xd6e8feb86659fd93ull;
    cookie ^= cookie >> 32;
    return cookie != 0 ? cookie : 1;
}

void yield() { raw_syscall(SYS_sched_yield); }

bool on_alternate_stack() {
    stack_t now = {};
    if (failed(raw_syscall(SYS_sigaltstack, 0, reinterpret_cast<long>(&now)))) return true;
    return (now.ss_flags & SS_ONSTACK) != 0;
}

bool barrier_all_threads() {
    static bool registered = false;
    if (!registered) {
        if (raw_syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0) != 0) {
            return false;
        }
        registered = true;
    }
    return raw_syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0) == 0;
}

}  // namespace mt::runtime::os
