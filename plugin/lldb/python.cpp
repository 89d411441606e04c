// SPDX-License-Identifier: MIT
//
// See python.h. Scripts run on whatever thread LLDB runs them on.
#include "python.h"

#include <atomic>
#include <exception>
#include <string>

#include "host.h"
#include "sessions.h"

namespace mt::adapter {
namespace {

std::atomic<lldb::user_id_t> g_debugger = 0;

// A Python text literal.
std::string literal(const std::string& text) {
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string out = "b'";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        out += "\\x";
        out += kDigits[byte >> 4];
        out += kDigits[byte & 15];
    }
    return out + "'.decode('utf-8', 'surrogateescape')";
}

}  // namespace

void offer_package(lldb::SBDebugger& debugger) {
    g_debugger = debugger.GetID();
    const std::string folder = library_directory() + "/../share/memtrace/python";
    const std::string command =
        "script --language python -- import os, sys; memtrace_folder = os.path.normpath(" +
        literal(folder) +
        "); sys.path[:0] = [memtrace_folder] * (memtrace_folder not in sys.path); "
        "del memtrace_folder";
    // Its words go into this object and are not shown.
    lldb::SBCommandReturnObject result;
    debugger.GetCommandInterpreter().HandleCommand(command.c_str(), result, false);
}

}  // namespace mt::adapter

std::uint64_t memtrace_lldb_session(std::uint64_t debugger) {
    try {
        auto found = lldb::SBDebugger::FindDebuggerWithID(
            static_cast<int>(debugger != 0 ? debugger : mt::adapter::g_debugger.load()));
        if (!found.IsValid()) return 0;
        const auto session = mt::adapter::session_of(found);
        return session == nullptr ? 0 : session->number();
    } catch (...) {
        return 0;
    }
}

int memtrace_lldb_query(std::uint64_t number, const char* request, mtc_add_text add, void* sink) {
    try {
        const auto session = mt::adapter::session_with(number);
        if (session != nullptr) return session->query(request, add, sink);
        add(sink, "LLDB has deleted the target that this was about");
    } catch (const std::exception& failure) {
        add(sink, failure.what());
    }
    return MTC_ERROR;
}
