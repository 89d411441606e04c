// SPDX-License-Identifier: MIT
//
// start, stop, clear_traces, reset_peak and the figures: tracemalloc's functions.
#include "query/tracing_queries.h"

#include <fmt/format.h>

#include "abi/layout.h"
#include "app/tracing.h"
#include "query/queries.h"

namespace mt::core {
namespace {

Result<std::string> start_query(Queries& queries, Request& request) {
    const nlohmann::json& frames = request.any("frames");
    MT_TRY(request.complete());
    Start start;
    // What is no whole number at all is out of its range, too.
    if (frames.is_number_unsigned() && frames.get<std::uint64_t>() <= UINT16_MAX)
        start.frames = frames.get<std::uint16_t>();
    if (start.frames == 0) return fail(Code::usage, kFramesRange);
    MT_TRY(start_tracing(queries.session, start));
    return "{}";
}

// One without fields and without an answer.
template <auto action>
Result<std::string> plain_query(Queries& queries, Request& request) {
    MT_TRY(request.complete());
    MT_TRY(action(queries.session));
    return "{}";
}

// Without a program nothing is traced: that is an answer and no error.
Result<std::string> is_tracing_query(Queries& queries, Request& request) {
    MT_TRY(request.complete());
    auto process = queries.session.debuggee().process();
    if (process) return fmt::format("{{\"tracing\":{}}}", process->status.tracing);
    const Code code = process.error().code;
    if (code == Code::no_process || code == Code::exited || code == Code::no_runtime)
        return "{\"tracing\":false}";
    return fail(std::move(process.error()));
}

Result<std::string> get_traceback_limit_query(Queries& queries, Request& request) {
    MT_TRY(request.complete());
    auto process = MT_TRY(queries.session.debuggee().process());
    const std::uint16_t limit = process.status.frame_limit;
    return fmt::format("{{\"limit\":{}}}", limit == 0 ? abi::kDefaultFrameLimit : limit);
}

Result<std::string> get_traced_memory_query(Queries& queries, Request& request) {
    MT_TRY(request.complete());
    const Table table = MT_TRY(exact_sums(queries.session));
    return fmt::format("{{\"current\":{},\"peak\":{}}}", table.current_size, table.peak_size);
}

Result<std::string> get_tracer_memory_query(Queries& queries, Request& request) {
    MT_TRY(request.complete());
    const Table table = MT_TRY(exact_sums(queries.session));
    return fmt::format("{{\"size\":{}}}", table.own_bytes);
}

}  // namespace

const std::vector<Operation>& tracing_operations() {
    static const std::vector<Operation> operations = {
        {"start", start_query},
        {"stop", plain_query<stop_tracing>},
        {"clear_traces", plain_query<clear_traces>},
        {"reset_peak", plain_query<reset_peak>},
        {"is_tracing", is_tracing_query},
        {"get_traceback_limit", get_traceback_limit_query},
        {"get_traced_memory", get_traced_memory_query},
        {"get_tracer_memory", get_tracer_memory_query}};
    return operations;
}

}  // namespace mt::core
