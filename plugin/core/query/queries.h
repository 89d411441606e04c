// SPDX-License-Identifier: MIT
//
// What scripts ask of a session: requests and answers in JSON (docs/python.md has the
// list). The snapshots that scripts hold live here, apart from those of `mt list`.
// Groups and reads nothing itself; prints nothing.
#ifndef MEMTRACE_CORE_QUERY_QUERIES_H
#define MEMTRACE_CORE_QUERY_QUERIES_H

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "app/held.h"
#include "app/session.h"
#include "model/error.h"
#include "model/snapshot.h"
#include "query/request.h"

namespace mt::core {

class Queries {
  public:
    explicit Queries(Session& asked) : session(asked) {}

    std::uint64_t hold(Held held);
    void release(std::uint64_t handle) { held_.erase(handle); }
    Result<Held*> held(std::uint64_t handle);
    bool interrupted() { return session.debuggee().wants_stop(); }

    Session& session;

  private:
    std::map<std::uint64_t, Held> held_;
    std::uint64_t next_handle_ = 1;
};

}  // namespace mt::core

#endif
