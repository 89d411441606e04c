// SPDX-License-Identifier: MIT
//
// See type_entry.h.
#include "types/site/type_entry.h"

#include <dwarf.h>

namespace mt::core::site {
namespace {

constexpr int kMostQualifiers = 32, kMostNested = 16, kMostMembers = 4096;
constexpr std::uint64_t kPointer = 8;

// Calls use(child) until it says true.
template <typename Use>
bool any_child(Dwarf_Die& parent, Use use) {
    Dwarf_Die child{};
    int status = dwarf_child(&parent, &child);
    for (int i = 0; status == 0 && i < kMostMembers; ++i) {
        if (use(child)) return true;
        status = dwarf_siblingof(&child, &child);
    }
    return false;
}

std::optional<std::uint64_t> size_at(const Dwarf_Die& of, int depth);

std::optional<std::uint64_t> array_size(Dwarf_Die& array, int depth) {
    const Entry element = type_of(array);
    const auto size = element ? size_at(*element, depth + 1) : std::nullopt;
    std::uint64_t count = 1;
    bool is_told = size.has_value();
    any_child(array, [&](Dwarf_Die& range) {
        if (dwarf_tag(&range) != DW_TAG_subrange_type) return false;
        auto of_it = number_of(range, DW_AT_count);
        if (const auto last = number_of(range, DW_AT_upper_bound); !of_it && last)
            of_it = *last + 1;
        is_told = is_told && of_it && !__builtin_mul_overflow(count, *of_it, &count);
        return !is_told;
    });
    std::uint64_t bytes = 0;
    if (!is_told || __builtin_mul_overflow(count, *size, &bytes)) return std::nullopt;
    return bytes;
}

std::optional<std::uint64_t> size_at(const Dwarf_Die& of, int depth) {
    Entry type = plain(of);
    if (!type || depth > kMostNested) return std::nullopt;
    const int tag = dwarf_tag(&*type);
    if (is_pointer(tag)) return number_of(*type, DW_AT_byte_size).value_or(kPointer);
    if (tag == DW_TAG_array_type) return array_size(*type, depth);
    if (has_flag(*type, DW_AT_declaration)) return std::nullopt;
    return number_of(*type, DW_AT_byte_size);
}

// What may lie in a class at an offset.
bool is_part(int tag) { return tag == DW_TAG_member || tag == DW_TAG_inheritance; }

Entry pointer_in_class(Dwarf_Die& type, std::uint64_t offset, int depth);

Entry pointer_at(const Dwarf_Die& of, std::uint64_t offset, int depth) {
    Entry type = plain(of);
    if (!type || depth > kMostNested) return std::nullopt;
    const int tag = dwarf_tag(&*type);
    if (is_pointer(tag)) return offset == 0 ? type : std::nullopt;
    if (tag == DW_TAG_array_type) {
        const Entry element = type_of(*type);
        const auto size = element ? size_of(*element) : std::nullopt;
        if (!size || *size == 0) return std::nullopt;
        return pointer_at(*element, offset % *size, depth + 1);
    }
    if (is_class_type(*type)) return pointer_in_class(*type, offset, depth);
    return std::nullopt;
}

// Of a union's members only the one that says something counts; two that differ say nothing.
Entry pointer_in_class(Dwarf_Die& type, std::uint64_t offset, int depth) {
    Entry found;
    bool is_doubtful = false;
    any_child(type, [&](Dwarf_Die& part) {
        if (!is_part(dwarf_tag(&part))) return false;
        const Entry of = type_of(part);
        const auto start = offset_of_part(part);
        const auto size = of ? size_of(*of) : std::nullopt;
        if (!size || !start || offset < *start || offset - *start >= *size) return false;
        const Entry inner = pointer_at(*of, offset - *start, depth + 1);
        if (!inner) return false;
        is_doubtful = found && key_of(*found) != key_of(*inner);
        found = inner;
        return is_doubtful;
    });
    return is_doubtful ? std::nullopt : found;
}

bool is_at_beginning(const Dwarf_Die& outer, const Dwarf_Die& inner, int depth, int& budget) {
    Entry type = plain(outer);
    if (!type || depth > kMostNested || --budget < 0) return false;
    if (key_of(*type) == key_of(inner)) return true;
    if (dwarf_tag(&*type) == DW_TAG_array_type) {
        const Entry element = type_of(*type);
        return element && is_at_beginning(*element, inner, depth + 1, budget);
    }
    if (!is_class_type(*type)) return false;
    return any_child(*type, [&](Dwarf_Die& part) {
        if (!is_part(dwarf_tag(&part)) || offset_of_part(part) != 0) return false;
        const Entry of = type_of(part);
        return of && is_at_beginning(*of, inner, depth + 1, budget);
    });
}

}  // namespace

bool is_qualifier(int tag) {
    return tag == DW_TAG_typedef || tag == DW_TAG_const_type || tag == DW_TAG_volatile_type ||
           tag == DW_TAG_restrict_type || tag == DW_TAG_atomic_type;
}

bool is_pointer(int tag) {
    return tag == DW_TAG_pointer_type || tag == DW_TAG_reference_type ||
           tag == DW_TAG_rvalue_reference_type;
}

Entry plain(Dwarf_Die type) {
    for (int i = 0; i < kMostQualifiers; ++i) {
        if (!is_qualifier(dwarf_tag(&type))) return type;
        const Entry next = type_of(type);
        if (!next) return std::nullopt;
        type = *next;
    }
    return std::nullopt;
}

std::optional<std::uint64_t> size_of(const Dwarf_Die& of) { return size_at(of, 0); }

bool is_class_type(const Dwarf_Die& of) {
    Dwarf_Die type = of;
    const int tag = dwarf_tag(&type);
    return tag == DW_TAG_class_type || tag == DW_TAG_structure_type || tag == DW_TAG_union_type;
}

Entry pointed_to(const Dwarf_Die& of) {
    Entry type = plain(of);
    if (!type || !is_pointer(dwarf_tag(&*type))) return std::nullopt;
    return type_of(*type);
}

Entry pointer_in(const Dwarf_Die& type, std::uint64_t offset, bool anywhere) {
    if (!anywhere) return pointer_at(type, offset, 0);
    // Of an object whose offset is not told only an array's element is known.
    Entry array = plain(type);
    if (!array || dwarf_tag(&*array) != DW_TAG_array_type) return std::nullopt;
    return pointer_at(*array, offset, 0);
}

bool begins_with(const Dwarf_Die& outer, const Dwarf_Die& inner) {
    int budget = kMostMembers;
    return is_at_beginning(outer, inner, 0, budget);
}

}  // namespace mt::core::site
