// SPDX-License-Identifier: MIT
//
// Which kind of profile a file is. Reads none itself.
#include "save/legacy_reader.h"
#include "save/profile_reader.h"
#include "save/save.h"

namespace mt::core {

Result<Loaded> read_profile(std::string_view bytes, FrameBook& book, const Interrupted& interrupted,
                            const ProfileLimits& limits) {
    if (bytes.empty()) return fail(Code::io, "it is empty");
    ByteSource source(bytes, limits.inflate);
    auto first = MT_TRY(source.look(kLegacyMagic));
    if (is_legacy(first)) return read_legacy(source, book, limits, interrupted);
    return read_protobuf(bytes, book, limits, interrupted);
}

}  // namespace mt::core
