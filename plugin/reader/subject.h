// SPDX-License-Identifier: MIT
//
// What is read: a core, a running process, or nothing but kept snapshots; as the core library
// sees a debugger. Writes nothing into it and runs nothing in it.
#ifndef MEMTRACE_READER_SUBJECT_H
#define MEMTRACE_READER_SUBJECT_H

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "code.h"
#include "memtrace_core.h"
#include "registers.h"
#include "source/memory.h"
#include "words.h"

namespace mt::reader {

class Subject {
  public:
    // Throw std::runtime_error with one line.
    static std::unique_ptr<Subject> core(const std::string& path, const std::string& executable);
    static std::unique_ptr<Subject> process(std::int64_t pid);
    static std::unique_ptr<Subject> nothing();
    Subject(const Subject&) = delete;
    Subject& operator=(const Subject&) = delete;

    mtc_debugger callbacks();

    bool is_core() const { return !core_path_.empty(); }
    bool is_process() const { return pid_ != 0 && core_path_.empty(); }
    std::int64_t pid() const { return pid_; }
    // Where the user says that files are.
    void look_in(const Places& places) { places_ = places; }
    // The threads of a process while it stands still; none while it runs.
    void set_threads(std::vector<Thread> threads) { threads_ = std::move(threads); }
    // What commands print, instead of to the standard output; null: there.
    void print_to(std::string* text) { printed_ = text; }

  private:
    Subject() = default;

    int read(std::uint64_t address, void* buffer, std::uint64_t size, std::uint64_t* got);
    int find_symbol(const char* name, std::uint64_t* address);
    int symbolise(std::uint64_t pc, mtc_add_frame add, void* sink);
    int symbol_at(std::uint64_t pc, mtc_add_symbol add, void* sink);
    int target(mtc_target* out);
    void print(const char* text, std::uint64_t length);
    int interrupted();
    int evaluate(const char* expression, mtc_value* value, mtc_add_text why, void* sink);
    int threads(mtc_add_thread add, void* sink);
    int current_thread(std::uint64_t* thread);
    int registers(mtc_add_register add, void* sink);
    void progress(const char* text);
    int screen(mtc_screen* out);

    std::int64_t pid_ = 0;
    std::string core_path_, executable_;
    Places places_;
    std::unique_ptr<core::Memory> nobody_, memory_;
    std::optional<Code> code_;
    std::vector<Thread> threads_;
    std::string* printed_ = nullptr;
};

// Ctrl-C since the last call; the first one of a command.
bool take_interrupt();
void catch_interrupts();

}  // namespace mt::reader

#endif
