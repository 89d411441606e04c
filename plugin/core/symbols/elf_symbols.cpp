// SPDX-License-Identifier: MIT
//
// See elf_symbols.h; reading the file is in elf_file.cpp.
#include "symbols/elf_symbols.h"

#include <algorithm>
#include <tuple>

namespace mt::core {

void ElfSymbols::set_symbols(std::vector<Symbol> symbols) {
    symbols_ = std::move(symbols);
    // Among aliases the choice must not depend on the file's order: the most
    // public one, then the shortest, then the alphabet.
    std::sort(symbols_.begin(), symbols_.end(), [](const Symbol& a, const Symbol& b) {
        return std::make_tuple(a.value, a.rank, a.name.size(), std::string_view(a.name), a.size) <
               std::make_tuple(b.value, b.rank, b.name.size(), std::string_view(b.name), b.size);
    });
    ends_.clear();
    ends_.reserve(symbols_.size());
    std::uint64_t end = 0;
    for (const Symbol& symbol : symbols_) {
        end = std::max(end, symbol.value + symbol.size);
        ends_.push_back(end);
    }
}

void ElfSymbols::set_starts(std::vector<std::uint64_t> starts, std::uint64_t end) {
    starts_ = std::move(starts);
    std::sort(starts_.begin(), starts_.end());
    code_end_ = end;
}

std::string ElfSymbols::name_at(std::uint64_t address) const {
    auto at =
        std::upper_bound(symbols_.begin(), symbols_.end(), address,
                         [](std::uint64_t a, const Symbol& symbol) { return a < symbol.value; });
    const Symbol* best = nullptr;
    while (at != symbols_.begin()) {
        const auto index = static_cast<std::size_t>(at - symbols_.begin()) - 1;
        if (ends_[index] <= address) break;
        const Symbol& symbol = symbols_[index];
        if (best != nullptr && symbol.value != best->value) break;
        if (address - symbol.value < symbol.size) best = &symbol;
        --at;
    }
    return best == nullptr ? std::string() : best->name;
}

std::uint64_t ElfSymbols::function_start(std::uint64_t address) const {
    if (address >= code_end_) return 0;
    const auto at = std::upper_bound(starts_.begin(), starts_.end(), address);
    return at == starts_.begin() ? 0 : *(at - 1);
}

}  // namespace mt::core
