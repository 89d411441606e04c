// SPDX-License-Identifier: MIT
//
// See vtable_type.h. What is read is a stranger's: names are bounded, nothing is followed twice.
#include "types/vtable_type.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "symbols/name.h"
#include "types/template_type.h"

namespace mt::core {
namespace {

constexpr std::uint64_t kWord = 8;
constexpr std::string_view kVtable = "_ZTV", kTyped = "_ZTS";
// In the vtable of each kind of type information stands the name of that kind.
constexpr std::array<std::string_view, 3> kKinds = {"N10__cxxabiv117__class_type_infoE",
                                                    "N10__cxxabiv120__si_class_type_infoE",
                                                    "N10__cxxabiv121__vmi_class_type_infoE"};
constexpr std::size_t kLongest = 4096;

// "Order" of "vtable for Order" and of "typeinfo name for Order"; as allocators are named.
std::string class_of(std::string_view demangled) {
    for (const std::string_view before : {"vtable for ", "typeinfo name for "})
        if (demangled.starts_with(before)) {
            const std::string_view type = demangled.substr(before.size());
            const std::string allocated = allocated_type(type);
            return allocated.empty() ? plain_type(type) : allocated;
        }
    return {};
}

}  // namespace

VtableTypes::VtableTypes(Memory& memory, const Table& table, DebugInfo* debugger)
    : memory_(memory), table_(table), debugger_(debugger) {
    for (const Module& module : table.modules) {
        if (module.start >= module.end) continue;
        first_ = end_ == 0 ? module.start : std::min(first_, module.start);
        end_ = std::max(end_, module.end);
    }
}

bool VtableTypes::may_be_one(std::uint64_t word) const {
    if (word % kWord != 0 || word < first_ || word >= end_) return false;
    return std::any_of(table_.modules.begin(), table_.modules.end(), [word](const Module& module) {
        return word >= module.start && word < module.end && module.unload_sequence == 0;
    });
}

Result<bool> VtableTypes::word_at(std::uint64_t address, std::uint64_t& word) const {
    const std::size_t got = MT_TRY(memory_.read(address, &word, sizeof word));
    return got == sizeof word;
}

Result<std::string> VtableTypes::text_at(std::uint64_t address) const {
    std::string text(kLongest, 0);
    const std::size_t got = MT_TRY(memory_.read(address, text.data(), text.size()));
    text.resize(std::min(got, text.find(char{0})));
    return text;
}

Result<std::string> VtableTypes::by_symbol(std::uint64_t word) const {
    if (debugger_ == nullptr) return std::string();
    const auto symbol = MT_TRY(debugger_->symbol(word));
    if (!symbol || !std::string_view(symbol->name).starts_with(kVtable)) return std::string();
    // Before it stand the offset to the top and the type information, at the least.
    if (word < symbol->start + 2 * kWord) return std::string();
    return class_of(function_from_linkage(symbol->name));
}

Result<std::string> VtableTypes::by_type_info(std::uint64_t word) const {
    std::uint64_t to_top = 0, info = 0, kind = 0, kinds_info = 0, name = 0;
    for (const auto& [address, value] :
         {std::pair(word - 2 * kWord, &to_top), std::pair(word - kWord, &info)}) {
        const bool is_read = MT_TRY(word_at(address, *value));
        if (!is_read) return std::string();
    }
    if (to_top != 0 || !may_be_one(info)) return std::string();
    const bool has_kind = MT_TRY(word_at(info, kind));
    const bool has_info = MT_TRY(word_at(kind - kWord, kinds_info));
    const bool has_name = MT_TRY(word_at(kinds_info + kWord, name));
    if (!has_kind || !has_info || !has_name) return std::string();
    const std::string of_kind = MT_TRY(text_at(name));
    if (std::find(kKinds.begin(), kKinds.end(), of_kind) == kKinds.end()) return std::string();
    const bool is_named = MT_TRY(word_at(info + kWord, name));
    if (!is_named) return std::string();
    const std::string mangled = MT_TRY(text_at(name));
    // A name with internal linkage begins with a star.
    const std::string_view own = std::string_view(mangled).substr(mangled.starts_with('*') ? 1 : 0);
    return class_of(function_from_linkage(std::string(kTyped) + std::string(own)));
}

Result<std::string> VtableTypes::type_at(std::uint64_t word) const {
    std::string name = MT_TRY(by_symbol(word));
    if (!name.empty()) return name;
    return by_type_info(word);
}

}  // namespace mt::core
