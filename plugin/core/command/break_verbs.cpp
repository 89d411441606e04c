// SPDX-License-Identifier: MIT
//
// mt break: from words to conditions and back.
#include "command/break_verbs.h"

#include <fmt/format.h>

#include "app/breaks/requests.h"
#include "command/view.h"
#include "model/numbers.h"
#include "show/text/parts.h"
#include "show/text/stops.h"

namespace mt::core {
namespace {

constexpr std::uint32_t kFigures = abi::kWatchTotal | abi::kWatchPeak | abi::kWatchCount;
Result<std::uint64_t> value_of(std::string_view option, const std::string& text, bool is_size) {
    std::optional<std::uint64_t> value = is_size ? bytes_of(text) : number_of<std::uint64_t>(text);
    if (value && *value != 0) return *value;
    return fail(Code::usage, fmt::format("{} takes a number of {}, not {}", option,
                                         is_size ? "bytes from 1 up, such as 4096 or 500M"
                                                 : "live blocks from 1 up",
                                         or_nothing(text)));
}

Result<std::uint32_t> number_of_word(std::string_view what, const std::string& word) {
    if (const auto number = number_of<std::uint32_t>(word)) return *number;
    return fail(Code::usage,
                fmt::format("mt break {} takes the number of a condition, not {}", what, word));
}

// Options that are about the heap, one block or the program stand alone.
Result<void> check_kinds(const Condition& condition) {
    constexpr std::uint32_t kAlone = kFigures | abi::kWatchFree;
    const std::uint32_t alone = condition.kinds & kAlone;
    const bool several = (alone & (alone - 1)) != 0 || (condition.kinds & ~kAlone) != 0;
    if (condition.at_exit ? condition.kinds == 0 : alone == 0 || !several) return {};
    return fail(Code::usage,
                "--total, --peak, --count, --free and --exit stand alone; only --size, --site, "
                "--thread and --fail combine, and mean all of them");
}

Result<AskedCondition> condition_of(const Arguments& arguments) {
    AskedCondition asked;
    Condition& condition = asked.condition;
    const auto add = [&](const char* option, std::uint32_t kind, bool is_size) -> Result<void> {
        const std::string* text = arguments.value(option);
        if (text == nullptr) return {};
        auto value = MT_TRY(value_of(option, *text, is_size));
        condition.kinds |= kind;
        condition.value = value;
        return {};
    };
    struct Figure {
        const char* option;
        std::uint32_t kind;
    };
    for (const Figure& figure : {Figure{"--total", abi::kWatchTotal},
                                 {"--peak", abi::kWatchPeak},
                                 {"--size", abi::kWatchSize},
                                 {"--count", abi::kWatchCount}})
        MT_TRY(add(figure.option, figure.kind, figure.kind != abi::kWatchCount));
    if (const std::string* site = arguments.value("--site")) {
        auto filter = MT_TRY(filter_of("--site", *site));
        condition.site = std::move(filter);
        condition.site_text = *site;
        condition.kinds |= abi::kWatchSite;
    }
    if (arguments.has("--fail")) condition.kinds |= abi::kWatchFail;
    if (const std::string* thread = arguments.value("--thread")) {
        asked.thread = *thread;
        condition.kinds |= abi::kWatchThread;
    }
    if (const std::string* block = arguments.value("--free")) {
        asked.block = *block;
        condition.kinds |= abi::kWatchFree;
    }
    condition.at_exit = arguments.has("--exit");
    condition.once = arguments.has("--once") || condition.is(abi::kWatchFree);
    MT_TRY(check_kinds(condition));
    return asked;
}

Result<void> add(Front& front) {
    AskedCondition asked = MT_TRY(condition_of(front.arguments));
    const AddedCondition added = MT_TRY(add_condition(front.session, std::move(asked)));
    front.say(fmt::format("condition {}: {}{}\n", added.condition.number,
                          condition_text(added.condition),
                          added.waits ? ", armed as soon as the runtime is loaded" : ""));
    front.say(remarks_text(added.remarks));
    return {};
}

Result<void> change(Front& front, const std::string& what, const std::string& word) {
    const std::uint32_t number = MT_TRY(number_of_word(what, word));
    return change_condition(front.session, number,
                            what == "delete"   ? Change::erase
                            : what == "enable" ? Change::enable
                                               : Change::disable);
}

bool has_condition(const Arguments& arguments) {
    return !arguments.values.empty() || arguments.has("--fail") || arguments.has("--exit");
}

}  // namespace

Result<void> run_break(Front& front) {
    const Arguments& arguments = front.arguments;
    const std::string what = arguments.words.empty() ? "" : arguments.words.front();
    if (what.empty() && (has_condition(arguments) || arguments.has("--once"))) {
        if (arguments.has("--json"))
            return fail(Code::usage, "--json is for the list: mt break --json");
        if (!has_condition(arguments))
            return fail(Code::usage, "--once needs a condition, such as mt break --once --fail");
        return add(front);
    }
    if (what.empty() || (what == "list" && arguments.words.size() == 1)) {
        return front.show(ConditionsReport{front.session.conditions().all()});
    }
    if (what != "delete" && what != "disable" && what != "enable")
        return fail(Code::usage, fmt::format("mt break takes list, delete N, disable N, enable N "
                                             "or a condition such as --total 500M, not {}",
                                             arguments.words.back()));
    if (arguments.words.size() != 2)
        return fail(Code::usage, fmt::format("mt break {0} takes a number: mt break {0} N", what));
    return change(front, what, arguments.words[1]);
}

}  // namespace mt::core
