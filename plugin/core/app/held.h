// SPDX-License-Identifier: MIT
//
// A snapshot that a script holds: what tracemalloc's Snapshot can do. The blocks stay where they
// are: filters are decided once per traceback. Writes no answer.
#ifndef MEMTRACE_CORE_APP_HELD_H
#define MEMTRACE_CORE_APP_HELD_H

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analyse/filter.h"
#include "analyse/statistics.h"
#include "model/error.h"
#include "model/snapshot.h"
#include "target/debuggee.h"

namespace mt::core {

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

    // As recorded: 0.
    std::uint16_t limit() const { return is_made ? std::uint16_t{0} : table->status.frame_limit; }
};

// A new one of the process as it is. The lines that allocated have their names, which only a
// process that is there can give.
Result<Held> take_held(Debuggee& debuggee);

// What a script asked for needs single blocks, and the snapshot was taken without them.
tl::unexpected<Error> no_blocks(std::string_view missed);

// Who can name the code of held snapshots now.
class Named {
  public:
    // `held`: all of one request. Interrupts are passed on.
    static Result<Named> of(Debuggee& debuggee, const std::vector<Held*>& held);
    Debuggee& debuggee() const { return debuggee_; }
    Resolver resolver(const Held& held) const {
        return debuggee_.resolver(*held.table, pointer(process_));
    }

  private:
    explicit Named(Debuggee& debuggee) : debuggee_(debuggee) {}

    Debuggee& debuggee_;
    std::optional<Process> process_;
};

// Snapshot.statistics(): `grouping` says by which key and what is left out.
Result<std::vector<Statistic>> rows_of(const Named& named, const Held& held, Grouping grouping);

// Fills held.order and held.selected. `key`: equal for equal filters.
Result<void> select(const Named& named, Held& held, const std::string& key,
                    const std::vector<FilterList>& filters);

// The snapshot's table, or a copy that holds what the filters keep and nothing else.
Result<std::shared_ptr<Table>> filtered_table(const Named& named, const Held& held,
                                              const std::vector<FilterList>& filters);

}  // namespace mt::core

#endif
