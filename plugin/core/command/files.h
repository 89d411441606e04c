// SPDX-License-Identifier: MIT
//
// Snapshots of a session to files and back: what mt save and mt load do, for
// scripts too. Prints nothing and keeps nothing in the session.
#ifndef MEMTRACE_CORE_COMMAND_FILES_H
#define MEMTRACE_CORE_COMMAND_FILES_H

#include <string>

#include "command/session.h"
#include "model/error.h"
#include "model/snapshot.h"
#include "save/save.h"

namespace mt::core {

// All frames are named now, as long as their process can still be asked; which of
// the table's modules are gone by now is noted in it.
// `replace`: an existing file may go. `attributes_json` may be empty.
Result<void> save_snapshot(Session& session, Table& table, const std::string& path, bool replace,
                           const std::string& attributes_json);

// The table's names are of this session's book.
Result<Loaded> load_snapshot(Session& session, const std::string& path);

}  // namespace mt::core

#endif
