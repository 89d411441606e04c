// SPDX-License-Identifier: MIT
//
// See points.h.
#include "app/points.h"

#include <utility>

namespace mt::core {

Result<std::optional<Points::Placed>> Points::set_at(const std::string& function,
                                                     std::uint32_t frames, Meaning meaning) {
    return set(function.c_str(), 0, frames, std::move(meaning));
}

Result<std::optional<Points::Placed>> Points::set_at(std::uint64_t address, std::uint32_t frames,
                                                     Meaning meaning) {
    return set(nullptr, address, frames, std::move(meaning));
}

Result<std::optional<Points::Placed>> Points::set(const char* function, std::uint64_t address,
                                                  std::uint32_t frames, Meaning meaning) {
    const std::uint64_t number = next_++;
    const auto places = MT_TRY(debugger_.set_point(number, function, address, frames));
    if (!places) return std::optional<Placed>();
    set_.emplace(number, std::move(meaning));
    return std::optional(Placed{number, *places});
}

Result<void> Points::take(std::uint64_t number) {
    set_.erase(number);
    return debugger_.take_point(number);
}

Result<Stop> Points::reached(const Hit& hit) {
    const auto found = set_.find(hit.point);
    if (found == set_.end()) return Stop{};
    const Meaning meaning = found->second;  // it may take its own point
    return meaning(hit);
}

}  // namespace mt::core
