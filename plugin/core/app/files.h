// SPDX-License-Identifier: MIT
//
// Snapshots to files and back: what mt save, load and export do, for scripts too. Keeps
// nothing.
#ifndef MEMTRACE_CORE_APP_FILES_H
#define MEMTRACE_CORE_APP_FILES_H

#include <cstdint>
#include <functional>
#include <string>

#include "analyse/suppressions.h"
#include "model/error.h"
#include "model/sink.h"
#include "model/snapshot.h"
#include "save/save.h"
#include "target/debuggee.h"

namespace mt::core {

// All frames are named now, as long as their process can still be asked; which of
// the table's modules are gone by now is noted in it.
// `replace`: an existing file may go. `options`: what else goes into it; may be empty.
Result<void> save_snapshot(Debuggee& debuggee, Table& table, const std::string& path, bool replace,
                           SaveOptions options);

// The table's names are of this debuggee's book.
Result<Loaded> load_snapshot(Debuggee& debuggee, const std::string& path);

// LeakSanitizer's format.
Result<Suppressions> load_suppressions(Debuggee& debuggee, const std::string& path);

enum class ExportFormat : std::uint8_t { folded, speedscope, csv };
Result<void> export_snapshot(Debuggee& debuggee, Table& table, ExportFormat format, bool raw,
                             const std::string& path, bool replace);

// `write` gets where its bytes go; the file appears once it has given them all.
Result<void> write_file(Debuggee& debuggee, const std::string& path, bool replace,
                        const std::function<Result<void>(const Sink&)>& write);

}  // namespace mt::core

#endif
