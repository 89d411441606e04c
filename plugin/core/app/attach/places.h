// SPDX-License-Identifier: MIT
//
// Where a program's functions are that mt attach calls or runs to, and whose code an address is:
// from the loader's list and the modules' own symbols, so that both debuggers see the same.
// Reads only.
#ifndef MEMTRACE_CORE_APP_ATTACH_PLACES_H
#define MEMTRACE_CORE_APP_ATTACH_PLACES_H

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "binding/elf_module.h"
#include "binding/loaded.h"
#include "model/error.h"
#include "target/debuggee.h"

namespace mt::core {

// CodeOf code.
enum class CodeOf : std::uint8_t { program, libc, loader, allocator };

class Places {
  public:
    // Errors: no list of modules, interrupted.
    static Result<Places> of(Debuggee& debuggee, const BareProcess& process);

    const std::vector<LoadedModule>& modules() const { return modules_; }
    bool has_loader() const { return has_loader_; }
    const LoadedModule* libc() const;
    const LoadedModule* runtime() const;
    // 0 = libc has none.
    std::uint64_t libc_function(std::string_view name) const;
    std::uint64_t runtime_function(std::string_view name) const;
    // malloc, free, … as the program's look-ups find them.
    const std::vector<std::uint64_t>& allocation_entries() const { return entries_; }
    // It has an allocator of its own among its code.
    bool is_allocator_programs() const { return is_allocator_programs_; }

    CodeOf whose_is(std::uint64_t pc) const;
    // The function of libc, or of a program's own allocator, that others can call; "" = none.
    std::string_view name_of(std::uint64_t pc) const;

  private:
    struct Range {
        std::uint64_t start, end;
        CodeOf whose;
    };
    void find_entries(Memory& memory);

    std::vector<LoadedModule> modules_;
    std::vector<Range> ranges_;
    std::vector<ElfFunction> functions_;  // of libc and the allocator, by address
    std::vector<ElfFunction> libcs_, runtimes_;
    std::vector<std::uint64_t> entries_;
    std::size_t libc_ = ~std::size_t{0}, runtime_ = ~std::size_t{0};
    bool is_allocator_programs_ = false, has_loader_ = false;
};

}  // namespace mt::core

#endif
