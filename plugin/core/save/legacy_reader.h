// SPDX-License-Identifier: MIT
//
// Heap profiles as text: gperftools' and jemalloc's own format, and jeprof's form
// of it that brings names along ("--- symbol"). Their addresses mean nothing here
// but a module and an offset; no file that they name is opened.
#ifndef MEMTRACE_CORE_SAVE_LEGACY_READER_H
#define MEMTRACE_CORE_SAVE_LEGACY_READER_H

#include <cstddef>
#include <string_view>

#include "model/error.h"
#include "save/byte_source.h"
#include "save/profile_limits.h"
#include "save/save.h"

namespace mt::core {

inline constexpr std::size_t kLegacyMagic = 16;  // bytes that tell such a profile
bool is_legacy(std::string_view first);

Result<Loaded> read_legacy(ByteSource& source, FrameBook& book, const ProfileLimits& limits,
                           const Interrupted& interrupted);

}  // namespace mt::core

#endif
