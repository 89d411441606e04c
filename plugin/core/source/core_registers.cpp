// SPDX-License-Identifier: MIT
//
// See core_registers.h.
#include "source/core_registers.h"

#include <cstring>

namespace mt::core {
namespace {

constexpr std::array kGeneral = {"r15", "r14", "r13", "r12", "rbp", "rbx",    "r11", "r10",
                                 "r9",  "r8",  "rax", "rcx", "rdx", "rsi",    "rdi", "",
                                 "",    "",    "",    "rsp", "",    "fs_base"};

// Where XSAVE's standard form has them (Intel SDM 1, 13.4 and 13.5); FXSAVE is its beginning.
constexpr std::size_t kXmm = 160, kYmmHigh = 576, kZmmHigh = 1152, kZmm16 = 1664;
// Which of them there are: put there by the kernel (arch/x86/include/uapi/asm/sigcontext.h).
constexpr std::size_t kXcr0 = 464;
constexpr std::uint64_t kHasYmm = 1u << 2, kHasZmmHigh = 1u << 6, kHasZmm16 = 1u << 7;

std::uint64_t word_at(const std::vector<unsigned char>& bytes, std::size_t at) {
    std::uint64_t word = 0;
    if (at + sizeof word <= bytes.size()) std::memcpy(&word, bytes.data() + at, sizeof word);
    return word;
}

using Add = std::function<void(const std::string&, std::uint64_t)>;

// `count` registers from `first` on, of `lanes` words each, numbered in each from `lane` on.
struct Part {
    const char* name;
    std::size_t at;
    unsigned first, count, lane, lanes;
};

void add_part(const std::vector<unsigned char>& bytes, const Part& part, const Add& add) {
    std::size_t at = part.at;
    for (unsigned i = part.first; i < part.first + part.count; ++i) {
        for (unsigned lane = part.lane; lane < part.lane + part.lanes; ++lane, at += 8) {
            const std::uint64_t value = word_at(bytes, at);
            // The core's names: a lane is of the narrowest register that has it.
            const char* name = lane < 2 ? "xmm" : lane < 4 ? "ymm" : "zmm";
            if (value != 0) add(name + std::to_string(i) + '[' + std::to_string(lane) + ']', value);
        }
    }
}

void add_vectors(const std::vector<unsigned char>& bytes, const Add& add) {
    add_part(bytes, {"xmm", kXmm, 0, 16, 0, 2}, add);
    const std::uint64_t has = bytes.size() > kYmmHigh ? word_at(bytes, kXcr0) : 0;
    if ((has & kHasYmm) != 0) add_part(bytes, {"ymm", kYmmHigh, 0, 16, 2, 2}, add);
    if ((has & kHasZmmHigh) != 0) add_part(bytes, {"zmm", kZmmHigh, 0, 16, 4, 4}, add);
    if ((has & kHasZmm16) != 0) add_part(bytes, {"zmm", kZmm16, 16, 16, 0, 8}, add);
}

}  // namespace

void each_register(const CoreThread& thread, const Add& add) {
    for (std::size_t i = 0; i < kGeneral.size(); ++i) {
        const std::uint64_t value = thread.registers[i];
        if (*kGeneral[i] != '\0' && value != 0) add(kGeneral[i], value);
    }
    add_vectors(thread.vectors, add);
}

}  // namespace mt::core
