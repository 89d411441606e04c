// SPDX-License-Identifier: MIT
//
// Which memory is a thread's stack, and how much of it is in use: from the red zone below the
// stack pointer up. A thread that stands elsewhere (on an alternative signal stack, a fiber's)
// has its own stack searched whole, and the other one like any memory. glibc keeps the stacks
// of threads that ended, with what they left there: nothing in them counts.
#ifndef MEMTRACE_CORE_ROOTS_STACKS_H
#define MEMTRACE_CORE_ROOTS_STACKS_H

#include <cstdint>
#include <optional>
#include <vector>

#include "model/error.h"
#include "roots/ranges.h"
#include "source/mappings.h"

namespace mt::core {

struct StackThread {
    std::uint64_t stack_pointer = 0;   // 0 = not known
    std::uint64_t thread_pointer = 0;  // of its control block (fs_base); 0 = not known
};

struct ThreadStack {
    std::size_t thread = 0;  // in the list that was given
    MemoryRegion used;
};

// Where a thread's variables are that the loader knew when it began, with its control block
// (keys of pthread_setspecific, too) behind them.
struct ThreadVariables {
    std::size_t thread = 0;
    MemoryRegion range;
};

// glibc's list of a thread's blocks of variables (elf/dl-tls.c, "dtv"); it keeps the address of
// the second entry.
struct ThreadDtv {
    std::optional<std::size_t> thread;  // none: it ended
    std::uint64_t address = 0;          // of the first entry
    bool operator==(const ThreadDtv&) const = default;
};

struct Stacks {
    std::vector<ThreadStack> stacks;
    Ranges dead;  // below the stack pointers, and stacks of threads that ended
    std::vector<ThreadVariables> variables;
    std::vector<ThreadDtv> dtvs;
};

// `main_stack`: an address in the first thread's stack, 0 = not known. O(mappings · log
// threads), a few reads for each. Errors: interrupted only.
Result<Stacks> find_stacks(Memory& memory, const std::vector<Mapping>& mappings,
                           const std::vector<StackThread>& threads, std::uint64_t main_stack);

}  // namespace mt::core

#endif
