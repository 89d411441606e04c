// SPDX-License-Identifier: MIT
//
// See box.h.
#include "read/box.h"

#include <algorithm>
#include <cstring>

namespace mt::core {

void read_box(Reading& reading, const Anchor& anchor, Status& status) {
    const abi::Header& header = anchor.header;
    if (!anchor.has_header || header.box_state > static_cast<abi::u32>(abi::BoxState::parents))
        return;
    status.box.state = header.box_state;
    status.box.error = header.box_error;
    abi::Box box{};
    std::size_t got = 0;
    if (header.box == 0 || !reading.some(header.box, &box, sizeof box, got)) return;
    if (got < sizeof box || std::memcmp(box.magic, abi::kBoxMagic, sizeof box.magic) != 0) return;
    if (box.state <= static_cast<abi::u32>(abi::BoxState::parents)) status.box.state = box.state;
    status.box.missing = box.missing;
    if (box.missing != 0) status.box.error = box.error;
    const std::size_t length = std::min(box.path_length, abi::kMostBoxName);
    status.box.path.assign(box.path, strnlen(box.path, length));
}

}  // namespace mt::core
