// SPDX-License-Identifier: MIT
//
// Where a call begins: what the innermost frames of a thread say of a function whose entry it
// has come to. Asks nobody.
#ifndef MEMTRACE_CORE_APP_SCOPES_ENTRY_H
#define MEMTRACE_CORE_APP_SCOPES_ENTRY_H

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "app/points.h"

namespace mt::core {

struct Entry {
    bool is_inlined = false;      // the function was inlined there: its return is no instruction
    std::uint64_t frame = 0;      // the stack pointer as it will be after the return …
    std::uint64_t return_pc = 0;  // … and where it returns to
};

// Of a hit's frames, with two that are not inlined. None: it never returns.
std::optional<Entry> entry_of(const std::vector<Activation>& frames, std::string_view function);

}  // namespace mt::core

#endif
