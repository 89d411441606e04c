// SPDX-License-Identifier: MIT
//
// See profile_numbers.h.
#include "save/profile_numbers.h"

namespace mt::core {

std::uint32_t TextNumbers::of(TextId text) {
    if (text == 0) return 0;
    if (text >= of_book_.size()) of_book_.resize(text + 1);
    if (of_book_[text] == 0) {
        order_.emplace_back(text, nullptr);
        of_book_[text] = static_cast<std::uint32_t>(order_.size());
    }
    return of_book_[text] - 1;
}

std::uint32_t TextNumbers::of(std::string_view text) {
    const auto next = static_cast<std::uint32_t>(order_.size());
    const auto [entry, is_new] = others_.try_emplace(std::string(text), next);
    if (is_new) order_.emplace_back(0, &entry->first);
    return entry->second;
}

std::string_view TextNumbers::operator[](std::size_t number) const {
    const auto& [text, other] = order_[number];
    return other != nullptr ? std::string_view(*other) : book_.text(text);
}

std::uint32_t FunctionNumbers::of(TextId name, TextId file) {
    const auto next = static_cast<std::uint32_t>(order_.size() + 1);
    const auto [entry, is_new] = numbers_.try_emplace(std::uint64_t{name} << 32 | file, next);
    if (is_new) order_.push_back({name, file});
    return entry->second;
}

std::uint32_t LocationNumbers::of_node(std::uint32_t node) {
    std::uint32_t& known = of_node_[node];
    if (known == 0) {
        Pc pc = table_.nodes[node];
        if (pc.module >= table_.modules.size()) pc.module = 0;
        const auto next = static_cast<std::uint32_t>(order_.size() + 1);
        const auto [entry, is_new] = of_pc_.try_emplace(pc, next);
        if (is_new) order_.push_back(pc);
        known = entry->second;
    }
    return known;
}

}  // namespace mt::core
