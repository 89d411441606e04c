// SPDX-License-Identifier: MIT
//
// See units.h.
#include "dwarf/units.h"

#include <dwarf.h>

#include "dwarf/ranges.h"

namespace mt::core {
namespace {

// Split ones stand for a file of their own (.dwo), which is not opened: of their code only lines
// are known here.
bool has_code(Dwarf_Die& entry) {
    const int tag = dwarf_tag(&entry);
    return tag == DW_TAG_compile_unit || tag == DW_TAG_skeleton_unit;
}

}  // namespace

Units::Units(Dwarf* dwarf, const Interrupted& interrupted) {
    Dwarf_CU* unit = nullptr;
    Dwarf_Die entry{};
    Stride stop(interrupted);
    // A unit that is damaged ends it: where the next one begins is not known.
    while (dwarf != nullptr &&
           dwarf_get_units(dwarf, unit, &unit, nullptr, nullptr, &entry, nullptr) == 0) {
        was_interrupted_ = was_interrupted_ || stop();
        if (was_interrupted_) return;
        if (!has_code(entry)) continue;
        const auto number = static_cast<std::uint32_t>(entries_.size());
        entries_.push_back(entry);
        if (!add_ranges(entry, number, by_address_)) break;
    }
    by_address_.sort();
}

}  // namespace mt::core
