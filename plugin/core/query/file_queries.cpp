// SPDX-License-Identifier: MIT
//
// dump and load: Snapshot.dump() and .load(). What a script had put beside its
// snapshot is kept in the file as JSON and comes back as that and nothing else.
#include "query/file_queries.h"

#include <fmt/format.h>

#include "app/files.h"
#include "query/answer.h"
#include "query/queries.h"

namespace mt::core {
namespace {

using Json = nlohmann::json;

// In a file: {"attributes": {…}, "made": true or false}.
constexpr const char* kAttributes = "attributes";
constexpr const char* kMade = "made";

Result<std::string> dump_query(Queries& queries, Request& request) {
    const std::uint64_t handle = request.number("snapshot");
    const std::vector<FilterList> filters = request.filters("filters");
    const std::string file = request.text("file");
    const Json& attributes = request.any("attributes");
    if (!attributes.is_object()) request.complain("attributes of dump is an object");
    MT_TRY(request.complete());
    auto held = MT_TRY(queries.held(handle));
    auto named = MT_TRY(Named::of(queries.session.debuggee(), {held}));
    auto table = MT_TRY(filtered_table(named, *held, filters));
    SaveOptions options;
    if (!attributes.empty() || held->is_made)
        options.attributes_json = Json{{kAttributes, attributes}, {kMade, held->is_made}}.dump();
    MT_TRY(save_snapshot(queries.session.debuggee(), *table, file, true, std::move(options)));
    return "{}";
}

Result<std::string> load_query(Queries& queries, Request& request) {
    const std::string file = request.text("file");
    MT_TRY(request.complete());
    auto loaded = MT_TRY(load_snapshot(queries.session.debuggee(), file));
    // Anybody may have written it.
    const Json beside = Json::parse(loaded.attributes_json, nullptr, false);
    Json attributes = Json::object();
    Held held;
    if (beside.is_object()) {
        if (const auto found = beside.find(kAttributes); found != beside.end())
            if (found->is_object()) attributes = *found;
        if (const auto found = beside.find(kMade); found != beside.end())
            held.is_made = found->is_boolean() && found->get<bool>();
    }
    held.table = std::move(loaded.table);
    const std::uint16_t limit = held.table->status.frame_limit;
    const bool is_made = held.is_made;
    return fmt::format("{{\"snapshot\":{},\"traceback_limit\":{},\"made\":{},\"attributes\":{}}}",
                       queries.hold(std::move(held)), limit, is_made, attributes.dump());
}

}  // namespace

const std::vector<Operation>& file_operations() {
    static const std::vector<Operation> operations = {{"dump", dump_query}, {"load", load_query}};
    return operations;
}

}  // namespace mt::core
