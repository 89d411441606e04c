// SPDX-License-Identifier: MIT
#include "tracee.h"

#include <elf.h>
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <string>
#include <system_error>

namespace mt::test {

core::Result<std::size_t> ProcessMemory::read(std::uint64_t address, void* out, std::size_t size) {
    std::size_t done = 0;
    while (done < size) {
        // By page, so that a hole cuts the answer where it begins.
        const std::size_t in_page = 4096 - (address + done) % 4096;
        iovec local{static_cast<char*>(out) + done, size - done};
        iovec remote{reinterpret_cast<void*>(address + done), size - done};
        ssize_t got = process_vm_readv(pid_, &local, 1, &remote, 1, 0);
        if (got <= 0) {
            local.iov_len = remote.iov_len = std::min(in_page, size - done);
            got = process_vm_readv(pid_, &local, 1, &remote, 1, 0);
        }
        if (got <= 0) break;
        done += static_cast<std::size_t>(got);
    }
    return done;
}

std::vector<core::MemoryRegion> ProcessMemory::writable_regions() {
    std::vector<core::MemoryRegion> regions;
    std::ifstream maps("/proc/" + std::to_string(pid_) + "/maps");
    for (std::string line; std::getline(maps, line);) {
        unsigned long start = 0, end = 0;
        char mode[5] = {};
        if (std::sscanf(line.c_str(), "%lx-%lx %4s", &start, &end, mode) == 3 &&
            std::strncmp(mode, "rw", 2) == 0) {
            regions.push_back({start, end});
        }
    }
    return regions;
}

bool ProcessMemory::write(std::uint64_t address, const void* bytes, std::size_t size) {
    iovec local{const_cast<void*>(bytes), size};
    iovec remote{reinterpret_cast<void*>(address), size};
    return process_vm_writev(pid_, &local, 1, &remote, 1, 0) == static_cast<ssize_t>(size);
}

CoreMemory::CoreMemory(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::error_code error;
    const auto size = std::filesystem::file_size(path, error);
    if (!error) bytes_.resize(size);  // at once: cores are large, and are read often
    file.read(bytes_.data(), static_cast<std::streamsize>(bytes_.size()));
    bytes_.resize(static_cast<std::size_t>(file.gcount()));
    Elf64_Ehdr header;
    if (bytes_.size() < sizeof header) throw std::runtime_error("no core file at " + path);
    std::memcpy(&header, bytes_.data(), sizeof header);
    for (unsigned i = 0; i < header.e_phnum; ++i) {
        Elf64_Phdr p;
        if (header.e_phoff + (i + 1) * sizeof p > bytes_.size()) break;  // cut short
        std::memcpy(&p, bytes_.data() + header.e_phoff + i * sizeof p, sizeof p);
        if (p.p_type != PT_LOAD || (p.p_flags & PF_W) == 0 || p.p_offset >= bytes_.size()) continue;
        const std::uint64_t present =
            std::min<std::uint64_t>(p.p_filesz, bytes_.size() - p.p_offset);
        if (present != 0) segments_.push_back({p.p_vaddr, present, p.p_offset});
    }
}

core::Result<std::size_t> CoreMemory::read(std::uint64_t address, void* out, std::size_t size) {
    std::size_t done = 0;
    for (bool more = true; more && done < size;) {
        more = false;
        for (const Segment& s : segments_) {
            const std::uint64_t at = address + done - s.start;
            if (address + done < s.start || at >= s.file_size) continue;
            const std::size_t part = std::min<std::uint64_t>(size - done, s.file_size - at);
            std::memcpy(static_cast<char*>(out) + done, bytes_.data() + s.offset + at, part);
            done += part;
            more = true;
        }
    }
    return done;
}

std::vector<core::MemoryRegion> CoreMemory::writable_regions() {
    std::vector<core::MemoryRegion> regions;
    for (const Segment& s : segments_) regions.push_back({s.start, s.start + s.file_size});
    return regions;
}

Tracee::Tracee(const Launch& launch) {
    // Each reading of a table takes megabytes for a moment; if the heap did not keep them, new
    // pages for the next reading would take most of the time of who reads after each step.
    mallopt(M_TRIM_THRESHOLD, 256 << 20);
    mallopt(M_MMAP_THRESHOLD, 32 << 20);
    ledger_fd_ = memfd_create("ledger", 0);
    if (ledger_fd_ < 0 || ftruncate(ledger_fd_, sizeof(ledger)) != 0) {
        throw std::runtime_error("no memory file for the ledger");
    }
    ledger_ = static_cast<ledger*>(
        mmap(nullptr, sizeof(ledger), PROT_READ | PROT_WRITE, MAP_SHARED, ledger_fd_, 0));
    int out[2];
    if (pipe(out) != 0) throw std::runtime_error("no pipe");
    std::vector<std::string> environment;
    for (char** e = environ; *e != nullptr; ++e) {
        if (std::strncmp(*e, "MEMTRACE=", 9) != 0) environment.push_back(*e);
    }
    for (const auto& [name, value] : launch.environment) environment.push_back(name + "=" + value);
    environment.push_back(LEDGER_VARIABLE "=" + std::to_string(ledger_fd_));
    if (launch.preload) {
        environment.push_back("LD_PRELOAD=" + launch.preload_before + ":" + runtime_path() + ":" +
                              launch.preload_after);
    }
    std::vector<char*> envp, argv{const_cast<char*>(launch.program.c_str())};
    for (auto& e : environment) envp.push_back(e.data());
    for (const auto& a : launch.arguments) argv.push_back(const_cast<char*>(a.c_str()));
    envp.push_back(nullptr);
    argv.push_back(nullptr);
    pid_ = fork();
    if (pid_ == 0) {
        dup2(out[1], 1);
        close(out[0]);
        close(out[1]);
        if (launch.ptrace) ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
        const rlimit all{RLIM_INFINITY, RLIM_INFINITY};
        setrlimit(RLIMIT_CORE, &all);
        alarm(300);  // a hang fails the test instead of the machine
        execve(launch.program.c_str(), argv.data(), envp.data());
        _exit(127);
    }
    close(out[1]);
    output_fd_ = out[0];
}

namespace {

// Where its threads are traced, each of them must be waited for, or the process never ends:
// also one that had just ended by itself.
void reap(pid_t pid) {
    const std::string tasks = "/proc/" + std::to_string(pid) + "/task";
    for (int status = 0;;) {
        const pid_t got = waitpid(pid, &status, WNOHANG | __WALL);
        if (got < 0 || (got == pid && !WIFSTOPPED(status))) return;
        std::error_code none;
        for (std::filesystem::directory_iterator task(tasks, none), end; !none && task != end;
             task.increment(none)) {
            const pid_t thread = std::stoi(task->path().filename());
            if (thread != pid) waitpid(thread, nullptr, WNOHANG | __WALL);
        }
        poll(nullptr, 0, 1);
    }
}

}  // namespace

Tracee::~Tracee() {
    if (pid_ > 0) {
        kill(pid_, SIGKILL);
        reap(pid_);
    }
    munmap(ledger_, sizeof(ledger));
    close(ledger_fd_);
    close(output_fd_);
}

bool Tracee::wait_for_stop() {
    for (;;) {
        read_output();
        int status = 0;
        const pid_t got = waitpid(pid_, &status, WUNTRACED | WNOHANG);
        if (got < 0) return false;
        if (got == pid_) {
            if (WIFSTOPPED(status)) return true;
            pid_ = -1;
            return false;
        }
        pollfd p{output_fd_, POLLIN, 0};
        poll(&p, 1, 1);
    }
}

void Tracee::read_output() {
    char buffer[4096];
    pollfd p{output_fd_, POLLIN, 0};
    while (poll(&p, 1, 0) == 1 && (p.revents & POLLIN) != 0) {
        const ssize_t got = ::read(output_fd_, buffer, sizeof buffer);
        if (got <= 0) return;
        output_.append(buffer, static_cast<std::size_t>(got));
    }
}

void Tracee::resume() { kill(pid_, SIGCONT); }

int Tracee::wait_for_exit() {
    char buffer[4096];
    for (ssize_t got; (got = ::read(output_fd_, buffer, sizeof buffer)) > 0;) {
        output_.append(buffer, static_cast<std::size_t>(got));
    }
    int status = -1;
    waitpid(pid_, &status, 0);
    pid_ = -1;
    return status;
}

core::Result<core::Table> read_all(core::Memory& memory, bool blocks) {
    auto status = core::read_status(memory, 0);
    if (!status) return core::fail(status.error());
    core::ReadOptions options;
    options.blocks = blocks;
    return core::read_table(memory, *status, options);
}

core::Result<core::Table> Tracee::table(bool blocks) {
    ProcessMemory memory(pid_);
    return read_all(memory, blocks);
}

std::string program_path(const std::string& name) { return MEMTRACE_TEST_PROGRAMS "/" + name; }
std::string runtime_path() { return MEMTRACE_TEST_RUNTIME; }

}  // namespace mt::test
