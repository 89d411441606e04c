// SPDX-License-Identifier: MIT
//
// See core_box.h.
#include "source/core_box.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <sstream>

#include "abi/layout.h"

namespace mt::core {

std::optional<CoreBox> box_of_note(std::string_view note) {
    abi::Box box{};
    constexpr std::size_t kHead = offsetof(abi::Box, program);
    if (note.size() < kHead) return std::nullopt;
    std::memcpy(&box, note.data(), std::min(note.size(), sizeof box));
    if (std::memcmp(box.magic, abi::kBoxMagic, sizeof box.magic) != 0) return std::nullopt;
    CoreBox found;
    found.pid = box.pid;
    found.process_start = box.process_start;
    found.begun = box.begun;
    found.missing = box.missing;
    found.error = box.error;
    found.root = box.root;
    const std::size_t length = std::min(box.program_length, abi::kMostBoxName);
    found.program.assign(box.program, strnlen(box.program, length));
    return found;
}

bool is_running(const CoreBox& box) {
    std::ifstream file(fmt::format("/proc/{}/stat", box.pid));
    std::string line;
    if (box.process_start == 0 || !std::getline(file, line)) return false;
    // Behind the name, which may hold anything; fields are numbered from 1 (proc(5)).
    constexpr int kFirst = 3, kStart = 22;
    std::istringstream fields(line.substr(std::min(line.rfind(')') + 1, line.size())));
    std::string field;
    for (int i = kFirst; i <= kStart; ++i)
        if (!(fields >> field)) return false;
    return field == std::to_string(box.process_start);
}

}  // namespace mt::core
