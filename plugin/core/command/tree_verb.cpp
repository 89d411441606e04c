// SPDX-License-Identifier: MIT
//
// See tree_verb.h.
#include "command/tree_verb.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>

#include "app/graph/leaks.h"
#include "app/reports/differences.h"
#include "app/reports/rows.h"
#include "app/reports/tree.h"
#include "command/options.h"
#include "command/view.h"
#include "model/numbers.h"

namespace mt::core {
namespace {

constexpr std::size_t kDepth = 8;
constexpr double kMinShare = 1;

Result<TreeWanted> wanted_of(const Arguments& arguments) {
    TreeWanted wanted;
    wanted.depth = kDepth;
    wanted.min_share = kMinShare;
    if (arguments.has("--callees")) wanted.from = TreeFrom::callees;
    if (const std::string* text = arguments.value("--depth")) {
        const auto depth = number_of<std::size_t>(*text);
        if (!depth)
            return fail(Code::usage, fmt::format("--depth takes a number of levels (0 = all), not "
                                                 "{}",
                                                 or_nothing(*text)));
        wanted.depth = *depth;
    }
    if (const std::string* text = arguments.value("--min-share")) {
        double share = 0;
        const char* const end = text->data() + text->size();
        const auto [rest, error] = std::from_chars(text->data(), end, share);
        if (error != std::errc() || rest != end || !(share >= 0 && share <= 100))
            return fail(Code::usage, fmt::format("--min-share takes percents of the total, 0 to "
                                                 "100, not {}",
                                                 or_nothing(*text)));
        wanted.min_share = share;
    }
    return wanted;
}

// The report that a word stands for, made and remembered as if its verb had shown it.
Result<void> make_report_for(Front& front, std::size_t what, View view) {
    Session& session = front.session;
    switch (what) {
        case 1:
            remember(session, MT_TRY(peak_report(session, std::move(view), false)));
            return {};
        case 2:
            remember(session, std::move(MT_TRY(leaks_of(session, {}, std::move(view))).made));
            return {};
        case 3:
            remember(session, MT_TRY(difference_of(session, nullptr, nullptr, std::move(view))));
            return {};
        default:
            remember(session, MT_TRY(take_snapshot(session, std::move(view), false)));
            return {};
    }
}

}  // namespace

std::vector<Option> tree_options() {
    std::vector<Option> options = {
        {"--callees", "", "", Level::none,
         "begin with what allocates; below each function who called it"},
        {"--depth", "", "N", Level::none, "show N levels, 0 = all (default 8)"},
        {"--min-share", "", "PERCENT", Level::none,
         "sum up what has less of the total (default 1)"},
        kRaw};
    for (const Option& option : form_options()) options.push_back(option);
    return options;
}

Result<void> run_tree(Front& front) {
    static constexpr std::array<std::string_view, 4> kWords = {"now", "peak", "leaks", "diff"};
    Session& session = front.session;
    const TreeWanted wanted = MT_TRY(wanted_of(front.arguments));
    const View view = MT_TRY(view_of(session.settings(), front.arguments));
    const std::string* word = front.word(0);
    if (word != nullptr) {
        if (const auto node = number_of<std::uint64_t>(*word)) {
            const TreeReport report = MT_TRY(tree_below(session, *node, wanted));
            return front.show(report);
        }
        const std::size_t what = MT_TRY(choice("mt tree", kWords, *word));
        MT_TRY(make_report_for(front, what, view));
    } else if (!session.last()) {
        MT_TRY(make_report_for(front, 0, view));
    }
    const TreeReport report = MT_TRY(make_tree(session, wanted, view));
    return front.show(report);
}

}  // namespace mt::core
