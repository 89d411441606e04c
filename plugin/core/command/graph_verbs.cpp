// SPDX-License-Identifier: MIT
//
// See graph_verbs.h.
#include "command/graph_verbs.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "app/files.h"
#include "app/graph/leaks.h"
#include "app/graph/refs.h"
#include "command/view.h"
#include "model/numbers.h"

namespace mt::core {
namespace {

Result<std::vector<LeakKind>> kinds_of(std::string_view text) {
    std::vector<LeakKind> kinds;
    while (true) {
        const std::size_t end = std::min(text.find(','), text.size());
        const std::size_t found = MT_TRY(choice("--kinds", leak_kinds(), text.substr(0, end)));
        if (found == leak_kinds().size() - 1)
            return std::vector{LeakKind::definite, LeakKind::indirect, LeakKind::possible};
        kinds.push_back(static_cast<LeakKind>(found));
        if (end == text.size()) return kinds;
        text.remove_prefix(end + 1);
    }
}

Result<graph::PointerRules> rules_of(const Arguments& arguments) {
    constexpr unsigned kMostBits = 4;
    graph::PointerRules rules;
    rules.strict = arguments.has("--strict");
    if (const std::string* text = arguments.value("--low-bits")) {
        const auto bits = number_of<unsigned>(*text);
        if (!bits || *bits > kMostBits)
            return fail(Code::usage, fmt::format("--low-bits takes a number of bits, 0 to {}, not "
                                                 "{}",
                                                 kMostBits, or_nothing(*text)));
        rules.low_tags = (std::uint64_t{1} << *bits) - 1;
    }
    if (const std::string* text = arguments.value("--tag-mask")) {
        const auto mask = literal_of(*text);
        if (!mask)
            return fail(Code::usage,
                        fmt::format("--tag-mask takes the bits of a pointer that are none of its "
                                    "address, such as 0xff00000000000000, not {}",
                                    or_nothing(*text)));
        rules.tag_mask = *mask;
    }
    return rules;
}

Result<LeaksWanted> wanted_of(Front& front) {
    LeaksWanted wanted;
    const Arguments& arguments = front.arguments;
    wanted.rules = MT_TRY(rules_of(arguments));
    if (const std::string* text = arguments.value("--kinds"))
        wanted.kinds = MT_TRY(kinds_of(*text));
    if (const std::string* path = arguments.value("--suppressions"))
        wanted.suppressions = MT_TRY(load_suppressions(front.session.debuggee(), *path));
    return wanted;
}

Result<RefsWanted> refs_wanted_of(Front& front) {
    RefsWanted wanted;
    const View view = MT_TRY(view_of(front.session.settings(), front.arguments));
    wanted.rows = view.rows;
    wanted.rules = MT_TRY(rules_of(front.arguments));
    if (front.word(0) != nullptr) wanted.expression = *front.word(0);
    if (const std::string* text = front.arguments.value("--depth")) {
        const auto depth = number_of<std::size_t>(*text);
        if (!depth)
            return fail(Code::usage, fmt::format("--depth takes a number of steps (0 = all), not "
                                                 "{}",
                                                 or_nothing(*text)));
        wanted.depth = *depth;
    }
    return wanted;
}

}  // namespace

const std::vector<std::string_view>& leak_kinds() {
    static const std::vector<std::string_view> names = [] {
        std::vector<std::string_view> all(kLeakKindNames.begin(), kLeakKindNames.end());
        all.emplace_back("all");
        return all;
    }();
    return names;
}

std::vector<Option> pointer_options() {
    return {{"--strict", "", "", Level::row, "pointers into the middle of a block do not count"},
            {"--low-bits", "", "N", Level::row,
             "the lowest N bits of a pointer to a beginning may be a tag"},
            {"--tag-mask", "", "MASK", Level::row, "these bits of a pointer may be a tag"}};
}

std::vector<Option> leaks_options() {
    std::vector<Option> options = {
        {"--kinds", "", "KINDS", Level::row,
         "definite (default), indirect, possible, reachable, suppressed, several with commas; "
         "all: the first three"},
        {"--suppressions", "", "FILE", Level::row,
         "leaks that are wanted, in LeakSanitizer's format"},
        {"--blocks", "", "", Level::row, "list the single blocks"}};
    for (const Option& option : pointer_options()) options.push_back(option);
    return options;
}

std::vector<Option> refs_options() {
    std::vector<Option> options = {
        {"--from", "", "", Level::row, "what the block points to instead"},
        {"--depth", "", "N", Level::row, "show the N last steps of a chain only"}};
    for (const Option& option : pointer_options()) options.push_back(option);
    return options;
}

Result<void> run_refs(Front& front) {
    if (front.word(0) == nullptr)
        return fail(Code::usage,
                    "mt refs takes an address: a number, or an expression such as node->next");
    const RefsWanted wanted = MT_TRY(refs_wanted_of(front));
    if (front.has("--from")) {
        const PointsToReport report = MT_TRY(refs_from(front.session.debuggee(), wanted));
        return front.show(report);
    }
    const RefsReport report = MT_TRY(refs_to(front.session.debuggee(), wanted));
    return front.show(report);
}

Result<void> run_retained(Front& front) {
    const RefsWanted wanted = MT_TRY(refs_wanted_of(front));
    const RetainedReport report = MT_TRY(retained_by(front.session.debuggee(), wanted));
    return front.show(report);
}

Result<void> run_leaks(Front& front) {
    View view = MT_TRY(view_of(front.session.settings(), front.arguments));
    if (is_total(view.grouping.sort))
        return fail(Code::usage, "mt leaks looks at live blocks; sort by size or count");
    const LeaksWanted wanted = MT_TRY(wanted_of(front));
    if (front.has("--blocks")) {
        const BlocksReport report = MT_TRY(leaked_blocks(front.session, wanted, std::move(view)));
        front.session.set_leaked(static_cast<std::uint64_t>(report.total_count));
        return front.show(report);
    }
    MadeLeaks leaks = MT_TRY(leaks_of(front.session, wanted, std::move(view)));
    front.session.set_leaked(static_cast<std::uint64_t>(leaks.report.rows.total.count));
    MT_TRY(front.show(leaks.report));
    remember(front.session, std::move(leaks.made));
    return {};
}

}  // namespace mt::core
