// SPDX-License-Identifier: MIT
//
// The variables of one function that are there at an address of its code, and where they are
// then. Blocks and inlined calls are its scopes.
#ifndef MEMTRACE_CORE_TYPES_SITE_SCOPES_H
#define MEMTRACE_CORE_TYPES_SITE_SCOPES_H

#include <cstdint>
#include <utility>
#include <vector>

#include "types/site/entries.h"

namespace mt::core::site {

// Where a variable is, as far as it is in one place.
struct Location {
    enum class Kind : std::uint8_t {
        none,
        reg,     // it is the register
        memory,  // at the register + offset
        frame,   // at the function's frame base + offset
    };
    Kind kind = Kind::none;
    std::uint8_t reg = 0;
    std::int64_t offset = 0;
};

// Of an attribute with a location, at an address of the code.
Location location_at(Dwarf_Die& entry, unsigned attribute, std::uint64_t address);

class Scopes {
  public:
    static constexpr int kNone = -1;

    // `function`: one with code of its own.
    explicit Scopes(const Dwarf_Die& function);

    struct Variable {
        Dwarf_Die entry;
        bool is_parameter;
        bool is_in_register;  // at times
    };
    struct Scope {
        Dwarf_Die entry;
        int parent;
        bool is_function;  // inlined, or the whole
        std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges;
        std::vector<Variable> variables;
    };
    // Innermost first: numbers of scopes.
    std::vector<int> at(std::uint64_t address) const;
    const Scope& operator[](int scope) const { return scopes_[static_cast<std::size_t>(scope)]; }
    // The innermost function of them all; kNone: the address is not the function's.
    int function_at(std::uint64_t address) const;
    int function_around(int scope) const;
    // The function was compiled to run fast, so variables are where it suits.
    bool is_optimised() const { return is_optimised_; }

  private:
    void take_variable(Dwarf_Die& entry, int scope);

    std::vector<Scope> scopes_;
    bool is_optimised_ = false;
};

}  // namespace mt::core::site

#endif
