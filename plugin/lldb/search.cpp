// SPDX-License-Identifier: MIT
//
// Where the user has told LLDB to look for files: its settings and the platform's sysroot, which
// the SB API has as texts only.
#include <string>
#include <string_view>

#include "session.h"

namespace mt::adapter {
namespace {

std::string trimmed(std::string_view text) {
    constexpr std::string_view kSpace = " \t\n";
    const auto first = text.find_first_not_of(kSpace);
    if (first == text.npos) return {};
    return std::string(text.substr(first, text.find_last_not_of(kSpace) - first + 1));
}

// "[0]: FOLDER  [1]: FOLDER", in one line or in several: versions differ. With a colon between
// them.
std::string folders_of(std::string_view text) {
    std::string folders;
    const auto mark = [](unsigned number) { return '[' + std::to_string(number) + "]: "; };
    auto at = text.find(mark(0));
    for (unsigned number = 0; at != text.npos; ++number) {
        const auto next = text.find(mark(number + 1), at);
        at += mark(number).size();
        const auto end = next == text.npos ? text.size() : next;
        folders += (folders.empty() ? "" : ":") + trimmed(text.substr(at, end - at));
        at = next;
    }
    return folders;
}

std::string folders_of(lldb::SBDebugger& debugger, const char* setting) {
    auto lines = lldb::SBDebugger::GetInternalVariableValue(setting, debugger.GetInstanceName());
    std::string text;
    for (std::uint32_t i = 0; i < lines.GetSize(); ++i)
        text += std::string(lines.GetStringAtIndex(i)) + '\n';
    return folders_of(text);
}

std::string sysroot_of(lldb::SBDebugger& debugger) {
    constexpr std::string_view kSysroot = "Sysroot: ";
    lldb::SBCommandReturnObject result;
    debugger.GetCommandInterpreter().HandleCommand("platform status", result, false);
    const char* const output = result.GetOutput();
    const std::string_view text = output == nullptr ? "" : output;
    const auto at = text.find(kSysroot);
    if (at == text.npos) return {};
    const auto start = at + kSysroot.size();
    return trimmed(text.substr(start, text.find('\n', start) - start));
}

}  // namespace

void Session::read_search_settings() {
    sysroot_ = sysroot_of(debugger_);
    file_folders_ = folders_of(debugger_, "target.exec-search-paths");
    debug_folders_ = folders_of(debugger_, "target.debug-file-search-paths");
    // LLDB looks there as well, whatever the setting says.
    debug_folders_ += debug_folders_.empty() ? "/usr/lib/debug" : ":/usr/lib/debug";
}

}  // namespace mt::adapter
