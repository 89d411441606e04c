// SPDX-License-Identifier: MIT
//
// See requests.h.
#include "app/breaks/requests.h"

#include <fmt/format.h>

#include <utility>

#include "app/addresses.h"
#include "app/reports/block.h"
#include "app/threads.h"

namespace mt::core {
namespace {

Result<void> find_block(Debuggee& debuggee, const Process& process, const std::string& text,
                        Condition& condition) {
    auto address = address_of(debuggee, text);
    if (!address && address.error().code == Code::interrupted)
        return fail(std::move(address.error()));
    if (!address || *address == 0)
        return fail(
            Code::usage,
            fmt::format("--free takes the address of a block, such as 0x5555557592a0, not {}",
                        text.empty() ? "nothing" : text));
    condition.value = *address;
    const auto found = MT_TRY(traced_block(debuggee, process, *address));
    if (!found) return {};
    condition.value = found->block.address;
    condition.block = WatchedBlock{found->block.size, {}};
    for (const TraceFrame& frame : found->traceback)
        condition.block->traceback.push_back(row_of(debuggee.book(), frame, false));
    return {};
}

constexpr const char* kNoStart = "the next run does not trace by itself; mt start asks for it";
constexpr const char* kOff = "tracing is off; mt start begins";

// After any change: what the runtime evaluates is armed in the process, if there is one now.
// Nothing: there is none, it waits.
Result<std::optional<Process>> arm(Session& session) {
    Debuggee& debuggee = session.debuggee();
    Conditions& conditions = session.conditions();
    const Target target = MT_TRY(debuggee.target());
    MT_TRY(may_change(target, "break"));
    bool waits = target.is_absent();
    auto process = debuggee.process();
    if (!process && !waits && process.error().code == Code::no_runtime && !target.running) {
        const bool has_libc = MT_TRY(debuggee.has_libc());
        waits = !has_libc;
    }
    if (waits) {
        conditions.forget_process();
        MT_TRY(conditions.await());
        return std::optional<Process>();
    }
    if (!process) return fail(std::move(process.error()));
    MT_TRY(conditions.arm(process->status.root_address));
    return std::optional(std::move(*process));
}

// What the user may not expect of a condition that has just been armed.
Result<std::string> remark_of(const Process& process, const Condition& condition) {
    if (condition.is(abi::kWatchFree) && !condition.block)
        return std::string(
            "no traced block is there now; it stops when one that begins there is freed");
    if (!condition.is_figure()) return std::string();
    if (!process.status.tracing) return std::string(kOff);
    const std::shared_ptr<Table> table = MT_TRY(read_now(process));
    const bool by_count = condition.is(abi::kWatchCount);
    const std::int64_t now = condition.is(abi::kWatchPeak) ? table->peak_size
                             : by_count                    ? table->current_count
                                                           : table->current_size;
    if (static_cast<std::uint64_t>(now) < condition.value) return std::string();
    if (condition.is(abi::kWatchPeak))
        return std::string("the peak is already reached; it stops at the next new one");
    return fmt::format("the {} is already reached; it stops at the next crossing",
                       by_count ? "count" : "total");
}

// Any program is seen to end; what is alive then is known of one that traces.
Result<std::string> remark_of_ending(Session& session) {
    Debuggee& debuggee = session.debuggee();
    const Target target = MT_TRY(debuggee.target());
    if (target.is_absent()) return std::string(session.next_run().start() ? "" : kNoStart);
    const auto process = debuggee.process(false);
    if (process) return std::string(process->status.tracing ? "" : kOff);
    if (process.error().code == Code::interrupted) return interrupted_error();
    if (process.error().code != Code::no_runtime || target.running) return std::string();
    const bool has_libc = MT_TRY(debuggee.has_libc());
    return std::string(has_libc ? "the program runs without the memtrace runtime: what is alive "
                                  "at its end is not known"
                                : "");
}

void add_remark(AddedCondition& added, std::string text) {
    if (!text.empty()) added.remarks.push_back({"condition", std::move(text), 0});
}

Result<AddedCondition> add_ending(Session& session, Condition asked) {
    std::string remark = MT_TRY(remark_of_ending(session));
    Condition& condition = session.conditions().add(std::move(asked));
    auto set = session.conditions().set_ending_point(condition);
    if (!set) {
        session.conditions().erase(condition.number);
        return fail(std::move(set.error()));
    }
    AddedCondition added{condition, false, {}};
    add_remark(added, std::move(remark));
    return added;
}

// After a change of this one.
Result<void> arm(Session& session, Condition& changed) {
    if (changed.at_exit) return session.conditions().set_ending_point(changed);
    MT_TRY(arm(session));
    return {};
}

}  // namespace

Result<AddedCondition> add_condition(Session& session, AskedCondition asked) {
    Debuggee& debuggee = session.debuggee();
    Conditions& conditions = session.conditions();
    const Target target = MT_TRY(debuggee.target());
    MT_TRY(may_change(target, "break"));
    if (asked.condition.at_exit) return add_ending(session, std::move(asked.condition));
    if (asked.thread || asked.block) {
        const Process process = MT_TRY(debuggee.process());
        if (asked.thread) {
            FoundThread found = MT_TRY(find_thread(debuggee, process, *asked.thread));
            asked.condition.thread = found.serial;
            asked.condition.thread_title = std::move(found.title);
        } else {
            MT_TRY(find_block(debuggee, process, *asked.block, asked.condition));
        }
    }
    const std::uint32_t number = conditions.add(std::move(asked.condition)).number;
    auto process = arm(session);
    if (!process) {
        conditions.erase(number);
        return fail(std::move(process.error()));
    }
    AddedCondition added{*conditions.find(number), !process->has_value(), {}};
    std::string remark;
    if (*process)
        remark = MT_TRY(remark_of(**process, added.condition));
    else if (added.condition.is_figure() && !session.next_run().start())
        remark = kNoStart;
    add_remark(added, std::move(remark));
    return added;
}

Result<void> change_condition(Session& session, std::uint32_t number, Change change) {
    Conditions& conditions = session.conditions();
    Condition* condition = conditions.find(number);
    if (condition == nullptr)
        return fail(Code::usage,
                    fmt::format("there is no condition {}; mt break lists them", number));
    if (change == Change::enable) {
        const Target target = MT_TRY(session.debuggee().target());
        MT_TRY(may_change(target, "break"));
    }
    const bool before = std::exchange(condition->enabled, change == Change::enable);
    auto armed = arm(session, *condition);
    // Deleting and disabling hold whatever there is to arm; enabling does not.
    if (!armed && (change == Change::enable || armed.error().code == Code::interrupted)) {
        condition->enabled = before;
        return fail(std::move(armed.error()));
    }
    if (change == Change::erase) conditions.erase(number);
    return {};
}

}  // namespace mt::core
