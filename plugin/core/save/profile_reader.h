// SPDX-License-Identifier: MIT
//
// A pprof profile in protobuf, gzip'ed or not, to a table. See save.h for who
// decides that it is one.
#ifndef MEMTRACE_CORE_SAVE_PROFILE_READER_H
#define MEMTRACE_CORE_SAVE_PROFILE_READER_H

#include <string_view>

#include "model/error.h"
#include "save/profile_limits.h"
#include "save/save.h"

namespace mt::core {

Result<Loaded> read_protobuf(std::string_view bytes, FrameBook& book, const ProfileLimits& limits,
                             const Interrupted& interrupted);

}  // namespace mt::core

#endif
