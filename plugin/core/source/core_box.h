// SPDX-License-Identifier: MIT
//
// A core that is a black box says so in a note: whose it is and what it lacks. The note may be
// forged or cut short: bounded here.
#ifndef MEMTRACE_CORE_SOURCE_CORE_BOX_H
#define MEMTRACE_CORE_SOURCE_CORE_BOX_H

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mt::core {

struct CoreBox {
    std::uint32_t pid = 0;
    std::uint64_t process_start = 0;  // ticks since boot: with the number, names a process
    std::uint64_t begun = 0;          // seconds since 1970
    std::uint64_t missing = 0;        // bytes of the table that are not in it
    std::uint32_t error = 0;          // why: abi::BoxError, or an errno
    std::uint64_t root = 0;           // address of the runtime's root
    std::string program;              // as the process had it: a stranger's label
};

// Nothing: it is another note.
std::optional<CoreBox> box_of_note(std::string_view note);
// Is its process there still, as far as this machine's /proc says?
bool is_running(const CoreBox& box);

}  // namespace mt::core

#endif
