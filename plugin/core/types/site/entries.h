// SPDX-License-Identifier: MIT
//
// The entries of debug information below one of them, in the file's order. How deeply they are
// nested is a stranger's choice and costs neither stack nor time; how many are looked at has a
// bound. Also what of an entry is asked for again and again. Knows no meaning of types.
#ifndef MEMTRACE_CORE_TYPES_SITE_ENTRIES_H
#define MEMTRACE_CORE_TYPES_SITE_ENTRIES_H

#include <elfutils/libdw.h>

#include <cstdint>
#include <optional>
#include <string>

namespace mt::core::site {

using Entry = std::optional<Dwarf_Die>;

// The same for the same entry of a file, however it was found.
inline const void* key_of(const Dwarf_Die& entry) { return entry.addr; }

class EntryWalk {
  public:
    static constexpr std::uint64_t kMostEntries = 1u << 23;

    // Below `top`; nothing where its unit's end cannot be told.
    explicit EntryWalk(const Dwarf_Die& top);
    // False: that was the last one.
    bool next();
    Dwarf_Die& entry() { return entry_; }
    // 1: a child of the top.
    std::uint64_t depth() const { return depth_; }
    bool was_cut() const { return was_cut_; }

  private:
    Dwarf_Die entry_;
    const char* end_ = nullptr;
    std::uint64_t depth_ = 0, count_ = 0;
    bool was_cut_ = false;
};

std::string name_of(Dwarf_Die& entry);  // its own; of a definition that of the declaration
std::string linkage_name_of(Dwarf_Die& entry);
Entry referred(Dwarf_Die& entry, unsigned attribute);  // without what it inherits
Entry type_of(Dwarf_Die& entry);
std::optional<std::uint64_t> number_of(Dwarf_Die& entry, unsigned attribute);
// Of a member or base in its class; nothing: it is not told, or in no object.
std::optional<std::uint64_t> offset_of_part(Dwarf_Die& part);
bool has_flag(Dwarf_Die& entry, unsigned attribute);  // without what it inherits
// What it was made from, first of all: a function without a body, or the declaration.
Dwarf_Die origin_of(Dwarf_Die entry);

}  // namespace mt::core::site

#endif
