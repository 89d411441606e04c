// SPDX-License-Identifier: MIT
//
// One operation of a family; each reads its fields and calls Request::complete().
#ifndef MEMTRACE_CORE_QUERY_OPERATION_H
#define MEMTRACE_CORE_QUERY_OPERATION_H

#include <string>
#include <string_view>
#include <vector>

#include "model/error.h"

namespace mt::core {

class Queries;
class Request;

struct Operation {
    std::string_view name;
    Result<std::string> (*run)(Queries& queries, Request& request);
};

}  // namespace mt::core

#endif
