// SPDX-License-Identifier: MIT
//
// See unit_index.h.
#include "types/site/unit_index.h"

#include <dwarf.h>

#include <algorithm>
#include <set>
#include <string_view>

#include "dwarf/ranges.h"
#include "types/site/type_entry.h"

namespace mt::core::site {
namespace {

constexpr std::size_t kMostImported = 1u << 14, kMostOuter = 1u << 16;
constexpr std::uint32_t kSeveral = UINT32_MAX;

bool is_class(int tag) {
    return tag == DW_TAG_class_type || tag == DW_TAG_structure_type || tag == DW_TAG_union_type;
}
bool is_scope(int tag) {
    return is_class(tag) || tag == DW_TAG_namespace || tag == DW_TAG_subprogram ||
           tag == DW_TAG_enumeration_type;
}

// clang keeps addresses in a table.
std::optional<std::uint64_t> address_of(Dwarf_Attribute& location, const Dwarf_Op& op) {
    Dwarf_Attribute in_table;
    Dwarf_Addr address = 0;
    if (op.atom == DW_OP_addr) return op.number;
    if ((op.atom != DW_OP_addrx && op.atom != DW_OP_GNU_addr_index) ||
        dwarf_getlocation_attr(&location, &op, &in_table) != 0 ||
        dwarf_formaddr(&in_table, &address) != 0)
        return std::nullopt;
    return address;
}

std::string before_arguments(const std::string& name) { return name.substr(0, name.find('<')); }

}  // namespace

UnitIndex::UnitIndex(Dwarf_Die& unit, const Interrupted& interrupted) {
    switch (dwarf_srclang(&unit)) {
        case DW_LANG_C:
        case DW_LANG_C89:
        case DW_LANG_C99:
        case DW_LANG_C11:
            is_c_ = true;
            break;
        default:
            break;
    }
    Dwarf_Attribute producer;
    const char* made_by = dwarf_attr(&unit, DW_AT_producer, &producer) == nullptr
                              ? nullptr
                              : dwarf_formstring(&producer);
    may_merge_ = made_by == nullptr || std::string_view(made_by).find("clang") == std::string::npos;
    Stride stop(interrupted);
    look_at(unit, stop);
    // Each is in the list once; what it imports itself comes behind.
    for (std::size_t i = 0; i < imported_.size(); ++i) look_at(Dwarf_Die(imported_[i]), stop);
    functions_by_address_.sort();
}

void UnitIndex::look_at(const Dwarf_Die& unit, Stride& stop) {
    EntryWalk walk(unit);
    std::vector<const void*> parents;  // by depth - 1; null: not a scope
    while (walk.next()) {
        was_interrupted_ = was_interrupted_ || stop();
        if (was_interrupted_) return;
        const auto depth = static_cast<std::size_t>(walk.depth());
        parents.resize(depth - 1, nullptr);
        Dwarf_Die& entry = walk.entry();
        // Blocks are no scopes of names.
        const void* parent = parents.empty() ? nullptr : parents.back();
        take(entry, parent);
        parents.push_back(is_scope(dwarf_tag(&entry)) ? key_of(entry) : parent);
    }
    was_cut_ = was_cut_ || walk.was_cut();
}

void UnitIndex::take(Dwarf_Die& entry, const void* parent) {
    const int tag = dwarf_tag(&entry);
    if (is_scope(tag)) scopes_.emplace(key_of(entry), Scope{entry, parent});
    if (tag == DW_TAG_subprogram) return take_function(entry, parent);
    if (tag == DW_TAG_inheritance) return take_part(entry, parent, true);
    if (tag == DW_TAG_member) return take_part(entry, parent, false);
    if (tag == DW_TAG_variable) return take_variable(entry);
    if (tag != DW_TAG_imported_unit) return;
    const Entry unit = referred(entry, DW_AT_import);
    if (!unit) return;
    const bool is_known =
        std::any_of(imported_.begin(), imported_.end(),
                    [&](const Dwarf_Die& one) { return key_of(one) == key_of(*unit); });
    if (is_known) return;
    if (imported_.size() >= kMostImported)
        was_cut_ = true;
    else
        imported_.push_back(*unit);
}

void UnitIndex::take_part(Dwarf_Die& part, const void* of, bool derives) {
    const Scope* outer = scope(of);
    if (outer == nullptr || offset_of_part(part) != 0) return;
    const Entry type = type_of(part);
    const Entry inner = type ? plain(*type) : std::nullopt;
    if (inner) beginnings_[key_of(*inner)].push_back({outer->entry, derives});
}

void UnitIndex::take_function(Dwarf_Die& entry, const void* parent) {
    const auto number = static_cast<std::uint32_t>(functions_.size());
    const std::size_t before = functions_by_address_.size();
    Dwarf_Addr start = 0;
    if (!add_ranges(entry, number, functions_by_address_)) was_cut_ = true;
    if (functions_by_address_.size() != before) {
        functions_.push_back(entry);
        if (dwarf_lowpc(&entry, &start) == 0 || dwarf_entrypc(&entry, &start) == 0) {
            const auto [known, is_new] = by_beginning_.try_emplace(start, number);
            if (!is_new) known->second = kSeveral;
        }
    }
    const Scope* around = scope(parent);
    if (around != nullptr && !has_flag(entry, DW_AT_artificial)) {
        Dwarf_Die of = around->entry;
        if (is_class(dwarf_tag(&of)) && name_of(entry) == before_arguments(name_of(of)))
            constructed_[parent] = true;
    }
}

void UnitIndex::take_variable(Dwarf_Die& entry) {
    Dwarf_Attribute attribute;
    Dwarf_Op* expression = nullptr;
    std::size_t length = 0;
    const bool is_declared = has_flag(entry, DW_AT_declaration);
    if (dwarf_attr(&entry, DW_AT_location, &attribute) != nullptr) {
        if (dwarf_getlocation(&attribute, &expression, &length) != 0 || length != 1) return;
        const auto address = address_of(attribute, expression[0]);
        if (!address) return;
        variables_.emplace(*address, entry);
    } else if (!is_declared) {
        return;
    }
    Dwarf_Die origin = origin_of(entry);
    if (!has_flag(entry, DW_AT_external) && !has_flag(origin, DW_AT_external)) return;
    std::string name = linkage_name_of(entry);
    if (name.empty()) name = name_of(entry);
    named_.emplace(std::move(name), entry);
}

const UnitIndex::Scope* UnitIndex::scope(const void* key) const {
    const auto found = key == nullptr ? scopes_.end() : scopes_.find(key);
    return found == scopes_.end() ? nullptr : &found->second;
}

std::optional<UnitIndex::Around> UnitIndex::around(const Dwarf_Die& entry) const {
    const Scope* here = scope(key_of(origin_of(entry)));
    if (here == nullptr) return std::nullopt;
    const Scope* outer = scope(here->parent);
    return Around{outer == nullptr ? Entry() : Entry(outer->entry)};
}

Entry UnitIndex::class_of(Dwarf_Die function) const {
    const Scope* here = scope(key_of(origin_of(function)));
    const Scope* around = here == nullptr ? nullptr : scope(here->parent);
    if (around == nullptr) return std::nullopt;
    Dwarf_Die entry = around->entry;
    return is_class(dwarf_tag(&entry)) ? Entry(entry) : std::nullopt;
}

bool UnitIndex::is_constructor(Dwarf_Die function) const {
    Entry of = class_of(function);
    return of && name_of(function) == before_arguments(name_of(*of));
}

const std::vector<UnitIndex::Outer>& UnitIndex::beginning_with(const Dwarf_Die& part) const {
    static const std::vector<Outer> kNone;
    const auto found = beginnings_.find(key_of(part));
    return found == beginnings_.end() ? kNone : found->second;
}

std::optional<std::vector<std::uint64_t>> UnitIndex::sizes_beginning_with(
    const Dwarf_Die& part) const {
    std::vector<std::uint64_t> sizes;
    std::vector<Dwarf_Die> open = {part};
    std::set<const void*> seen;
    while (!open.empty()) {
        const Dwarf_Die inner = open.back();
        open.pop_back();
        for (const Outer& outer : beginning_with(inner)) {
            if (!seen.insert(key_of(outer.entry)).second) continue;
            if (seen.size() > kMostOuter) return std::nullopt;
            if (const auto size = size_of(outer.entry)) sizes.push_back(*size);
            open.push_back(outer.entry);
        }
    }
    std::sort(sizes.begin(), sizes.end());
    sizes.erase(std::unique(sizes.begin(), sizes.end()), sizes.end());
    return sizes;
}

bool UnitIndex::has_constructor(const Dwarf_Die& of) const {
    return constructed_.contains(key_of(of));
}

Entry UnitIndex::function_at(std::uint64_t address) const {
    const auto found = by_beginning_.find(address);
    if (found == by_beginning_.end() || found->second == kSeveral) return std::nullopt;
    return functions_[found->second];
}

Entry UnitIndex::function_around(std::uint64_t address) const {
    const auto number = functions_by_address_.at(address);
    return number ? Entry(functions_[*number]) : std::nullopt;
}

std::optional<UnitIndex::Found> UnitIndex::variable_at(std::uint64_t address) const {
    auto next = variables_.upper_bound(address);
    if (next == variables_.begin()) return std::nullopt;
    --next;
    Dwarf_Die entry = next->second;
    const Entry type = type_of(entry);
    const auto size = type ? size_of(*type) : std::nullopt;
    if (!size || address - next->first >= *size) return std::nullopt;
    return Found{entry, address - next->first};
}

Entry UnitIndex::variable_named(const std::string& name) const {
    const auto found = named_.find(name);
    return found == named_.end() ? Entry() : Entry(found->second);
}

}  // namespace mt::core::site
