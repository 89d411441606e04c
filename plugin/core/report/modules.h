// SPDX-License-Identifier: MIT
//
// Modules and where their symbols come from, as values: mt modules.
#ifndef MEMTRACE_CORE_REPORT_MODULES_H
#define MEMTRACE_CORE_REPORT_MODULES_H

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/snapshot.h"
#include "symbols/symboliser.h"

namespace mt::core {

struct ListedModule {
    Module module;
    ModuleSymbols symbols;
    std::vector<LookedAt> looked_at;  // on this machine, in this order
};

struct ModulesReport {
    std::vector<ListedModule> modules;
    bool verbose = false;  // also where they were looked for
    std::vector<Remark> remarks;
};

// By ModuleSymbols::Kind.
inline constexpr std::array<std::string_view, 3> kSymbolKindNames = {"none", "functions", "lines"};

}  // namespace mt::core

#endif
