// SPDX-License-Identifier: MIT
//
// What changed between two tables: mt diff. Remembered as rows.h says.
#ifndef MEMTRACE_CORE_APP_REPORTS_DIFFERENCES_H
#define MEMTRACE_CORE_APP_REPORTS_DIFFERENCES_H

#include <memory>
#include <string>
#include <vector>

#include "app/session.h"
#include "app/view.h"
#include "model/error.h"
#include "report/rows.h"

namespace mt::core {

// Two tables and what users call them.
struct Compared {
    std::shared_ptr<Table> now, old;
    std::string new_name, old_name;
    // These traces of each; null = all.
    const std::vector<std::uint32_t>* only_new = nullptr;
    const std::vector<std::uint32_t>* only_old = nullptr;
};

struct MadeDifference {
    DifferenceReport report;
    Compared compared;
    Grouping grouping;
};

Result<MadeDifference> make_difference(Session& session, std::string command,
                                       const Compared& compared, const Process* process, View view);
// `old`: null = the last snapshot; `now`: null = the process as it is now, which is not kept.
Result<MadeDifference> difference_of(Session& session, const std::string* old,
                                     const std::string* now, View view);
// After it has been shown.
void remember(Session& session, MadeDifference made);

}  // namespace mt::core

#endif
