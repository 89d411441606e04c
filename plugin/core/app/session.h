// SPDX-License-Identifier: MIT
//
// What one debugger's commands and scripts share, part by part. Each part has an interface
// of its own and knows no session; what is done with them are functions beside it. A command
// that fails or is interrupted leaves all of it as it was.
#ifndef MEMTRACE_CORE_APP_SESSION_H
#define MEMTRACE_CORE_APP_SESSION_H

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "analyse/difference.h"
#include "analyse/statistics.h"
#include "app/breaks/conditions.h"
#include "app/next_run.h"
#include "app/points.h"
#include "app/scopes/scopes.h"
#include "app/shelf.h"
#include "app/view.h"
#include "report/tree.h"
#include "target/debuggee.h"

namespace mt::core {

// Whose rows mt traceback explains.
struct LastReport {
    std::string command;  // that showed it
    std::shared_ptr<Table> table;
    Grouping grouping;
    std::vector<Statistic> rows;
    std::shared_ptr<Table> old;  // of mt diff, with `changes` instead of `rows`
    std::vector<StatisticDiff> changes;
    std::string old_name, new_name;

    std::size_t size() const { return old ? changes.size() : rows.size(); }
};

class Session {
  public:
    Session(Debugger& debugger, std::string library_directory)
        : debuggee_(debugger),
          next_run_(debugger, std::move(library_directory)),
          points_(debugger),
          conditions_(debuggee_, points_),
          scopes_(debuggee_, points_) {}

    Debuggee& debuggee() { return debuggee_; }
    const FrameBook& book() const { return debuggee_.book(); }
    Shelf& shelf() { return shelf_; }
    const Shelf& shelf() const { return shelf_; }
    Settings& settings() { return settings_; }
    NextRun& next_run() { return next_run_; }
    Points& points() { return points_; }
    Conditions& conditions() { return conditions_; }
    const Conditions& conditions() const { return conditions_; }
    Scopes& scopes() { return scopes_; }
    const Scopes& scopes() const { return scopes_; }
    const std::optional<LastReport>& last() const { return last_; }
    void remember(LastReport last) {
        last_ = std::move(last);
        tree_.reset();
    }
    // Of that report, as mt tree showed it last.
    const std::optional<TreeReport>& tree() const { return tree_; }
    void keep_tree(TreeReport tree) { tree_ = std::move(tree); }
    // Blocks that mt leaks has shown; 0 once another command has begun.
    std::uint64_t leaked() const { return leaked_; }
    void set_leaked(std::uint64_t blocks) { leaked_ = blocks; }

  private:
    Debuggee debuggee_;
    Shelf shelf_;
    Settings settings_;
    NextRun next_run_;
    Points points_;
    Conditions conditions_;
    Scopes scopes_;
    std::optional<LastReport> last_;
    std::optional<TreeReport> tree_;
    std::uint64_t leaked_ = 0;
};

}  // namespace mt::core

#endif
