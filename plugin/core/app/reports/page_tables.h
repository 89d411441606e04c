// SPDX-License-Identifier: MIT
//
// The smaller tables of mt report's page: sizes, threads, types, scopes and kinds of leaks, as
// far as they are known. Writes nothing.
#ifndef MEMTRACE_CORE_APP_REPORTS_PAGE_TABLES_H
#define MEMTRACE_CORE_APP_REPORTS_PAGE_TABLES_H

#include <memory>

#include "app/session.h"
#include "model/error.h"
#include "report/leaks.h"
#include "report/page.h"

namespace mt::core {

// Sizes and types where the table has blocks, threads, and scopes where its process is there.
Result<void> add_tables(Session& session, const std::shared_ptr<Table>& table, PageReport& report);
PageTable leaks_table(const LeaksReport& leaks);

}  // namespace mt::core

#endif
