// SPDX-License-Identifier: MIT
//
// object_traceback and source_lines: single questions about a block's address and
// about lines of source.
#include <fmt/format.h>

#include "abi/layout.h"
#include "analyse/frames.h"
#include "query/answer.h"
#include "query/queries.h"
#include "read/lookup.h"

namespace mt::core {
namespace {

// An answer without a traceback means that the block is not known.
Result<std::string> object_traceback_query(Queries& queries, Request& request) {
    const std::uint64_t address = request.number("address");
    MT_TRY(request.complete());
    Session& session = queries.session;
    auto process = MT_TRY(session.process());
    Answer answer(session.symboliser.book());
    if (!process.status.tracing) return answer.finish("");
    auto table = MT_TRY(read_blocks_at(*process.memory, process.status, address));
    if (table.blocks.empty() || table.domain_of(table.blocks.front()) != 0)
        return answer.finish("");
    Resolver resolver(session.symboliser, table, session.sources_for(table, &process));
    FrameWalk walk(resolver, session.skip, false);
    const std::uint16_t limit = table.status.frame_limit;
    auto frames = MT_TRY(walk.frames(table.traces.front(), limit == 0 ? abi::kMaxFrames : limit));
    answer.add(*frames);
    return answer.finish("");
}

Result<std::string> source_lines_query(Queries& queries, Request& request) {
    std::vector<std::pair<std::string, std::uint32_t>> wanted;
    for (const nlohmann::json& place : request.list("places")) {
        if (place.is_array() && place.size() == 2 && place[0].is_string() &&
            place[1].is_number_unsigned())
            wanted.emplace_back(place[0].get<std::string>(), place[1].get<std::uint32_t>());
        else
            request.complain("a place is a file and a line");
    }
    MT_TRY(request.complete());
    Session& session = queries.session;
    auto target = MT_TRY(session.debugger.target());
    session.source_interrupted = false;
    const SourceLine source_line = session.source_lines(&target);
    std::string text = "{\"lines\":[";
    for (const auto& [file, line] : wanted) {
        if (text.back() != '[') text += ',';
        text += json_text(source_line(file, line));
        if (session.source_interrupted) return fail(Code::interrupted, "interrupted");
    }
    return text + "]}";
}

}  // namespace

const std::vector<Operation>& lookup_operations() {
    static const std::vector<Operation> operations = {{"object_traceback", object_traceback_query},
                                                      {"source_lines", source_lines_query}};
    return operations;
}

}  // namespace mt::core
