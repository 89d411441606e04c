// SPDX-License-Identifier: MIT
//
// The class that a vtable is of (Itanium C++ ABI, 2.5.2 and 2.9.5): by the vtable's symbol, else
// by the name in its run-time type information, which stripped files have, too. A word that
// points to anything else says nothing.
#ifndef MEMTRACE_CORE_TYPES_VTABLE_TYPE_H
#define MEMTRACE_CORE_TYPES_VTABLE_TYPE_H

#include <cstdint>
#include <string>

#include "model/error.h"
#include "model/snapshot.h"
#include "source/memory.h"
#include "symbols/debug_info.h"

namespace mt::core {

class VtableTypes {
  public:
    // `debugger`: who knows symbols; may be null. All must outlive this.
    VtableTypes(Memory& memory, const Table& table, DebugInfo* debugger);

    // It points into a module.
    bool may_be_one(std::uint64_t word) const;
    // Of the class of a complete object that begins with the word; empty: it is no vtable's.
    // Errors: interrupted only.
    Result<std::string> type_at(std::uint64_t word) const;

  private:
    Result<bool> word_at(std::uint64_t address, std::uint64_t& word) const;
    Result<std::string> by_symbol(std::uint64_t word) const;
    Result<std::string> by_type_info(std::uint64_t word) const;
    Result<std::string> text_at(std::uint64_t address) const;

    Memory& memory_;
    const Table& table_;
    DebugInfo* debugger_;
    std::uint64_t first_ = 0, end_ = 0;  // of all modules together
};

}  // namespace mt::core

#endif
