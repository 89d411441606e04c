// SPDX-License-Identifier: MIT
//
// An ELF core as a test wants it, also one that no kernel would write. Reads none.
#ifndef MEMTRACE_TESTS_WRITTEN_CORE_H
#define MEMTRACE_TESTS_WRITTEN_CORE_H

#include <elf.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

namespace mt::test {

class WrittenCore {
  public:
    static constexpr unsigned kReadWrite = PF_R | PF_W;

    // Memory that begins with these bytes; of the rest up to `size` (0: there is none) the file
    // has nothing.
    void load(std::uint64_t address, const std::string& bytes, std::uint64_t size = 0,
              unsigned flags = kReadWrite) {
        Elf64_Phdr segment{};
        segment.p_type = PT_LOAD;
        segment.p_flags = flags;
        segment.p_vaddr = address;
        segment.p_filesz = bytes.size();
        segment.p_memsz = size == 0 ? bytes.size() : size;
        add(segment, bytes);
    }
    // Its offset counts from the bytes that belong to it.
    void add(const Elf64_Phdr& segment, const std::string& bytes) {
        segments_.push_back(segment);
        segments_.back().p_offset += contents_.size();
        contents_ += bytes;
    }
    // With the bytes of the last one.
    void again(const Elf64_Phdr& segment) {
        const std::uint64_t offset = segments_.back().p_offset;
        segments_.push_back(segment);
        segments_.back().p_offset = offset;
    }

    void notes(const std::string& notes) { add(note_segment(notes.size()), notes); }
    static Elf64_Phdr note_segment(std::size_t size) {
        Elf64_Phdr segment{};
        segment.p_type = PT_NOTE;
        segment.p_filesz = size;
        return segment;
    }

    static std::string note(std::uint32_t type, const std::string& content) {
        const std::array<std::uint32_t, 3> head{5, static_cast<std::uint32_t>(content.size()),
                                                type};
        std::string note = text_of(head) + std::string("CORE\0\0\0\0", 8) + content;
        return note.append((4 - note.size() % 4) % 4, '\0');
    }
    // Register n is `first` + n.
    static std::string thread(std::uint32_t tid, std::uint64_t first) {
        std::string content(336, '\0');  // elf_prstatus
        std::memcpy(content.data() + 32, &tid, sizeof tid);
        for (std::uint64_t i = 0; i < 27; ++i) {
            const std::uint64_t value = first + i;
            std::memcpy(content.data() + 112 + i * 8, &value, sizeof value);
        }
        return note(1, content);
    }
    struct File {
        std::uint64_t start, end;
        std::string path;
    };
    static std::string files(const std::vector<File>& files) {
        std::string places = text_of(std::array<std::uint64_t, 2>{files.size(), 1}), paths;
        for (const File& file : files) {
            places += text_of(std::array<std::uint64_t, 3>{file.start, file.end, 0});
            paths += file.path + '\0';
        }
        return note(0x46494c45, places + paths);
    }

    std::string image() const {
        const std::size_t count = segments_.size();
        Elf64_Ehdr header{};
        std::memcpy(header.e_ident, ELFMAG, SELFMAG);
        header.e_ident[EI_CLASS] = ELFCLASS64;
        header.e_ident[EI_DATA] = ELFDATA2LSB;
        header.e_ident[EI_VERSION] = 1;
        header.e_version = EV_CURRENT;
        header.e_type = ET_CORE;
        header.e_machine = EM_X86_64;
        header.e_ehsize = sizeof header;
        header.e_phoff = sizeof header + sizeof(Elf64_Shdr);
        header.e_phentsize = sizeof(Elf64_Phdr);
        header.e_phnum = static_cast<Elf64_Half>(count);
        Elf64_Shdr many{};  // how many, where e_phnum cannot say it
        if (count >= PN_XNUM) {
            header.e_phnum = PN_XNUM;
            header.e_shoff = sizeof header;
            header.e_shnum = 1;
            header.e_shentsize = sizeof many;
            many.sh_info = static_cast<Elf64_Word>(count);
        }
        std::string image = text_of(header) + text_of(many);
        const std::uint64_t start = image.size() + count * sizeof(Elf64_Phdr);
        for (Elf64_Phdr segment : segments_) {
            segment.p_offset += start;
            image += text_of(segment);
        }
        return image + contents_;
    }
    void write(const std::string& path) const { write(path, image()); }
    static void write(const std::string& path, const std::string& image) {
        std::ofstream(path, std::ios::binary) << image;
    }

  private:
    template <typename T>
    static std::string text_of(const T& value) {
        return {reinterpret_cast<const char*>(&value), sizeof value};
    }

    std::vector<Elf64_Phdr> segments_;
    std::string contents_;
};

}  // namespace mt::test

#endif
