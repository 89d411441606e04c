// SPDX-License-Identifier: MIT
//
// What of a compilation unit is found from the inside out or by address: the scopes around
// classes, classes that begin with another class, functions and variables by address. One walk
// over the unit, and over what it imports.
#ifndef MEMTRACE_CORE_TYPES_SITE_UNIT_INDEX_H
#define MEMTRACE_CORE_TYPES_SITE_UNIT_INDEX_H

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "dwarf/address_map.h"
#include "model/poll.h"
#include "types/site/entries.h"

namespace mt::core::site {

class UnitIndex {
  public:
    // `interrupted`: the user wants to stop; may be empty.
    explicit UnitIndex(Dwarf_Die& unit, const Interrupted& interrupted = {});
    // Not all was looked at, because of that: this is of no use.
    bool was_interrupted() const { return was_interrupted_; }

    // The namespace, class or function that something is declared in; none: the unit itself.
    // Nothing: it cannot be told.
    struct Around {
        Entry scope;
    };
    std::optional<Around> around(const Dwarf_Die& entry) const;
    // The class that a function is a member of.
    Entry class_of(Dwarf_Die function) const;
    bool is_constructor(Dwarf_Die function) const;

    // Classes that have `part` at their beginning, as a base or as a member.
    struct Outer {
        Dwarf_Die entry;
        bool derives;
    };
    const std::vector<Outer>& beginning_with(const Dwarf_Die& part) const;
    // Sizes of the classes that begin with it, however deeply; nothing: there are too many.
    std::optional<std::vector<std::uint64_t>> sizes_beginning_with(const Dwarf_Die& part) const;
    // Somebody has written a constructor for it.
    bool has_constructor(const Dwarf_Die& of) const;

    // With its first instruction at the address; nothing where several have it.
    Entry function_at(std::uint64_t address) const;
    // That the code at the address is of, and is not inlined there.
    Entry function_around(std::uint64_t address) const;
    // That the address lies in.
    struct Found {
        Dwarf_Die entry;
        std::uint64_t offset;
    };
    std::optional<Found> variable_at(std::uint64_t address) const;
    // Defined, or of another unit and declared here; by its linkage name.
    Entry variable_named(const std::string& name) const;

    bool is_c() const { return is_c_; }
    // Of functions that only this unit calls, and that do the same, the compiler may keep one.
    bool may_merge() const { return may_merge_; }
    // Entries that it has taken: what it costs in memory.
    std::size_t size() const { return scopes_.size() + functions_.size(); }
    // Not all could be looked at: nothing can be excluded.
    bool was_cut() const { return was_cut_; }

  private:
    struct Scope {
        Dwarf_Die entry;
        const void* parent;  // null: the unit
    };
    void look_at(const Dwarf_Die& unit, Stride& stop);
    void take(Dwarf_Die& entry, const void* parent);
    void take_part(Dwarf_Die& part, const void* of, bool derives);
    void take_variable(Dwarf_Die& entry);
    void take_function(Dwarf_Die& entry, const void* parent);
    const Scope* scope(const void* key) const;

    std::unordered_map<const void*, Scope> scopes_;
    std::unordered_map<const void*, std::vector<Outer>> beginnings_;
    std::unordered_map<const void*, bool> constructed_;
    std::vector<Dwarf_Die> functions_;
    AddressMap functions_by_address_;                                // numbers in functions_
    std::unordered_map<std::uint64_t, std::uint32_t> by_beginning_;  // the same; kSeveral
    std::map<std::uint64_t, Dwarf_Die> variables_;
    std::unordered_map<std::string, Dwarf_Die> named_;
    std::vector<Dwarf_Die> imported_;
    bool is_c_ = false, may_merge_ = true, was_cut_ = false, was_interrupted_ = false;
};

}  // namespace mt::core::site

#endif
