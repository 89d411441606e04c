// SPDX-License-Identifier: MIT
//
// Snapshots as files: a table with the names of its code to a pprof profile and
// back, and profiles of other tools. Bytes only; save/file.h writes and reads
// them, command/files.h is what commands and scripts call.
// What a file says is a stranger's: bounded, never executed, never a path to open.
#ifndef MEMTRACE_CORE_SAVE_SAVE_H
#define MEMTRACE_CORE_SAVE_SAVE_H

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "model/error.h"
#include "model/poll.h"
#include "model/sink.h"
#include "model/snapshot.h"
#include "save/profile_limits.h"
#include "symbols/symboliser.h"

namespace mt::core {

struct Loaded {
    std::shared_ptr<Table> table;
    std::string attributes_json;  // what a script had put beside it; empty = nothing
};

struct SaveOptions {
    std::string attributes_json;   // kept as it is, not looked into; empty = nothing
    std::uint64_t time_nanos = 0;  // when it was saved
    bool single_blocks = false;    // with their addresses and stamps
    Interrupted interrupted;
};

// A gzip'ed profile.proto (docs/files.md has every field).
Result<void> write_profile(Resolver& resolver, const SaveOptions& options, const Sink& sink);

// A profile of ours or of another tool, gzip'ed or not; errors name what is
// wrong with it but not the file.
Result<Loaded> read_profile(std::string_view bytes, FrameBook& book,
                            const Interrupted& interrupted = {}, const ProfileLimits& limits = {});

}  // namespace mt::core

#endif
