// SPDX-License-Identifier: MIT
//
// See evidence.h.
#include "types/site/evidence.h"

#include <dwarf.h>

#include <algorithm>
#include <array>

#include "symbols/name.h"
#include "types/site/type_entry.h"

namespace mt::core::site {
namespace {

using code::Use;
using code::Value;

constexpr int kMostLoads = 8;
// Of integers and pointers, in order (System V ABI, 3.2.3).
constexpr std::array<code::Register, 6> kParameters = {code::kRdi, code::kRsi, code::kRdx,
                                                       code::kRcx, 8,          9};

std::int64_t sum(std::int64_t a, std::int64_t b) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}
bool holds(std::uint16_t registers, std::uint8_t reg) { return (registers >> reg & 1u) != 0; }

// Whether parameters of that type are passed in one register for numbers.
bool is_simple(const Entry& type) {
    Entry is = type ? plain(*type) : std::nullopt;
    if (!is) return false;
    const int tag = dwarf_tag(&*is);
    if (tag == DW_TAG_pointer_type || tag == DW_TAG_reference_type ||
        tag == DW_TAG_rvalue_reference_type || tag == DW_TAG_enumeration_type)
        return true;
    const auto encoding = number_of(*is, DW_AT_encoding);
    return tag == DW_TAG_base_type && encoding && *encoding != DW_ATE_float &&
           *encoding != DW_ATE_complex_float && size_of(*is).value_or(16) <= code::kWord;
}

}  // namespace

Reading::Reading(SiteFile& file, const UnitIndex& index, const Scopes& scopes, std::uint64_t call)
    : file_(file),
      index_(index),
      scopes_(scopes),
      call_(call),
      caller_(scopes.function_at(call - 1)),
      frame_(file.frame_at(call)) {
    Dwarf_Die function = scopes[0].entry;
    Dwarf_Attribute attribute;
    Dwarf_Op* ops = nullptr;
    std::size_t count = 0;
    const bool has_base = dwarf_attr(&function, DW_AT_frame_base, &attribute) != nullptr &&
                          dwarf_getlocation_addr(&attribute, call, &ops, &count, 1) == 1 &&
                          count == 1;
    if (has_base && ops[0].atom == DW_OP_call_frame_cfa && frame_)
        base_ = {Location::Kind::memory, frame_->reg, frame_->offset};
    else if (has_base && ops[0].atom != DW_OP_call_frame_cfa)
        base_ = location_at(function, DW_AT_frame_base, call);
    // The register's very value is the base.
    if (base_.kind == Location::Kind::reg) base_.kind = Location::Kind::memory;
}

Findings Reading::read(const code::Trail& trail) {
    for (const Use& use : trail.uses) {
        if (use.kind == Use::Kind::held) held(use);
        if (use.kind == Use::Kind::stored) stored(trail, use);
        if (use.kind == Use::Kind::passed) passed(trail, use);
        if (use.kind == Use::Kind::returned) returned(trail, use);
    }
    return std::move(found_);
}

void Reading::add(Evidence::Kind kind, const Entry& type, const Use& use, bool is_behind) {
    if (!type) return;
    const Entry to = pointed_to(*type);
    if (!to) return;
    const auto is_same = [&](const Evidence& one) {
        return one.kind == kind && key_of(one.type) == key_of(*to) &&
               one.is_certain == use.is_certain && one.is_behind == is_behind;
    };
    if (std::none_of(found_.evidence.begin(), found_.evidence.end(), is_same))
        found_.evidence.push_back({kind, *to, use.is_certain, is_behind});
}

bool Reading::is_inlined_constructor(int scope, const Scopes::Variable& variable) const {
    Dwarf_Die entry = scopes_[scope].entry, parameter = variable.entry;
    const int function = scopes_[scope].is_function ? scope : Scopes::kNone;
    return function > 0 && variable.is_parameter && name_of(parameter) == "this" &&
           index_.is_constructor(entry) &&
           scopes_.function_around(scopes_[scope].parent) == caller_;
}

void Reading::held(const Use& use) {
    for (const int scope : scopes_.at(use.at)) {
        for (const Scopes::Variable& variable : scopes_[scope].variables) {
            if (!variable.is_in_register) continue;
            Dwarf_Die entry = variable.entry;
            const Location where = location_at(entry, DW_AT_location, use.at);
            if (where.kind != Location::Kind::reg) continue;
            const bool is_behind = holds(use.behind, where.reg);
            if (!is_behind && !holds(use.held, where.reg)) continue;
            const Entry type = type_of(entry);
            // A class of one pointer is held like a pointer.
            const Entry pointer = type ? pointer_in(*type, 0, false) : std::nullopt;
            const auto kind = is_inlined_constructor(scope, variable) ? Evidence::Kind::constructed
                              : variable.is_parameter                 ? Evidence::Kind::passed
                                                                      : Evidence::Kind::assigned;
            add(kind, pointer, use, is_behind);
        }
    }
}

bool Reading::is_variable(const code::Trail& trail, const Use& use) {
    const Value& value = trail.values[use.value];
    return value.was_spilled &&
           stack_type(value.reg, value.displacement, false, use.at).has_value();
}

void Reading::stored(const code::Trail& trail, const Use& use) {
    const Value& value = trail.values[use.value];
    const bool is_behind = value.offset == static_cast<std::int64_t>(code::kWord);
    if ((value.offset != 0 && !is_behind) || is_variable(trail, use)) return;
    const Entry type = type_at(trail, use.base, use.displacement, use.is_indexed, use.next, 0);
    add(Evidence::Kind::assigned, type, use, is_behind);
}

Entry Reading::parameter_in(Dwarf_Die function, std::uint16_t registers) const {
    Dwarf_Addr start = 0;
    if (dwarf_lowpc(&function, &start) != 0) return std::nullopt;
    Dwarf_Die child{};
    int status = dwarf_child(&function, &child);
    // A function that gives back a class may get its place as the first parameter.
    const Entry gives = type_of(function);
    bool is_in_order = !gives || !is_class_type(plain(*gives).value_or(*gives));
    for (std::size_t i = 0; status == 0; status = dwarf_siblingof(&child, &child)) {
        if (dwarf_tag(&child) != DW_TAG_formal_parameter) continue;
        const Entry type = type_of(child);
        const Location where = location_at(child, DW_AT_location, start);
        if (where.kind == Location::Kind::reg) {
            // Where the compiler has changed who gets what, this still is right.
            if (holds(registers, where.reg)) return type;
            is_in_order = false;
        }
        is_in_order = is_in_order && where.kind == Location::Kind::frame && is_simple(type);
        if (is_in_order && i < kParameters.size() && holds(registers, kParameters[i])) return type;
        ++i;
    }
    return std::nullopt;
}

void Reading::passed(const code::Trail& trail, const Use& use) {
    auto registers = use.held;
    if (use.spilled != 0 && !is_variable(trail, use))
        registers = static_cast<std::uint16_t>(registers | use.spilled);
    if (registers == 0 || (use.target == 0 && use.word == 0)) return;
    const SiteFile::Callee callee = file_.callee(use.target, use.word);
    const Entry function = callee.address == 0 ? std::nullopt : index_.function_at(callee.address);
    // Of functions that do the same an optimiser may have kept this one for another.
    if (function && scopes_.is_optimised() && callee.is_local && index_.may_merge()) return;
    if (function && !callee.is_shared) {
        const bool is_here = scopes_.function_at(use.at) == caller_;
        const bool is_constructor =
            index_.is_constructor(*function) && holds(registers, code::kRdi);
        add(is_constructor && is_here ? Evidence::Kind::called : Evidence::Kind::passed,
            parameter_in(*function, registers), use, false);
        return;
    }
    if (!holds(registers, code::kRdi)) return;
    const std::string name = function_from_linkage(callee.name);
    const std::string_view own = simple_name(name);
    const std::string_view whole = without_parameters(name);
    const std::string doubled = std::string(own) + "::" + std::string(own);
    if (!own.empty() && whole.ends_with(doubled)) found_.outside.emplace_back(own);
}

void Reading::returned(const code::Trail& trail, const Use& use) {
    const Value& value = trail.values[use.value];
    if (value.offset != 0 || is_variable(trail, use)) return;
    Dwarf_Die function = scopes_[0].entry;
    const Entry type = type_of(function);
    const Entry to = type ? pointed_to(*type) : std::nullopt;
    if (to) add(Evidence::Kind::assigned, type, use, false);
    found_.is_returned = true;
}

// --- places

Entry Reading::stack_type(std::uint8_t reg, std::int64_t offset, bool is_indexed,
                          std::uint64_t at) {
    for (const int scope : scopes_.at(at)) {
        for (const Scopes::Variable& variable : scopes_[scope].variables) {
            Dwarf_Die entry = variable.entry;
            Location where = location_at(entry, DW_AT_location, at);
            if (where.kind == Location::Kind::frame) {
                where.offset = sum(where.offset, base_.offset);
                where.reg = base_.reg;
                where.kind = base_.kind;
            }
            if (where.kind != Location::Kind::memory || where.reg != reg || offset < where.offset)
                continue;
            const Entry type = type_of(entry);
            const auto size = type ? size_of(*type) : std::nullopt;
            const auto inside =
                static_cast<std::uint64_t>(offset) - static_cast<std::uint64_t>(where.offset);
            if (size && inside < *size) return pointer_in(*type, inside, is_indexed);
        }
    }
    return std::nullopt;
}

Entry Reading::data_type(std::uint64_t address, bool is_indexed) {
    Entry variable;
    std::uint64_t offset = 0;
    if (const auto found = index_.variable_at(address)) {
        variable = found->entry;
        offset = found->offset;
    } else {
        variable = index_.variable_named(file_.data_name(address));
    }
    const Entry type = variable ? type_of(*variable) : std::nullopt;
    return type ? pointer_in(*type, offset, is_indexed) : std::nullopt;
}

Entry Reading::register_type(std::uint8_t reg, std::uint64_t at) {
    for (const int scope : scopes_.at(at))
        for (const Scopes::Variable& variable : scopes_[scope].variables) {
            Dwarf_Die entry = variable.entry;
            const Location where = location_at(entry, DW_AT_location, at);
            if (where.kind == Location::Kind::reg && where.reg == reg) return type_of(entry);
        }
    return std::nullopt;
}

// An imported variable's address stands in a word of its own.
Entry Reading::imported(const code::Trail& trail, const Value& value) {
    if (value.kind != Value::Kind::loaded || value.is_indexed) return std::nullopt;
    const Value& base = trail.values[value.base];
    if (base.kind != Value::Kind::constant) return std::nullopt;
    const auto word = static_cast<std::uint64_t>(sum(base.offset, value.displacement));
    const std::string name = file_.imported(word);
    return name.empty() ? std::nullopt : index_.variable_named(name);
}

Entry Reading::type_at(const code::Trail& trail, std::uint32_t base, std::int64_t displacement,
                       bool is_indexed, std::uint64_t at, int depth) {
    const Value& value = trail.values[base];
    const std::int64_t offset = sum(value.offset, displacement);
    if (value.kind == Value::Kind::constant)
        return data_type(static_cast<std::uint64_t>(offset), is_indexed);
    if (const Entry variable = imported(trail, value)) {
        Dwarf_Die entry = *variable;
        const Entry type = type_of(entry);
        return type && offset >= 0
                   ? pointer_in(*type, static_cast<std::uint64_t>(offset), is_indexed)
                   : std::nullopt;
    }
    const bool is_stack =
        value.kind == Value::Kind::before && (value.reg == code::kRbp || value.reg == code::kRsp);
    if (is_stack)
        if (const Entry type = stack_type(value.reg, offset, is_indexed, at)) return type;
    const Entry pointer = type_of_value(trail, base, depth);
    const Entry to = pointer ? pointed_to(*pointer) : std::nullopt;
    if (!to || offset < 0) return std::nullopt;
    // Behind an element of an array stands another one.
    const auto size = size_of(*to);
    const Entry element = plain(*to);
    if (is_indexed && element && !is_class_type(*element)) return pointer_in(*to, 0, false);
    if (is_indexed || !size || static_cast<std::uint64_t>(offset) >= *size) return std::nullopt;
    return pointer_in(*to, static_cast<std::uint64_t>(offset), false);
}

// The type of a value that is a pointer, without what was added to it.
Entry Reading::type_of_value(const code::Trail& trail, std::uint32_t which, int depth) {
    if (depth > kMostLoads) return std::nullopt;
    const Value& value = trail.values[which];
    // The register may have got another value since.
    if (value.kind == Value::Kind::before) return register_type(value.reg, call_);
    if (value.kind != Value::Kind::loaded) return std::nullopt;
    return type_at(trail, value.base, value.displacement, value.is_indexed, value.at, depth + 1);
}

}  // namespace mt::core::site
