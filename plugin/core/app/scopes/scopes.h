// SPDX-License-Identifier: MIT
//
// What mt scope measures in the debugger: its scopes with their calls, and the calls that
// are under way. Outlives each process. Shows nothing.
#ifndef MEMTRACE_CORE_APP_SCOPES_SCOPES_H
#define MEMTRACE_CORE_APP_SCOPES_SCOPES_H

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "analyse/statistics.h"
#include "app/points.h"
#include "app/scopes/entry.h"
#include "model/error.h"
#include "model/scope.h"
#include "report/condition.h"
#include "target/debuggee.h"

namespace mt::core {

enum class Whose : std::uint8_t {
    own,      // each call: what its own thread does
    one,      // the same, calls of one thread only
    process,  // what all threads do
};

struct Scope {
    std::uint32_t number = 0;
    std::uint64_t point = 0;  // where a function begins
    std::string name;
    bool is_function = false;  // measured by a breakpoint; else by mt scope begin and end
    Whose whose = Whose::own;
    std::uint32_t thread = 0;  // serial, of Whose::one
    std::string thread_title;
    std::uint64_t most_calls = 0;  // 0 = no limit
    bool stops = false;            // the program, when a call returns
    std::uint64_t begun = 0;       // calls
    std::optional<KeyType> by;     // what is alive is shown by this key
    std::uint64_t inlined = 0;     // entries of which nobody can see the return
    std::vector<ScopeCall> calls;  // that have ended

    bool is_full() const { return most_calls != 0 && begun >= most_calls; }
};

class Scopes {
  public:
    Scopes(Debuggee& debuggee, Points& points) : debuggee_(debuggee), points_(points) {}

    static constexpr std::uint64_t kMostCalls = 1u << 20;

    const std::vector<Scope>& all() const { return list_; }
    // By name, else by number.
    Scope* find(const std::string& name);
    // Calls of a function from now on; an error if there is none of that name.
    Result<Scope*> add_function(Scope scope, bool must_exist);
    Result<void> erase(const std::string& name);

    // At this stop, in the selected thread. The number of the call.
    Result<std::uint64_t> begin(const std::string& name, bool of_process);
    // Of that name, or the innermost one.
    struct Ended {
        std::string name;
        ScopeCall call;
    };
    Result<Ended> end(const std::string& name);

    // Closes what has ended unseen. Without a process: all that is open.
    Result<void> look();
    // Open calls of a scope, with their figures at the last look.
    std::vector<ScopeCall> open_calls(const Scope& scope) const;

  private:
    struct Open {
        ScopeCall call;
        std::uint32_t scope = 0;  // its number
        bool is_process = false;
        std::uint64_t tid = 0;                   // system id
        std::uint64_t frame = 0, return_pc = 0;  // 0 = of mt scope begin
        Counted begin;
        std::uint64_t epoch = 0;  // with which it began
        std::int64_t top = 0;     // highest net bytes seen so far
        bool is_gone = false;     // its thread is; the figures are the last that were seen

        void measure(const Counted& now);
    };

    Scope* of(std::uint32_t number);
    Scope& named(const std::string& name);
    Result<const Process*> live();
    // Figures of all open calls until now.
    Result<void> measure(const Process& process);
    Result<ScopeCall> open(const Process& process, Scope& scope, Open call);
    ScopeCall close(std::size_t index, Left left);
    // Whose frame is gone, seen from a stack pointer of their thread. `returned_to`: a call
    // that was to return there has done so.
    std::vector<ScopeCall> sweep(std::uint64_t tid, std::uint64_t sp, std::uint64_t returned_to);
    Result<void> forget_process();
    // From here on blocks are of another stretch, if any call wants to tell.
    Result<void> mark(const Process& process, bool wanted);
    Result<void> forget_return_points();
    Result<void> set_return_point(std::uint64_t address);
    // The process to measure at a hit; null: it has no runtime.
    Result<const Process*> measured();
    Result<Stop> at_entry(std::uint32_t scope, const Hit& hit);
    Result<Stop> at_return(const Hit& hit);
    Result<Stop> entered(const Process& process, Scope& scope, std::uint64_t thread,
                         const Entry& at);
    Result<Stop> returned(const Process& process, const Hit& hit);

    Debuggee& debuggee_;
    Points& points_;
    std::vector<Scope> list_;
    std::vector<Open> open_;                                // of each thread the outermost first
    std::map<std::uint64_t, std::uint64_t> return_points_;  // address -> point
    std::uint64_t mark_ = 0;                                // the last one made
    std::uint32_t next_number_ = 1;
    Identity process_;  // whose calls are open
    std::shared_ptr<Process> known_;
};

}  // namespace mt::core

#endif
