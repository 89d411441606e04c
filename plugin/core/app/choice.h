// SPDX-License-Identifier: MIT
//
// What --since, --until, --thread and --by thread mean for one table: marks and
// threads found, what the table lacks said in a line. Groups nothing.
#ifndef MEMTRACE_CORE_APP_CHOICE_H
#define MEMTRACE_CORE_APP_CHOICE_H

#include <string>

#include "app/session.h"
#include "app/view.h"
#include "model/error.h"

namespace mt::core {

// Fills view.grouping and view.remarks. `whose`: "snapshot 1", for messages.
Result<void> choose_blocks(const Session& session, const Table& table, const std::string& whose,
                           View& view);
// An error where the blocks of `whose` are known by their sizes only.
Result<void> check_addresses(const Table& table, const std::string& whose);
// For both tables of a difference, where it must mean the same.
Result<void> choose_blocks(const Session& session, const Table& now, const Table& old, View& view);

}  // namespace mt::core

#endif
