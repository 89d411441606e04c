// SPDX-License-Identifier: MIT
//
// The functions of one compilation unit by the addresses of their code, and what of them lies at an
// address. Every entry of a unit is looked at once, in the file's order: what is nested how deeply,
// which a stranger decides, costs neither stack nor time.
#ifndef MEMTRACE_CORE_DWARF_FUNCTIONS_H
#define MEMTRACE_CORE_DWARF_FUNCTIONS_H

#include <elfutils/libdw.h>

#include <cstdint>
#include <vector>

#include "dwarf/address_map.h"
#include "model/poll.h"

namespace mt::core {

class Functions {
  public:
    // `interrupted`: the user wants to stop; may be empty.
    explicit Functions(Dwarf_Die& unit, const Interrupted& interrupted = {});
    // Not all were looked at, because of that.
    bool was_interrupted() const { return was_interrupted_; }

    // The entries that the code at the address belongs to, outermost first: the function that is
    // not inlined, then blocks and inlined calls within it. Empty: no function is known.
    std::vector<Dwarf_Die> at(std::uint64_t address);

  private:
    std::vector<Dwarf_Die> entries_;
    AddressMap by_address_;
    bool was_interrupted_ = false;
};

}  // namespace mt::core

#endif
