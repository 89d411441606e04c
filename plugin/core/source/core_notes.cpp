// SPDX-License-Identifier: MIT
//
// See core_notes.h.
#include "source/core_notes.h"

#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "abi/box.h"

namespace mt::core {
namespace {

constexpr std::uint32_t kThread = 1;                // NT_PRSTATUS
constexpr std::uint32_t kVectors = 2;               // NT_FPREGSET, what FXSAVE stores
constexpr std::uint32_t kAuxiliary = 6;             // NT_AUXV
constexpr std::uint32_t kAllVectors = 0x202;        // NT_X86_XSTATE, what XSAVE stores
constexpr std::uint32_t kMappedFiles = 0x46494c45;  // NT_FILE

// Of elf_prstatus (sys/procfs.h), x86-64.
constexpr std::size_t kTid = 32, kRegisters = 112, kStatusSize = 336;

// Of NT_FILE: how many and of which page size; then their places; then their paths.
constexpr std::size_t kFilesHead = 16, kFilePlace = 24;

std::uint64_t padded(std::uint64_t length) { return (length + 3) / 4 * 4; }

}  // namespace

void CoreNotes::add(int fd, std::uint64_t offset, std::uint64_t size) {
    std::string bytes(static_cast<std::size_t>(std::min(size, left_)), '\0');
    const ssize_t got = ::pread(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    std::string_view rest(bytes.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
    left_ -= rest.size();
    while (rest.size() >= 12) {
        std::uint32_t head[3];  // sizes of name and content, type
        std::memcpy(head, rest.data(), sizeof head);
        rest.remove_prefix(sizeof head);
        const std::uint64_t name = padded(head[0]), content = padded(head[1]);
        if (name > rest.size() || head[1] > rest.size() - name) return;
        const std::string_view note = rest.substr(static_cast<std::size_t>(name), head[1]);
        if (head[2] == kThread) add_thread(note);
        if (head[2] == kVectors || head[2] == kAllVectors)
            add_vectors(note, head[2] == kAllVectors);
        if (head[2] == kAuxiliary) add_entry(note);
        if (head[2] == kMappedFiles) add_files(note);
        if (head[2] == abi::kBoxNoteType && !box) box = box_of_note(note);
        rest.remove_prefix(
            static_cast<std::size_t>(std::min<std::uint64_t>(name + content, rest.size())));
    }
}

void CoreNotes::add_thread(std::string_view note) {
    if (!has_registers_ || note.size() < kStatusSize) return;
    CoreThread thread;
    std::memcpy(&thread.tid, note.data() + kTid, sizeof thread.tid);
    std::memcpy(thread.registers.data(), note.data() + kRegisters, sizeof thread.registers);
    threads.push_back(std::move(thread));
}

// Of the thread whose status came last.
void CoreNotes::add_vectors(std::string_view note, bool is_whole) {
    if (threads.empty() || (!is_whole && !threads.back().vectors.empty())) return;
    threads.back().vectors.assign(note.begin(), note.end());
}

// Pairs of a kind and a value.
void CoreNotes::add_entry(std::string_view note) {
    constexpr std::uint64_t kEntry = 9;  // AT_ENTRY
    std::uint64_t pair[2];
    for (; has_registers_ && note.size() >= sizeof pair; note.remove_prefix(sizeof pair)) {
        std::memcpy(pair, note.data(), sizeof pair);
        if (pair[0] == kEntry) entry = pair[1];
    }
}

// Paths of the mapped files follow the table of their places, each with a zero at its end.
void CoreNotes::add_files(std::string_view note) {
    std::uint64_t count = 0;
    if (note.size() < kFilesHead) return;
    std::memcpy(&count, note.data(), sizeof count);
    if (count > (note.size() - kFilesHead) / kFilePlace) return;
    has_files = true;
    std::string_view places = note.substr(kFilesHead, static_cast<std::size_t>(count) * kFilePlace);
    std::string_view paths = note.substr(kFilesHead + places.size());
    for (; !places.empty() && !paths.empty(); places.remove_prefix(kFilePlace)) {
        const auto end = std::min(paths.find('\0'), paths.size());
        MappedFile file;
        std::memcpy(&file.start, places.data(), 8);
        std::memcpy(&file.end, places.data() + 8, 8);
        file.path = paths.substr(0, end);
        files.push_back(std::move(file));
        paths.remove_prefix(std::min(end + 1, paths.size()));
    }
}

}  // namespace mt::core
