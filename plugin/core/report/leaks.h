// SPDX-License-Identifier: MIT
//
// What nothing in the program leads to any more, as values: mt leaks.
#ifndef MEMTRACE_CORE_REPORT_LEAKS_H
#define MEMTRACE_CORE_REPORT_LEAKS_H

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "report/rows.h"

namespace mt::core {

// How the program can still come to a block, in the words of Valgrind's memcheck.
enum class LeakKind : std::uint8_t {
    definite,   // not at all, and no other lost block leads to it; of a cycle one block
    indirect,   // through definitely lost blocks only
    possible,   // each way has a pointer into the middle of a block in it
    reachable,  // from registers, stacks, data, by pointers to beginnings
    suppressed  // named by a suppression, or held by such blocks only
};
inline constexpr std::size_t kLeakKinds = 5;
inline constexpr std::array<std::string_view, kLeakKinds> kLeakKindNames = {
    "definite", "indirect", "possible", "reachable", "suppressed"};

struct LeaksReport {
    StatisticsReport rows;        // of blocks of the kinds that were asked for; all remarks
    std::vector<LeakKind> kinds;  // these
    std::array<Amount, kLeakKinds> amounts;  // of all live blocks, exactly; `rows` may be filtered
    std::uint64_t searched = 0;              // bytes that were read for pointers
    std::size_t threads = 0;                 // whose registers and stacks were looked at
};

}  // namespace mt::core

#endif
