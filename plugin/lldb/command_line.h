// SPDX-License-Identifier: MIT
//
// One line from the words that LLDB has already split, quoted so that the core
// splits it into the same words again. Knows no verb and no option.
#ifndef MEMTRACE_LLDB_COMMAND_LINE_H
#define MEMTRACE_LLDB_COMMAND_LINE_H

#include <string>
#include <string_view>

namespace mt::adapter {

// `word` in double quotes, `"` and `\` escaped, unless it is plain.
std::string quoted(std::string_view word);

// VERB and then each of `words` (ends with a null pointer; may itself be null).
std::string command_line(const char* verb, const char* const* words);

}  // namespace mt::adapter

#endif
