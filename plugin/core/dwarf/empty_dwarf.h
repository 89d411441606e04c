// SPDX-License-Identifier: MIT
//
// Debug information with nothing in it. It takes the place of a file that is not there, where libdw
// would look for one by itself.
#ifndef MEMTRACE_CORE_DWARF_EMPTY_DWARF_H
#define MEMTRACE_CORE_DWARF_EMPTY_DWARF_H

#include <elfutils/libdw.h>

#include <array>

namespace mt::core {

class EmptyDwarf {
  public:
    EmptyDwarf();
    ~EmptyDwarf();
    EmptyDwarf(const EmptyDwarf&) = delete;
    EmptyDwarf& operator=(const EmptyDwarf&) = delete;

    Dwarf* dwarf() const { return dwarf_; }

  private:
    struct Image {
        Elf64_Ehdr header;
        std::array<Elf64_Shdr, 3> sections;
        std::array<char, 32> names;
    };
    Image image_{};  // libelf keeps a pointer to it
    Elf* elf_ = nullptr;
    Dwarf* dwarf_ = nullptr;
};

}  // namespace mt::core

#endif
