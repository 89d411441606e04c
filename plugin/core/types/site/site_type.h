// SPDX-License-Identifier: MIT
//
// What a block is of, by the place that asked for it: the constructor that the new address is
// given to, the variable, member or parameter that it is assigned to, the type that returns it.
// All that is found must agree, and the size must be that type's; else nothing is said.
#ifndef MEMTRACE_CORE_TYPES_SITE_SITE_TYPE_H
#define MEMTRACE_CORE_TYPES_SITE_SITE_TYPE_H

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "dwarf/units.h"
#include "model/error.h"
#include "model/poll.h"
#include "types/site/evidence.h"
#include "types/site/scopes.h"
#include "types/site/site_file.h"
#include "types/site/unit_index.h"

namespace mt::core::site {

struct SiteType {
    std::string name;  // empty: not known
    std::uint64_t size = 0;
    bool is_class = true;
    Asked asked = Asked::memory;
    bool has_count = false;  // an array whose elements stand behind their number

    std::vector<std::uint64_t> other_sizes{};  // of what begins with it; ascending

    // Of a block of that size; empty: it cannot be of this type.
    std::string of(std::uint64_t block) const;
};

class SiteTypes {
  public:
    // `debug`: with debug information; may be the same file.
    SiteTypes(std::shared_ptr<ModuleFile> file, std::shared_ptr<ModuleFile> debug,
              const Interrupted& interrupted = {});
    // Not all was looked at, because of that: this is of no use.
    bool was_interrupted() const { return units_.was_interrupted(); }

    struct Answer {
        SiteType type;
        // Nothing but the function's caller knows more: it gets the address as it is.
        bool is_returned = false;
        Asked asked = Asked::unknown;
    };
    // Of the call that returns to an ELF virtual address. `asked`: what the functions below have
    // asked for and handed on; unknown: there are none. Errors: interrupted only.
    Result<Answer> at(std::uint64_t address, Asked asked, const Interrupted& interrupted = {});

  private:
    struct Unit {
        Unit(Dwarf_Die& entry, const Interrupted& interrupted) : index(entry, interrupted) {}
        UnitIndex index;
        std::unordered_map<const void*, Scopes> functions;  // by key_of()
    };
    // Null: there is none.
    Result<Unit*> unit_at(std::uint64_t address, const Interrupted& interrupted);
    const Scopes& scopes_of(Unit& unit, const Dwarf_Die& function);
    code::Returns returns(Unit& unit, bool is_optimised, std::uint64_t target, std::uint64_t word);
    Result<Answer> find(std::uint64_t address, Asked asked, const Interrupted& interrupted);
    Result<Asked> asked_by(const code::Bytes& code, std::uint64_t address,
                           const Interrupted& interrupted);
    Answer answer_of(Unit& unit, const Scopes& scopes, const code::Bytes& code,
                     std::uint64_t address, Asked asked);

    SiteFile file_;
    Units units_;
    std::unordered_map<std::uint32_t, std::unique_ptr<Unit>> looked_at_;
    std::size_t kept_ = 0;  // entries in looked_at_
    std::map<std::pair<std::uint64_t, Asked>, Answer> answers_;
};

}  // namespace mt::core::site

#endif
