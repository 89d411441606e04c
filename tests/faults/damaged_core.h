// SPDX-License-Identifier: MIT
//
// A core of a real program (tests/programs/held_heap.cpp) as a debugger shows it, in memory
// that a test can damage. Damages nothing itself.
#ifndef MEMTRACE_TESTS_FAULTS_DAMAGED_CORE_H
#define MEMTRACE_TESTS_FAULTS_DAMAGED_CORE_H

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "read/reader.h"
#include "support/fake_debugger.h"
#include "tracee.h"

namespace mt::test {

namespace fs = std::filesystem;
using Page = std::array<std::uint8_t, FakeMemory::kPage>;

// What a user sees of one command.
struct Answer {
    bool ok = false;
    std::string text;
};

// A core as a debugger shows it, in memory that can be changed.
class Core {
  public:
    // `filter`: the process's coredump_filter.
    explicit Core(const char* filter = nullptr) {
        const std::string stem =
            (fs::temp_directory_path() / fmt::format("memtrace-damage-{}", getpid())).string();
        Tracee tracee({.program = program_path("held_heap"),
                       .arguments = {},
                       .environment = {{"MEMTRACE", "12,stamps,freed=64"}}});
        if (!tracee.wait_for_stop()) throw std::runtime_error("held_heap did not stop");
        const auto status = [&] {
            ProcessMemory memory(tracee.pid());
            return core::read_status(memory, 0);
        }();
        if (filter != nullptr)
            std::ofstream(fmt::format("/proc/{}/coredump_filter", tracee.pid())) << filter;
        const std::string command =
            fmt::format("gcore -o {} {} >/dev/null 2>&1", stem, tracee.pid());
        if (std::system(command.c_str()) != 0) throw std::runtime_error("gcore failed");
        path_ = fmt::format("{}.{}", stem, tracee.pid());
        CoreMemory memory(path_);
        for (const core::MemoryRegion& region : memory.writable_regions()) {
            std::vector<char> bytes(region.end - region.start);
            const auto got = memory.read(region.start, bytes.data(), bytes.size());
            if (got) whole_.write(region.start, bytes.data(), *got);
        }
        if (!status) throw std::runtime_error(status.error().text);
        root_ = status->root_address;
        if (filter == nullptr) find_pages();
    }
    ~Core() { fs::remove(path_); }

    Core(const Core&) = delete;
    Core& operator=(const Core&) = delete;

    FakeMemory& whole() { return whole_; }
    const std::string& path() const { return path_; }
    std::uint64_t root() const { return root_; }
    // That hold anything of the table.
    const std::vector<std::uint64_t>& pages() const { return pages_; }

    std::vector<Answer> ask(const FakeMemory& memory, const std::vector<std::string>& commands,
                            bool has_symbol = true) {
        FakeDebugger debugger(memory);
        debugger.kind = MTC_TARGET_CORE;
        debugger.core = path_;
        debugger.symbols.clear();
        if (has_symbol) debugger.symbols["memtrace_root"] = root_;
        FakeSession session(debugger);
        session.run("config direct off");  // the file is whole
        std::vector<Answer> answers;
        for (const std::string& command : commands) {
            const bool ok = session.run(command) == MTC_OK;
            answers.push_back({ok, ok ? debugger.printed : mtc_error(session.get())});
        }
        return answers;
    }

  private:
    // Of the mappings that a reading of everything looks into.
    void find_pages() {
        const auto regions = CoreMemory(path_).writable_regions();
        std::set<std::uint64_t> mappings;
        FakeMemory memory = whole_;
        memory.on_read = [&](std::uint64_t address) {
            for (const core::MemoryRegion& region : regions)
                if (address >= region.start && address < region.end) mappings.insert(region.start);
        };
        const auto status = core::read_status(memory, root_);
        const auto table = core::read_table(memory, *status, {.blocks = true, .threads = true});
        if (!table) throw std::runtime_error(table.error().text);
        for (const std::uint64_t page : whole_.pages()) {
            const auto region = std::find_if(regions.begin(), regions.end(), [page](const auto& r) {
                return page >= r.start && page < r.end;
            });
            const Page bytes = whole_.get<Page>(page);
            const bool zero = std::count(bytes.begin(), bytes.end(), 0) == FakeMemory::kPage;
            if (!zero && region != regions.end() && mappings.count(region->start) != 0)
                pages_.push_back(page);
        }
    }

    std::string path_;
    FakeMemory whole_;
    std::uint64_t root_ = 0;
    std::vector<std::uint64_t> pages_;
};

}  // namespace mt::test

#endif
