// SPDX-License-Identifier: MIT
//
// Text from a traced process is bytes; this tells which of them are UTF-8 characters.
// Decides nothing about what is shown or written of them.
#ifndef MEMTRACE_CORE_MODEL_UTF8_H
#define MEMTRACE_CORE_MODEL_UTF8_H

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace mt::core {

struct Character {
    std::size_t length = 1;  // in bytes; 1 also where it is no character
    bool valid = false;
    std::uint32_t code = 0;
};

// At the start of `text`, which is not empty. Overlong forms, surrogates and what lies past
// U+10FFFF are no characters.
Character character_at(std::string_view text);

bool is_utf8(std::string_view text);

}  // namespace mt::core

#endif
