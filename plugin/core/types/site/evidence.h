// SPDX-License-Identifier: MIT
//
// What the uses of a new address say of its type, each for itself, in one function.
#ifndef MEMTRACE_CORE_TYPES_SITE_EVIDENCE_H
#define MEMTRACE_CORE_TYPES_SITE_EVIDENCE_H

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "code/flow.h"
#include "types/site/entries.h"
#include "types/site/scopes.h"
#include "types/site/site_file.h"
#include "types/site/unit_index.h"

namespace mt::core::site {

// What the program asked the allocator for.
enum class Asked : std::uint8_t {
    unknown,
    one,     // operator new
    many,    // operator new[]
    memory,  // malloc and its family
};

struct Evidence {
    enum class Kind : std::uint8_t {
        assigned,     // to a variable, a member, or returned
        passed,       // to a parameter
        constructed,  // by a constructor that is inlined here
        called,       // a constructor
    };
    Kind kind = Kind::assigned;
    Dwarf_Die type{};  // as it is written there
    bool is_certain = false;
    bool is_behind = false;  // of the address one word behind
};

struct Findings {
    std::vector<Evidence> evidence;
    // Constructors of other files, without debug information here: their classes' last names.
    std::vector<std::string> outside;
    bool is_returned = false;  // with no type that says anything
};

class Reading {
  public:
    // All must outlive this. `call`: the address that the call returns to.
    Reading(SiteFile& file, const UnitIndex& index, const Scopes& scopes, std::uint64_t call);

    Findings read(const code::Trail& trail);

  private:
    void add(Evidence::Kind kind, const Entry& type, const code::Use& use, bool is_behind);
    void held(const code::Use& use);
    void stored(const code::Trail& trail, const code::Use& use);
    void passed(const code::Trail& trail, const code::Use& use);
    void returned(const code::Trail& trail, const code::Use& use);
    bool is_inlined_constructor(int scope, const Scopes::Variable& variable) const;
    // A variable of the stack: what was spilled there may have been changed by others.
    bool is_variable(const code::Trail& trail, const code::Use& use);
    // Type of what lies at a place: of the value's memory + displacement.
    Entry type_at(const code::Trail& trail, std::uint32_t base, std::int64_t displacement,
                  bool is_indexed, std::uint64_t at, int depth);
    Entry type_of_value(const code::Trail& trail, std::uint32_t which, int depth);
    Entry imported(const code::Trail& trail, const code::Value& value);
    Entry stack_type(std::uint8_t reg, std::int64_t offset, bool is_indexed, std::uint64_t at);
    Entry data_type(std::uint64_t address, bool is_indexed);
    Entry register_type(std::uint8_t reg, std::uint64_t at);
    // Of a function's parameters, the one that is in a register when it begins.
    Entry parameter_in(Dwarf_Die function, std::uint16_t registers) const;

    SiteFile& file_;
    const UnitIndex& index_;
    const Scopes& scopes_;
    std::uint64_t call_;
    int caller_;  // the scope of the function that calls
    std::optional<SiteFile::Frame> frame_;
    Location base_;
    Findings found_;
};

}  // namespace mt::core::site

#endif
