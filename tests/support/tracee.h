// SPDX-License-Identifier: MIT
//
// A program with the runtime preloaded, stopped where it asks to be (SIGSTOP,
// or int3 under ptrace), and its memory. Real processes, no debugger.
#ifndef MEMTRACE_TESTS_TRACEE_H
#define MEMTRACE_TESTS_TRACEE_H

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

#include "ledger.h"
#include "read/reader.h"
#include "source/memory.h"

namespace mt::test {

// Memory of a stopped process, by process_vm_readv and /proc/PID/maps.
class ProcessMemory final : public core::Memory {
  public:
    explicit ProcessMemory(pid_t pid) : pid_(pid) {}
    core::Result<std::size_t> read(std::uint64_t address, void* out, std::size_t size) override;
    std::vector<core::MemoryRegion> writable_regions() override;
    bool write(std::uint64_t address, const void* bytes, std::size_t size);

  private:
    pid_t pid_;
};

// Memory of an ELF core file (System V gABI, PT_LOAD).
class CoreMemory final : public core::Memory {
  public:
    explicit CoreMemory(const std::string& path);
    core::Result<std::size_t> read(std::uint64_t address, void* out, std::size_t size) override;
    std::vector<core::MemoryRegion> writable_regions() override;

  private:
    struct Segment {
        std::uint64_t start, file_size, offset;
    };
    std::string bytes_;
    std::vector<Segment> segments_;
};

struct Launch {
    std::string program;                 // a path
    std::vector<std::string> arguments;  // without argv[0]
    std::map<std::string, std::string> environment;
    bool preload = true;
    std::string preload_after = {};   // another library, behind the runtime
    std::string preload_before = {};  // and in front of it
    bool ptrace = false;              // PTRACE_TRACEME before exec
};

class Tracee {
  public:
    explicit Tracee(const Launch& launch);
    ~Tracee();
    Tracee(const Tracee&) = delete;
    Tracee& operator=(const Tracee&) = delete;

    pid_t pid() const { return pid_; }
    const ledger& book() const { return *ledger_; }
    // Waits for the next stop; false when it ended instead.
    bool wait_for_stop();
    void resume();        // after SIGSTOP without ptrace
    int wait_for_exit();  // the wait status; also reads the rest of stdout
    const std::string& output() const { return output_; }
    core::Result<core::Table> table(bool blocks);

  private:
    void read_output();

    pid_t pid_ = -1;
    ledger* ledger_ = nullptr;
    int ledger_fd_ = -1;
    int output_fd_ = -1;
    std::string output_;
};

core::Result<core::Table> read_all(core::Memory& memory, bool blocks);

// Paths of the build, from CMake.
std::string program_path(const std::string& name);
std::string runtime_path();

}  // namespace mt::test

#endif
