// SPDX-License-Identifier: MIT
//
// See dispatch.h.
#include "query/dispatch.h"

#include <fmt/format.h>

#include "model/text.h"
#include "query/file_queries.h"
#include "query/lookup_queries.h"
#include "query/queries.h"
#include "query/snapshot_queries.h"
#include "query/statistics_queries.h"
#include "query/traces_queries.h"
#include "query/tracing_queries.h"

namespace mt::core {

Result<std::string> answer(Queries& queries, std::string_view text) {
    auto request = MT_TRY(Request::parse(text));
    queries.session.debuggee().begin_command();
    for (const auto* family :
         {&tracing_operations(), &snapshot_operations(), &statistics_operations(),
          &traces_operations(), &lookup_operations(), &file_operations()})
        for (const Operation& operation : *family)
            if (operation.name == request.op()) return operation.run(queries, request);
    return fail(Code::usage, fmt::format("there is no operation {}", printable(request.op())));
}

}  // namespace mt::core
