// SPDX-License-Identifier: MIT
//
// One part of a table against another: counts against records, blocks against counters,
// addresses against what is mapped. A page of zeros or of another page's bytes often
// decodes well; what it says then is wrong, and must not be said without a remark. Each
// check is of facts that hold at any stop but where it says otherwise. Decodes nothing.
#ifndef MEMTRACE_CORE_READ_CHECKS_H
#define MEMTRACE_CORE_READ_CHECKS_H

#include "model/snapshot.h"
#include "read/anchor.h"
#include "read/counters.h"
#include "read/depot.h"
#include "read/events.h"

namespace mt::core {

// Each stack id of domain 0 and the node where it ends name each other; code lies in its
// module.
void check_depot(Reading& reading, const Table& table, const Depot& depot);
void check_modules(Reading& reading, const abi::Header& header, const Table& table);

// What no event leaves behind; not while one is under way.
void check_traces(Reading& reading, const Anchor& anchor, const Counters& counters,
                  const Table& table);
// Of a core, which does not change and is read as a whole: the threads' totals are those of
// the shards.
void check_threads(Reading& reading, const Anchor& anchor, const Counters& counters,
                   const Table& table);

// The blocks of each traceback are those that its counters know.
bool blocks_are_counted(const Table& table, const Counters& counters);
// Of a core: where blocks lie, and what their stamps name. Blocks by address, some of the
// table's or all.
void check_blocks(Reading& reading, const Anchor& anchor, const std::vector<Block>& blocks,
                  const Table& table);

void check_own_memory(Reading& reading, const Table& table);

}  // namespace mt::core

#endif
