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
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <stdexcept>

namespace mt::reader {
namespace {

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
