// SPDX-License-Identifier: MIT
//
// start, stop, clear_traces, reset_peak and the figures: tracemalloc's functions. The
// commands of the same names do the work; here their words are not printed.
#include <fmt/format.h>

#include "abi/layout.h"
#include "command/control.h"
#include "command/reporting.h"
#include "command/verb.h"
#include "query/queries.h"
#include "read/reader.h"

namespace mt::core {
namespace {

using Verb = Result<void> (*)(Session&, const Arguments&);

Result<std::string> run(Queries& queries, Verb verb, const Arguments& arguments) {
    MT_TRY(verb(queries.session, arguments));
    return "{}";
}

Result<std::string> start_query(Queries& queries, Request& request) {
    const nlohmann::json& frames = request.any("frames");
    MT_TRY(request.complete());
    Arguments arguments;
    // What is no whole number at all is out of its range, too.
    arguments.words.push_back(frames.is_number_integer() ? frames.dump() : "0");
    return run(queries, run_start, arguments);
}

// One without fields.
template <Verb verb>
Result<std::string> plain_query(Queries& queries, Request& request) {
    MT_TRY(request.complete());
    return run(queries, verb, {});
}

Result<std::string> reset_peak_query(Queries& queries, Request& request) {
    MT_TRY(request.complete());
    auto process = MT_TRY(queries.session.process());
    if (process.target.kind != TargetKind::live)
        return fail(
            Code::refused,
            fmt::format("a {} cannot be changed, so its peak cannot be reset",
                        process.target.kind == TargetKind::core ? "core file" : "recording"));
    if (process.status.tracing)
        MT_TRY(Control(queries.session.debugger, process.status.root_address).reset_peak());
    return "{}";
}

// Without a program nothing is traced: that is an answer and no error.
Result<std::string> is_tracing_query(Queries& queries, Request& request) {
    MT_TRY(request.complete());
    auto process = queries.session.process();
    if (process) return fmt::format("{{\"tracing\":{}}}", process->status.tracing);
    const Code code = process.error().code;
    if (code == Code::no_process || code == Code::exited || code == Code::no_runtime)
        return "{\"tracing\":false}";
    return fail(std::move(process.error()));
}

Result<std::string> get_traceback_limit_query(Queries& queries, Request& request) {
    MT_TRY(request.complete());
    auto process = MT_TRY(queries.session.process());
    const std::uint16_t limit = process.status.frame_limit;
    return fmt::format("{{\"limit\":{}}}", limit == 0 ? abi::kDefaultFrameLimit : limit);
}

// The sums of the table, without its traces.
Result<Table> read_sums(Queries& queries, Request& request) {
    MT_TRY(request.complete());
    auto process = MT_TRY(queries.session.process());
    // A number has no place for a remark.
    if (!process.doubts.empty()) return fail(Code::damaged, process.doubts.front().text);
    ReadOptions options;
    options.counters = false;
    return read_table(*process.memory, process.status, options);
}

Result<std::string> get_traced_memory_query(Queries& queries, Request& request) {
    auto table = MT_TRY(read_sums(queries, request));
    return fmt::format("{{\"current\":{},\"peak\":{}}}", table.current_size, table.peak_size);
}

Result<std::string> get_tracer_memory_query(Queries& queries, Request& request) {
    auto table = MT_TRY(read_sums(queries, request));
    return fmt::format("{{\"size\":{}}}", table.own_bytes);
}

}  // namespace

const std::vector<Operation>& tracing_operations() {
    static const std::vector<Operation> operations = {
        {"start", start_query},
        {"stop", plain_query<run_stop>},
        {"clear_traces", plain_query<run_clear>},
        {"reset_peak", reset_peak_query},
        {"is_tracing", is_tracing_query},
        {"get_traceback_limit", get_traceback_limit_query},
        {"get_traced_memory", get_traced_memory_query},
        {"get_tracer_memory", get_tracer_memory_query}};
    return operations;
}

}  // namespace mt::core
