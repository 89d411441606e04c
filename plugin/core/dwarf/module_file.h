// SPDX-License-Identifier: MIT
//
// A file of a program, a library, or their separate debug information, opened: its ELF, and its
// DWARF by elfutils' libdw once somebody asks for that. The file may be anybody's: it is read,
// never mapped, and one whose debug information would take too much memory is refused. Opens no
// other file, and sees to it that libdw does not either. Decides nothing about which file is the
// right one.
#ifndef MEMTRACE_CORE_DWARF_MODULE_FILE_H
#define MEMTRACE_CORE_DWARF_MODULE_FILE_H

#include <elfutils/libdw.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "dwarf/elf_input.h"

namespace mt::core {

class EmptyDwarf;

class ModuleFile {
  public:
    static constexpr std::uint64_t kMostDebugBytes = std::uint64_t{2} << 30;

    // Null: there is no such file, or it is no ELF file.
    static std::shared_ptr<ModuleFile> open(const std::string& path);
    ~ModuleFile();
    ModuleFile(const ModuleFile&) = delete;
    ModuleFile& operator=(const ModuleFile&) = delete;

    const std::string& path() const { return path_; }
    const std::string& build_id() const { return build_id_; }  // lower-case hex; may be empty
    const ElfInput& elf() const { return input_; }

    // Whether it has debug information of its own, as far as its sections say.
    bool has_debug_info() const { return has_debug_info_; }
    // Memory that it takes once it is open.
    std::uint64_t debug_bytes() const { return debug_bytes_; }
    // Null: it has none, or none that can be read; trouble() says why. Lives as long as this.
    // Entries that it has moved elsewhere (dwz) are not found before use_alternate().
    Dwarf* dwarf();
    // Empty: nothing is wrong.
    const std::string& trouble() const { return trouble_; }

    // The name in .gnu_debuglink; empty: there is none.
    std::string debug_link() const;
    // The file that dwz has moved entries to, by .gnu_debugaltlink.
    struct Alternate {
        std::string name;  // relative to this file's folder
        std::string build_id;
    };
    const std::optional<Alternate>& alternate() const { return alternate_; }
    // It must be of the build that alternate() names.
    void use_alternate(std::shared_ptr<ModuleFile> file);

  private:
    explicit ModuleFile(const std::string& path);
    void look_at_sections();
    void read_alternate(Elf_Scn* section);
    void open_dwarf();

    std::string path_;
    ElfInput input_;
    std::string build_id_;
    bool has_debug_info_ = false;
    bool is_tried_ = false;
    bool has_moved_ = false;  // entries, to an alternate
    std::optional<Alternate> alternate_;
    std::uint64_t debug_bytes_ = 0;
    std::string trouble_;
    Dwarf* dwarf_ = nullptr;
    // Stands for an alternate that was not found: libdw would open whatever is there.
    std::unique_ptr<EmptyDwarf> nothing_;
    std::shared_ptr<ModuleFile> moved_;  // the alternate that is used
};

}  // namespace mt::core

#endif
