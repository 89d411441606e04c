// SPDX-License-Identifier: MIT
//
// The notes of a core: its threads, the files that were mapped, where the program begins. Every
// size in a note is bounded by the note, and all notes together by a limit. Knows no segment of
// memory.
#ifndef MEMTRACE_CORE_SOURCE_CORE_NOTES_H
#define MEMTRACE_CORE_SOURCE_CORE_NOTES_H

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "source/core_box.h"
#include "source/core_thread.h"

namespace mt::core {

struct MappedFile {
    std::uint64_t start = 0, end = 0;
    std::string path;
};

class CoreNotes {
  public:
    // `has_registers`: what a thread's note holds is that of x86-64.
    explicit CoreNotes(bool has_registers) : has_registers_(has_registers) {}

    // Adds the notes of `size` bytes of the file from `offset` on, as far as they are there.
    void add(int fd, std::uint64_t offset, std::uint64_t size);

    std::vector<CoreThread> threads;
    std::vector<MappedFile> files;
    bool has_files = false;
    std::uint64_t entry = 0;  // where the program begins; 0: not told
    std::optional<CoreBox> box;

  private:
    void add_thread(std::string_view note);
    void add_vectors(std::string_view note, bool is_whole);
    void add_entry(std::string_view note);
    void add_files(std::string_view note);

    const bool has_registers_;
    std::uint64_t left_ = std::uint64_t{64} << 20;  // bytes that may still be read
};

}  // namespace mt::core

#endif
