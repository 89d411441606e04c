// SPDX-License-Identifier: MIT
//
// What lies at one address: mt block.
#ifndef MEMTRACE_CORE_APP_REPORTS_BLOCK_H
#define MEMTRACE_CORE_APP_REPORTS_BLOCK_H

#include <string>

#include "app/view.h"
#include "model/error.h"
#include "report/blocks.h"
#include "target/debuggee.h"

namespace mt::core {

// `expression`: a number, or in the program's language.
Result<BlockReport> block_report(Debuggee& debuggee, const std::string& expression,
                                 const View& view);

// The block of domain 0 at an address with its traceback, if there is one.
struct TracedBlock {
    Block block;
    std::vector<TraceFrame> traceback;  // most recent first; empty: nobody could name it
};
Result<std::optional<TracedBlock>> traced_block(Debuggee& debuggee, const Process& process,
                                                std::uint64_t address);

}  // namespace mt::core

#endif
