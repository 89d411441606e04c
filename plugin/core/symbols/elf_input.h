// SPDX-License-Identifier: MIT
//
// An ELF file on disk, which may be anybody's: it is read, never mapped, so that a file
// cut short meanwhile is an error and no signal; sizes are checked before use.
#ifndef MEMTRACE_CORE_SYMBOLS_ELF_INPUT_H
#define MEMTRACE_CORE_SYMBOLS_ELF_INPUT_H

#include <gelf.h>
#include <libelf.h>

#include <cstdint>
#include <string>
#include <vector>

namespace mt::core {

class ElfInput {
  public:
    explicit ElfInput(const std::string& path);
    ~ElfInput();
    ElfInput(const ElfInput&) = delete;
    ElfInput& operator=(const ElfInput&) = delete;

    Elf* elf() const { return elf_; }  // nullptr: there is no such file, or it is no ELF file

    // Bytes of the file; empty when they are not all there.
    std::vector<unsigned char> bytes(std::uint64_t offset, std::uint64_t size) const;
    std::vector<GElf_Phdr> program_headers() const;

  private:
    int fd_ = -1;
    std::uint64_t size_ = 0;
    Elf* elf_ = nullptr;
};

}  // namespace mt::core

#endif
