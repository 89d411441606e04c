// SPDX-License-Identifier: MIT
//
// Registers of a thread, of x86-64, by name: what a core's notes hold and what ptrace gives are
// the same bytes. Decides nothing about them.
#ifndef MEMTRACE_CORE_SOURCE_CORE_REGISTERS_H
#define MEMTRACE_CORE_SOURCE_CORE_REGISTERS_H

#include <cstdint>
#include <functional>
#include <string>

#include "source/core_thread.h"

namespace mt::core {

// Calls add(name, value) for each that is not 0: rax, fs_base, xmm3[0], ymm3[2], zmm3[4], …
void each_register(const CoreThread& thread,
                   const std::function<void(const std::string&, std::uint64_t)>& add);

}  // namespace mt::core

#endif
