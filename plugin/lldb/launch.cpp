// SPDX-License-Identifier: MIT
//
// The next run: what the program's environment gets, and the moment when the runtime
// has been mapped. The environment is the target's setting target.env-vars, which LLDB
// hands to the program only, never to a shell.
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "command_line.h"
#include "session.h"

namespace mt::adapter {
namespace {

constexpr const char* kPreload = "LD_PRELOAD";
constexpr const char* kStart = "MEMTRACE";

std::string text_or_empty(const char* text) { return text == nullptr ? "" : text; }

}  // namespace

bool Session::execute(const std::string& command, std::string* failure) {
    lldb::SBCommandReturnObject result;
    debugger_.GetCommandInterpreter().HandleCommand(command.c_str(), result, false);
    if (result.Succeeded()) return true;
    *failure = text_or_empty(result.GetError());
    while (!failure->empty() && failure->back() == '\n') failure->pop_back();
    return false;
}

bool Session::set_variable(const char* name, const std::string& value, std::string* failure) {
    return execute("settings append target.env-vars " + quoted(std::string(name) + '=' + value),
                   failure);
}

bool Session::remove_variable(const char* name, std::string* failure) {
    // LLDB treats the removal of what is not there as an error.
    const auto prefix = std::string(name) + '=';
    lldb::SBStringList lines =
        lldb::SBDebugger::GetInternalVariableValue("target.env-vars", debugger_.GetInstanceName());
    bool present = false;
    for (std::uint32_t i = 0; i < lines.GetSize(); ++i) {
        std::string_view text = lines.GetStringAtIndex(i);
        // One string per line, or the whole dictionary in one: older versions differ.
        for (std::size_t at = 0; at < text.size();) {
            const auto end = std::min(text.find('\n', at), text.size());
            auto line = text.substr(at, end - at);
            line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
            present = present || line.substr(0, prefix.size()) == prefix;
            at = end + 1;
        }
    }
    return !present || execute(std::string("settings remove target.env-vars ") + name, failure);
}

int Session::prepare_run(const char* library, const char* start, mtc_add_text why, void* sink) {
    std::string failure;
    auto environment = target_.IsValid() ? target_.GetEnvironment() : lldb::SBEnvironment();
    std::string preload;
    if (mtc_preloads(environment.Get(kPreload), preloaded_.c_str(), library, put_text, &preload) !=
        MTC_OK)
        return MTC_ERROR;
    const bool inherited = preload == text_or_empty(std::getenv(kPreload));
    bool done =
        inherited ? remove_variable(kPreload, &failure) : set_variable(kPreload, preload, &failure);
    if (done) preloaded_ = text_or_empty(library);
    if (done && start != nullptr) {
        done = set_variable(kStart, start, &failure);
        if (done) start_ = start;
    } else if (done && !start_.empty()) {
        done = remove_variable(kStart, &failure);
        if (done) start_.clear();
    }
    if (done) return MTC_OK;
    why(sink, failure.c_str());
    return MTC_ERROR;
}

// One breakpoint for both questions; while there is a stop point it stays from process
// to process.
bool Session::wait_for_load() {
    if (waiting_ != LLDB_INVALID_BREAK_ID) return true;
    auto breakpoint = target_.BreakpointCreateByName("memtrace_loaded");
    if (!breakpoint.IsValid()) return false;
    breakpoint.SetCallback(&at_breakpoint<&Session::loaded>, this);
    waiting_ = breakpoint.GetID();
    return true;
}

int Session::await_runtime() {
    auto process = target_.GetProcess();
    if (!process.IsValid() || !wait_for_load()) return MTC_ERROR;
    waiting_process_ = process.GetUniqueID();
    return MTC_OK;
}

void Session::stop_waiting() {
    waiting_process_ = 0;
    if (waiting_ == LLDB_INVALID_BREAK_ID || stop_point_ != LLDB_INVALID_BREAK_ID) return;
    target_.BreakpointDelete(waiting_);
    waiting_ = LLDB_INVALID_BREAK_ID;
}

bool Session::loaded(lldb::SBThread& thread, lldb::SBBreakpointLocation&) {
    const bool expected = stop_point_ != LLDB_INVALID_BREAK_ID ||
                          waiting_process_ == thread.GetProcess().GetUniqueID();
    stop_waiting();
    if (expected && mtc_loaded(core_) != MTC_OK) {
        const std::string text = std::string("error: ") + mtc_error(core_) + '\n';
        print(text.c_str(), text.size());
    }
    return false;
}

}  // namespace mt::adapter
