// SPDX-License-Identifier: MIT
//
// Types as debug information has them: what a pointer points to, what lies in a class at an
// offset, how large it is. Each question has a bound, whatever the file says.
#ifndef MEMTRACE_CORE_TYPES_SITE_TYPE_ENTRY_H
#define MEMTRACE_CORE_TYPES_SITE_TYPE_ENTRY_H

#include <cstdint>
#include <optional>

#include "types/site/entries.h"

namespace mt::core::site {

// Tags of types that say something of another type: typedef, const and the like.
bool is_qualifier(int tag);
// Of pointers and references.
bool is_pointer(int tag);
// Without typedef, const and the like; nothing: void.
Entry plain(Dwarf_Die type);
// Nothing: it is not told, as of a class that is declared only.
std::optional<std::uint64_t> size_of(const Dwarf_Die& type);
bool is_class_type(const Dwarf_Die& type);
// Of a pointer or reference what it points to, as it is written there; nothing: it is none, or
// void's.
Entry pointed_to(const Dwarf_Die& type);

// The pointer at an offset in an object of that type, in whatever member, base or element.
// `anywhere`: the offset in an array is not known.
Entry pointer_in(const Dwarf_Die& type, std::uint64_t offset, bool anywhere);
// An object of `outer` begins with one of `inner`, or is one.
bool begins_with(const Dwarf_Die& outer, const Dwarf_Die& inner);

}  // namespace mt::core::site

#endif
