// SPDX-License-Identifier: MIT
//
// mt blocks: its rows in both forms, each written as it is given. A process has more
// blocks than memory has room for their rows, but few tracebacks: what a traceback looks
// like is made once and kept while there is room.
#ifndef MEMTRACE_CORE_SHOW_BLOCK_ROWS_H
#define MEMTRACE_CORE_SHOW_BLOCK_ROWS_H

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "model/error.h"
#include "model/sink.h"
#include "show/block_report.h"
#include "show/json_stream.h"

namespace mt::core {

// What is known before the first row.
struct BlockList {
    bool stamps = false;
    const FrameBook* book = nullptr;
    std::optional<std::uint64_t> around;  // an address between which they lie: by address then
    std::int64_t other_size = 0, other_count = 0;
    std::int64_t total_size = 0, total_count = 0;
    std::vector<Remark> remarks;
};

class BlockRows {
  public:
    // Most recent first.
    using Traceback = std::function<Result<std::vector<RowFrame>>()>;

    BlockRows(const BlockList& list, bool json, const Sink& sink);

    // `traceback` is asked for unless that of `trace` is known; `shown` has none.
    Result<void> row(const ShownBlock& shown, std::uint32_t trace, const Traceback& traceback);
    Result<void> end();

  private:
    Result<const std::string*> place_of(std::uint32_t trace, const Traceback& traceback);
    std::string text_of(const ShownBlock& shown, const std::string& place) const;
    Result<void> past_address();

    const BlockList& list_;
    const bool json_;
    const Sink& sink_;
    JsonStream document_;
    bool is_past_;
    std::unordered_map<std::uint32_t, std::string> places_;
    std::size_t kept_ = 0;  // bytes of them
};

}  // namespace mt::core

#endif
