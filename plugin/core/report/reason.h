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

// Why a black box is not there, or not whole: of an abi::BoxError or an errno.
std::string box_error_text(std::uint32_t error);

}  // namespace mt::core

#endif
