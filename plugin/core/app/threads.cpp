// SPDX-License-Identifier: MIT
//
// See threads.h.
#include "app/threads.h"

#include <fmt/format.h>

#include "analyse/by_thread.h"
#include "model/stamp.h"

namespace mt::core {

Result<std::vector<const Thread*>> resolve_threads(const Table& table, const std::string& text) {
    std::vector<const Thread*> found = threads_named(table, text);
    if (!found.empty()) return found;
    return fail(Code::usage,
                fmt::format("there is no thread {}; mt snapshot --by thread lists them",
                            text.empty() ? "''" : text));
}

Result<const Thread*> resolve_thread(const Table& table, const std::string& text) {
    const std::vector<const Thread*> found = MT_TRY(resolve_threads(table, text));
    if (found.size() == 1) return found.front();
    return fail(Code::usage,
                fmt::format("several threads are called {}; use the thread's number", text));
}

Result<ThreadTitles> ThreadTitles::of(Debuggee& debuggee, const Process* process,
                                      const Table& table) {
    ThreadTitles titles(table);
    // Of a core GDB reads all registers for it.
    const bool is_live = process != nullptr && process->target.kind == TargetKind::live;
    if (is_live && process->is_of(table)) titles.known_ = MT_TRY(debuggee.debugger().threads());
    return titles;
}

std::optional<std::string> ThreadTitles::numbered(std::uint32_t serial) const {
    for (const ThreadAt& at : known_) {
        // A system id that was given again belongs to the thread that came last.
        const Thread* thread = thread_of_tid(*table_, at.tid);
        if (thread != nullptr && stamp_serial_of_thread(thread->serial) == serial)
            return thread_title(*table_, DebuggerThread{at.number, at.tid});
    }
    return std::nullopt;
}

std::string ThreadTitles::operator()(std::uint32_t serial) const {
    const auto title = numbered(serial);
    return title ? *title : thread_title(*table_, serial);
}

Result<FoundThread> find_thread(Debuggee& debuggee, const Process& process,
                                const std::string& text) {
    const std::shared_ptr<Table> table = MT_TRY(read_now(process));
    const ThreadTitles titles = MT_TRY(ThreadTitles::of(debuggee, &process, *table));
    const Thread* found = MT_TRY(resolve_thread(*table, text));
    return FoundThread{found->serial, titles(stamp_serial_of_thread(found->serial))};
}

}  // namespace mt::core
