// SPDX-License-Identifier: MIT
//
// The numbers that a written profile gives to texts, functions and locations,
// in the order in which they were first wanted. Encodes nothing.
#ifndef MEMTRACE_CORE_SAVE_PROFILE_NUMBERS_H
#define MEMTRACE_CORE_SAVE_PROFILE_NUMBERS_H

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "model/snapshot.h"
#include "symbols/frame.h"
#include "symbols/names.h"

namespace mt::core {

// From 0, the empty text.
class TextNumbers {
  public:
    explicit TextNumbers(const FrameBook& book) : book_(book) { of(""); }

    std::uint32_t of(TextId text);
    std::uint32_t of(std::string_view text);
    std::size_t size() const { return order_.size(); }
    std::string_view operator[](std::size_t number) const;

  private:
    // A text of the book, or a key of others_.
    using Place = std::pair<TextId, const std::string*>;
    const FrameBook& book_;
    std::vector<Place> order_;
    std::vector<std::uint32_t> of_book_;  // by TextId: number plus one
    std::unordered_map<std::string, std::uint32_t> others_;
};

// From 1: by name and file.
class FunctionNumbers {
  public:
    struct Function {
        TextId name = 0, file = 0;
    };
    std::uint32_t of(TextId name, TextId file);
    const std::vector<Function>& order() const { return order_; }

  private:
    std::unordered_map<std::uint64_t, std::uint32_t> numbers_;
    std::vector<Function> order_;
};

// From 1.
class LocationNumbers {
  public:
    explicit LocationNumbers(const Table& table) : table_(table), of_node_(table.nodes.size()) {}

    std::uint32_t of_node(std::uint32_t node);
    // By number less one.
    const std::vector<Pc>& order() const { return order_; }

  private:
    const Table& table_;
    std::vector<std::uint32_t> of_node_;  // 0 = none yet
    std::unordered_map<Pc, std::uint32_t, PcHash> of_pc_;
    std::vector<Pc> order_;
};

}  // namespace mt::core

#endif
