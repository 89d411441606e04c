// SPDX-License-Identifier: MIT
//
// See registers.h. A process is stopped by PTRACE_SEIZE and PTRACE_INTERRUPT: it gets no signal,
// its parent notices nothing, and the kernel lets it go when the reader is killed.
#include "registers.h"

#include <elf.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <stdexcept>

namespace mt::reader {
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

std::vector<unsigned char> register_set(int tid, int which, std::size_t most) {
    std::vector<unsigned char> bytes(most);
    iovec range{bytes.data(), bytes.size()};
    if (ptrace(PTRACE_GETREGSET, tid, which, &range) != 0) return {};
    bytes.resize(range.iov_len);
    return bytes;
}

// Ctrl-C must not leave it on its way to a stop: only a thread that stands can be let go.
bool awaited(int tid, int& status) {
    for (;;) {
        if (waitpid(tid, &status, __WALL) == tid) return true;
        if (errno != EINTR) return false;
    }
}

}  // namespace

void each_register(const Thread& thread, const Add& add) {
    for (std::size_t i = 0; i < kGeneral.size(); ++i) {
        const std::uint64_t value = thread.registers[i];
        if (*kGeneral[i] != '\0' && value != 0) add(kGeneral[i], value);
    }
    add_vectors(thread.vectors, add);
}

Stopped::Stopped(std::int64_t pid) {
    // Again until there is none that was made meanwhile by one that still ran.
    try {
        for (std::size_t before = SIZE_MAX; before != held_.size();) {
            before = held_.size();
            stop_new(pid);
        }
    } catch (...) {
        let_go();
        throw;
    }
}

void Stopped::stop_new(std::int64_t pid) {
    namespace fs = std::filesystem;
    for (const auto& task : fs::directory_iterator("/proc/" + std::to_string(pid) + "/task")) {
        const int tid = std::stoi(task.path().filename().string());
        const auto is_it = [tid](const Held& held) { return held.tid == tid; };
        if (std::any_of(held_.begin(), held_.end(), is_it)) continue;
        if (ptrace(PTRACE_SEIZE, tid, nullptr, nullptr) != 0) {
            if (errno == ESRCH) continue;  // it has ended
            throw std::runtime_error("it cannot be stopped: " + std::string(std::strerror(errno)));
        }
        held_.push_back({tid, 0});
        int status = 0;
        if (ptrace(PTRACE_INTERRUPT, tid, nullptr, nullptr) != 0 || !awaited(tid, status) ||
            !WIFSTOPPED(status))
            continue;
        if (status >> 16 != PTRACE_EVENT_STOP) held_.back().signal = WSTOPSIG(status);
    }
    std::sort(held_.begin(), held_.end(),
              [](const Held& a, const Held& b) { return a.tid < b.tid; });
}

void Stopped::let_go() const {
    for (const Held& held : held_)
        ptrace(PTRACE_DETACH, held.tid, nullptr,
               reinterpret_cast<void*>(std::intptr_t{held.signal}));
}

Stopped::~Stopped() { let_go(); }

std::vector<Thread> Stopped::threads() const {
    std::vector<Thread> threads;
    for (const auto& [tid, signal] : held_) {
        Thread thread;
        thread.tid = static_cast<std::uint32_t>(tid);
        const auto general = register_set(tid, NT_PRSTATUS, sizeof thread.registers);
        if (!general.empty()) std::memcpy(thread.registers.data(), general.data(), general.size());
        thread.vectors = register_set(tid, NT_X86_XSTATE, std::size_t{64} << 10);
        if (thread.vectors.empty())
            thread.vectors = register_set(tid, NT_PRFPREG, sizeof(user_fpregs_struct));
        threads.push_back(std::move(thread));
    }
    return threads;
}

}  // namespace mt::reader
