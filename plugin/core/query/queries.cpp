// SPDX-License-Identifier: MIT
//
// See queries.h.
#include "query/queries.h"

#include <fmt/format.h>

#include <utility>

#include "model/text.h"

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

Result<std::string> Queries::answer(std::string_view text) {
    auto request = MT_TRY(Request::parse(text));
    session.debuggee().begin_command();
    for (const auto* family :
         {&tracing_operations(), &snapshot_operations(), &statistics_operations(),
          &traces_operations(), &lookup_operations(), &file_operations()})
        for (const Operation& operation : *family)
            if (operation.name == request.op()) return operation.run(*this, request);
    return fail(Code::usage, fmt::format("there is no operation {}", printable(request.op())));
}

}  // namespace mt::core
