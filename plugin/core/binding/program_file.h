// SPDX-License-Identifier: MIT
//
// Can this program be traced by preloading? Read from its file before it runs: a
// sanitizer brings an allocator of its own, and into a static program nothing is
// preloaded. Says it in a line, with the way out; changes nothing.
#ifndef MEMTRACE_CORE_BINDING_PROGRAM_FILE_H
#define MEMTRACE_CORE_BINDING_PROGRAM_FILE_H

#include <string>

namespace mt::core {

// Empty: nothing stands against it, or the file cannot be read.
std::string preload_obstacle(const std::string& program);

}  // namespace mt::core

#endif
