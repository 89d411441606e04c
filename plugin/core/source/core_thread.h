// SPDX-License-Identifier: MIT
//
// A thread as a core keeps it. Plain values.
#ifndef MEMTRACE_CORE_SOURCE_CORE_THREAD_H
#define MEMTRACE_CORE_SOURCE_CORE_THREAD_H

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace mt::core {

// From its notes (NT_PRSTATUS, NT_X86_XSTATE or NT_FPREGSET); of x86-64 only.
struct CoreThread {
    static constexpr std::size_t kRegisters = 27;  // in the order of user_regs_struct (sys/user.h)

    std::uint32_t tid = 0;
    std::array<std::uint64_t, kRegisters> registers{};
    // As XSAVE stores them in its standard form, or FXSAVE alone; empty: not told.
    std::vector<unsigned char> vectors;

    std::uint64_t stack_pointer() const { return registers[19]; }
    std::uint64_t fs_base() const { return registers[21]; }
};

}  // namespace mt::core

#endif
