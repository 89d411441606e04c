// SPDX-License-Identifier: MIT
//
// modules: what the program has mapped, and where its symbols come from.
#ifndef MEMTRACE_CORE_COMMAND_MODULE_VERBS_H
#define MEMTRACE_CORE_COMMAND_MODULE_VERBS_H

#include <string_view>

#include "command/front.h"

namespace mt::core {

Result<void> run_modules(Front& front);

inline constexpr std::string_view kModulesDetails =
    "Each program or library that a traceback leads through: whether lines are known, functions\n"
    "or nothing, from which file, its address and build-id. A file counts only if its build-id is\n"
    "that of the module. Looked for are the recorded path, what the debugger has for sysroot,\n"
    "folders of libraries and of debug files, and what debuginfod's client has kept. Nothing is\n"
    "fetched. GLOB is a shell pattern for a name with or without its folder.";

inline const Option kVerbose = {"--verbose", "-v", "", Level::none,
                                "also each file that was looked for, and what was found"};

}  // namespace mt::core

#endif
