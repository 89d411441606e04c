// SPDX-License-Identifier: MIT
//
// See scopes.h.
#include "types/site/scopes.h"

#include <dwarf.h>

#include <algorithm>

namespace mt::core::site {
namespace {

constexpr std::size_t kMostScopes = 1u << 14, kMostRanges = 1u << 12;
constexpr unsigned kRegisters = 16;

bool is_function_tag(int tag) {
    return tag == DW_TAG_inlined_subroutine || tag == DW_TAG_subprogram;
}

std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges_of(Dwarf_Die& entry) {
    std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges;
    Dwarf_Addr base = 0, start = 0, end = 0;
    for (ptrdiff_t at = 0;
         ranges.size() < kMostRanges && (at = dwarf_ranges(&entry, at, &base, &start, &end)) > 0;)
        if (start < end) ranges.emplace_back(start, end);
    return ranges;
}

Location of_register(std::uint64_t reg, Location::Kind kind, std::uint64_t offset) {
    if (reg >= kRegisters) return {};
    return {kind, static_cast<std::uint8_t>(reg), static_cast<std::int64_t>(offset)};
}

Location location_of(const Dwarf_Op* ops, std::size_t count) {
    if (count == 0) return {};
    const Dwarf_Op& first = ops[0];
    const unsigned atom = first.atom;
    // What is computed is nowhere, but for a register's very value.
    const bool is_value = count == 2 && ops[1].atom == DW_OP_stack_value;
    if (count != 1 && !is_value) return {};
    if (atom >= DW_OP_breg0 && atom <= DW_OP_breg31) {
        const bool is_register = is_value && first.number == 0;
        if (is_value && !is_register) return {};
        return of_register(atom - DW_OP_breg0,
                           is_value ? Location::Kind::reg : Location::Kind::memory, first.number);
    }
    if (is_value) return {};
    if (atom >= DW_OP_reg0 && atom <= DW_OP_reg31)
        return of_register(atom - DW_OP_reg0, Location::Kind::reg, 0);
    if (atom == DW_OP_fbreg)
        return {Location::Kind::frame, 0, static_cast<std::int64_t>(first.number)};
    return {};
}

}  // namespace

Location location_at(Dwarf_Die& entry, unsigned name, std::uint64_t address) {
    Dwarf_Attribute attribute;
    Dwarf_Op* ops = nullptr;
    std::size_t count = 0;
    if (dwarf_attr(&entry, name, &attribute) == nullptr ||
        dwarf_getlocation_addr(&attribute, address, &ops, &count, 1) != 1)
        return {};
    return location_of(ops, count);
}

Scopes::Scopes(const Dwarf_Die& function) {
    Dwarf_Die top = function;
    is_optimised_ = dwarf_hasattr(&top, DW_AT_call_all_calls) != 0 ||
                    dwarf_hasattr(&top, DW_AT_GNU_all_call_sites) != 0;
    scopes_.push_back({top, kNone, true, ranges_of(top), {}});
    EntryWalk walk(function);
    std::vector<int> open = {0};  // by depth; kNone: what is below is not the function's
    while (walk.next() && scopes_.size() < kMostScopes) {
        const auto depth = static_cast<std::size_t>(walk.depth());
        open.resize(depth, kNone);
        Dwarf_Die& entry = walk.entry();
        const int tag = dwarf_tag(&entry), around = open.back();
        int inner = kNone;
        if (around != kNone && (tag == DW_TAG_variable || tag == DW_TAG_formal_parameter)) {
            take_variable(entry, around);
        } else if (around != kNone &&
                   (tag == DW_TAG_lexical_block || tag == DW_TAG_inlined_subroutine)) {
            inner = static_cast<int>(scopes_.size());
            scopes_.push_back({entry, around, is_function_tag(tag), ranges_of(entry), {}});
        }
        open.push_back(inner);
    }
}

void Scopes::take_variable(Dwarf_Die& entry, int scope) {
    Dwarf_Attribute attribute;
    if (dwarf_attr(&entry, DW_AT_location, &attribute) == nullptr) return;
    const unsigned form = dwarf_whatform(&attribute);
    const bool is_list =
        form == DW_FORM_sec_offset || form == DW_FORM_loclistx || form == DW_FORM_data4;
    is_optimised_ = is_optimised_ || is_list;
    const bool is_in_register =
        is_list || location_at(entry, DW_AT_location, 0).kind == Location::Kind::reg;
    scopes_[static_cast<std::size_t>(scope)].variables.push_back(
        {entry, dwarf_tag(&entry) == DW_TAG_formal_parameter, is_in_register});
}

std::vector<int> Scopes::at(std::uint64_t address) const {
    std::vector<int> found;
    const auto is_in = [address](const Scope& scope) {
        return std::any_of(scope.ranges.begin(), scope.ranges.end(), [address](const auto& range) {
            return address >= range.first && address < range.second;
        });
    };
    if (!is_in(scopes_.front())) return found;
    found.push_back(0);
    // Inner ones stand behind the one around them.
    for (std::size_t i = 1; i < scopes_.size(); ++i)
        if (scopes_[i].parent == found.back() && is_in(scopes_[i]))
            found.push_back(static_cast<int>(i));
    std::reverse(found.begin(), found.end());
    return found;
}

int Scopes::function_at(std::uint64_t address) const {
    const std::vector<int> scopes = at(address);
    return scopes.empty() ? kNone : function_around(scopes.front());
}

int Scopes::function_around(int scope) const {
    while (scope != kNone && !(*this)[scope].is_function) scope = (*this)[scope].parent;
    return scope;
}

}  // namespace mt::core::site
