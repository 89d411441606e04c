// SPDX-License-Identifier: MIT
//
// Why the runtime does not trace, in words.
#ifndef MEMTRACE_CORE_REPORT_REASON_H
#define MEMTRACE_CORE_REPORT_REASON_H

#include <cstdint>
#include <string>

namespace mt::core {

// Of an abi::Reason; empty: there is none.
std::string reason_text(std::uint32_t reason);

}  // namespace mt::core

#endif
