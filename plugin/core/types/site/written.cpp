// SPDX-License-Identifier: MIT
//
// See written.h.
#include "types/site/written.h"

#include <dwarf.h>

#include <array>
#include <string_view>
#include <utility>

#include "symbols/name.h"
#include "types/site/type_entry.h"
#include "types/template_type.h"

namespace mt::core::site {
namespace {

constexpr int kMostQualifiers = 32, kMostNested = 16;
constexpr std::size_t kMostScopes = 64;  // around one another

// Compilers write "long unsigned int" where demanglers write "unsigned long".
std::string plain_numbers(std::string text) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kNumbers = {
        std::pair{"long long unsigned int", "unsigned long long"},
        std::pair{"long long int", "long long"},
        std::pair{"long unsigned int", "unsigned long"},
        std::pair{"short unsigned int", "unsigned short"},
        std::pair{"long int", "long"},
        std::pair{"short int", "short"}};
    for (const auto& [long_form, short_form] : kNumbers)
        for (std::size_t at = text.find(long_form); at != text.npos;
             at = text.find(long_form, at + short_form.size()))
            text.replace(at, long_form.size(), short_form);
    return text;
}

std::string written_at(const Dwarf_Die& of, const UnitIndex& index, int depth);

// Where it has no linkage name: as the demangler would write it, if it had one.
std::string signature(Dwarf_Die& function, const UnitIndex& index, int depth) {
    const std::string name = name_of(function);
    Dwarf_Die origin = origin_of(function);
    const bool is_plain = has_flag(origin, DW_AT_external) || has_flag(function, DW_AT_external);
    if (name.empty() || is_plain) return name;
    std::string parameters;
    Dwarf_Die child{};
    int status = dwarf_child(&origin, &child);
    for (; status == 0; status = dwarf_siblingof(&child, &child)) {
        if (dwarf_tag(&child) != DW_TAG_formal_parameter || has_flag(child, DW_AT_artificial))
            continue;
        const Entry type = type_of(child);
        const std::string one = type ? written_at(*type, index, depth + 1) : std::string();
        if (one.empty()) return {};
        parameters += (parameters.empty() ? "" : ", ") + one;
    }
    return name + "(" + parameters + ")";
}

std::string full_name(Dwarf_Die entry, const UnitIndex& index, int depth) {
    std::string name;
    for (std::size_t i = 0; i < kMostScopes; ++i) {
        std::string own;
        const int tag = dwarf_tag(&entry);
        if (tag == DW_TAG_subprogram) own = function_from_linkage(linkage_name_of(entry));
        const bool is_whole = !own.empty();
        if (own.empty())
            own = tag == DW_TAG_subprogram ? signature(entry, index, depth) : name_of(entry);
        if (own.empty() && tag == DW_TAG_namespace) own = "(anonymous namespace)";
        if (own.empty()) return {};
        name = name.empty() ? own : own + "::" + name;
        if (is_whole) return name;
        const auto around = index.around(entry);
        if (!around) return {};
        if (!around->scope) return name;
        entry = *around->scope;
    }
    return {};
}

std::string written_class(Dwarf_Die& type, const UnitIndex& index, const std::string& alias,
                          int depth) {
    const std::string own = name_of(type);
    // Without a name of its own: what a typedef calls it.
    if (own.empty()) return alias;
    const int tag = dwarf_tag(&type);
    if (index.is_c() && tag == DW_TAG_union_type) return "union " + own;
    if (index.is_c()) return (tag == DW_TAG_enumeration_type ? "enum " : "struct ") + own;
    std::string name = plain_numbers(full_name(type, index, depth));
    const std::string allocated = allocated_type(name);
    name = allocated.empty() ? plain_type(name) : allocated;
    // What a library keeps for itself is no word of the user's.
    return name.starts_with("std::_") || name.starts_with("__") ? std::string() : name;
}

std::string written_at(const Dwarf_Die& of, const UnitIndex& index, int depth) {
    if (depth > kMostNested) return {};
    std::string alias;
    bool is_const = false;
    Dwarf_Die type = of;
    for (int i = 0; is_qualifier(dwarf_tag(&type)); ++i) {
        if (dwarf_tag(&type) == DW_TAG_const_type) is_const = true;
        // The outermost one that names it is the user's word.
        if (dwarf_tag(&type) == DW_TAG_typedef && alias.empty()) alias = name_of(type);
        const Entry next = type_of(type);
        if (!next && i < kMostQualifiers) return is_const ? "void const" : "void";
        if (!next || i >= kMostQualifiers) return {};
        type = *next;
    }
    const int tag = dwarf_tag(&type);
    std::string name;
    if (is_pointer(tag)) {
        const Entry to = type_of(type);
        name = to ? written_at(*to, index, depth + 1) : "void";
        if (!name.empty()) name += '*';
    } else if (tag == DW_TAG_base_type) {
        name = plain_numbers(name_of(type));
    } else if (is_class_type(type) || tag == DW_TAG_enumeration_type) {
        name = written_class(type, index, alias, depth);
    }
    return name.empty() || !is_const ? name : name + " const";
}

}  // namespace

std::string written(const Dwarf_Die& type, const UnitIndex& index) {
    return written_at(type, index, 0);
}

}  // namespace mt::core::site
