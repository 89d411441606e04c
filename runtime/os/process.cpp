// SPDX-License-Identifier: MIT
#include "os/process.h"

#include <elf.h>
#include <sys/auxv.h>

#include "os/thread.h"

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

}  // namespace mt::runtime::os
