// SPDX-License-Identifier: MIT
//
// Lines that a person types, with history and TAB, by libedit. Knows no command.
#ifndef MEMTRACE_READER_PROMPT_H
#define MEMTRACE_READER_PROMPT_H

#include <functional>
#include <string>
#include <vector>

namespace mt::reader {

using Complete = std::function<std::vector<std::string>(const std::string& line)>;

// Until the end of input, or `quit`.
void prompt(const std::function<void(const std::string& line)>& run, const Complete& complete);

}  // namespace mt::reader

#endif
