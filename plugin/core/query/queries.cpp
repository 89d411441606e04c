// SPDX-License-Identifier: MIT
//
// See queries.h.
#include "query/queries.h"

#include <utility>

namespace mt::core {

std::uint64_t Queries::hold(Held held) {
    held_.emplace(next_handle_, std::move(held));
    return next_handle_++;
}

Result<Held*> Queries::held(std::uint64_t handle) {
    const auto found = held_.find(handle);
    if (found == held_.end()) return fail(Code::refused, "this snapshot is gone");
    return &found->second;
}

}  // namespace mt::core
