// SPDX-License-Identifier: MIT
//
// mt blocks: which single blocks, in which order.
#ifndef MEMTRACE_CORE_APP_REPORTS_BLOCKS_H
#define MEMTRACE_CORE_APP_REPORTS_BLOCKS_H

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "app/session.h"
#include "app/view.h"
#include "model/error.h"
#include "report/blocks.h"

namespace mt::core {

enum class BlockOrder : std::uint8_t { size, age };

struct BlocksWanted {
    std::optional<std::string> snapshot;  // none: the process as it is now
    BlockOrder order = BlockOrder::size;
    std::optional<std::uint64_t> around;  // these alone, by address
};

// It makes its rows while it is shown.
Result<BlocksReport> blocks_of(Session& session, const BlocksWanted& wanted, View view);
// Those of `table` that the view chooses, largest first. `process`: its own.
Result<BlocksReport> blocks_of(Session& session, std::shared_ptr<Table> table, Process process,
                               View view);

}  // namespace mt::core

#endif
