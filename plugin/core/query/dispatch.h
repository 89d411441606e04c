// SPDX-License-Identifier: MIT
//
// Finds the operation that a request names.
#ifndef MEMTRACE_CORE_QUERY_DISPATCH_H
#define MEMTRACE_CORE_QUERY_DISPATCH_H

#include <string>
#include <string_view>

#include "model/error.h"

namespace mt::core {

class Queries;

// Code::usage: the request is wrong. Code::io: a file.
Result<std::string> answer(Queries& queries, std::string_view request);

}  // namespace mt::core

#endif
