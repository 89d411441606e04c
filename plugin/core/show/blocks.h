// SPDX-License-Identifier: MIT
//
// What both forms of mt block and mt blocks share.
#ifndef MEMTRACE_CORE_SHOW_BLOCKS_H
#define MEMTRACE_CORE_SHOW_BLOCKS_H

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>

#include "model/error.h"
#include "report/blocks.h"

namespace mt::core {

// Bytes between the end of the block below and the address, when they are few.
std::optional<std::uint64_t> gap_below(const BlockReport& report);

// What a traceback looks like is made once and kept while there is room: a process has more
// blocks than memory has room for, but few tracebacks.
class KeptTexts {
  public:
    using Make = std::function<Result<std::string>()>;
    // Valid until the next call.
    Result<const std::string*> of(std::uint32_t trace, const Make& make);

  private:
    std::unordered_map<std::uint32_t, std::string> texts_;
    std::size_t kept_ = 0;  // bytes of them
};

}  // namespace mt::core

#endif
