// SPDX-License-Identifier: MIT
//
// How a script gets a snapshot and lets it go: take_snapshot, make_snapshot,
// kept_snapshot, release.
#include "query/snapshot_queries.h"

#include <fmt/format.h>

#include <limits>

#include "abi/layout.h"
#include "model/text.h"
#include "query/queries.h"
#include "save/table_maker.h"

namespace mt::core {
namespace {

using Json = nlohmann::json;

std::string held_text(Queries& queries, Held held) {
    const std::uint16_t limit = held.table->status.frame_limit;
    return fmt::format("{{\"snapshot\":{},\"traceback_limit\":{}}}", queries.hold(std::move(held)),
                       limit);
}

Result<std::string> take_snapshot_query(Queries& queries, Request& request) {
    MT_TRY(request.complete());
    Held held = MT_TRY(take_held(queries.session.debuggee()));
    return held_text(queries, std::move(held));
}

// tracemalloc's raw traces: "tracebacks" of [file, line], most recent first, and
// "traces" of [domain, size, index of a traceback, total_nframe].
class Making {
  public:
    Making(FrameBook& book, Request& request)
        : maker_(book),
          request_(request),
          tracebacks_(request.list("tracebacks")),
          traces_(request.list("traces")) {}

    std::shared_ptr<Table> table(std::uint64_t limit) {
        for (const Json& traceback : tracebacks_) add_traceback(traceback);
        for (const Json& trace : traces_) add_trace(trace);
        maker_.table.status.tracing = true;
        maker_.table.status.frame_limit = static_cast<std::uint16_t>(limit);
        maker_.table.has_blocks = true;
        maker_.count_totals();
        return maker_.finish();
    }

  private:
    void add_traceback(const Json& given) {
        constexpr std::uint64_t kMostLines = std::numeric_limits<std::uint32_t>::max();
        auto& frames = frames_.emplace_back();
        if (!given.is_array() || given.empty() || given.size() > abi::kMaxFrames)
            return request_.complain(
                fmt::format("a traceback has 1 to {} frames", std::uint32_t{abi::kMaxFrames}));
        for (const Json& frame : given) {
            if (!frame.is_array() || frame.size() != 2 || !frame[0].is_string() ||
                !frame[1].is_number_unsigned() || frame[1].get<std::uint64_t>() > kMostLines)
                return request_.complain("a frame is a file name and a line number");
            frames.push_back(
                {frame[0].get_ref<const std::string&>(), frame[1].get<std::uint32_t>()});
        }
    }

    void add_trace(const Json& given) {
        constexpr std::uint64_t kMost[] = {std::numeric_limits<std::uint32_t>::max(),
                                           std::numeric_limits<std::int64_t>::max() >> 16, 0,
                                           std::numeric_limits<std::uint16_t>::max()};
        bool good = given.is_array() && given.size() == 4;
        for (std::size_t i = 0; good && i < 4; ++i)
            good = given[i].is_number_unsigned() &&
                   given[i].get<std::uint64_t>() <= (i == 2 ? frames_.size() - 1 : kMost[i]);
        if (!good || frames_.empty())
            return request_.complain(
                "a trace is a domain, a size, a traceback and a number of frames");
        maker_.add_trace(given[0].get<std::uint32_t>(), given[1].get<std::uint64_t>(),
                         frames_[given[2].get<std::size_t>()], given[3].get<std::uint32_t>());
    }

    TableMaker maker_;
    Request& request_;
    const Json& tracebacks_;
    const Json& traces_;
    std::vector<std::vector<PlainFrame>> frames_;
};

Result<std::string> make_snapshot_query(Queries& queries, Request& request) {
    const std::uint64_t limit =
        request.number("traceback_limit", std::numeric_limits<std::uint16_t>::max());
    Making making(queries.session.debuggee().book(), request);
    Held held;
    held.is_made = true;
    held.table = making.table(limit);
    MT_TRY(request.complete());
    return held_text(queries, std::move(held));
}

Result<std::string> kept_snapshot_query(Queries& queries, Request& request) {
    const std::string name = request.text("name");
    MT_TRY(request.complete());
    const Kept* kept = queries.session.shelf().find(name);
    if (kept == nullptr)
        return fail(Code::usage, fmt::format("there is no snapshot {}; mt list shows them",
                                             name.empty() ? "without a name" : printable(name)));
    Held held;
    held.table = kept->table;
    return held_text(queries, std::move(held));
}

// Of one that is gone already: nothing to do.
Result<std::string> release_query(Queries& queries, Request& request) {
    const std::uint64_t handle = request.number("snapshot");
    MT_TRY(request.complete());
    queries.release(handle);
    return "{}";
}

}  // namespace

const std::vector<Operation>& snapshot_operations() {
    static const std::vector<Operation> operations = {{"take_snapshot", take_snapshot_query},
                                                      {"make_snapshot", make_snapshot_query},
                                                      {"kept_snapshot", kept_snapshot_query},
                                                      {"release", release_query}};
    return operations;
}

}  // namespace mt::core
