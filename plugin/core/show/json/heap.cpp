// SPDX-License-Identifier: MIT
//
// See heap.h.
#include "show/json/heap.h"

#include "show/json/head.h"

namespace mt::core {
namespace {

Json json_of(const Amount& amount) { return amount_json(amount.size, amount.count); }

Json json_of(const HeapArena& arena) {
    return {{"address", address_json(arena.address)}, {"locked", arena.is_locked},
            {"system_bytes", arena.system_bytes},     {"used", json_of(arena.used)},
            {"cached", json_of(arena.cached)},        {"free", json_of(arena.free)},
            {"largest_free", arena.largest_free},     {"segments", arena.segments}};
}

Json json_of(const HeapCache& cache) {
    Json json = json_of(cache.blocks);
    json["debugger_thread"] = cache.thread != 0 ? Json(cache.thread) : Json();
    json["tid"] = cache.tid != 0 ? Json(cache.tid) : Json();
    return json;
}

Json json_of(const HeapFreeClass& free) {
    Json json = json_of(free.amount);
    json["from"] = free.from;
    return json;
}

Json json_of(const HeapTrouble& trouble) {
    return {
        {"address", address_json(trouble.address)}, {"size", trouble.size}, {"text", trouble.text}};
}

Json json_of(const HeapOfOne& one);

template <typename Row>
Json list_of(const std::vector<Row>& rows) {
    Json list = Json::array();
    for (const Row& row : rows) list.push_back(json_of(row));
    return list;
}

Json json_of(const HeapOfOne& one) {
    Json json = {{"module", one.module.empty() ? Json() : Json(one.module)},
                 {"used", json_of(one.used)},
                 {"mapped", json_of(one.mapped)},
                 {"system_bytes", one.system_bytes},
                 {"cached", json_of(one.cached)},
                 {"binned", json_of(one.binned)},
                 {"fast", json_of(one.fast)},
                 {"top_bytes", one.top_bytes},
                 {"largest_free", one.largest_free},
                 {"malloc_bytes", one.books_bytes},
                 {"gap_bytes", one.gap_bytes},
                 {"free_by_size", list_of(one.free_classes)},
                 {"arenas", list_of(one.arenas)},
                 {"caches", list_of(one.caches)},
                 {"troubles", list_of(one.troubles)},
                 {"mallinfo2", Json::object()}};
    for (const auto& [name, value] : one.mallinfo) json["mallinfo2"][name] = value;
    return json;
}

}  // namespace

Json json_of(const HeapReport& report) {
    Json json = json_head("heap");
    json["heaps"] = list_of(report.heaps);
    json["remarks"] = remarks_json(report.remarks);
    return json;
}

}  // namespace mt::core
