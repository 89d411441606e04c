// SPDX-License-Identifier: MIT
//
// See file_code.h. Frames as DWARF 5, 3.3.8 has inlined calls: each with its function, and the
// place of the call in the one around it.
#include "dwarf/file_code.h"

#include <dwarf.h>

#include <string>
#include <utility>

#include "dwarf/lines.h"

namespace mt::core {
namespace {

std::string text(const char* from) { return from == nullptr ? std::string() : from; }

const char* linkage_of(Dwarf_Die& entry) {
    Dwarf_Attribute attribute;
    for (const unsigned name : {DW_AT_linkage_name, DW_AT_MIPS_linkage_name})
        if (dwarf_attr_integrate(&entry, name, &attribute) != nullptr)
            return dwarf_formstring(&attribute);
    return nullptr;
}

RawFrame frame_of(Dwarf_Die& function, const SourcePlace& place) {
    return {text(dwarf_diename(&function)), text(linkage_of(function)), place.file, place.directory,
            place.line};
}

}  // namespace

FileCode::FileCode(std::shared_ptr<ModuleFile> file, const Interrupted& interrupted)
    : file_(std::move(file)), units_(file_->dwarf(), interrupted) {}

FileCode::Unit* FileCode::look_at(std::uint32_t unit, const Interrupted& interrupted) {
    const auto found = looked_at_.find(unit);
    if (found != looked_at_.end()) return &found->second;
    Dwarf_Die& entry = units_.entry(unit);
    Unit made{Functions(entry, interrupted), has_lines(entry)};
    if (made.functions.was_interrupted()) return nullptr;
    return &looked_at_.emplace(unit, std::move(made)).first->second;
}

Result<std::vector<RawFrame>> FileCode::frames(std::uint64_t address,
                                               const Interrupted& interrupted) {
    std::vector<RawFrame> found;
    const auto number = units_.at(address);
    if (!number) return found;
    Dwarf_Die& unit = units_.entry(*number);
    Unit* looked = look_at(*number, interrupted);
    if (looked == nullptr) return interrupted_error();
    SourcePlace place = looked->has_lines ? place_at(unit, address) : SourcePlace();
    std::vector<Dwarf_Die> scopes = looked->functions.at(address);
    for (auto scope = scopes.rbegin(); scope != scopes.rend(); ++scope) {
        const int tag = dwarf_tag(&*scope);
        if (tag != DW_TAG_inlined_subroutine && tag != DW_TAG_subprogram) continue;
        found.push_back(frame_of(*scope, place));
        if (tag == DW_TAG_inlined_subroutine && looked->has_lines)
            place = place_of_call(*scope, unit);
    }
    if (found.empty() && !place.file.empty())
        found.push_back({"", "", place.file, place.directory, place.line});
    return found;
}

}  // namespace mt::core
