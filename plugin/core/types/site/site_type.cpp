// SPDX-License-Identifier: MIT
//
// See site_type.h.
#include "types/site/site_type.h"

#include <dwarf.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "code/stub.h"
#include "symbols/name.h"
#include "types/site/type_entry.h"
#include "types/site/written.h"
#include "types/template_type.h"

namespace mt::core::site {
namespace {

// Entries of all units that are kept, and functions of each.
constexpr std::size_t kMostKept = 1u << 20, kMostFunctions = 256;
constexpr std::uint64_t kCount = 8;

// Functions of libraries that never come back.
constexpr std::array<std::string_view, 14> kNeverReturn = {"abort",
                                                           "exit",
                                                           "_exit",
                                                           "_Exit",
                                                           "__assert_fail",
                                                           "__cxa_throw",
                                                           "__cxa_rethrow",
                                                           "longjmp",
                                                           "siglongjmp",
                                                           "_Unwind_Resume",
                                                           "__stack_chk_fail",
                                                           "pthread_exit",
                                                           "quick_exit",
                                                           "_ZSt9terminatev"};

bool never_returns(std::string_view name) {
    return name.starts_with("_ZSt") && name.find("__throw_") != name.npos
               ? true
               : std::find(kNeverReturn.begin(), kNeverReturn.end(), name) != kNeverReturn.end();
}

Asked asked_of(std::string_view name) {
    constexpr std::array<std::string_view, 8> kFamily = {
        "malloc",        "calloc",   "realloc", "reallocarray",
        "aligned_alloc", "memalign", "valloc",  "pvalloc"};
    if (name.starts_with("_Znwm")) return Asked::one;
    if (name.starts_with("_Znam")) return Asked::many;
    const bool is_one = std::find(kFamily.begin(), kFamily.end(), name) != kFamily.end();
    return is_one ? Asked::memory : Asked::unknown;
}

// Of void and of bytes a pointer says nothing.
bool says_something(const Evidence& one) {
    Entry type = plain(one.type);
    if (!type) return false;
    const int tag = dwarf_tag(&*type);
    const bool is_known = is_class_type(*type) || tag == DW_TAG_base_type ||
                          tag == DW_TAG_pointer_type || tag == DW_TAG_enumeration_type;
    return is_known && size_of(*type).value_or(0) > 1;
}

bool is_class(const Evidence& one) {
    const Entry type = plain(one.type);
    return type && is_class_type(*type);
}

// The one that begins with all others; null: they do not agree.
const Evidence* outermost(const std::vector<Evidence>& all) {
    for (const Evidence& one : all) {
        const bool is_it = std::all_of(all.begin(), all.end(), [&](const Evidence& other) {
            const Entry inner = plain(other.type);
            return inner && begins_with(one.type, *inner) && one.is_behind == other.is_behind;
        });
        if (is_it) return &one;
    }
    return nullptr;
}

// What else the block could be, by the classes that debug information knows.
bool is_ambiguous(const UnitIndex& index, const Dwarf_Die& type, bool is_made, bool is_assigned,
                  bool is_optimised, Asked asked) {
    if (index.was_cut()) return true;
    const auto size = size_of(type);
    const auto& around = index.beginning_with(type);
    return std::any_of(around.begin(), around.end(), [&](const UnitIndex::Outer& outer) {
        // An array of a class is no array of its base.
        if (outer.derives && asked == Asked::many && !is_made) return true;
        if (size_of(outer.entry) != size) return false;
        // An aggregate's parts are made without a constructor of its own.
        if (is_made) return !index.has_constructor(outer.entry) && (outer.derives || !is_assigned);
        return outer.derives || is_optimised;
    });
}

bool is_kind(const Evidence& one, Evidence::Kind kind) { return one.kind == kind; }

// Of the findings of one function the type that all agree on.
SiteType concluded(const Findings& found, bool is_complete, const UnitIndex& index,
                   bool is_optimised, Asked asked) {
    std::vector<Evidence> all;
    // One word behind its beginning lies an array's first element, or some member.
    std::copy_if(found.evidence.begin(), found.evidence.end(), std::back_inserter(all),
                 [asked](const Evidence& one) {
                     return says_something(one) && (!one.is_behind || asked == Asked::many);
                 });
    const bool has_certain =
        std::any_of(all.begin(), all.end(), [](const Evidence& one) { return one.is_certain; });
    if (!has_certain && !is_complete) return {};
    // On ways that were not seen something else could be done with it.
    if (!is_complete) std::erase_if(all, [](const Evidence& one) { return !one.is_certain; });
    const Evidence* best = outermost(all);
    if (best == nullptr) return {};
    const Dwarf_Die type = *plain(best->type);
    const auto of_it = [&](Evidence::Kind kind) {
        return std::any_of(all.begin(), all.end(), [&](const Evidence& one) {
            return is_kind(one, kind) && key_of(*plain(one.type)) == key_of(type);
        });
    };
    const bool is_assigned = of_it(Evidence::Kind::assigned) || of_it(Evidence::Kind::passed);
    const bool is_made = of_it(Evidence::Kind::constructed) || of_it(Evidence::Kind::called);
    if (!is_made && !is_assigned) return {};
    // Pointers to numbers are passed for all kinds of reasons.
    if (!is_class(*best) && !of_it(Evidence::Kind::assigned)) return {};
    if (is_class(*best) && is_ambiguous(index, type, is_made, is_assigned, is_optimised, asked))
        return {};
    SiteType made;
    made.name = written(best->type, index);
    made.size = size_of(type).value_or(0);
    made.is_class = is_class(*best);
    made.asked = asked;
    made.has_count = best->is_behind;
    if (!made.is_class && asked == Asked::memory) {
        const auto sizes = index.sizes_beginning_with(type);
        if (!sizes) return {};
        made.other_sizes = *sizes;
    }
    for (const std::string& outside : found.outside)
        if (simple_name(made.name) != outside) return {};
    return made;
}

}  // namespace

std::string SiteType::of(std::uint64_t block) const {
    if (name.empty() || size == 0) return {};
    if (asked == Asked::many) {
        const std::uint64_t before = has_count ? kCount : 0;
        return block >= before && (block - before) % size == 0 ? name + "[]" : std::string();
    }
    // A pointer to a number may be one to the first member of a class.
    if (std::binary_search(other_sizes.begin(), other_sizes.end(), block)) return {};
    if (block == size) return name;
    // Behind one of a class could follow anything.
    const bool is_array = !is_class && asked == Asked::memory && block != 0 && block % size == 0;
    return is_array ? name + "[]" : std::string();
}

SiteTypes::SiteTypes(std::shared_ptr<ModuleFile> file, std::shared_ptr<ModuleFile> debug,
                     const Interrupted& interrupted)
    : file_(std::move(file), std::move(debug)), units_(file_.debug().dwarf(), interrupted) {}

Result<SiteTypes::Unit*> SiteTypes::unit_at(std::uint64_t address, const Interrupted& interrupted) {
    const auto number = units_.at(address);
    if (!number) return nullptr;
    if (const auto known = looked_at_.find(*number); known != looked_at_.end())
        return known->second.get();
    auto made = std::make_unique<Unit>(units_.entry(*number), interrupted);
    if (made->index.was_interrupted()) return interrupted_error();
    if (kept_ + made->index.size() > kMostKept) {
        looked_at_.clear();
        kept_ = 0;
    }
    kept_ += made->index.size();
    return looked_at_.emplace(*number, std::move(made)).first->second.get();
}

Result<Asked> SiteTypes::asked_by(const code::Bytes& code, std::uint64_t address,
                                  const Interrupted& interrupted) {
    const auto call = code::call_before(code, address);
    if (!call) return Asked::unknown;
    const SiteFile::Callee callee = file_.callee(call->target, code::word_of(*call));
    const Asked asked = asked_of(callee.name);
    if (asked != Asked::unknown || callee.address == 0) return asked;
    // It has no frame, so it has left the allocation to the last function that it calls. Only one
    // that returns a pointer hands on what that returns.
    Unit* unit = MT_TRY(unit_at(callee.address, interrupted));
    Entry function = unit == nullptr ? std::nullopt : unit->index.function_at(callee.address);
    Entry type = function ? type_of(*function) : std::nullopt;
    type = type ? plain(*type) : std::nullopt;
    return type && dwarf_tag(&*type) == DW_TAG_pointer_type ? Asked::memory : Asked::unknown;
}

const Scopes& SiteTypes::scopes_of(Unit& unit, const Dwarf_Die& function) {
    const void* key = key_of(function);
    if (const auto known = unit.functions.find(key); known != unit.functions.end())
        return known->second;
    if (unit.functions.size() >= kMostFunctions) unit.functions.clear();
    return unit.functions.emplace(key, Scopes(function)).first->second;
}

code::Returns SiteTypes::returns(Unit& unit, bool is_optimised, std::uint64_t target,
                                 std::uint64_t word) {
    const SiteFile::Callee callee = file_.callee(target, word);
    if (never_returns(callee.name)) return code::Returns::never;
    const Entry function =
        callee.address == 0 ? std::nullopt : unit.index.function_at(callee.address);
    if (function) {
        Dwarf_Die entry = *function, origin = origin_of(entry);
        if (has_flag(entry, DW_AT_noreturn) || has_flag(origin, DW_AT_noreturn))
            return code::Returns::never;
    }
    // An optimiser knows of more functions than it says that they do not return.
    return is_optimised ? code::Returns::unknown : code::Returns::yes;
}

Result<SiteTypes::Answer> SiteTypes::at(std::uint64_t address, Asked asked,
                                        const Interrupted& interrupted) {
    const auto key = std::make_pair(address, asked);
    if (const auto known = answers_.find(key); known != answers_.end()) return known->second;
    const Answer found = MT_TRY(find(address, asked, interrupted));
    answers_[key] = found;
    return found;
}

Result<SiteTypes::Answer> SiteTypes::find(std::uint64_t address, Asked asked,
                                          const Interrupted& interrupted) {
    if (address == 0) return Answer();
    Unit* unit = MT_TRY(unit_at(address - 1, interrupted));
    const Entry function = unit == nullptr ? Entry() : unit->index.function_around(address - 1);
    if (!function) return Answer();
    const auto& ranges = scopes_of(*unit, *function)[0].ranges;
    const auto range = std::find_if(ranges.begin(), ranges.end(), [address](const auto& one) {
        return address > one.first && address <= one.second;
    });
    if (range == ranges.end()) return Answer();
    const std::vector<std::byte> bytes = file_.code(range->first, range->second - range->first);
    const code::Bytes code{bytes, range->first};
    if (asked == Asked::unknown) asked = MT_TRY(asked_by(code, address, interrupted));
    if (asked == Asked::unknown) return Answer();
    // To know whom it calls may have closed the unit.
    unit = MT_TRY(unit_at(address - 1, interrupted));
    return answer_of(*unit, scopes_of(*unit, *function), code, address, asked);
}

SiteTypes::Answer SiteTypes::answer_of(Unit& unit, const Scopes& scopes, const code::Bytes& code,
                                       std::uint64_t address, Asked asked) {
    code::Following what;
    what.code = code;
    what.start = address;
    what.returns = [&](std::uint64_t target, std::uint64_t word) {
        return returns(unit, scopes.is_optimised(), target, word);
    };
    const code::Trail trail = code::follow(what);
    const Findings found = Reading(file_, unit.index, scopes, address).read(trail);
    Answer answer;
    answer.asked = asked;
    answer.type = concluded(found, trail.is_complete, unit.index, scopes.is_optimised(), asked);
    const bool says_nothing =
        found.outside.empty() &&
        std::none_of(found.evidence.begin(), found.evidence.end(), says_something);
    answer.is_returned = found.is_returned && says_nothing && trail.is_complete;
    return answer;
}

}  // namespace mt::core::site
