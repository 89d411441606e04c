// SPDX-License-Identifier: MIT
//
// See entries.h.
#include "types/site/entries.h"

#include <dwarf.h>

namespace mt::core::site {
namespace {

constexpr int kMostOrigins = 8;

const char* end_of(Dwarf_Die& entry) {
    Dwarf_Die unit{};
    if (dwarf_diecu(&entry, &unit, nullptr, nullptr) == nullptr) return nullptr;
    const Dwarf_Off at = dwarf_dieoffset(&unit);
    const Dwarf_Off start = at - dwarf_cuoffset(&unit);
    Dwarf_Off next = 0;
    if (dwarf_next_unit(dwarf_cu_getdwarf(unit.cu), start, &next, nullptr, nullptr, nullptr,
                        nullptr, nullptr, nullptr, nullptr) != 0)
        return nullptr;
    return static_cast<const char*>(unit.addr) + (next - at);
}

std::string text(const char* from) { return from == nullptr ? std::string() : from; }

}  // namespace

EntryWalk::EntryWalk(const Dwarf_Die& top) : entry_(top), end_(end_of(entry_)) {}

bool EntryWalk::next() {
    if (end_ == nullptr || was_cut_) return false;
    if (++count_ > kMostEntries) {
        was_cut_ = true;
        return false;
    }
    Dwarf_Die found{};
    found.cu = entry_.cu;
    if (dwarf_haschildren(&entry_) > 0 && dwarf_child(&entry_, &found) == 0) {
        ++depth_;
        entry_ = found;
        return true;
    }
    if (depth_ == 0) return false;
    const int status = dwarf_siblingof(&entry_, &found);
    if (status < 0) was_cut_ = true;
    if (status > 0) {
        // Of the last one of its list libdw says where the list ends; outer lists may end there.
        auto* at = static_cast<char*>(found.addr);
        for (; at != nullptr && at < end_ && *at == '\0' && depth_ > 0; ++at) --depth_;
        if (at == nullptr || at >= end_ || depth_ == 0) return false;
        found = {};
        found.addr = at;
        found.cu = entry_.cu;
    }
    entry_ = found;
    return status >= 0;
}

std::string name_of(Dwarf_Die& entry) { return text(dwarf_diename(&entry)); }

std::string linkage_name_of(Dwarf_Die& entry) {
    Dwarf_Attribute attribute;
    for (const unsigned name : {DW_AT_linkage_name, DW_AT_MIPS_linkage_name})
        if (dwarf_attr_integrate(&entry, name, &attribute) != nullptr)
            return text(dwarf_formstring(&attribute));
    return {};
}

Entry referred(Dwarf_Die& entry, unsigned name) {
    Dwarf_Attribute attribute;
    Dwarf_Die found{};
    if (dwarf_attr(&entry, name, &attribute) == nullptr ||
        dwarf_formref_die(&attribute, &found) == nullptr)
        return std::nullopt;
    return found;
}

Entry type_of(Dwarf_Die& entry) {
    Dwarf_Attribute attribute;
    Dwarf_Die found{};
    if (dwarf_attr_integrate(&entry, DW_AT_type, &attribute) == nullptr ||
        dwarf_formref_die(&attribute, &found) == nullptr)
        return std::nullopt;
    return found;
}

std::optional<std::uint64_t> number_of(Dwarf_Die& entry, unsigned name) {
    Dwarf_Attribute attribute;
    Dwarf_Word value = 0;
    if (dwarf_attr_integrate(&entry, name, &attribute) == nullptr ||
        dwarf_formudata(&attribute, &value) != 0)
        return std::nullopt;
    return value;
}

std::optional<std::uint64_t> offset_of_part(Dwarf_Die& part) {
    if (has_flag(part, DW_AT_external) || dwarf_hasattr(&part, DW_AT_data_bit_offset) != 0)
        return std::nullopt;
    // A union's members have none.
    if (dwarf_hasattr(&part, DW_AT_data_member_location) == 0) return 0;
    return number_of(part, DW_AT_data_member_location);
}

bool has_flag(Dwarf_Die& entry, unsigned name) {
    Dwarf_Attribute attribute;
    bool is_set = false;
    return dwarf_attr(&entry, name, &attribute) != nullptr &&
           dwarf_formflag(&attribute, &is_set) == 0 && is_set;
}

Dwarf_Die origin_of(Dwarf_Die entry) {
    for (int i = 0; i < kMostOrigins; ++i) {
        Entry next = referred(entry, DW_AT_abstract_origin);
        if (!next) next = referred(entry, DW_AT_specification);
        if (!next) break;
        entry = *next;
    }
    return entry;
}

}  // namespace mt::core::site
