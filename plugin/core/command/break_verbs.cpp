// SPDX-License-Identifier: MIT
//
// mt break: from words to conditions and back. What they do is in conditions.h.
#include <fmt/format.h>

#include "analyse/by_thread.h"
#include "command/addresses.h"
#include "command/conditions.h"
#include "command/reporting.h"
#include "command/session.h"
#include "command/verb.h"
#include "command/view.h"
#include "model/numbers.h"
#include "read/lookup.h"
#include "show/report.h"

namespace mt::core {
namespace {

constexpr std::uint32_t kFigures = abi::kWatchTotal | abi::kWatchPeak | abi::kWatchCount;
// A data symbol of every libc.so: absent while the loader has not mapped libc yet.
constexpr const char* kLibcSymbol = "_IO_2_1_stdout_";

Result<std::uint64_t> value_of(std::string_view option, const std::string& text, bool is_size) {
    std::optional<std::uint64_t> value = is_size ? bytes_of(text) : number_of<std::uint64_t>(text);
    if (value && *value != 0) return *value;
    return fail(Code::usage, fmt::format("{} takes a number of {}, not {}", option,
                                         is_size ? "bytes from 1 up, such as 4096 or 500M"
                                                 : "live blocks from 1 up",
                                         text.empty() ? "nothing" : text));
}

Result<std::uint32_t> number_of_word(std::string_view what, const std::string& word) {
    if (const auto number = number_of<std::uint32_t>(word)) return *number;
    return fail(Code::usage,
                fmt::format("mt break {} takes the number of a condition, not {}", what, word));
}

// Options that are about the heap or about one block stand alone.
Result<void> check_kinds(const Condition& condition) {
    constexpr std::uint32_t kAlone = kFigures | abi::kWatchFree;
    const std::uint32_t alone = condition.kinds & kAlone;
    const bool several = (alone & (alone - 1)) != 0 || (condition.kinds & ~kAlone) != 0;
    if (alone == 0 || !several) return {};
    return fail(Code::usage,
                "--total, --peak, --count and --free stand alone; only --size, --site, --thread "
                "and --fail combine, and mean all of them");
}

Result<Condition> condition_of(const Arguments& arguments) {
    Condition condition;
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
    if (arguments.value("--thread") != nullptr) condition.kinds |= abi::kWatchThread;
    if (arguments.value("--free") != nullptr) condition.kinds |= abi::kWatchFree;
    condition.once = arguments.has("--once") || condition.is(abi::kWatchFree);
    MT_TRY(check_kinds(condition));
    return condition;
}

// --- what needs the process --------------------------------------------------

Result<void> find_thread(const Process& process, const std::string& text, Condition& condition) {
    auto table = MT_TRY(read_now(process, false));
    const auto found = threads_named(*table, text);
    if (found.size() > 1)
        return fail(Code::usage,
                    fmt::format("several threads are called {}; use the thread's number", text));
    if (found.empty())
        return fail(Code::usage,
                    fmt::format("no thread that has been traced is called {}; threads are known "
                                "from their first allocation on, by number, system id or name",
                                text));
    condition.thread = found.front()->serial;
    condition.thread_name = found.front()->name;
    return {};
}

std::string traceback_of(Session& session, const Process& process, const Table& table) {
    Resolver resolver(session.symboliser, table, session.sources_for(table, &process));
    FrameWalk walk(resolver, session.skip, false);
    auto frames = walk.frames(table.traces.front(), table.status.frame_limit);
    if (!frames) return "";
    const FrameBook& book = session.symboliser.book();
    std::vector<RowFrame> rows;
    for (const TraceFrame& frame : **frames) {
        RowFrame& row = rows.emplace_back();
        row.label = book[frame.id].label;
        row.line = book[frame.id].line;
        row.file = book[frame.id].file;
    }
    return traceback_text(book, {}, rows);
}

Result<void> find_block(Session& session, const Process& process, const std::string& text,
                        Condition& condition) {
    auto found = address_of(session, text);
    if (!found && found.error().code == Code::interrupted) return fail(std::move(found.error()));
    if (!found || *found == 0)
        return fail(Code::usage, fmt::format("--free takes the address of a block, such as "
                                             "0x5555557592a0, not {}",
                                             text.empty() ? "nothing" : text));
    const std::uint64_t address = *found;
    condition.value = address;
    auto table = MT_TRY(read_blocks_at(*process.memory, process.status, address));
    if (table.blocks.empty() || table.domain_of(table.blocks.front()) != 0) return {};
    const Block& block = table.blocks.front();
    condition.value = block.address;
    condition.block = fmt::format(", {} B, allocated at (most recent call last):\n{}", block.size,
                                  traceback_of(session, process, table));
    while (!condition.block.empty() && condition.block.back() == '\n') condition.block.pop_back();
    return {};
}

// --- the list ----------------------------------------------------------------

std::string list_of(const Session& session, bool json) {
    std::vector<ListedCondition> all;
    for (const Condition& condition : session.conditions.all()) all.push_back(listed(condition));
    return json ? conditions_json(all) : conditions_text(all);
}

// After any change: what is enabled is armed in the process, if there is one now.
// Nothing: there is none, it waits.
Result<std::optional<Process>> arm(Session& session) {
    auto target = MT_TRY(session.debugger.target());
    MT_TRY(may_change(target, "break"));
    bool waits = target.is_absent();
    auto process = session.process();
    if (!process && !waits && process.error().code == Code::no_runtime && !target.running) {
        auto libc = MT_TRY(session.debugger.find_symbol(kLibcSymbol));
        waits = libc == 0;
    }
    if (waits) {
        session.conditions.forget_process();
        MT_TRY(session.conditions.await(session));
        return std::nullopt;
    }
    if (!process) return fail(std::move(process.error()));
    MT_TRY(session.conditions.arm(session, process->status.root_address));
    return std::optional(std::move(*process));
}

// What the user may not expect of a condition that has just been armed.
Result<std::string> remark_of(const Process& process, const Condition& condition) {
    if (condition.is(abi::kWatchFree) && condition.block.empty())
        return std::string(
            "remark: no traced block is there now; it stops when one that begins there is freed\n");
    if (!condition.is(kFigures)) return std::string();
    if (!process.status.tracing) return std::string("remark: tracing is off; mt start begins\n");
    auto table = MT_TRY(read_now(process, false));
    const bool by_count = condition.is(abi::kWatchCount);
    const std::int64_t now = condition.is(abi::kWatchPeak) ? table->peak_size
                             : by_count                    ? table->current_count
                                                           : table->current_size;
    if (static_cast<std::uint64_t>(now) < condition.value) return std::string();
    if (condition.is(abi::kWatchPeak))
        return std::string("remark: the peak is already reached; it stops at the next new one\n");
    return fmt::format("remark: the {} is already reached; it stops at the next crossing\n",
                       by_count ? "count" : "total");
}

Result<void> add(Session& session, const Arguments& arguments) {
    auto condition = MT_TRY(condition_of(arguments));
    const std::string* thread = arguments.value("--thread");
    const std::string* block = arguments.value("--free");
    if (thread != nullptr || block != nullptr) {
        auto process = MT_TRY(session.process());
        MT_TRY(may_change(process.target, "break"));
        auto found = thread != nullptr ? find_thread(process, *thread, condition)
                                       : find_block(session, process, *block, condition);
        if (!found) return found;
    }
    const std::uint32_t number = session.conditions.add(std::move(condition)).number;
    auto process = arm(session);
    if (!process) {
        session.conditions.erase(number);
        return fail(std::move(process.error()));
    }
    const Condition& added = *session.conditions.find(number);
    session.say(fmt::format("condition {}: {}{}\n", number, condition_text(added),
                            *process ? "" : ", armed as soon as the runtime is loaded"));
    if (!*process) {
        if (added.is(kFigures) && !session.pending.next_run)
            session.say("remark: the next run does not trace by itself; mt start asks for it\n");
        return {};
    }
    auto remark = MT_TRY(remark_of(**process, added));
    session.say(remark);
    return {};
}

Result<void> change(Session& session, const std::string& what, const std::string& word) {
    auto number = MT_TRY(number_of_word(what, word));
    Condition* condition = session.conditions.find(number);
    if (condition == nullptr)
        return fail(Code::usage,
                    fmt::format("there is no condition {}; mt break lists them", word));
    const bool before = condition->enabled;
    if (what == "delete")
        session.conditions.erase(number);
    else
        condition->enabled = what == "enable";
    auto process = arm(session);
    if (process) return {};
    // Deleting and disabling hold whatever there is to arm; enabling does not.
    if (what != "enable" && process.error().code != Code::interrupted) return {};
    if (Condition* kept = session.conditions.find(number)) kept->enabled = before;
    return fail(std::move(process.error()));
}

bool has_condition(const Arguments& arguments) {
    for (const auto& [name, value] : arguments.values)
        if (!value.empty()) return true;
    return arguments.has("--fail") || arguments.has("--once");
}

}  // namespace

Result<void> run_break(Session& session, const Arguments& arguments) {
    const std::string what = arguments.words.empty() ? "" : arguments.words.front();
    if (what.empty() && has_condition(arguments)) {
        if (arguments.has("--json"))
            return fail(Code::usage, "--json is for the list: mt break --json");
        if (arguments.values.empty() && !arguments.has("--fail"))
            return fail(Code::usage, "--once needs a condition, such as mt break --once --fail");
        return add(session, arguments);
    }
    if (what.empty() || (what == "list" && arguments.words.size() == 1)) {
        session.say(list_of(session, arguments.has("--json")));
        return {};
    }
    if (what != "delete" && what != "disable" && what != "enable")
        return fail(Code::usage,
                    fmt::format("mt break takes list, delete N, disable N, enable N or a condition "
                                "such as --total 500M, not {}",
                                arguments.words.back()));
    if (arguments.words.size() != 2)
        return fail(Code::usage, fmt::format("mt break {0} takes a number: mt break {0} N", what));
    return change(session, what, arguments.words[1]);
}

}  // namespace mt::core
