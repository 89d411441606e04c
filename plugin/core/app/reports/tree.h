// SPDX-License-Identifier: MIT
//
// mt tree: of the report that was shown last, or of one that is made for it. What is below a node
// of the last tree is asked for by its number.
#ifndef MEMTRACE_CORE_APP_REPORTS_TREE_H
#define MEMTRACE_CORE_APP_REPORTS_TREE_H

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "app/session.h"
#include "app/view.h"
#include "model/error.h"
#include "report/tree.h"

namespace mt::core {

struct TreeWanted {
    std::optional<TreeFrom> from;  // none: as the last one, else from the callers
    std::size_t depth = 0;         // 0 = all levels
    double min_share = 0;
};

// Of the rows of session.last(), which there must be. Keeps it as session.tree().
Result<TreeReport> make_tree(Session& session, const TreeWanted& wanted, View view);
// Below a node of session.tree().
Result<TreeReport> tree_below(const Session& session, std::uint64_t node, const TreeWanted& wanted);

}  // namespace mt::core

#endif
