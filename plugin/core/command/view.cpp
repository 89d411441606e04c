// SPDX-License-Identifier: MIT
//
// See view.h.
#include "command/view.h"

#include <fmt/format.h>

#include <cctype>

#include "model/numbers.h"

namespace mt::core {
namespace {

Result<void> check_glob(std::string_view option, std::string_view glob) {
    if (glob.empty())
        return fail(Code::usage,
                    fmt::format("{} takes a glob such as '*/parse.cpp', not nothing", option));
    for (std::size_t i = glob.find('['); i != std::string_view::npos; i = glob.find('[', i + 1)) {
        // A ] that comes first stands for itself.
        std::size_t from = i + 1;
        if (from < glob.size() && glob[from] == '!') ++from;
        i = glob.find(']', from + 1);
        if (i == std::string_view::npos)
            return fail(
                Code::usage,
                fmt::format("{}: the [ in {} has no closing ]; [[] is a [ as such", option, glob));
    }
    return {};
}

Result<void> add_globs(const Arguments& arguments, const std::string& option, FilterBy by,
                       bool all_frames, std::vector<FilterList>& lists) {
    FilterList list;
    for (const std::string& text : arguments.all(option)) {
        MT_TRY(check_glob(option, text));
        Filter filter;
        filter.by = by;
        filter.pattern = text;
        filter.all_frames = all_frames;
        filter.is_loose = true;
        list.push_back(std::move(filter));
    }
    if (!list.empty()) lists.push_back(std::move(list));
    return {};
}

Result<void> add_domains(const Arguments& arguments, std::vector<FilterList>& lists) {
    FilterList list;
    for (const std::string& text : arguments.all("--domain")) {
        Filter filter;
        filter.by = FilterBy::domain;
        filter.domain = number_of<std::uint32_t>(text);
        if (!filter.domain)
            return fail(
                Code::usage,
                fmt::format(
                    "--domain takes the number of a domain (0 is the program's heap), not {}",
                    or_nothing(text)));
        list.push_back(std::move(filter));
    }
    if (!list.empty()) lists.push_back(std::move(list));
    return {};
}

// --filter and --exclude together are one call of filter_traces(); options of
// another kind narrow what these have left.
Result<void> add_filters(const Arguments& arguments, std::vector<FilterList>& lists) {
    const bool all_frames = arguments.has("--all-frames");
    FilterList list;
    for (const char* option : {"--filter", "--exclude"}) {
        for (const std::string& text : arguments.all(option)) {
            auto filter = MT_TRY(filter_of(option, text));
            filter.inclusive = std::string_view(option) == "--filter";
            filter.all_frames = all_frames;
            list.push_back(std::move(filter));
        }
    }
    if (!list.empty()) lists.push_back(std::move(list));
    MT_TRY(add_globs(arguments, "--function", FilterBy::function, all_frames, lists));
    MT_TRY(add_globs(arguments, "--module", FilterBy::module, all_frames, lists));
    MT_TRY(add_domains(arguments, lists));
    bool by_frame = false;
    for (const char* option : {"--filter", "--exclude", "--function", "--module"})
        by_frame = by_frame || !arguments.all(option).empty();
    if (all_frames && !by_frame)
        return fail(Code::usage,
                    "--all-frames is about --filter, --exclude, --function and --module; none of "
                    "them is given");
    return {};
}

// Of single blocks that are gone nothing is known.
Result<void> check_sort(const Arguments& arguments, const Grouping& grouping) {
    if (!is_total(grouping.sort)) return {};
    const bool is_live = is_size(grouping.key) || grouping.key == KeyType::type;
    std::string what = is_live ? fmt::format("--by {}", name_of(grouping.key)) : "";
    for (const char* option : {"--min-size", "--since", "--until"})
        if (what.empty() && arguments.value(option) != nullptr) what = option;
    if (what.empty()) return {};
    return fail(
        Code::usage,
        fmt::format("{} looks at live blocks, whose totals are not known; sort by size or count",
                    what));
}

Result<void> add_grouping(const Arguments& arguments, Grouping& grouping) {
    if (const std::string* by = arguments.value("--by")) {
        grouping.key = MT_TRY(key_of_word(*by));
    }
    if (const std::string* sort = arguments.value("--sort")) {
        auto found = MT_TRY(choice("--sort", sort_names(), *sort));
        grouping.sort = static_cast<Sort>(found);
    }
    grouping.cumulative = arguments.has("--cumulative");
    if (grouping.cumulative && !can_cumulate(grouping.key))
        return fail(
            Code::usage,
            fmt::format(
                "--cumulative charges each frame of a traceback and cannot be used with --by {}",
                name_of(grouping.key)));
    if (const std::string* text = arguments.value("--min-size")) {
        const auto bytes = bytes_of(*text);
        if (!bytes)
            return fail(Code::usage,
                        fmt::format("--min-size takes a number of bytes such as 4096 or 4K, not {}",
                                    or_nothing(*text)));
        grouping.blocks.min_size = *bytes;
    }
    return check_sort(arguments, grouping);
}

Result<void> add_stamps(const Arguments& arguments, View& view) {
    for (const auto& [option, text] :
         {std::pair("--since", &view.since), std::pair("--until", &view.until)}) {
        const std::string* given = arguments.value(option);
        if (given == nullptr) continue;
        if (given->empty())
            return fail(Code::usage,
                        fmt::format("{} takes the number or name of a mark, not nothing", option));
        *text = *given;
    }
    view.threads = arguments.all("--thread");
    if (const std::string* type = arguments.value("--type")) {
        MT_TRY(check_glob("--type", *type));
        view.type = *type;
    }
    return {};
}

}  // namespace

Result<KeyType> key_of_word(const std::string& word) {
    const std::size_t found = MT_TRY(choice("--by", key_type_names(), word));
    return static_cast<KeyType>(found);
}

Result<Filter> filter_of(std::string_view option, std::string_view text) {
    Filter filter;
    const auto colon = text.rfind(':');
    const std::string_view line = colon == std::string_view::npos ? "" : text.substr(colon + 1);
    if (!line.empty() && std::isdigit(static_cast<unsigned char>(line.front())) != 0) {
        filter.line = number_of<std::uint64_t>(line);
        if (!filter.line)
            return fail(Code::usage, fmt::format("{} takes GLOB or GLOB:LINE; {} is no line number",
                                                 option, line));
        text = text.substr(0, colon);
    }
    MT_TRY(check_glob(option, text));
    filter.pattern = text;
    filter.is_loose = true;
    return filter;
}

Result<View> view_of(const Settings& settings, const Arguments& arguments) {
    View view;
    view.rows = settings.rows;
    view.most_recent_first = arguments.has("--most-recent-first");
    view.grouping.raw = arguments.has("--raw");
    view.grouping.hides = !view.grouping.raw;
    view.grouping.totals = arguments.has("--json");
    MT_TRY(add_grouping(arguments, view.grouping));
    MT_TRY(add_stamps(arguments, view));
    MT_TRY(add_filters(arguments, view.grouping.filters));
    view.source = settings.source || arguments.has("--source");
    if (const std::string* rows = arguments.value("--top")) {
        const auto number = number_of<std::size_t>(*rows);
        if (!number)
            return fail(Code::usage,
                        fmt::format("--top takes a number of rows (0 = all), not {}", *rows));
        view.rows = *number;
    }
    if (const std::string* limit = arguments.value("--limit")) {
        view.limit = number_of<std::int64_t>(*limit);
        if (!view.limit)
            return fail(
                Code::usage,
                fmt::format("--limit takes a number of frames (negative: the oldest ones), not {}",
                            or_nothing(*limit)));
    }
    return view;
}

}  // namespace mt::core
