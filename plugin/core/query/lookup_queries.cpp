// SPDX-License-Identifier: MIT
//
// object_traceback and source_lines: single questions about a block's address and
// about lines of source.
#include "query/lookup_queries.h"

#include <fmt/format.h>

#include "app/reports/block.h"
#include "query/answer.h"
#include "query/queries.h"

namespace mt::core {
namespace {

// An answer without a traceback means that the block is not known.
Result<std::string> object_traceback_query(Queries& queries, Request& request) {
    const std::uint64_t address = request.number("address");
    MT_TRY(request.complete());
    Session& session = queries.session;
    auto process = MT_TRY(session.debuggee().process());
    Answer answer(session.book());
    if (!process.status.tracing) return answer.finish("");
    const auto block = MT_TRY(traced_block(session.debuggee(), process, address));
    if (block) answer.add(block->traceback);
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
    const Target target = MT_TRY(session.debuggee().target());
    const SourceLine source_line = session.debuggee().source_lines(!target.remote);
    std::string text = "{\"lines\":[";
    for (const auto& [file, line] : wanted) {
        if (text.back() != '[') text += ',';
        text += json_text(source_line(file, line));
        if (session.debuggee().is_stopped()) return interrupted_error();
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
