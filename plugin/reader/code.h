// SPDX-License-Identifier: MIT
//
// What a process's or a core's code and data are called, from the files of its modules, by
// elfutils' libdwfl. Opens files of this machine only and fetches none. Reads no table.
#ifndef MEMTRACE_READER_CODE_H
#define MEMTRACE_READER_CODE_H

#include <elfutils/libdwfl.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dwarf/file_code.h"

namespace mt::reader {

// A file that was mapped into a process, where no memory of it shows the file.
struct ModuleFile {
    std::string path;
    std::string build_id;    // hexadecimal; a file with another is not taken
    std::uint64_t bias = 0;  // load address less the file's own
};

struct Symbol {
    std::string name;
    std::uint64_t address = 0;
    std::uint64_t size = 0;  // 0: not known
};

class Code {
  public:
    // `entry`: where the program begins; 0: not known. Throws std::runtime_error.
    static Code of_core(const std::string& path, const std::string& executable,
                        std::uint64_t entry);
    // What another one lies over is left out.
    static Code of_files(const std::vector<ModuleFile>& files);
    static Code of_process(std::int64_t pid);
    Code(Code&& other) noexcept;
    ~Code();

    // At an address inside the calling instruction, innermost first. Of modules without a build-id
    // alone: of all others the core finds the files itself, by rules that know more places.
    std::vector<core::RawFrame> frames(std::uint64_t pc);
    std::optional<Symbol> symbol_at(std::uint64_t pc) const;
    // Of the first module that defines it, in the order of loading.
    std::optional<Symbol> data_symbol(const std::string& name);
    // Of a module's file: what a core leaves out. Returns how many bytes from the start.
    std::size_t read_file(std::uint64_t address, void* out, std::size_t size) const;

  private:
    Code() = default;
    core::FileCode* file_of(Dwfl_Module* module);

    Dwfl* dwfl_ = nullptr;
    Elf* core_ = nullptr;
    int file_ = -1;
    std::uint64_t entry_ = 0;  // where the program begins; 0: not known
    std::map<std::string, std::optional<Symbol>> known_;
    std::map<Dwfl_Module*, std::unique_ptr<core::FileCode>> files_;  // null: not asked for here
};

}  // namespace mt::reader

#endif
