// SPDX-License-Identifier: MIT
//
// One request of a script: a JSON object with "op" and that operation's fields.
// Looks at kinds and ranges only; answers nothing.
#ifndef MEMTRACE_CORE_QUERY_REQUEST_H
#define MEMTRACE_CORE_QUERY_REQUEST_H

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "analyse/filter.h"
#include "model/error.h"

namespace mt::core {

class Request {
  public:
    static Result<Request> parse(std::string_view text);

    const std::string& op() const { return op_; }

    // A field that is missing or of another kind is noted, the first one only; what is
    // returned then is not to be used. complete() says whether there was one.
    const nlohmann::json& any(const char* name);
    const nlohmann::json& list(const char* name);
    std::uint64_t number(const char* name, std::uint64_t most = UINT64_MAX);
    bool truth(const char* name);
    std::string text(const char* name);
    // Several calls of filter_traces(), one after the other.
    std::vector<FilterList> filters(const char* name);

    // After all fields were asked for: the first complaint, a field that the operation
    // does not have included.
    Result<void> complete();

    void complain(std::string text);

  private:
    Filter filter_of(const nlohmann::json& given);

    nlohmann::json document_;
    std::string op_;
    std::set<std::string> asked_;
    std::optional<std::string> complaint_;
};

}  // namespace mt::core

#endif
