// SPDX-License-Identifier: MIT
#include "control/setting.h"

namespace mt::runtime {
namespace {

using abi::u32;
using abi::u64;

// Decimal digits up to `most`; moves `text` behind them.
bool take_number(const char*& text, u64 most, u64& value) {
    value = 0;
    const char* const begin = text;
    for (; *text >= '0' && *text <= '9'; ++text) {
        value = value * 10 + static_cast<u64>(*text - '0');
        if (value > most) return false;
    }
    return text != begin;
}

// Powers of 1024: K, M, G, T, of either case; none is 1.
u32 take_unit(const char*& text) {
    constexpr char kUnits[] = "KMGT";
    for (u32 i = 0; kUnits[i] != '\0'; ++i) {
        if ((*text & ~0x20) != kUnits[i]) continue;
        ++text;
        return 10 * (i + 1);
    }
    return 0;
}

bool take_word(const char*& text, const char* word) {
    const char* at = text;
    for (; *word != '\0'; ++word, ++at) {
        if (*at != *word) return false;
    }
    text = at;
    return true;
}

bool take_sample(const char*& text, u64& bytes) {
    if (!take_number(text, abi::kMaxSampleBytes, bytes)) return false;
    const u32 shift = take_unit(text);
    if (bytes > abi::kMaxSampleBytes >> shift) return false;
    bytes <<= shift;
    return bytes != 0;
}

// Up to the next comma: a name that has one cannot be given.
bool take_file(const char*& text, Setting& setting) {
    setting.file = text;
    while (*text != '\0' && *text != ',') ++text;
    setting.file_length = static_cast<u32>(text - setting.file);
    return setting.file_length != 0;
}

}  // namespace

bool parse_setting(const char* text, Setting& setting) {
    setting = {};
    if (*text == '\0') return true;
    u64 frames = 0;
    if (!take_number(text, 65535, frames)) return false;
    while (*text != '\0') {
        if (take_word(text, ",stamps")) {
            if (*text != '\0' && *text != ',') return false;
            setting.stamps = true;
        } else if (take_word(text, ",freed=")) {
            if (!take_number(text, abi::kMostFreedBlocks, setting.freed_blocks)) return false;
            if (setting.freed_blocks == 0 || (*text != '\0' && *text != ',')) return false;
        } else if (take_word(text, ",file=")) {
            if (!take_file(text, setting)) return false;
        } else if (!take_word(text, ",sample=") || !take_sample(text, setting.sample_bytes)) {
            return false;
        }
    }
    setting.frames = static_cast<abi::u16>(frames);
    return true;
}

}  // namespace mt::runtime
