// SPDX-License-Identifier: MIT
//
// traces: Snapshot.traces, a page at a time, so that millions of blocks need not be
// text at once. positions: which of a script's own traces these are.
#include "query/traces_queries.h"

#include <fmt/format.h>

#include <iterator>
#include <unordered_map>
#include <utility>

#include "abi/layout.h"
#include "analyse/block_filter.h"
#include "analyse/frames.h"
#include "app/held.h"
#include "app/reports/frames.h"
#include "query/answer.h"
#include "query/queries.h"

namespace mt::core {
namespace {

constexpr std::uint64_t kMostRows = 1'000'000;  // of one answer

struct Page {
    std::uint64_t from = 0, count = 0;

    template <typename Write>
    Result<void> each(const std::vector<std::uint32_t>& all, Write write) const {
        for (std::uint64_t i = from; i < all.size() && i - from < count; ++i)
            MT_TRY(write(all[i], i == from ? "" : ","));
        return {};
    }
};

const std::vector<std::uint32_t>& chosen(const Held& held) {
    return held.selected ? *held.selected : held.order;
}

Result<std::string> positions(const Named&, const Held& held, const Page& page) {
    const auto& all = chosen(held);
    std::string text = fmt::format("{{\"total\":{},\"positions\":[", all.size());
    const auto write = [&text](std::uint32_t at, const char* comma) -> Result<void> {
        fmt::format_to(std::back_inserter(text), "{}{}", comma, at);
        return {};
    };
    MT_TRY(page.each(all, write));
    return text + "]}";
}

// Tracebacks of one answer, each once.
class Tracebacks {
  public:
    struct Entry {
        std::uint32_t index = 0;
        std::size_t total_frames = 0;
    };

    Tracebacks(const Named& named, const Held& held)
        : resolver_(named.resolver(held)),
          walk_(resolver_, named.debuggee().skip(), held.is_made),
          limit_(most_frames(held.limit())) {}

    Result<Entry> of(const Trace& trace, Answer& answer) {
        if (const auto found = known_.find(trace.id); found != known_.end()) return found->second;
        auto frames = MT_TRY(walk_.frames(trace, abi::kMaxFrames));
        std::vector<TraceFrame> shown = *frames;
        const std::size_t total = trace.total_frames != 0 ? trace.total_frames : shown.size();
        if (shown.size() > limit_) shown.resize(limit_);
        return known_[trace.id] = {answer.add(shown), total};
    }

  private:
    Resolver resolver_;
    FrameWalk walk_;
    std::size_t limit_;
    std::unordered_map<std::uint32_t, Entry> known_;
};

Result<std::string> rows(const Named& named, const Held& held, const Page& page) {
    const Table& table = *held.table;
    const auto& all = chosen(held);
    const TracesOfBlocks traces(table);
    Tracebacks tracebacks(named, held);
    Answer answer(named.debuggee().book());
    std::string text = fmt::format("\"total\":{},\"rows\":[", all.size());
    const auto write = [&](std::uint32_t at, const char* comma) -> Result<void> {
        const Block& block = table.blocks[at];
        if (named.debuggee().wants_stop()) return interrupted_error();
        auto entry = MT_TRY(tracebacks.of(traces.at(*traces.place_of(block)), answer));
        fmt::format_to(std::back_inserter(text), "{}[{},{},{},{}]", comma, table.domain_of(block),
                       block.size, entry.index, entry.total_frames);
        return {};
    };
    MT_TRY(page.each(all, write));
    return answer.finish(text + "]");
}

using Write = Result<std::string> (*)(const Named&, const Held&, const Page&);

template <Write write>
Result<std::string> page_query(Queries& queries, Request& request) {
    const std::uint64_t handle = request.number("snapshot");
    const std::vector<FilterList> filters = request.filters("filters");
    const Page page{request.number("from"), request.number("count", kMostRows)};
    const std::string key = request.any("filters").dump();
    MT_TRY(request.complete());
    auto held = MT_TRY(queries.held(handle));
    if (!held->table->has_blocks) return no_blocks("traces");
    auto named = MT_TRY(Named::of(queries.session.debuggee(), {held}));
    MT_TRY(select(named, *held, key, filters));
    return write(named, *held, page);
}

}  // namespace

const std::vector<Operation>& traces_operations() {
    static const std::vector<Operation> operations = {{"traces", page_query<rows>},
                                                      {"positions", page_query<positions>}};
    return operations;
}

}  // namespace mt::core
