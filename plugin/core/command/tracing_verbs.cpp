// SPDX-License-Identifier: MIT
//
// start, stop, clear, preload: the verbs that change something in the program
// or its next run.
#include <fmt/format.h>

#include <filesystem>

#include "abi/layout.h"
#include "command/control.h"
#include "command/reporting.h"
#include "command/session.h"
#include "command/verb.h"
#include "model/numbers.h"
#include "show/estimate.h"

namespace mt::core {
namespace {

// tracemalloc's words.
constexpr const char* kFramesRange = "the number of frames must be in range [1; 65535]";
// A data symbol of every libc.so: absent while the loader has not mapped libc yet.
constexpr const char* kLibcSymbol = "_IO_2_1_stdout_";

Result<std::uint16_t> frames_of_words(const Arguments& arguments) {
    if (arguments.words.empty()) return abi::kDefaultFrameLimit;
    const std::string& word = arguments.words.front();
    const auto frames = number_of<std::uint16_t>(word);
    const std::string_view digits = std::string_view(word).substr(word.rfind('-', 0) == 0 ? 1 : 0);
    const bool is_number =
        !digits.empty() && digits.find_first_not_of("0123456789") == std::string_view::npos;
    if (!frames && !is_number)
        return fail(Code::usage, fmt::format("mt start takes a number of frames, not {}", word));
    if (!frames || *frames == 0) return fail(Code::usage, kFramesRange);
    return *frames;
}

Result<Start> start_of(const Arguments& arguments) {
    Start start;
    auto frames = MT_TRY(frames_of_words(arguments));
    start.frames = frames;
    start.stamps = arguments.has("--stamps");
    if (const std::string* freed = arguments.value("--freed")) {
        const auto count = number_of<std::uint64_t>(*freed);
        if (!count || *count == 0 || *count > abi::kMostFreedBlocks)
            return fail(Code::usage,
                        fmt::format("--freed takes how many frees are kept, 1 to {}, "
                                    "not {}",
                                    abi::kMostFreedBlocks, freed->empty() ? "nothing" : *freed));
        start.freed_blocks = *count;
    }
    const std::string* text = arguments.value("--sample");
    if (text == nullptr) return start;
    const auto bytes = bytes_of(*text);
    if (!bytes || *bytes == 0 || *bytes > abi::kMaxSampleBytes)
        return fail(Code::usage,
                    fmt::format("--sample takes the bytes from one sample to the next, 1 to 1T, "
                                "such as 524288 or 512K, not {}",
                                text->empty() ? "nothing" : *text));
    start.sample_bytes = *bytes;
    return start;
}

std::string freed_text(std::uint64_t count) {
    if (count == 0) return "";
    return count == 1 ? ", keeping the last free"
                      : fmt::format(", keeping the last {} frees", count);
}

std::string start_text(const Start& start) {
    std::string text = fmt::format("{} frame{}", start.frames, start.frames == 1 ? "" : "s");
    if (start.frames > abi::kMaxFrames) text += fmt::format(", capped at {}", abi::kMaxFrames);
    return text + (start.stamps ? ", with stamps" : "") + freed_text(start.freed_blocks) +
           sampled_text(start.sample_bytes);
}

// The variable MEMTRACE (contract 21).
std::string environment_of(const Start& start) {
    std::string text = std::to_string(start.frames);
    if (start.stamps) text += ",stamps";
    if (start.freed_blocks != 0) text += fmt::format(",freed={}", start.freed_blocks);
    if (start.sample_bytes != 0) text += fmt::format(",sample={}", start.sample_bytes);
    return text;
}

std::string library_of(const Session& session) {
    return (std::filesystem::path(session.library_directory) / "libmemtrace.so").string();
}

Result<std::string> present_library(const Session& session) {
    std::string library = library_of(session);
    std::error_code error;
    if (!std::filesystem::exists(library, error))
        return fail(Code::io,
                    fmt::format("there is no {}; install memtrace's runtime there", library));
    if (library.find_first_of(": ") != std::string::npos)
        return fail(Code::refused,
                    fmt::format("LD_PRELOAD is cut at colons and spaces and cannot name {}; "
                                "install memtrace under a path without them",
                                library));
    return library;
}

// No process: the next run is started with the runtime and MEMTRACE.
Result<void> start_with_next_run(Session& session, const Start& start) {
    auto library = MT_TRY(present_library(session));
    MT_TRY(session.debugger.prepare_run(library, environment_of(start)));
    session.pending.next_run = start;
    session.pending.preload = true;
    session.say(fmt::format("tracing starts with the next run ({})\n", start_text(start)));
    session.say(session.preload_remark());
    return {};
}

// A process whose libraries are not mapped yet (starti).
Result<bool> start_when_loaded(Session& session, const Target& target, const Start& start) {
    auto libc = MT_TRY(session.debugger.find_symbol(kLibcSymbol));
    if (libc != 0) return false;
    auto waits = MT_TRY(session.debugger.await_runtime());
    if (!waits) return false;
    session.pending.on_load = start;
    session.pending.pid = target.pid;
    session.say(
        fmt::format("tracing starts as soon as the runtime is loaded ({})\n", start_text(start)));
    return true;
}

Result<void> can_trace(const Status& status) {
    if (status.runtime_status != static_cast<std::uint32_t>(abi::Status::refused)) return {};
    return fail(Code::refused, fmt::format("the runtime cannot trace this program: {}",
                                           reason_text(status.reason)));
}

}  // namespace

Result<void> run_start(Session& session, const Arguments& arguments) {
    auto start = MT_TRY(start_of(arguments));
    auto target = MT_TRY(session.debugger.target());
    if (target.is_absent()) return start_with_next_run(session, start);
    MT_TRY(may_change(target, "start"));
    auto process = session.process();
    if (!process && process.error().code == Code::no_runtime && !target.running) {
        auto waits = MT_TRY(start_when_loaded(session, target, start));
        if (waits) return {};
    }
    if (!process) return fail(std::move(process.error()));
    MT_TRY(can_trace(process->status));
    if (process->status.tracing) {
        session.say(
            fmt::format("tracing is on already ({}); nothing was changed\n",
                        start_text({process->status.frame_limit, process->status.sample_bytes,
                                    process->status.freed_blocks, process->status.stamps})));
        return {};
    }
    MT_TRY(Control(session.debugger, process->status.root_address).start(start));
    session.say(fmt::format("tracing is on ({})\n", start_text(start)));
    session.say(remarks_text(process->status.remarks));
    return {};
}

Result<void> run_stop(Session& session, const Arguments&) {
    auto target = MT_TRY(session.debugger.target());
    MT_TRY(may_change(target, "stop"));
    const bool absent = target.is_absent();
    if (absent && session.pending.next_run) {
        MT_TRY(session.debugger.prepare_run(library_of(session), std::nullopt));
        session.pending.next_run.reset();
        session.say("tracing does not start with the next run any more\n");
        return {};
    }
    auto process = session.process();
    if (!process && process.error().code == Code::no_runtime && session.waits_for(target)) {
        session.pending.on_load.reset();
        session.say("tracing does not start with the runtime any more\n");
        return {};
    }
    if (!process) return fail(std::move(process.error()));
    if (!process->status.tracing) {
        session.say("tracing is off already\n");
        return {};
    }
    MT_TRY(Control(session.debugger, process->status.root_address).stop());
    session.say("tracing is off; all traces were dropped\n");
    return {};
}

Result<void> run_clear(Session& session, const Arguments&) {
    auto target = MT_TRY(session.debugger.target());
    MT_TRY(may_change(target, "clear"));
    auto process = MT_TRY(session.process());
    if (!process.status.tracing) {
        session.say("tracing is off; there are no traces to clear\n");
        return {};
    }
    MT_TRY(Control(session.debugger, process.status.root_address).clear());
    session.say("all traces were dropped; tracing goes on\n");
    return {};
}

Result<void> run_mark(Session& session, const Arguments& arguments) {
    const std::string name = arguments.words.empty() ? "" : arguments.words.front();
    if (!arguments.words.empty()) MT_TRY(check_name(session, name, arguments.has("--replace")));
    auto target = MT_TRY(session.debugger.target());
    MT_TRY(may_change(target, "mark"));
    auto process = MT_TRY(session.process());
    if (!process.status.tracing)
        return fail(Code::refused,
                    "tracing is off, so there is nothing to mark; mt start begins "
                    "to trace");
    auto number = MT_TRY(Control(session.debugger, process.status.root_address).mark());
    forget_name(session, name);
    session.marks.push_back({number, name, process.status.identity});
    session.say(fmt::format("mark {}{}{}\n", number, name.empty() ? "" : " " + name,
                            process.status.stamps
                                ? ""
                                : "; from now on blocks get stamps, those from before have none"));
    return {};
}

Result<void> run_preload(Session& session, const Arguments& arguments) {
    if (!arguments.words.empty()) {
        if (arguments.words.front() != "off")
            return fail(Code::usage, fmt::format("mt preload takes nothing or off, not {}",
                                                 arguments.words.front()));
        MT_TRY(session.debugger.prepare_run(std::nullopt, std::nullopt));
        session.pending.next_run.reset();
        session.pending.preload = false;
        session.say("the next run does not preload the runtime\n");
        return {};
    }
    auto library = MT_TRY(present_library(session));
    std::optional<std::string> start;
    if (session.pending.next_run) start = environment_of(*session.pending.next_run);
    MT_TRY(session.debugger.prepare_run(library, start));
    session.pending.preload = true;
    session.say(fmt::format("the next run preloads {}\n", library));
    session.say(session.preload_remark());
    return {};
}

}  // namespace mt::core
