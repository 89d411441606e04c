// SPDX-License-Identifier: MIT
//
// What stands for an address where there is no debugger to evaluate it: a number, a variable, its
// address, with a number added or taken away. Knows no types.
#ifndef MEMTRACE_READER_EXPRESSIONS_H
#define MEMTRACE_READER_EXPRESSIONS_H

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "code.h"
#include "memtrace_core.h"

namespace mt::reader {

using FindSymbol = std::function<std::optional<Symbol>(const std::string& name)>;
using ReadWord = std::function<bool(std::uint64_t address, std::uint64_t& word)>;

// "0x7f…", "head", "&table + 16", "*(0x…)"; a variable of 8 bytes is what it holds, another one
// where it lies. Returns why not, or nothing.
std::string value_of(const std::string& expression, const FindSymbol& symbol, const ReadWord& word,
                     mtc_value& value);

}  // namespace mt::reader

#endif
