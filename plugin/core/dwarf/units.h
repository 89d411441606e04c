// SPDX-License-Identifier: MIT
//
// The compilation units of a file's debug information, by the addresses of their code. From the
// units themselves: not every compiler writes .debug_aranges.
#ifndef MEMTRACE_CORE_DWARF_UNITS_H
#define MEMTRACE_CORE_DWARF_UNITS_H

#include <elfutils/libdw.h>

#include <cstdint>
#include <vector>

#include "dwarf/address_map.h"
#include "model/poll.h"

namespace mt::core {

class Units {
  public:
    // `dwarf` may be null, and must stay.
    // `interrupted`: the user wants to stop; may be empty.
    explicit Units(Dwarf* dwarf, const Interrupted& interrupted = {});
    // Not all were looked at, because of that.
    bool was_interrupted() const { return was_interrupted_; }

    // The number of the unit whose code is at an ELF virtual address; none: there is none.
    std::optional<std::uint32_t> at(std::uint64_t address) const { return by_address_.at(address); }
    // Its entry, with the children that its code is described by.
    Dwarf_Die& entry(std::uint32_t unit) { return entries_[unit]; }
    std::size_t size() const { return entries_.size(); }

  private:
    std::vector<Dwarf_Die> entries_;
    AddressMap by_address_;
    bool was_interrupted_ = false;
};

}  // namespace mt::core

#endif
