// SPDX-License-Identifier: MIT
//
// See tree.h.
#include "app/reports/tree.h"

#include <fmt/format.h>

#include <utility>
#include <variant>

#include "app/reports/stacks.h"

namespace mt::core {
namespace {

std::string title_of(const Session& session, const LastReport& last) {
    if (last.old)
        return fmt::format("what changed from snapshot {} to {}{}", last.old_name,
                           last.new_name == "now" ? "" : "snapshot ", last.new_name);
    if (last.command == "peak") return "the peak";
    if (last.command == "leaks") return "what mt leaks has shown";
    if (last.command == "scope") return "what is alive of the scope's calls";
    for (const Kept& kept : session.shelf().snapshots())
        if (kept.table == last.table) return "snapshot " + kept.called();
    return "now";
}

template <typename Report>
Result<TreeReport> tree_from(Session& session, const Report& report, TreeFrom from) {
    TreeReport tree;
    tree.head = report.head;
    tree.head.command = "tree";
    tree.from = from;
    tree.book = report.book;
    tree.remarks = report.remarks;
    tree.is_difference = std::is_same_v<Report, DifferenceReport>;
    auto nodes = MT_TRY(tree_of(*report.book, report.rows, from, session.debuggee().interrupted()));
    tree.nodes = std::make_shared<const std::vector<TreeNode>>(std::move(nodes));
    return tree;
}

}  // namespace

Result<TreeReport> make_tree(Session& session, const TreeWanted& wanted, View view) {
    const std::string title = title_of(session, *session.last());
    const Stacks stacks = MT_TRY(all_stacks(session, std::move(view)));
    const TreeFrom from = wanted.from.value_or(TreeFrom::callers);
    TreeReport tree = MT_TRY(
        std::visit([&](const auto& report) { return tree_from(session, report, from); }, stacks));
    tree.of = title;
    tree.depth = wanted.depth;
    tree.min_share = wanted.min_share;
    session.keep_tree(tree);
    return tree;
}

Result<TreeReport> tree_below(const Session& session, std::uint64_t node,
                              const TreeWanted& wanted) {
    if (!session.tree())
        return fail(Code::usage, "there is no tree of the last report yet; mt tree makes one");
    TreeReport tree = *session.tree();
    const std::size_t last = tree.nodes->size() - 1;
    if (node == 0 || node > last)
        return fail(Code::usage,
                    fmt::format("the last tree has nodes 1 to {}, not {}", last, node));
    if (wanted.from.value_or(tree.from) != tree.from)
        return fail(Code::usage,
                    "the last tree was made the other way round; its numbers mean "
                    "nothing here");
    tree.start = static_cast<std::uint32_t>(node);
    tree.depth = wanted.depth;
    tree.min_share = wanted.min_share;
    return tree;
}

}  // namespace mt::core
