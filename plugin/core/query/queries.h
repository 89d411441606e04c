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
#include <string>
#include <string_view>
#include <vector>

#include "analyse/filter.h"
#include "app/session.h"
#include "model/error.h"
#include "model/snapshot.h"
#include "query/request.h"

namespace mt::core {

// A snapshot that a script holds.
struct Held {
    std::shared_ptr<Table> table;
    // Made from a script's own traces: shown as they were given, nothing skipped and
    // nothing cut.
    bool is_made = false;

    // Positions in table->blocks in the order of Snapshot.traces, and those of the
    // last filters that were asked for. Filled when first needed.
    std::vector<std::uint32_t> order;
    std::string selected_by;
    std::optional<std::vector<std::uint32_t>> selected;
};

class Queries {
  public:
    explicit Queries(Session& asked) : session(asked) {}

    // Code::usage: the request is wrong. Code::io: a file.
    Result<std::string> answer(std::string_view request);

    // What operations need.
    std::uint64_t hold(Held held);
    void release(std::uint64_t handle) { held_.erase(handle); }
    Result<Held*> held(std::uint64_t handle);
    bool interrupted() { return session.debuggee().wants_stop(); }

    Session& session;

  private:
    std::map<std::uint64_t, Held> held_;
    std::uint64_t next_handle_ = 1;
};

// One operation of a family; each reads its fields and calls Request::complete().
struct Operation {
    std::string_view name;
    Result<std::string> (*run)(Queries& queries, Request& request);
};

const std::vector<Operation>& tracing_operations();
const std::vector<Operation>& snapshot_operations();
const std::vector<Operation>& statistics_operations();
const std::vector<Operation>& traces_operations();
const std::vector<Operation>& lookup_operations();
const std::vector<Operation>& file_operations();

// A held snapshot with who can name its code now.
class Named {
  public:
    // `tables` of one request. Interrupts are passed on.
    static Result<Named> of(Queries& queries, const std::vector<Held*>& held);
    Resolver resolver(const Held& held) const {
        return debuggee_.resolver(*held.table, pointer(process_));
    }

  private:
    explicit Named(Debuggee& debuggee) : debuggee_(debuggee) {}

    Debuggee& debuggee_;
    std::optional<Process> process_;
};

// As recorded: 0.
inline std::uint16_t limit_of(const Held& held) {
    return held.is_made ? std::uint16_t{0} : held.table->status.frame_limit;
}

}  // namespace mt::core

#endif
