// SPDX-License-Identifier: MIT
//
// Instructions of the runtime that one run of a program passes, and how another run gets to
// one of them at once: to step there in each run would take the square of the time. Knows no
// event.
#ifndef MEMTRACE_TESTS_PLACES_H
#define MEMTRACE_TESTS_PLACES_H

#include <cstdint>
#include <functional>
#include <map>
#include <vector>

#include "stepper.h"

namespace mt::test {

// The instruction at `offset` of the runtime's code, when it is passed for the `pass`-th time:
// the `number`-th one of the runtime's, from 1.
struct Place {
    std::uint64_t offset = 0;
    int pass = 0;
    int number = 0;
};

// Of the runtime's instructions up to the next int3 those whose number is `chosen`.
inline std::vector<Place> places_passed(pid_t pid, const std::function<bool(int number)>& chosen) {
    const core::MemoryRegion code = runtime_code(pid);
    std::vector<Place> places;
    std::map<std::uint64_t, int> passes;
    int number = 0;
    do {
        const std::uint64_t offset = program_counter(pid) - code.start;
        if (offset >= code.end - code.start) continue;
        const int pass = ++passes[offset];
        if (chosen(++number)) places.push_back({offset, pass, number});
    } while (step_once(pid));
    return places;
}

// Not a step was made past the place. False: this run goes another way, and is elsewhere.
inline bool run_to(pid_t pid, const Place& place) {
    const std::uint64_t address = runtime_code(pid).start + place.offset;
    const long code = ptrace(PTRACE_PEEKTEXT, pid, address, nullptr);
    const long trap = (code & ~0xffL) | 0xcc;  // int3
    for (int pass = 1;; ++pass) {
        ptrace(PTRACE_POKETEXT, pid, address, trap);
        ptrace(PTRACE_CONT, pid, nullptr, nullptr);
        int status = 0;
        waitpid(pid, &status, 0);
        if (!WIFSTOPPED(status)) return false;
        ptrace(PTRACE_POKETEXT, pid, address, code);
        user_regs_struct registers = {};
        ptrace(PTRACE_GETREGS, pid, nullptr, &registers);
        if (WSTOPSIG(status) != SIGTRAP || registers.rip != address + 1) return false;
        registers.rip = address;
        ptrace(PTRACE_SETREGS, pid, nullptr, &registers);
        if (pass == place.pass) return true;
        if (!step_once(pid)) return false;
    }
}

// Steps until `number` instructions of the runtime have been passed. False: the next int3 came
// first.
inline bool step_to(pid_t pid, int number) {
    const core::MemoryRegion code = runtime_code(pid);
    int passed = 0;
    do {
        const std::uint64_t pc = program_counter(pid);
        if (pc >= code.start && pc < code.end && ++passed == number) return true;
    } while (step_once(pid));
    return false;
}

// A run that stands there, of those that `start` makes. One that goes another way, since its
// blocks lie elsewhere, is stepped as far instead. Null: then it has ended.
template <typename Start>
auto run_at(const Place& place, const Start& start) {
    auto run = start();
    if (run && !run_to(run->pid(), place)) {
        run = start();
        if (run && !step_to(run->pid(), place.number)) run.reset();
    }
    return run;
}

}  // namespace mt::test

#endif
