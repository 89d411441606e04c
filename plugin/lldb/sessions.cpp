// SPDX-License-Identifier: MIT
//
// All sessions; see sessions.h.
#include "sessions.h"

#include <algorithm>
#include <memory>
#include <vector>

namespace mt::adapter {
namespace {

struct Sessions {
    std::mutex mutex;
    std::vector<std::shared_ptr<Session>> list;
};

// Never destroyed: a session holds SB objects, which must not outlive liblldb's own
// clean-up at exit, and the order of the two is not ours to choose.
Sessions& sessions() {
    static auto* const all = new Sessions;
    return *all;
}

}  // namespace

std::shared_ptr<Session> session_of(lldb::SBDebugger& debugger) {
    auto& all = sessions();
    const std::lock_guard lock(all.mutex);
    std::erase_if(all.list, [](const auto& session) { return session->is_orphan(); });

    const auto target = debugger.GetSelectedTarget();
    for (const auto& session : all.list) {
        if (session->belongs_to(debugger, target)) return session;
    }
    for (const auto& session : all.list) {
        if (target.IsValid() && session->adopt(debugger, target)) return session;
    }
    auto session = std::make_shared<Session>(debugger, target);
    if (!session->is_open()) return nullptr;
    return all.list.emplace_back(std::move(session));
}

std::shared_ptr<Session> session_with(std::uint64_t number) {
    auto& all = sessions();
    const std::lock_guard lock(all.mutex);
    std::erase_if(all.list, [](const auto& session) { return session->is_orphan(); });
    for (const auto& session : all.list)
        if (session->number() == number) return session;
    return nullptr;
}

}  // namespace mt::adapter
