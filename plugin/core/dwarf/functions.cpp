// SPDX-License-Identifier: MIT
//
// See functions.h.
#include "dwarf/functions.h"

#include <dwarf.h>

#include "dwarf/ranges.h"

namespace mt::core {
namespace {

constexpr std::size_t kMostScopes = 512;  // of one address; more is damage

// Behind the last byte of the unit; null: it cannot be told.
const char* end_of(Dwarf_Die& unit) {
    const Dwarf_Off entry = dwarf_dieoffset(&unit);
    const Dwarf_Off start = entry - dwarf_cuoffset(&unit);
    Dwarf_Off next = 0;
    if (dwarf_next_unit(dwarf_cu_getdwarf(unit.cu), start, &next, nullptr, nullptr, nullptr,
                        nullptr, nullptr, nullptr, nullptr) != 0)
        return nullptr;
    return static_cast<const char*>(unit.addr) + (next - entry);
}

// The entry that follows in the file, children before siblings. False: that was the last one.
bool take_next(Dwarf_Die& entry, const char* end) {
    Dwarf_Die next{};
    next.cu = entry.cu;
    if (dwarf_haschildren(&entry) > 0 && dwarf_child(&entry, &next) == 0) {
        entry = next;
        return true;
    }
    const int status = dwarf_siblingof(&entry, &next);
    if (status < 0) return false;
    if (status > 0) {
        // Of the last one of its list libdw says where the list ends; outer lists may end there
        // too.
        auto* at = static_cast<char*>(next.addr);
        while (at != nullptr && at < end && *at == '\0') ++at;
        if (at == nullptr || at >= end) return false;
        next = {};
        next.addr = at;
        next.cu = entry.cu;
    }
    entry = next;
    return true;
}

// The child whose code the address is.
bool child_at(Dwarf_Die& parent, std::uint64_t address, Dwarf_Die& out) {
    Dwarf_Die child{};
    int status = dwarf_child(&parent, &child);
    for (; status == 0; status = dwarf_siblingof(&child, &child)) {
        const int tag = dwarf_tag(&child);
        const bool is_scope = tag == DW_TAG_inlined_subroutine || tag == DW_TAG_lexical_block ||
                              tag == DW_TAG_try_block || tag == DW_TAG_catch_block ||
                              tag == DW_TAG_with_stmt;
        if (!is_scope || dwarf_haspc(&child, address) <= 0) continue;
        out = child;
        return true;
    }
    return false;
}

}  // namespace

Functions::Functions(Dwarf_Die& unit, const Interrupted& interrupted) {
    const char* end = end_of(unit);
    Dwarf_Die entry = unit;
    Stride stop(interrupted);
    while (end != nullptr && take_next(entry, end)) {
        was_interrupted_ = was_interrupted_ || stop();
        if (was_interrupted_) return;
        if (dwarf_tag(&entry) != DW_TAG_subprogram) continue;
        const std::size_t before = by_address_.size();
        const bool has_room =
            add_ranges(entry, static_cast<std::uint32_t>(entries_.size()), by_address_);
        if (by_address_.size() != before) entries_.push_back(entry);
        if (!has_room) break;
    }
    by_address_.sort();
}

std::vector<Dwarf_Die> Functions::at(std::uint64_t address) {
    std::vector<Dwarf_Die> found;
    const auto number = by_address_.at(address);
    if (!number) return found;
    found.push_back(entries_[*number]);
    for (Dwarf_Die inner{}; found.size() < kMostScopes; found.push_back(inner))
        if (!child_at(found.back(), address, inner)) break;
    return found;
}

}  // namespace mt::core
