// SPDX-License-Identifier: MIT
//
// See request.h.
#include "query/request.h"

#include <fmt/format.h>

#include <limits>

namespace mt::core {
namespace {

using Json = nlohmann::json;

const Json kNone;

bool is_number(const Json& value, std::uint64_t most) {
    return value.is_number_unsigned() && value.get<std::uint64_t>() <= most;
}

// Null stands for "any".
bool is_number_or_null(const Json& value, std::uint64_t most) {
    return value.is_null() || is_number(value, most);
}

}  // namespace

Result<Request> Request::parse(std::string_view text) {
    Request request;
    request.document_ = Json::parse(text, nullptr, false);
    if (!request.document_.is_object()) return fail(Code::usage, "a request is a JSON object");
    const auto op = request.document_.find("op");
    if (op == request.document_.end() || !op->is_string())
        return fail(Code::usage, "a request has a text \"op\"");
    request.op_ = op->get<std::string>();
    request.asked_.insert("op");
    return request;
}

void Request::complain(std::string text) {
    if (!complaint_) complaint_ = std::move(text);
}

const Json& Request::any(const char* name) {
    asked_.insert(name);
    const auto found = document_.find(name);
    if (found != document_.end()) return *found;
    complain(fmt::format("{} needs {}", op_, name));
    return kNone;
}

const Json& Request::list(const char* name) {
    const Json& value = any(name);
    if (!value.is_array()) complain(fmt::format("{} of {} is a list", name, op_));
    return value;
}

std::uint64_t Request::number(const char* name, std::uint64_t most) {
    const Json& value = any(name);
    if (is_number(value, most)) return value.get<std::uint64_t>();
    complain(fmt::format("{} of {} is a number from 0 to {}", name, op_, most));
    return 0;
}

bool Request::truth(const char* name) {
    const Json& value = any(name);
    if (value.is_boolean()) return value.get<bool>();
    complain(fmt::format("{} of {} is true or false", name, op_));
    return false;
}

std::string Request::text(const char* name) {
    const Json& value = any(name);
    if (value.is_string()) return value.get<std::string>();
    complain(fmt::format("{} of {} is a text", name, op_));
    return {};
}

Filter Request::filter_of(const Json& given) {
    constexpr std::uint64_t kMostDomains = std::numeric_limits<std::uint32_t>::max();
    constexpr std::uint64_t kMostLines = std::numeric_limits<std::uint32_t>::max();
    Filter filter;
    if (!given.is_object() || !given.contains("inclusive") || !given["inclusive"].is_boolean()) {
        complain("a filter has inclusive, which is true or false");
        return filter;
    }
    filter.inclusive = given["inclusive"].get<bool>();
    const Json domain = given.value("domain", Json());
    if (!is_number_or_null(domain, kMostDomains))
        complain(fmt::format("a domain is a number from 0 to {}", kMostDomains));
    else if (!domain.is_null())
        filter.domain = domain.get<std::uint32_t>();
    const Json pattern = given.value("pattern", Json());
    if (pattern.is_null()) {
        filter.by = FilterBy::domain;
        if (!filter.domain) complain("a filter without a pattern has a domain");
        return filter;
    }
    const Json line = given.value("line", Json());
    const Json all_frames = given.value("all_frames", Json(false));
    if (!pattern.is_string()) {
        complain("the pattern of a filter is a text");
    } else if (!is_number_or_null(line, kMostLines)) {
        complain("the line of a filter is a number, or null");
    } else if (!all_frames.is_boolean()) {
        complain("all_frames of a filter is true or false");
    } else {
        filter.pattern = pattern.get<std::string>();
        if (!line.is_null()) filter.line = line.get<std::uint64_t>();
        filter.all_frames = all_frames.get<bool>();
    }
    return filter;
}

std::vector<FilterList> Request::filters(const char* name) {
    std::vector<FilterList> lists;
    const Json& given = list(name);
    if (!given.is_array()) return lists;
    for (const Json& one : given) {
        if (!one.is_array()) complain(fmt::format("{} of {} is a list of lists", name, op_));
        lists.emplace_back();
        for (const Json& filter : one) lists.back().push_back(filter_of(filter));
    }
    return lists;
}

Result<void> Request::complete() {
    for (const auto& [name, value] : document_.items())
        if (asked_.count(name) == 0) complain(fmt::format("{} has no field {}", op_, name));
    if (complaint_) return fail(Code::usage, *complaint_);
    return {};
}

}  // namespace mt::core
