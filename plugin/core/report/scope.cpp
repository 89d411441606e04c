// SPDX-License-Identifier: MIT
//
// See scope.h.
#include "report/scope.h"

#include <algorithm>

#include "model/wrapping.h"

namespace mt::core {

ScopeColumns columns_of(const ScopeCall& call) {
    return {static_cast<std::int64_t>(call.totals.alloc_count),
            static_cast<std::int64_t>(call.totals.free_count),
            static_cast<std::int64_t>(call.totals.alloc_bytes), call.totals.net(), call.peak};
}

ScopeSummary summary_of(const std::vector<ScopeCall>& calls) {
    ScopeSummary summary;
    std::vector<ScopeColumns> all;
    for (const ScopeCall& call : calls)
        if (call.left != Left::open) all.push_back(columns_of(call));
    summary.calls = all.size();
    if (all.empty()) return summary;
    for (const auto column : kScopeColumns) {
        std::vector<std::int64_t> values;
        values.reserve(all.size());
        for (const ScopeColumns& one : all) values.push_back(one.*column);
        std::sort(values.begin(), values.end());
        summary.least.*column = values.front();
        summary.median.*column = values[(values.size() - 1) / 2];
        summary.most.*column = values.back();
        for (const std::int64_t value : values)
            summary.total.*column = add(summary.total.*column, value);
    }
    summary.total.peak = summary.most.peak;
    return summary;
}

const std::vector<std::string_view>& scope_sort_names() {
    static const std::vector<std::string_view> names = {"call", "allocs", "bytes",
                                                        "net",  "peak",   "alive"};
    return names;
}

void sort_calls(std::vector<ScopeCall>& calls, ScopeSort sort) {
    const auto figure = [sort](const ScopeCall& call) -> std::int64_t {
        const ScopeColumns columns = columns_of(call);
        switch (sort) {
            case ScopeSort::call:
                return 0;
            case ScopeSort::allocs:
                return columns.allocs;
            case ScopeSort::bytes:
                return columns.bytes;
            case ScopeSort::net:
                return columns.net;
            case ScopeSort::peak:
                return columns.peak;
            case ScopeSort::alive:
                return call.alive_bytes.value_or(0);
        }
        return 0;
    };
    std::sort(calls.begin(), calls.end(), [&](const ScopeCall& a, const ScopeCall& b) {
        const std::int64_t of_a = figure(a), of_b = figure(b);
        if (of_a != of_b) return of_a > of_b;
        return a.number != b.number ? a.number < b.number : a.thread < b.thread;
    });
}

}  // namespace mt::core
