// SPDX-License-Identifier: MIT
//
// See modules.h.
#include "app/reports/modules.h"

#include <fmt/format.h>

#include <algorithm>

#include "analyse/skip.h"
#include "model/text.h"
#include "symbols/name.h"

namespace mt::core {
namespace {

// Code without lines may stand among code with lines.
constexpr std::size_t kMostProbes = 32;  // of a module's addresses

std::vector<std::vector<Pc>> probes_of(const Table& table) {
    std::vector<std::vector<Pc>> probes(table.modules.size());
    for (const Pc pc : table.nodes)
        if (pc.module != 0 && pc.module < probes.size() && pc.address != 0 &&
            probes[pc.module].size() < kMostProbes)
            probes[pc.module].push_back(pc);
    return probes;
}

bool is_wanted(const Module& module, const std::string* glob) {
    if (glob == nullptr) return true;
    const auto matches = [glob](const std::string& path) {
        return !path.empty() && (glob_match(*glob, path) || glob_match(*glob, base_name(path)));
    };
    return matches(module.path) || matches(module.file);
}

}  // namespace

Result<ModulesReport> modules_of(Session& session, const std::string* glob, bool verbose) {
    Debuggee& debuggee = session.debuggee();
    const Process process = MT_TRY(debuggee.process());
    ReadOptions options;
    options.modules = true;
    const std::shared_ptr<Table> table = MT_TRY(read_now(process, options));
    const Sources sources = debuggee.sources_for(*table, &process);
    debuggee.look_again();
    const auto probes = probes_of(*table);
    ModulesReport report;
    report.verbose = verbose;
    report.remarks = table->remarks;
    for (std::size_t i = 1; i < table->modules.size(); ++i) {
        const Module& module = table->modules[i];
        if (!is_wanted(module, glob)) continue;
        if (debuggee.wants_stop()) return interrupted_error();
        ListedModule listed{module, {}, {}};
        listed.symbols = MT_TRY(debuggee.symbols_of(module, probes[i], sources));
        if (sources.local_files) listed.looked_at = debuggee.files_of(module).looked_at;
        report.modules.push_back(std::move(listed));
    }
    if (report.modules.empty() && glob != nullptr)
        return fail(Code::usage,
                    fmt::format("no module is called {}; mt modules lists them", printable(*glob)));
    return report;
}

}  // namespace mt::core
