// SPDX-License-Identifier: MIT
//
// See registers.h. A process is stopped by PTRACE_SEIZE and PTRACE_INTERRUPT: it gets no signal,
// its parent notices nothing, and the kernel lets it go when the reader is killed.
#include "registers.h"

#include <elf.h>
#include <fcntl.h>
#include <gelf.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

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
constexpr std::size_t kStackPointer = 19, kGeneralBytes = 27 * sizeof(std::uint64_t);
constexpr std::size_t kStatusRegisters = 112, kStatusTid = 32;  // in a prstatus note

// Where XSAVE's standard form has them (Intel SDM 1, 13.4 and 13.5); FXSAVE is its beginning.
constexpr std::size_t kXmm = 160, kYmmHigh = 576, kZmmHigh = 1152, kZmm16 = 1664;
constexpr std::size_t kXcr0 =
    464;  // put there by the kernel (arch/x86/include/uapi/asm/sigcontext.h)
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

// A note's bytes to the thread that it is of: the one whose status came last.
void take_note(const GElf_Nhdr& note, const unsigned char* bytes, std::vector<Thread>& threads) {
    if (note.n_type == NT_PRSTATUS && note.n_descsz >= kStatusRegisters + kGeneralBytes) {
        Thread& thread = threads.emplace_back();
        std::memcpy(&thread.tid, bytes + kStatusTid, sizeof thread.tid);
        thread.general.assign(bytes + kStatusRegisters, bytes + kStatusRegisters + kGeneralBytes);
    }
    if (threads.empty()) return;
    std::vector<unsigned char>& vectors = threads.back().vectors;
    if (note.n_type == NT_X86_XSTATE || (note.n_type == NT_FPREGSET && vectors.empty()))
        vectors.assign(bytes, bytes + note.n_descsz);
}

void take_notes(Elf* elf, std::vector<Thread>& threads) {
    std::size_t count = 0;
    if (elf_getphdrnum(elf, &count) != 0) return;
    for (std::size_t i = 0; i < count; ++i) {
        GElf_Phdr header;
        if (gelf_getphdr(elf, static_cast<int>(i), &header) == nullptr) return;
        if (header.p_type != PT_NOTE) continue;
        Elf_Data* data = elf_getdata_rawchunk(elf, static_cast<std::int64_t>(header.p_offset),
                                              header.p_filesz, ELF_T_NHDR);
        if (data == nullptr) continue;
        GElf_Nhdr note;
        std::size_t name = 0, bytes = 0, next = 0;
        for (std::size_t at = 0; (next = gelf_getnote(data, at, &note, &name, &bytes)) > 0;
             at = next)
            take_note(note, static_cast<const unsigned char*>(data->d_buf) + bytes, threads);
    }
}

std::vector<unsigned char> register_set(int tid, int which, std::size_t most) {
    std::vector<unsigned char> bytes(most);
    iovec range{bytes.data(), bytes.size()};
    if (ptrace(PTRACE_GETREGSET, tid, which, &range) != 0) return {};
    bytes.resize(range.iov_len);
    return bytes;
}

}  // namespace

std::uint64_t Thread::stack_pointer() const { return word_at(general, kStackPointer * 8); }

void each_register(const Thread& thread, const Add& add) {
    for (std::size_t i = 0; i < kGeneral.size(); ++i) {
        const std::uint64_t value = word_at(thread.general, i * 8);
        if (*kGeneral[i] != '\0' && value != 0) add(kGeneral[i], value);
    }
    add_vectors(thread.vectors, add);
}

std::vector<Thread> threads_of_core(const std::string& path) {
    std::vector<Thread> threads;
    const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    elf_version(EV_CURRENT);
    Elf* elf = file < 0 ? nullptr : elf_begin(file, ELF_C_READ_MMAP, nullptr);
    GElf_Ehdr header;
    const bool is_ours =
        elf != nullptr && gelf_getehdr(elf, &header) != nullptr && header.e_machine == EM_X86_64;
    if (is_ours) take_notes(elf, threads);
    if (elf != nullptr) elf_end(elf);
    if (file >= 0) close(file);
    return threads;
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
        if (ptrace(PTRACE_INTERRUPT, tid, nullptr, nullptr) != 0 ||
            waitpid(tid, &status, __WALL) != tid || !WIFSTOPPED(status))
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
        thread.general = register_set(tid, NT_PRSTATUS, sizeof(user_regs_struct));
        thread.vectors = register_set(tid, NT_X86_XSTATE, std::size_t{64} << 10);
        if (thread.vectors.empty())
            thread.vectors = register_set(tid, NT_PRFPREG, sizeof(user_fpregs_struct));
        threads.push_back(std::move(thread));
    }
    return threads;
}

}  // namespace mt::reader
